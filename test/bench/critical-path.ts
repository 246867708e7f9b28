/** The least time that a run of these actions could take, from its journal: reads events and a plan, runs nothing. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { RunEvent } from "../../src/evidence/events.ts";
import { dependencies } from "../../src/exec/action.ts";
import type { Plan } from "../../src/plan/plan.ts";

/** Seconds of the longest chain of actions that had to run one after another. `evidence` is the folder of a finished run. */
export function criticalPath(evidence: string): number {
  const plan = JSON.parse(readFileSync(path.join(evidence, "plan.json"), "utf8")) as Plan;
  const events = readFileSync(path.join(evidence, "journal.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RunEvent);
  const took = new Map(
    events.flatMap((e) =>
      e.type === "action-finished" && !e.cached ? [[e.action, e.durationMs / 1000] as const] : [],
    ),
  );
  const end = new Map<string, number>();
  // In the plan every action stands after what it depends on.
  for (const action of plan.actions) {
    const ready = Math.max(0, ...dependencies(action).map((id) => end.get(id) ?? 0));
    end.set(action.id, ready + (took.get(action.id) ?? 0));
  }
  return Math.max(0, ...end.values());
}
