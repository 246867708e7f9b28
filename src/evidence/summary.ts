/**
 * What both reports say, as data: the rows of the table, what was refused, what failed, what was not proved, and how a step is called.
 * Neither colour nor markup is decided here.
 */
import type { Plan } from "../plan/plan.ts";
import { duration } from "./text.ts";
import type { Outcome, ProofRecord, RunVerdict, StepVerdict } from "./verdict.ts";

export interface Row {
  readonly step: string;
  readonly python: string;
  readonly outcome: Outcome;
  /** `cached`, a duration, or empty where nothing ran. */
  readonly time: string;
  /** `yes`, `no`, or empty where nothing was to be proved. */
  readonly proved: string;
  /** In the order of the check: what matters comes first. Of a step that did not run, why. */
  readonly facts: readonly string[];
}

/** A poison that was not caught. */
export interface UnprovedPoison {
  readonly key: string;
  readonly proof: ProofRecord;
}

/** A step, or a proof of one, that was measured again. */
export interface SecondMeasurement {
  /** The step's key, and for a proof its id: `perf-smoke`, `perf-smoke/proof/slow-parser`. */
  readonly key: string;
  readonly actions: readonly string[];
  readonly first: string;
}

export interface Summary {
  readonly app: string;
  readonly rows: readonly Row[];
  readonly refused: readonly NamedStep[];
  readonly failed: readonly NamedStep[];
  /** The same, those that fail in the same words together: the wheel that does not build is told once, not by each check that needs it. */
  readonly failures: readonly Failure[];
  readonly blocked: readonly NamedStep[];
  readonly unproved: readonly UnprovedPoison[];
  /** What elapsed time had made red first, green or red in the end. */
  readonly measuredAgain: readonly SecondMeasurement[];
  /** `2 passed, 1 failed`: only what occurred, in the order of the outcomes. */
  readonly counts: string;
  readonly elapsedMs: number;
}

export interface NamedStep {
  /** The step's key in the plan: `unit-tests@3.11`. */
  readonly key: string;
  readonly verdict: StepVerdict;
}

export interface Failure extends NamedStep {
  /** Keys of the others that failed in the same words. */
  readonly same: readonly string[];
}

const ORDER: readonly Outcome[] = ["passed", "failed", "refused", "blocked", "skipped"];

export function summarise(verdict: RunVerdict, plan: Plan): Summary {
  const named = verdict.steps.map((step) => ({ key: stepKey(step, plan), verdict: step }));
  const of = (outcome: Outcome) => named.filter((n) => n.verdict.outcome === outcome);
  const counts = ORDER.map((o) => [of(o).length, o] as const).filter(([n]) => n > 0);
  return {
    app: plan.app.name,
    rows: verdict.steps.map(row),
    refused: of("refused"),
    failed: of("failed"),
    failures: together(of("failed")),
    blocked: of("blocked"),
    unproved: named.flatMap(({ key, verdict: step }) =>
      // What kept the check itself from being made is told there.
      step.proofs
        .filter((p) => p.outcome !== "caught" && (p.reason === undefined || p.reason !== step.reason))
        .map((proof) => ({ key, proof })),
    ),
    measuredAgain: named.flatMap(({ key, verdict: step }) => measuredAgain(key, step)),
    counts: counts.length === 0 ? "no step" : counts.map(([n, o]) => `${n} ${o}`).join(", "),
    elapsedMs: Date.parse(verdict.finishedAt) - Date.parse(verdict.startedAt),
  };
}

/** Steps that failed in the same words, the first of each. */
export function together<S extends NamedStep>(failed: readonly S[]): (S & Failure)[] {
  const groups = new Map<string, S[]>();
  for (const step of failed) {
    const { reason, detail } = step.verdict;
    // Without any words nothing says that two are the same.
    const words = JSON.stringify(detail === undefined ? [step.key] : [reason, detail]);
    groups.set(words, [...(groups.get(words) ?? []), step]);
  }
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, same: others.map((s) => s.key) }],
  );
}

/** The key under which the plan holds this step; the id where the plan does not know it. */
export function stepKey(step: StepVerdict, plan: Plan): string {
  const exact = plan.steps.find((p) => p.id === step.id && p.python === step.python && p.platform === step.platform);
  return (exact ?? plan.steps.find((p) => p.id === step.id && p.python === step.python))?.key ?? step.id;
}

function measuredAgain(key: string, step: StepVerdict): SecondMeasurement[] {
  const own = [{ key, again: step.measuredAgain }];
  const proofs = step.proofs.map((proof) => ({ key: `${key}/proof/${proof.id}`, again: proof.measuredAgain }));
  return [...own, ...proofs].flatMap(({ key: of, again }) => (again === undefined ? [] : [{ key: of, ...again }]));
}

function row(step: StepVerdict): Row {
  const ran = step.outcome === "passed" || step.outcome === "failed";
  const facts = Object.entries(step.facts).map(([name, value]) => `${name}: ${value}`);
  if (step.measuredAgain !== undefined) facts.unshift(`measured again: ${step.measuredAgain.actions.join(", ")}`);
  const reason = ran ? [] : [step.reason ?? ""];
  return {
    step: step.id,
    python: step.python ?? "",
    outcome: step.outcome,
    time: !ran ? "" : step.cached ? "cached" : duration(step.durationMs),
    proved: ran ? (step.proved ? "yes" : "no") : "",
    facts: [...reason, ...facts].filter((f) => f !== ""),
  };
}
