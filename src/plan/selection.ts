/**
 * Which steps a goal runs, after `--only` and `--skip`. Unknown ids are reported all at once, each with the nearest known one.
 */
import { closest } from "fastest-levenshtein";
import type { Problem } from "../errors.ts";
import { PipelineError } from "../errors.ts";
import type { Goal, Step } from "../steps/step.ts";

export function selectSteps(
  steps: readonly Step[],
  goal: Goal,
  only: readonly string[],
  skip: readonly string[],
): Step[] {
  const ofGoal = steps.filter((s) => s.goals.includes(goal));
  assertKnown(
    [...only, ...skip],
    ofGoal.map((s) => s.id),
  );
  return ofGoal.filter((s) => (only.length === 0 || only.includes(s.id)) && !skip.includes(s.id));
}

function assertKnown(ids: readonly string[], known: readonly string[]): void {
  const problems: Problem[] = ids
    .filter((id) => !known.includes(id))
    .map((id) => ({
      message: `unknown step “${id}”`,
      remedy: known.length === 0 ? "the goal has no steps" : `did you mean “${closest(id, [...known])}”?`,
    }));
  if (problems.length > 0)
    throw new PipelineError("UNKNOWN_STEP", `${problems.length} unknown step id(s)`, { problems });
}
