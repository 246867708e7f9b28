/**
 * Makes a step's command ready to be entered by a person: runs what it reads and hands out the action with its trees.
 * Opening the shell is the executor's business.
 */
import { closest } from "fastest-levenshtein";
import { PipelineError, type Problem } from "../errors.ts";
import type { Action } from "../exec/action.ts";
import type { Executor, Refusal, ResolvedTrees } from "../exec/executor.ts";
import { describeEnd } from "./describe.ts";
import type { Plan } from "./plan.ts";
import type { WalkOptions } from "./walk.ts";
import { Walk } from "./walk.ts";

/**
 * `which` is a step key, a step id (its first instance), or an action id. A step's last action is the one that its judgement is about.
 * Throws UNKNOWN_STEP, and MACHINE_FAILED with the reason when the step is refused or something it reads failed.
 */
export async function debugStep<Tree>(
  plan: Plan,
  which: string,
  executor: Executor<Tree>,
  options: WalkOptions,
): Promise<{ action: Action; trees: ResolvedTrees<Tree> }> {
  const walk = new Walk(plan.actions, executor, options);
  const action = walk.action(actionOf(plan, which));
  const refusal = await walk.refusal(action.id);
  if (refusal !== undefined) throw refused(refusal);
  const resolved = await walk.resolve(action);
  if ("trees" in resolved) return { action, trees: resolved.trees };
  const { reason, detail } = describeEnd(resolved.end);
  throw new PipelineError("MACHINE_FAILED", reason, detail === undefined ? {} : { problems: [{ message: detail }] });
}

function refused({ reason, remedy, need }: Refusal): PipelineError {
  const problems: Problem[] = [{ message: remedy }];
  if (need !== undefined) problems.push({ message: need, remedy: "This line says more:", command: { name: "doctor" } });
  return new PipelineError("MACHINE_FAILED", reason, { problems });
}

function actionOf(plan: Plan, which: string): string {
  const step = plan.steps.find((s) => s.key === which) ?? plan.steps.find((s) => s.id === which);
  const id = step === undefined ? plan.actions.find((a) => a.id === which)?.id : Object.values(step.actions).at(-1);
  if (id !== undefined) return id;
  const known = plan.steps.filter((s) => s.skip === undefined).map((s) => s.key);
  const remedy = known.length === 0 ? "the plan has no step to enter" : `did you mean “${closest(which, known)}”?`;
  throw new PipelineError("UNKNOWN_STEP", `there is nothing to debug in “${which}”`, {
    problems: [{ message: which, remedy }],
  });
}
