/** How an action of a walk ended, and which end an error is. Runs nothing and tells nobody. */
import type { PipelineError } from "../errors.ts";
import type { ActionResult, Refusal } from "../exec/executor.ts";

/**
 * `not-run`: something it reads ended badly; `because` is the id of the action at the root of it. `first`: the result of the first time, where it
 * was run again; what counts is `result`.
 */
export type ActionEnd<Tree> =
  | { readonly kind: "ran"; readonly result: ActionResult<Tree>; readonly first?: ActionResult<Tree> }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "broken"; readonly error: PipelineError }
  | { readonly kind: "not-run"; readonly because: string; readonly end: ActionEnd<Tree> };

/** What a machine lacks, as against what an application got wrong. */
const REFUSALS: readonly string[] = ["INTERPRETER_MISSING", "HOST_UNSUPPORTED", "SECRET_MISSING"];
/** What one application's inputs can cause (an unknown package in its lock): red for the steps that need it, the rest goes on. */
const OWN_FAULTS: readonly string[] = ["ENVIRONMENT_FAILED"];

/** The end that an error of the executor is. Throws what no application can be the cause of: the machine is broken. */
export function endOfError<Tree>(error: PipelineError): ActionEnd<Tree> {
  if (REFUSALS.includes(error.code)) {
    const remedy = error.problems[0]?.remedy ?? "Provide what is missing, and run again.";
    return { kind: "refused", refusal: { reason: error.message, remedy } };
  }
  if (!OWN_FAULTS.includes(error.code)) throw error;
  return { kind: "broken", error };
}
