/**
 * Which actions of a plan an executor may run as one piece of work: those that do the same in the proofs of one step, since they want the same of
 * a machine, become due at the same time, and are asked for together whatever else a run selects. It says what may be, and runs nothing.
 */
import type { Action } from "../exec/action.ts";
import type { Plan } from "./plan.ts";

/** Action id → the ids of its group, itself among them. An action that is in none runs by itself. */
export type Groups = ReadonlyMap<string, readonly string[]>;

export function groupsOf({ steps, actions }: Pick<Plan, "steps" | "actions">): Groups {
  const byId = new Map(actions.map((action) => [action.id, action]));
  const members = new Map<string, Set<string>>();
  for (const step of steps)
    for (const proof of step.proofs)
      for (const [name, id] of Object.entries(proof.actions)) {
        const action = byId.get(id);
        // What other steps read as well is nobody's proof.
        if (action === undefined || !id.startsWith(`${step.key}/proof/`) || !canBeGrouped(action)) continue;
        // A change of the application runs the proofs over its own tree again, and not those over the bundled one.
        const group = [step.key, proof.scope, name, action.toolchain.image, action.platform].join(" ");
        members.set(group, (members.get(group) ?? new Set()).add(id));
      }
  const groups = [...members.values()].map((ids) => [...ids]).filter((ids) => ids.length > 1);
  return new Map(groups.flatMap((ids) => ids.map((id) => [id, ids] as const)));
}

function canBeGrouped({ network, exclusive, cache, secrets }: Action): boolean {
  return !network && !exclusive && cache === "by-inputs" && Object.keys(secrets).length === 0;
}
