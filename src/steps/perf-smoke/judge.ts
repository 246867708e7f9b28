/**
 * The judgement of a measurement: from the raw samples alone, which must be complete, of the planned order and about the planned recordings.
 * Limits are absolute and of this machine; the merge base is compared only where it was measured beside the change.
 */
import { describeExit } from "../../exec/exit-status.ts";
import { parseJson, readJson, readText, renderFindings, unusable } from "../common/report.ts";
import { timed } from "../common/too-slow.ts";
import type { Finding, Judged, JudgedAction, Judgement, StepContext } from "../step.ts";
import { decide } from "./compare.ts";
import { doubts } from "./doubts.ts";
import { tooLate } from "./limits.ts";
import { expectedSchema, type Samples, samplesSchema } from "./records.ts";
import { baseOf } from "./settings.ts";
import { median } from "./statistics.ts";
import { type Compared, describeDecision, facts, measures } from "./told.ts";
import { type Asked, asked, type Understood, understood } from "./understood.ts";

export function judgePerformance({ context, results }: Judged): Judgement {
  const action = results["run"];
  if (action === undefined) throw new Error("perf-smoke is judged without its run");
  const broken = (why: string): Judgement =>
    unusable(action, "no-report", `the measurement left no usable report: ${why} (${describeExit(action.status)})`);
  if (action.status.kind !== "exited") return broken("it did not come to its end");
  const samples = readJson(action, "samples.json", samplesSchema);
  if ("problem" in samples) return broken(samples.problem);
  if (samples.value.problems.length > 0)
    return red(samples.value.problems.map((message) => ({ rule: "recording-unusable", message })));
  const text = readText(action, "expected.json");
  if ("problem" in text) return broken(text.problem);
  const list = parseJson(text.value, "expected.json", expectedSchema);
  if ("problem" in list) return broken(list.problem);
  const wanted = asked(list.value, context);
  return judgeSamples(action, samples.value, wanted, text.value, context);
}

function judgeSamples(
  action: JudgedAction,
  samples: Samples,
  wanted: readonly Asked[],
  list: string,
  context: StepContext,
): Judgement {
  if (!wanted.some((w) => w.endMs !== undefined)) return red([nothingAsked(wanted, context)]);
  const { problem, late = false } = samples.change;
  if (problem !== null) return red([timed({ rule: "app-failed", message: problem }, late)]);
  const known = understood(samples, wanted, context.config.checks["asr-smoke"].app?.accuracy ?? {});
  const wrong = doubts(action, samples, wanted, known, list, context);
  if (wrong.length > 0) return red(wrong.map((message) => ({ rule: "report-not-trusted", message })));
  const check = context.config.checks["perf-smoke"];
  const compared = compare(samples, known, context);
  const slower = "decision" in compared && compared.decision.outcome === "slower";
  const findings = [...known.findings, ...tooLate(samples.rounds, check, known.findings)];
  if (slower) findings.push(timed({ rule: "slower", message: describeDecision(compared.decision) }, true));
  const more = { facts: facts(samples, compared), measures: measures(samples, wanted, compared, check) };
  return { ...(findings.length === 0 ? { outcome: "passed" as const, findings } : red(findings)), ...more };
}

function nothingAsked(wanted: readonly Asked[], context: StepContext): Finding {
  const kinds = context.config.checks["perf-smoke"].kinds.join(", ");
  const lacks = wanted.length === 0 ? "a text to expect" : "a `speech_end_ms`, from which latency is counted";
  return { rule: "nothing-measured", message: `no recording of the kinds ${kinds} has ${lacks}` };
}

function compare(samples: Samples, known: Understood, context: StepContext): Compared {
  const planned = baseOf(context);
  if ("why" in planned) return planned;
  if (samples.same === true) return { why: "the package and its lock are those of the merge base" };
  const problem = samples.base?.problem;
  if (problem != null) return { why: `the merge base could not be measured: ${problem}` };
  const { both } = known;
  if (both.length === 0) return { why: "no recording is understood by the merge base and by the change" };
  const halves = samples.pairs.flatMap((p) => [p.change, p.base]);
  const net = halves.every((h) => both.every((i) => (h.waited_ms[i] ?? []).every((ms) => ms !== null)));
  const pairs = samples.pairs.map((p) => ({
    change: perRecording(p.change, both, net),
    base: perRecording(p.base, both, net),
  }));
  const decision = decide(pairs, context.config.checks["perf-smoke"].regression);
  return { decision, pairs, recordings: both.length, net };
}

/**
 * Of the repetitions of one recording the median: the work is the same each time, and what disturbs one of them only ever adds. `net`: without the
 * time in which other processes had the cores, which a scheduler may deal out unevenly for as long as the two versions run.
 */
function perRecording(half: Samples["pairs"][number]["change"], recordings: readonly number[], net: boolean): number {
  const work = recordings.map((i) =>
    median((half.ms[i] ?? []).map((ms, k) => (net ? without(ms, half.waited_ms[i]?.[k] ?? 0) : ms))),
  );
  return work.reduce((sum, ms) => sum + ms, 0) / recordings.length;
}

/** Never nothing: the two are not read in the same instant. */
function without(ms: number, waited: number): number {
  return Math.max(ms - waited, ms / 50);
}

function red(findings: readonly Finding[]): Judgement {
  const reason = findings.slice(0, 3).map((f) => f.message);
  return { outcome: "failed", reason: reason.join("; "), detail: renderFindings(findings), findings, facts: {} };
}
