/**
 * What a run has seen itself, and not taken from the cache: the one place that decides what counts as an observation, of a flaky test as of any
 * other. A replayed record tells again what an earlier run saw, so figures over many runs (how often a test fails, how long it takes) count only these.
 */
import type { TestRecord } from "../steps/step.ts";
import type { RunRecord, StepRecord } from "./run-record.ts";

/**
 * The tests that the step ran in this run; none where any of its own actions was replayed. `StepVerdict.cached` does not say so: it is about
 * the proofs as well, and about actions that steps share, such as the build of the wheel.
 */
export function observedTests({ plan, actions }: RunRecord, { key, judgement }: StepRecord): readonly TestRecord[] {
  const planned = plan.steps.find((s) => s.key === key);
  const own = Object.values(planned?.actions ?? {}).filter((id) => id.startsWith(`${key}/`));
  const ran = (id: string): boolean => actions.some((a) => a.id === id && a.kind === "ran" && !a.cached);
  return own.length > 0 && own.every(ran) ? (judgement?.tests ?? []) : [];
}
