/**
 * A finished run as its evidence folder tells it: the one input of every report. It reads and checks; it renders nothing.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { digestOf, sha256Hex } from "../digest.ts";
import { PipelineError, type Problem } from "../errors.ts";
import type { Enforcement, ExitStatus } from "../exec/executor.ts";
import type { Plan } from "../plan/plan.ts";
import type { Judgement } from "../steps/step.ts";
import { stepFolder } from "./collect.ts";
import { eventSchema, judgementSchema, planSchema, verdictSchema } from "./run-schemas.ts";
import { stepKey } from "./summary.ts";
import type { RunVerdict, StepVerdict } from "./verdict.ts";

export interface RunRecord {
  readonly plan: Plan;
  readonly verdict: RunVerdict;
  /** In the order of the verdict. */
  readonly steps: readonly StepRecord[];
  /** Every action that the journal tells of, in the order of their ends. */
  readonly actions: readonly ActionRecord[];
}

export interface StepRecord {
  /** Its key in the plan: `unit-tests@3.11`. */
  readonly key: string;
  readonly title: string;
  readonly verdict: StepVerdict;
  /** Undefined where nothing was judged: refused, skipped, blocked, broken, or only its proofs were asked for. */
  readonly judgement?: Judgement;
}

/** What became of an action. Times are milliseconds since the epoch. */
export type ActionRecord =
  | {
      readonly kind: "ran";
      readonly id: string;
      /** It had run before in this run, was too slow, and was measured again: there are two records of it. */
      readonly again?: true;
      /** When its command started; a replayed one has none. */
      readonly startedAt?: number;
      readonly endedAt: number;
      readonly cached: boolean;
      /** Of the command itself, of an earlier run where it was replayed. */
      readonly durationMs: number;
      readonly status: ExitStatus;
      readonly enforced: Enforcement;
      readonly toolchain: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "refused" | "not-run";
      readonly id: string;
      readonly endedAt: number;
      readonly reason: string;
    };

/** Bytes of a document that are read: a larger one is no work of a run. */
const READABLE = 256 * 1024 * 1024;

/** Reads the folder of a finished run. Rejects with EVIDENCE_INVALID where a document is missing, malformed or not what the verdict names. */
export async function loadRun(folder: string): Promise<RunRecord> {
  const verdict = await readDocument(folder, "verdict.json", verdictSchema);
  const plan = await readPlan(folder, verdict);
  const steps = await Promise.all(
    verdict.steps.map(async (step) => {
      const key = stepKey(step, plan);
      const judgement = await readJudgement(folder, `${stepFolder(key)}/judgement.json`, step);
      const title = plan.steps.find((s) => s.key === key)?.title ?? step.id;
      return { key, title, verdict: step, ...(judgement === undefined ? {} : { judgement }) };
    }),
  );
  return { plan, verdict, steps, actions: await readJournal(folder) };
}

async function readPlan(folder: string, verdict: RunVerdict): Promise<Plan> {
  const { digest, ...content } = await readDocument(folder, "plan.json", planSchema);
  if (digestOf(content) !== digest || digest !== verdict.plan)
    throw invalid(folder, [{ file: "plan.json", message: "is not the plan that the verdict is about" }]);
  return { ...content, digest } as Plan;
}

/** The verdict names every file of a step's evidence with its digest, so what it does not name was not written by the run. */
async function readJudgement(folder: string, file: string, step: StepVerdict): Promise<Judgement | undefined> {
  const named = step.evidence.find((e) => e.path === file);
  if (named === undefined) return undefined;
  const text = await readText(folder, file);
  if (sha256Hex(text) !== named.sha256)
    throw invalid(folder, [{ file, message: "is not the file that the verdict names" }]);
  return parse(folder, file, text, judgementSchema);
}

async function readJournal(folder: string): Promise<ActionRecord[]> {
  const file = "journal.jsonl";
  const lines = (await readText(folder, file)).split("\n");
  const started = new Map<string, number>();
  const again = new Set<string>();
  const records: ActionRecord[] = [];
  const problems: Problem[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const read = eventSchema.safeParse(jsonOf(line));
    if (!read.success) {
      problems.push({ file, line: index + 1, message: "is not an event of a run" });
      continue;
    }
    const event = read.data;
    if (!("action" in event)) continue;
    const at = Date.parse(event.at);
    if (event.type === "action-started") started.set(event.action, at);
    else if (event.type === "action-again") again.add(event.action);
    else if (event.type === "action-finished") {
      const { action: id, cached, durationMs, status, enforced, toolchain } = event;
      const startedAt = started.get(id);
      const when = startedAt === undefined ? { endedAt: at } : { startedAt, endedAt: at };
      const record = { kind: "ran", id, ...when, cached, durationMs, status, enforced, toolchain } as const;
      records.push(again.has(id) ? { ...record, again: true } : record);
    } else {
      const kind = event.type === "action-refused" ? "refused" : "not-run";
      records.push({ kind, id: event.action, endedAt: at, reason: event.reason });
    }
  }
  if (problems.length > 0) throw invalid(folder, problems.slice(0, 10));
  return records;
}

async function readDocument<T>(folder: string, file: string, schema: z.ZodType<T>): Promise<T> {
  return parse(folder, file, await readText(folder, file), schema);
}

async function readText(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  try {
    const { size } = await stat(path);
    if (size > READABLE) throw invalid(folder, [{ file, message: `has ${size} bytes, more than any run writes` }]);
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw invalid(folder, [{ file, message: "cannot be read" }], error);
  }
}

function parse<T>(folder: string, file: string, text: string, schema: z.ZodType<T>): T {
  const read = schema.safeParse(jsonOf(text));
  if (read.success) return read.data;
  throw invalid(
    folder,
    read.error.issues.slice(0, 10).map((i) => ({ file, message: `${i.path.join(".") || "it"}: ${i.message}` })),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(folder: string, problems: readonly Problem[], cause?: unknown): PipelineError {
  return new PipelineError("EVIDENCE_INVALID", `${folder} does not hold the evidence of a finished run`, {
    problems,
    ...(cause === undefined ? {} : { cause }),
  });
}
