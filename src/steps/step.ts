/**
 * What a check is: a pure description of the actions it needs and a pure judgement of what they left behind.
 * A step never runs anything, never reads the clock and never asks where it runs.
 */
import type { Baseline, Config } from "../config/model.ts";
import type { Action, BundledRef, Ref, TargetPlatform } from "../exec/action.ts";
import type { ExitStatus } from "../exec/executor.ts";
import type { SourceManifest } from "../exec/manifest.ts";

export type Goal = "pr-checks";

/** All that a step may know when it plans. The same for both doors. */
export interface StepContext {
  readonly config: Config;
  readonly platform: TargetPlatform;
  /** The Python version of this instance of the step; the app's first version for a step that is not per version. */
  readonly python: string;
  /** Paths of the application that this step checks, relative to its root (`src`, `tests/unit`). A tripwire may narrow them. */
  readonly paths: readonly string[];
  /** The application's files, with poison laid over them while a tripwire is planned. What the gate judges. Use this, never a SourceRef of your own. */
  readonly app: (globs: readonly string[]) => Ref;
  /**
   * The files that the project is resolved, built and installed from. For an `app` tripwire these are the application's own, without poison and
   * not narrowed, so that its lock and wheel actions are the very same as the step's; for a `tool-only` one they are the bundled app with its poison.
   */
  readonly project: (globs: readonly string[]) => Ref;
  /** Prefix of the ids of resolve and build actions, which steps share: `project`, or below the tripwire's own prefix for a `tool-only` one. */
  readonly projectPrefix: string;
  /** The files behind `app(["**"])`, poison included while a tripwire is planned: what exists, and what a report may speak of. */
  readonly manifest: SourceManifest;
  /** The application at the merge base; undefined where there is none. For a `tool-only` tripwire it is the bundled app without the poison. */
  readonly base?: BaseFiles;
  /** Known findings, of this tree and of the merge base. Applied to poisoned runs too, which proves that it excuses nothing new. */
  readonly baseline?: { readonly head: Baseline; readonly base?: Baseline };
  /** Prefix of the ids of this instance's actions: `lint`, `unit-tests@3.11`, `unit-tests@3.11/proof/failing-test`. */
  readonly prefix: string;
}

/** What a change is compared with. Paths are relative to the application's root. */
export interface BaseFiles {
  readonly files: (globs: readonly string[]) => Ref;
  readonly has: (path: string) => boolean;
  /** Paths that were added, changed or removed since, sorted. */
  readonly changed: readonly string[];
}

/** An action under its name in the step, so that `judge` finds its result. */
export interface StepAction {
  readonly name: string;
  readonly action: Action;
}

export type StepPlan = { readonly skip: string } | { readonly actions: readonly StepAction[] };

/** A finding in SARIF's terms. Paths are relative to the app's root, forward slashes. */
export interface Finding {
  readonly rule: string;
  readonly message: string;
  readonly path?: string;
  /** 1-based. */
  readonly line?: number;
  readonly column?: number;
  /**
   * Name of the step's action, where this is a finding only because that action, or something in it, took too long: a busy machine may have caused
   * it. Only then: a judgement all of whose findings are so is measured again, alone, before it is believed; one other finding, and it is not.
   */
  readonly tooSlow?: string;
}

/** What `judge` may look at: exactly what was exported as evidence, and the manifest of what was asked. */
export interface Judged {
  readonly context: StepContext;
  /** By action name. Every action of the plan is there: a step is judged only when all of them ran. */
  readonly results: Readonly<Record<string, JudgedAction>>;
}

export interface JudgedAction {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
  /** Paths of an output folder, sorted. */
  files(output: string): readonly string[];
  /** Text of a file of an output folder (UTF-8, invalid bytes replaced), or undefined where it does not exist or is larger than 64 MiB. */
  read(output: string, path: string): string | undefined;
}

/** A judgement. `reason` is one line; `detail` is what a person needs to see first (the failing test, the finding with its line). */
export interface Judgement {
  readonly outcome: "passed" | "failed";
  readonly reason?: string;
  readonly detail?: string;
  readonly findings: readonly Finding[];
  /** Figures for the report and for metrics: `tests: 41`, `coverage: 93.1`, `findings in baseline: 540`. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** Every test that ran, for the run's JUnit report. */
  readonly tests?: readonly TestRecord[];
  /** Figures with what they were taken from, for the report's plots. */
  readonly measures?: readonly Measure[];
}

/** One test case, in JUnit's terms. */
export interface TestRecord {
  readonly classname: string;
  readonly name: string;
  /** Where it is defined, relative to the app's root, and its line (1-based). */
  readonly file?: string;
  readonly line?: number;
  readonly outcome: "passed" | "failed" | "error" | "skipped";
  /** What went wrong, in short and whole; empty for a passed test. */
  readonly message: string;
  readonly text: string;
  readonly seconds?: number;
  /** It failed first and passed when it was run again on the same inputs. Its outcome is the last one. */
  readonly flaky?: boolean;
}

/** A measured quantity: groups of samples, and the limits that they were judged by. */
export interface Measure {
  /** Stable, for metrics: `latency`, `accuracy`, `coverage`. */
  readonly id: string;
  readonly title: string;
  /** `ms`, `%`, `s`. */
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** One value: a bar. Several: each sample is drawn, with p50 and p95. */
  readonly groups: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Lines in the plot: `{ name: "p95 limit", value: 350 }`. */
  readonly limits: readonly { readonly name: string; readonly value: number }[];
}

/** A planted defect that the step must fail on, for the right reason. */
export interface Tripwire {
  /** Its folder under `src/steps/<step>/poison/`, and its name in evidence. */
  readonly id: string;
  /** What goes wrong in it, for people: "a name that is not defined". */
  readonly title: string;
  /** `app`: laid over the application's own tree, so its settings are tried too. `tool-only`: laid over a small bundled app. */
  readonly scope: "app" | "tool-only";
  /** The poison, placed where it belongs in the app. */
  readonly overlay: (context: StepContext) => Ref;
  /** Replaces the context's paths for the poisoned run. Default: the same paths. */
  readonly paths?: (context: StepContext) => readonly string[];
  /** For `app` scope: the globs that the app's tree is narrowed to beneath the poison (settings files). Default: not narrowed. */
  readonly narrowTo?: readonly string[];
  /** For `tool-only` scope: the bundled app beneath the poison. */
  readonly base?: BundledRef;
  /** Changes of the config for the poisoned run (a floor, a selection). */
  readonly config?: (config: Config) => Config;
  /** The judgement must hold a finding of each of these; the message is a part of the finding's message. */
  readonly expect: (context: StepContext) => readonly ExpectedFinding[];
}

export interface ExpectedFinding {
  readonly rule: string;
  readonly path?: string;
  readonly message?: string;
}

export interface Step {
  /** File name, command-line name, docs anchor and test name. */
  readonly id: string;
  readonly title: string;
  /** Ids of shared/REQUIREMENTS: `C1`. */
  readonly requirements: readonly string[];
  readonly goals: readonly Goal[];
  /** Ids of steps that must pass first; while one is red this one is `blocked`. */
  readonly needs: readonly string[];
  /** One instance per supported Python version, or one in all. */
  readonly perPython: boolean;
  /** The paths that the config gives this step. */
  readonly paths: (config: Config) => readonly string[];
  readonly plan: (context: StepContext) => StepPlan;
  readonly judge: (judged: Judged) => Judgement;
  readonly tripwires: readonly Tripwire[];
}
