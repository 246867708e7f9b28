/**
 * Finds out which of today's findings a baseline can hold, without knowing any step: each judge is asked once without a baseline, and once
 * more with one of all that it found. What it then no longer reports is what a baseline excuses.
 */
import { baselineOf, growth } from "../src/config/baseline.ts";
import type { Baseline } from "../src/config/model.ts";
import { PipelineError } from "../src/errors.ts";
import type { Finding, Judged, Judgement, Step } from "../src/steps/step.ts";

export interface KnownFindings {
  /** The same steps; their judges take notes and ignore the baseline of the tree. */
  readonly steps: readonly Step[];
  /** What can be excused, by the id of each step that was judged. */
  readonly found: ReadonlyMap<string, readonly Finding[]>;
}

export function noteFindings(steps: readonly Step[]): KnownFindings {
  const found = new Map<string, readonly Finding[]>();
  const noted = steps.map((step) => ({
    ...step,
    judge: (judged: Judged): Judgement => {
      const { baseline: _, ...context } = judged.context;
      const all = step.judge({ ...judged, context });
      const head = baselineOf({ [step.id]: all.findings });
      const left = new Set(step.judge({ ...judged, context: { ...context, baseline: { head } } }).findings.map(keyOf));
      const excused = all.findings.filter((f) => !left.has(keyOf(f)));
      found.set(step.id, [...(found.get(step.id) ?? []), ...excused]);
      return all;
    },
  }));
  return { steps: noted, found };
}

function keyOf(f: Finding): string {
  return JSON.stringify([f.rule, f.path, f.line, f.column, f.message]);
}

/**
 * The baseline to write: what was found, and for a step that could not be judged what stood there before.
 * Throws BASELINE_INVALID with every entry that is higher than at the merge base.
 */
export function newBaseline(
  found: ReadonlyMap<string, readonly Finding[]>,
  before: { readonly head: Baseline; readonly base?: Baseline },
  file: string,
): Baseline {
  const unjudged = Object.entries(before.head).filter(([step]) => !found.has(step));
  const baseline: Baseline = { ...Object.fromEntries(unjudged), ...baselineOf(Object.fromEntries(found)) };
  const problems = before.base === undefined ? [] : growth(baseline, before.base, file);
  if (problems.length > 0) {
    throw new PipelineError("BASELINE_INVALID", "the baseline would grow against the merge base; it was not written", {
      problems,
    });
  }
  return baseline;
}
