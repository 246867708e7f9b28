/**
 * Runs a plan: demands the actions of every step, takes their evidence, judges, proves, and writes the verdict.
 * The only writer of plan.json, journal.jsonl, verdict.json and steps/ in the evidence folder.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PipelineError } from "../errors.ts";
import { collectAction, evidenceFiles, stepFolder } from "../evidence/collect.ts";
import { fanOut, openJournal } from "../evidence/journal.ts";
import { testResult } from "../evidence/statement.ts";
import type { ProofRecord, RunVerdict, StepVerdict } from "../evidence/verdict.ts";
import { allProved, runOutcome } from "../evidence/verdict.ts";
import type { Executor } from "../exec/executor.ts";
import type { Clock, Log } from "../ports.ts";
import type { JudgedAction, Judgement, Step, StepContext } from "../steps/step.ts";
import { describeEnd } from "./describe.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { prove } from "./prove.ts";
import { Walk } from "./walk.ts";

/** What a run needs of its preparation; `prepare()` makes it. */
export interface Runnable {
  readonly plan: Plan;
  readonly contexts: ReadonlyMap<string, StepContext>;
  readonly steps: readonly Step[];
}

export interface RunOptions {
  /** Commands that may run at once, at least 1. */
  readonly jobs: number;
  readonly strict: boolean;
  /** The first red step ends the run; the others are `blocked`. */
  readonly failFast: boolean;
  /** An existing, empty folder. */
  readonly evidence: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborting ends every command; runPlan then rejects with the signal's reason, and no verdict is written. */
  readonly signal: AbortSignal;
}

export async function runPlan<Tree>(
  runnable: Runnable,
  executor: Executor<Tree>,
  options: RunOptions,
): Promise<RunVerdict> {
  const { plan } = runnable;
  await mkdir(options.evidence, { recursive: true });
  await writeJson(join(options.evidence, "plan.json"), plan);
  const journal = openJournal(join(options.evidence, "journal.jsonl"));
  try {
    const run = new Run(runnable, executor, { ...options, log: fanOut(journal, options.log) });
    const verdict = await run.run();
    await writeJson(join(options.evidence, "verdict.json"), verdict);
    return verdict;
  } finally {
    journal.close();
  }
}

class Run<Tree> {
  readonly #runnable: Runnable;
  readonly #executor: Executor<Tree>;
  readonly #options: RunOptions;
  readonly #walk: Walk<Tree>;
  readonly #stop = new AbortController();
  readonly #verdicts = new Map<string, Promise<StepVerdict>>();
  #firstRed: string | undefined;

  constructor(runnable: Runnable, executor: Executor<Tree>, options: RunOptions) {
    this.#runnable = runnable;
    this.#executor = executor;
    this.#options = options;
    this.#walk = new Walk(runnable.plan.actions, executor, {
      ...options,
      signal: AbortSignal.any([options.signal, this.#stop.signal]),
    });
  }

