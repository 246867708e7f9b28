/**
 * Every way in which the samples are not what the plan asked for: other recordings, another order, too few, or speaking against themselves.
 */
import { posix } from "node:path";
import { sha256Hex } from "../../digest.ts";
import type { JudgedAction, StepContext } from "../step.ts";
import { ROUNDS, withinLimits } from "./limits.ts";
import type { Samples } from "./records.ts";
import { baseOf, listening, orderOf } from "./settings.ts";
import type { Asked, Understood } from "./understood.ts";

/** In sentences; empty for samples that can be trusted. `list` is the text of the list of expected texts as the harness read it. */
export function doubts(
  action: JudgedAction,
  samples: Samples,
  wanted: readonly Asked[],
  known: Understood,
  list: string,
  context: StepContext,
): string[] {
  const said = [...recordings(samples, wanted, list, context), ...rounds(samples, wanted, known, context)];
  if (action.status.kind !== "exited" || action.status.code !== 0)
    said.push("the samples are whole, but the command failed");
  if (samples.change.heard.length !== wanted.length || samples.change.heard.some((texts) => texts.length === 0))
    said.push("not every recording was heard by the change");
  return [...said, ...pairs(samples, wanted, known, context)];
}

function recordings(samples: Samples, wanted: readonly Asked[], list: string, context: StepContext): string[] {
  const listed = listening(context);
  const path = "why" in listed ? "" : listed.app.expected;
  const known = new Map(context.manifest.entries.map((e) => [e.path, e.sha256]));
  const said =
    known.get(path) === sha256Hex(list) ? [] : [`${path} was read with other content than the application's`];
  if (samples.recordings.map((r) => r.file).join("\n") !== wanted.map((w) => w.file).join("\n"))
    said.push("other recordings were measured than those that the list asks for");
  for (const { file, sha256 } of samples.recordings)
    if (known.get(posix.join(posix.dirname(path), file)) !== sha256)
      said.push(`${file} was played with other content than the application's`);
  return said;
}

function rounds(samples: Samples, wanted: readonly Asked[], known: Understood, context: StepContext): string[] {
  const done = samples.rounds;
  const said: string[] = [];
  for (const round of done) {
    if (round.length !== wanted.length) said.push("a round of latencies is not about every recording");
    if (round.some((ms, i) => ms !== null && wanted[i]?.endMs === undefined))
      said.push("there is a latency for a recording whose end of speech nobody knows");
    if (round.some((ms, i) => ms === null && wanted[i]?.endMs !== undefined && known.change[i]))
      said.push("a latency is missing");
  }
  const good = done.map((round) => withinLimits(round, context.config.checks["perf-smoke"]));
  const complete = good.at(-1) === true || done.length === ROUNDS;
  if (!complete || done.length > ROUNDS || good.slice(0, -1).includes(true))
    said.push(
      `${done.length} rounds of latencies were taken: one follows, and one only, where the first is above a limit`,
    );
  return said;
}

function pairs(samples: Samples, wanted: readonly Asked[], known: Understood, context: StepContext): string[] {
  const { base, same, repeats } = samples;
  const planned = "base" in baseOf(context);
  if (!planned || same === true)
    return base === null && samples.pairs.length === 0 ? [] : ["pairs were measured without need"];
  if (base === null || same === null) return ["the merge base was to be measured and was not"];
  if (base.problem !== null) return [];
  const said: string[] = [];
  const order = orderOf(context);
  if (samples.pairs.map((p) => p.first).join() !== order.join())
    said.push(`${samples.pairs.length} pairs were measured, not the ${order.length} in the order that the plan gives`);
  if (base.heard.length !== wanted.length || base.heard.some((texts) => texts.length === 0))
    said.push("not every recording was heard by the merge base");
  const { both } = known;
  const complete = (ms: readonly (readonly number[])[]): boolean =>
    ms.length === wanted.length && ms.every((own, i) => own.length === repeats || !both.includes(i));
  const whole = ({ ms, waited_ms: waited }: Samples["pairs"][number]["change"]): boolean =>
    complete(ms) && waited.length === ms.length && waited.every((own, i) => own.length === ms[i]?.length);
  if (!samples.pairs.every((p) => whole(p.change) && whole(p.base)))
    said.push(`a sample does not hold each recording ${repeats} times`);
  return said;
}
