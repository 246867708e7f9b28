/**
 * Checks one step: has its actions measured and judged, tries the tripwires, and says how it ended.
 * Order, needs and the run's verdict are run.ts's.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PipelineError } from "../errors.ts";
import { evidenceFiles, stepFolder } from "../evidence/collect.ts";
import { testResult } from "../evidence/statement.ts";
import type { MeasuredAgain, ProofRecord, StepVerdict } from "../evidence/verdict.ts";
import type { Executor, Refusal } from "../exec/executor.ts";
import type { Judgement, Step, StepContext } from "../steps/step.ts";
import type { ActionEnd } from "./action-end.ts";
import { describeEnd, TWICE } from "./describe.ts";
import { measure } from "./measure.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { prove } from "./prove.ts";
import type { Walk } from "./walk.ts";

/** What a run needs of its preparation; `prepare()` makes it. */
export interface Runnable {
  readonly plan: Plan;
  readonly contexts: ReadonlyMap<string, StepContext>;
  readonly steps: readonly Step[];
}

/** Where a step is checked. */
export interface StepSetting<Tree> {
  readonly runnable: Runnable;
  readonly executor: Executor<Tree>;
  readonly walk: Walk<Tree>;
  /** The evidence folder. */
  readonly evidence: string;
  readonly onProof: (step: string, proof: ProofRecord) => void;
}

/** How the step's own part ended: with a judgement, or because an action that it needs could not do its work; neither when only proofs are run. */
interface Own {
  readonly judgement?: Judgement;
  readonly end?: { readonly refusal?: Refusal; readonly reason: string; readonly detail?: string };
  readonly cached: boolean;
  readonly durationMs: number;
  readonly again?: MeasuredAgain;
}

/** Rejects for cancellation and for broken machines. */
export async function checkStep<Tree>(planned: PlannedStep, setting: StepSetting<Tree>): Promise<StepVerdict> {
  const ids = [...Object.values(planned.actions), ...planned.proofs.flatMap((p) => Object.values(p.actions))];
  for (const id of ids) {
    const refusal = await setting.walk.refusal(id);
    if (refusal !== undefined) return { ...bareVerdict(planned, "refused", refusal.reason), ...cureOf(refusal) };
  }
  const step = stepOf(planned, setting);
  const [own, proofs] = await Promise.all([judgeOwn(planned, step, setting), proveAll(planned, step, setting)]);
  return conclude(planned, own, proofs, setting);
}

/** A verdict without anything that a run of the step would have found out. */
export function bareVerdict(step: PlannedStep, outcome: StepVerdict["outcome"], reason?: string): StepVerdict {
  return {
    id: step.id,
    platform: step.platform,
    ...(step.python === undefined ? {} : { python: step.python }),
    outcome,
    ...(reason === undefined ? {} : { reason }),
    cached: false,
    proved: false,
    proofs: [],
    durationMs: 0,
    requirements: step.requirements,
    facts: {},
    evidence: [],
  };
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

async function judgeOwn<Tree>(planned: PlannedStep, step: Step, setting: StepSetting<Tree>): Promise<Own> {
  if (Object.keys(planned.actions).length === 0) return { cached: false, durationMs: 0 };
  const context = contextOf(planned.key, setting);
  const measured = await measure(planned.actions, {
    ...setting,
    folder: stepFolder(planned.key),
    judge: (results) => step.judge({ context, results }),
    believes: (judgement) => judgement.outcome === "passed",
  });
  if (measured.kind === "judged") return measured;
  const { id, end, durationMs } = measured;
  return { cached: false, durationMs, end: { ...refusalIn(end), ...describeEnd(end, id) } };
}

function proveAll<Tree>(planned: PlannedStep, step: Step, setting: StepSetting<Tree>): Promise<ProofRecord[]> {
  const { walk, executor, evidence, onProof } = setting;
  return Promise.all(
    planned.proofs.map(async (proof) => {
      const context = contextOf(`${planned.key}/proof/${proof.id}`, setting);
      const record = await prove(step, planned, proof, context, walk, executor, evidence);
      onProof(planned.key, record);
      return record;
    }),
  );
}

async function conclude<Tree>(
  planned: PlannedStep,
  own: Own,
  proofs: readonly ProofRecord[],
  { runnable, evidence }: StepSetting<Tree>,
): Promise<StepVerdict> {
  const red = own.end !== undefined ? own.end.refusal === undefined : own.judgement?.outcome === "failed";
  const refused = own.end?.refusal !== undefined || proofs.some((p) => p.outcome === "refused");
  const outcome = red || proofs.some((p) => p.outcome === "missed") ? "failed" : refused ? "refused" : "passed";
  const folder = stepFolder(planned.key);
  const target = join(evidence, folder);
  await mkdir(target, { recursive: true });
  if (own.judgement !== undefined) await writeJson(join(target, "judgement.json"), own.judgement);
  if (proofs.length > 0) await writeJson(join(target, "proofs.json"), proofs);
  if (outcome !== "refused") {
    const statement = testResult(runnable.plan, planned, outcome === "passed", own.judgement?.findings ?? []);
    await writeJson(join(target, "statement.json"), statement);
  }
  const again = own.again === undefined ? {} : { measuredAgain: own.again };
  return {
    ...bareVerdict(planned, outcome),
    ...reasonOf(own, proofs, red),
    ...(own.end?.refusal === undefined ? {} : cureOf(own.end.refusal)),
    ...again,
    cached: own.cached && proofs.every((p) => p.cached),
    proved: proofs.length > 0 && proofs.every((p) => p.outcome === "caught"),
    proofs,
    durationMs: Math.round(own.durationMs),
    facts: own.judgement?.facts ?? {},
    evidence: await evidenceFiles(evidence, folder),
  };
}

function reasonOf(own: Own, proofs: readonly ProofRecord[], red: boolean): { reason?: string; detail?: string } {
  const said = own.end ?? own.judgement;
  const missed = proofs.filter((p) => p.outcome !== "caught");
  // The app's own failure comes first: a poison is often missed only because the app itself could not be tried.
  if (red || missed.length === 0 || own.end !== undefined) {
    const words: { reason?: string; detail?: string } = {};
    if (said?.reason !== undefined) words.reason = said.reason;
    if (said?.reason !== undefined && red && own.again !== undefined) words.reason = `${said.reason} (${TWICE})`;
    if (said?.detail !== undefined) words.detail = said.detail;
    return words;
  }
  return {
    reason: `the gate does not gate: ${missed.map((p) => `${p.id} (${p.title})`).join(", ")}`,
    detail: missed.map((p) => `${p.id}: ${p.reason ?? p.outcome}`).join("\n"),
  };
}

function refusalIn<Tree>(end: ActionEnd<Tree>): { refusal?: Refusal } {
  return end.kind === "refused" ? { refusal: end.refusal } : {};
}

function cureOf({ remedy, need }: Refusal): Pick<StepVerdict, "remedy" | "need"> {
  return { remedy, ...(need === undefined ? {} : { need }) };
}

function stepOf<Tree>(planned: PlannedStep, { runnable }: StepSetting<Tree>): Step {
  const step = runnable.steps.find((s) => s.id === planned.id);
  if (step === undefined)
    throw new PipelineError("PLAN_INVALID", `the plan names a step that does not exist: ${planned.id}`);
  return step;
}

function contextOf<Tree>(key: string, { runnable }: StepSetting<Tree>): StepContext {
  const context = runnable.contexts.get(key);
  if (context === undefined) throw new PipelineError("PLAN_INVALID", `no context was made for ${key}`);
  return context;
}