  async run(): Promise<RunVerdict> {
    const { plan } = this.#runnable;
    const { strict, log, clock } = this.#options;
    const startedAt = this.#at();
    const where = this.#executor.where;
    log.emit({
      type: "run-started",
      at: startedAt,
      goal: plan.goal,
      plan: plan.digest,
      where,
      steps: plan.steps.map((s) => s.key),
      actions: plan.actions.length,
    });
    const settled = await Promise.allSettled(plan.steps.map((s) => this.#verdict(s)));
    // A step gives up at the first of its actions that does not end well; the others are still being ended.
    await this.#walk.settled();
    this.#options.signal.throwIfAborted();
    const steps = settled.map((s) => {
      if (s.status === "rejected") throw s.reason;
      return s.value;
    });
    const proved = allProved(steps);
    const outcome = runOutcome(steps, proved, strict);
    const finishedAt = clock.now().toISOString();
    log.emit({ type: "run-finished", at: finishedAt, outcome, proved });
    return {
      schema: 1,
      goal: plan.goal,
      plan: plan.digest,
      outcome,
      proved,
      strict,
      where,
      startedAt,
      finishedAt,
      steps,
    };
  }

  #verdict(step: PlannedStep): Promise<StepVerdict> {
    let verdict = this.#verdicts.get(step.key);
    if (verdict === undefined) {
      verdict = this.#conclude(step).catch((error: unknown) => {
        // A broken machine ends the run at once: nothing that still runs could lead to a verdict.
        this.#stop.abort(error);
        throw error;
      });
      this.#verdicts.set(step.key, verdict);
    }
    return verdict;
  }

  async #conclude(step: PlannedStep): Promise<StepVerdict> {
    let verdict: StepVerdict;
    try {
      verdict = await this.#check(step);
    } catch (error) {
      if (this.#firstRed === undefined || this.#options.signal.aborted) throw error;
      verdict = blank(step, "blocked", `${this.#firstRed} failed and --fail-fast ended the run`);
    }
    if (verdict.outcome === "failed" && this.#options.failFast && this.#firstRed === undefined) {
      this.#firstRed = step.key;
      this.#stop.abort(new Error(`${step.key} failed`));
    }
    this.#options.log.emit({ type: "step-finished", at: this.#at(), step: step.key, verdict });
    return verdict;
  }

  async #check(step: PlannedStep): Promise<StepVerdict> {
    if (step.skip !== undefined) return blank(step, "skipped", step.skip);
    for (const key of step.needs) {
      const needed = this.#runnable.plan.steps.find((s) => s.key === key);
      const before = needed === undefined ? undefined : await this.#verdict(needed);
      if (before !== undefined && before.outcome !== "passed" && before.outcome !== "skipped")
        return blank(step, "blocked", `${key} is ${before.outcome}`);
    }
    const ids = [...Object.values(step.actions), ...step.proofs.flatMap((p) => Object.values(p.actions))];
    for (const id of ids) {
      const refusal = await this.#walk.refusal(id);
      if (refusal !== undefined) return { ...blank(step, "refused", refusal.reason), remedy: refusal.remedy };
    }
    const [own, proofs] = await Promise.all([this.#judge(step), this.#prove(step)]);
    return this.#conclusion(step, own, proofs);
  }

  async #judge(step: PlannedStep): Promise<Own> {
    const ends = await Promise.all(
      Object.entries(step.actions).map(async ([name, id]) => ({ name, id, end: await this.#walk.demand(id) })),
    );
    const results: Record<string, JudgedAction> = {};
    let durationMs = 0;
    let cached = ends.length > 0;
    for (const { name, id, end } of ends) {
      if (end.kind !== "ran")
        return { cached: false, durationMs, end: { refused: end.kind === "refused", ...describeEnd(end, id) } };
      cached &&= end.result.cached;
      if (!end.result.cached) durationMs += end.result.durationMs;
      results[name] = await collectAction(
        this.#executor,
        end.result,
        this.#options.evidence,
        `${stepFolder(step.key)}/${name}`,
      );
    }
    if (ends.length === 0) return { cached, durationMs };
    const judgement = this.#step(step).judge({ context: this.#context(step.key), results });
    return { cached, durationMs, judgement };
  }

  async #prove(step: PlannedStep): Promise<ProofRecord[]> {
    return Promise.all(
      step.proofs.map(async (proof) => {
        const context = this.#context(`${step.key}/proof/${proof.id}`);
        const record = await prove(
          this.#step(step),
          step,
          proof,
          context,
          this.#walk,
          this.#executor,
          this.#options.evidence,
        );
        this.#options.log.emit({ type: "proof-finished", at: this.#at(), step: step.key, proof: record });
        return record;
      }),
    );
  }

  async #conclusion(step: PlannedStep, own: Own, proofs: readonly ProofRecord[]): Promise<StepVerdict> {
    const { plan } = this.#runnable;
    const missed = proofs.filter((p) => p.outcome === "missed");
    const red = own.end !== undefined ? !own.end.refused : own.judgement?.outcome === "failed";
    const refused = own.end?.refused === true || proofs.some((p) => p.outcome === "refused");
    const outcome = red || missed.length > 0 ? "failed" : refused ? "refused" : "passed";
    const folder = stepFolder(step.key);
    const target = join(this.#options.evidence, folder);
    await mkdir(target, { recursive: true });
    if (own.judgement !== undefined) await writeJson(join(target, "judgement.json"), own.judgement);
    if (proofs.length > 0) await writeJson(join(target, "proofs.json"), proofs);
    if (outcome !== "refused")
      await writeJson(
        join(target, "statement.json"),
        testResult(plan, step, outcome === "passed", own.judgement?.findings ?? []),
      );
    return {
      ...blank(step, outcome),
      ...reasonOf(own, proofs, red),
      cached: own.cached && proofs.every((p) => p.cached),
      proved: proofs.length > 0 && proofs.every((p) => p.outcome === "caught"),
      proofs,
      durationMs: Math.round(own.durationMs),
      facts: own.judgement?.facts ?? {},
      evidence: await evidenceFiles(this.#options.evidence, folder),
    };
  }

  #step(planned: PlannedStep): Step {
    const step = this.#runnable.steps.find((s) => s.id === planned.id);
    if (step === undefined)
      throw new PipelineError("PLAN_INVALID", `the plan names a step that does not exist: ${planned.id}`);
    return step;
  }

  #context(key: string): StepContext {
    const context = this.#runnable.contexts.get(key);
    if (context === undefined) throw new PipelineError("PLAN_INVALID", `no context was made for ${key}`);
    return context;
  }

  #at(): string {
    return this.#options.clock.now().toISOString();
  }
}

interface Own {
  readonly judgement?: Judgement;
  /** Set when an action that the step needs could not do its work. */
  readonly end?: { readonly refused: boolean; readonly reason: string; readonly detail?: string };
  readonly cached: boolean;
  readonly durationMs: number;
}

function reasonOf(own: Own, proofs: readonly ProofRecord[], red: boolean): { reason?: string; detail?: string } {
  const said = own.end ?? own.judgement;
  const missed = proofs.filter((p) => p.outcome !== "caught");
  // The app's own failure comes first: a poison is often missed only because the app itself could not be tried.
  if (red || missed.length === 0 || own.end !== undefined)
    return {
      ...(said?.reason === undefined ? {} : { reason: said.reason }),
      ...(said?.detail === undefined ? {} : { detail: said.detail }),
    };
  return {
    reason: `the gate does not gate: ${missed.map((p) => `${p.id} (${p.title})`).join(", ")}`,
    detail: missed.map((p) => `${p.id}: ${p.reason ?? p.outcome}`).join("\n"),
  };
}

function blank(step: PlannedStep, outcome: StepVerdict["outcome"], reason?: string): StepVerdict {
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

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
