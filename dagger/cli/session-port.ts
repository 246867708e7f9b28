/**
 * What the commands ask of the rest of the pipeline. `session.ts` is the real one; tests pass their own.
 */
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import type { Wanted } from "../../src/exec/host/needs.ts";
import type { Machine } from "../../src/exec/host/needs-machine.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { Clock, Log } from "../../src/ports.ts";
import type { Step } from "../../src/steps/step.ts";
import type { HostEnv } from "../ports.ts";

/** What a session takes from its process. */
export interface Ports {
  readonly env: HostEnv;
  readonly clock: Clock;
}

export interface OpenOptions {
  /** Absolute. */
  readonly source: string;
  /** Absolute. */
  readonly configFile?: string;
  readonly base?: string;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly prove: boolean;
  readonly proofsOnly: boolean;
  /** Leave out what the change since the base cannot affect. */
  readonly changed?: boolean;
}

export interface RunSettings {
  readonly on: "host" | "dagger";
  readonly jobs: number;
  readonly strict: boolean;
  readonly failFast: boolean;
  /** False: nothing is taken from the cache; results are still put there. */
  readonly readCache: boolean;
  /** Absolute; a ready folder. */
  readonly evidence: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export type DebugSettings = Pick<RunSettings, "jobs" | "log" | "signal" | "readCache"> & {
  /** What a person should read before the shell starts. Called just before that, and never later. */
  readonly print: (text: string) => void;
};

/** A prepared plan, and what can be done with it. */
export interface Opened {
  readonly plan: Plan;
  /** What was noticed while preparing and is no problem. */
  readonly notes: readonly string[];
  run(settings: RunSettings): Promise<RunVerdict>;
  /** Opens a shell where the action of a step runs; resolves when it was left. */
  debug(step: string, settings: DebugSettings): Promise<void>;
  /** What a machine needs for this plan, for `doctor`. Changes nothing. */
  needs(): Promise<readonly Wanted[]>;
  /** Runs the checks as if there were no baseline and writes the baseline of what they find. */
  writeBaseline(settings: RunSettings): Promise<BaselineWritten>;
}

export interface BaselineWritten {
  /** Relative to the app's root. */
  readonly file: string;
  readonly findings: number;
  /** Findings by step id, for those that have some. */
  readonly bySteps: Readonly<Record<string, number>>;
}

export interface Session {
  readonly steps: readonly Step[];
  /** This machine, as `doctor` asks it. */
  machine(): Promise<Machine>;
  /** The keys of `pipeline.yaml` that concern a step, for `explain`; empty where the schema knows none. */
  configKeys(step: string): Promise<readonly ConfigKey[]>;
  open(options: OpenOptions): Promise<Opened>;
}

export interface ConfigKey {
  /** Dotted, from the top of the file: `checks.lint.paths`. */
  readonly key: string;
  readonly type: string;
  readonly description: string;
}
