/**
 * Runs a plan: every step after those that it needs, --fail-fast, interruption, and the verdict over all of them.
 * Writes plan.json, journal.jsonl and verdict.json; what happens within a step is check-step.ts's.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fanOut, openJournal } from "../evidence/journal.ts";
import type { PartialRun, RunVerdict, StepVerdict } from "../evidence/verdict.ts";
import { allProved, runOutcome } from "../evidence/verdict.ts";
import type { Executor } from "../exec/executor.ts";
import type { Clock, Log } from "../ports.ts";
import { bareVerdict, checkStep, type Runnable, type StepSetting, writeJson } from "./check-step.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { groupsOf } from "./together.ts";
import { Walk } from "./walk.ts";

export interface RunOptions {
  /** Commands that may run at once, at least 1. */
  readonly jobs: number;
  readonly strict: boolean;
  /** The first red step ends the run; the others are `blocked`. */
  readonly failFast: boolean;
  /** An existing, empty folder. */
  readonly evidence: string;
  /** The commit that is checked out, for the verdict; null before the first one. */
  readonly commit?: string | null;
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

function partialOf({ base, steps }: Plan): { readonly partial?: PartialRun } {
  const leftOut = steps.filter((s) => s.leftOut).map((s) => s.key);
  return base === null || leftOut.length === 0 ? {} : { partial: { base, leftOut, of: steps.length } };
}

class Run<Tree> {
  readonly #runnable: Runnable;
  readonly #executor: Executor<Tree>;
  readonly #options: RunOptions;
  readonly #setting: StepSetting<Tree>;
  readonly #stop = new AbortController();
  readonly #verdicts = new Map<string, Promise<StepVerdict>>();
  #firstRed: string | undefined;

  constructor(runnable: Runnable, executor: Executor<Tree>, options: RunOptions) {
    this.#runnable = runnable;
    this.#executor = executor;
    this.#options = options;
    const signal = AbortSignal.any([options.signal, this.#stop.signal]);
    const walk = new Walk(runnable.plan.actions, executor, { ...options, signal }, groupsOf(runnable.plan));
    const onProof: StepSetting<Tree>["onProof"] = (step, proof) =>
      options.log.emit({ type: "proof-finished", at: this.#at(), step, proof });
    this.#setting = { runnable, executor, walk, evidence: options.evidence, onProof };
  }

  async run(): Promise<RunVerdict> {
    const { plan } = this.#runnable;
    const { strict, log, clock, commit } = this.#options;
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
    await this.#setting.walk.settled();
    this.#options.signal.throwIfAborted();
    const steps = settled.map((s) => {
      if (s.status === "rejected") throw s.reason;
      return s.value;
    });
    const proved = allProved(steps);
    const part = partialOf(plan);
    const outcome = runOutcome(steps, proved, strict, part.partial);
    const finishedAt = clock.now().toISOString();
    log.emit({ type: "run-finished", at: finishedAt, outcome, proved });
    return {
      schema: 1,
      goal: plan.goal,
      plan: plan.digest,
      ...(commit == null ? {} : { commit }),
      outcome,
      ...part,
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
      verdict = bareVerdict(step, "blocked", `${this.#firstRed} failed and --fail-fast ended the run`);
    }
    if (verdict.outcome === "failed" && this.#options.failFast && this.#firstRed === undefined) {
      this.#firstRed = step.key;
      this.#stop.abort(new Error(`${step.key} failed`));
    }
    this.#options.log.emit({ type: "step-finished", at: this.#at(), step: step.key, verdict });
    return verdict;
  }

  async #check(step: PlannedStep): Promise<StepVerdict> {
    if (step.skip !== undefined) return bareVerdict(step, "skipped", step.skip);
    for (const key of step.needs) {
      const needed = this.#runnable.plan.steps.find((s) => s.key === key);
      const before = needed === undefined ? undefined : await this.#verdict(needed);
      if (before !== undefined && before.outcome !== "passed" && before.outcome !== "skipped")
        return bareVerdict(step, "blocked", `${key} is ${before.outcome}`);
    }
    return checkStep(step, this.#setting);
  }

  #at(): string {
    return this.#options.clock.now().toISOString();
  }
}
