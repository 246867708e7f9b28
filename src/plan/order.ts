/**
 * Puts actions into an order in which each stands after what it reads, and ranks them by the work that waits for them.
 */

import { PipelineError } from "../errors.ts";
import type { Action } from "../exec/action.ts";
import { dependencies } from "../exec/action.ts";

/** Stable: actions keep their given order where the dependencies allow it. Circles and unknown ids throw PLAN_INVALID. */
export function inOrder(actions: readonly Action[]): Action[] {
  const byId = new Map(actions.map((a) => [a.id, a]));
  const done = new Set<string>();
  const open = new Set<string>();
  const ordered: Action[] = [];
  const visit = (action: Action): void => {
    if (done.has(action.id)) return;
    if (open.has(action.id))
      throw new PipelineError(
        "PLAN_INVALID",
        `actions depend on each other in a circle: ${[...open, action.id].join(" → ")}`,
      );
    open.add(action.id);
    for (const id of dependencies(action)) {
      const needed = byId.get(id);
      if (needed === undefined)
        throw new PipelineError("PLAN_INVALID", `${action.id} reads ${id}, which is not in the plan`);
      visit(needed);
    }
    open.delete(action.id);
    done.add(action.id);
    ordered.push(action);
  };
  actions.forEach(visit);
  return ordered;
}

/**
 * For each action the seconds of the longest chain that begins with it. Time limits stand in for durations, which nobody knows beforehand:
 * they are too large by about the same factor. The scheduler starts high ranks first.
 */
export function ranks(ordered: readonly Action[]): Map<string, number> {
  const rank = new Map<string, number>();
  for (const action of [...ordered].reverse()) {
    const own = action.timeoutSeconds + (rank.get(action.id) ?? 0);
    rank.set(action.id, own);
    for (const id of dependencies(action)) rank.set(id, Math.max(rank.get(id) ?? 0, own));
  }
  return rank;
}
