/** A record as the evidence folder that a run would have left. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestOf, sha256Hex } from "../../src/digest.ts";
import { stepFolder } from "../../src/evidence/collect.ts";
import type { RunEvent } from "../../src/evidence/events.ts";
import type { ActionRecord, RunRecord } from "../../src/evidence/run-record.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import type { Plan } from "../../src/plan/plan.ts";

/** Writes it. Resolves with the record under the digests that it has there. */
export async function writeRecord(folder: string, record: RunRecord): Promise<{ plan: Plan; verdict: RunVerdict }> {
  const { digest: _, ...content } = record.plan;
  const digest = digestOf(content);
  const steps = [];
  for (const { key, verdict, judgement } of record.steps) {
    if (judgement === undefined) {
      steps.push(verdict);
      continue;
    }
    const path = `${stepFolder(key)}/judgement.json`;
    const text = JSON.stringify(judgement);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    steps.push({ ...verdict, evidence: [{ path, sha256: sha256Hex(text) }] });
  }
  const verdict = { ...record.verdict, plan: digest, steps };
  const plan = { ...record.plan, digest };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
  await writeFile(join(folder, "verdict.json"), JSON.stringify(verdict));
  const events = [
    { type: "run-started", at: verdict.startedAt },
    ...record.actions.flatMap(eventsOf),
    { type: "run-finished", at: verdict.finishedAt },
  ];
  await writeFile(join(folder, "journal.jsonl"), events.map((e) => `${JSON.stringify(e)}\n`).join(""));
  return { plan, verdict };
}

function eventsOf(record: ActionRecord): RunEvent[] {
  const at = new Date(record.endedAt).toISOString();
  if (record.kind !== "ran") return [{ type: `action-${record.kind}`, at, action: record.id, reason: record.reason }];
  const { kind: _, id, startedAt, endedAt: __, ...rest } = record;
  const finished: RunEvent = { type: "action-finished", at, action: id, ...rest };
  return startedAt === undefined
    ? [finished]
    : [{ type: "action-started", at: new Date(startedAt).toISOString(), action: id }, finished];
}
