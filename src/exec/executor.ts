/**
 * The executor: the only thing that runs anything. Shaped by the work (trees in, trees out), never like a container.
 * An executor knows nothing of steps, gates or verdicts.
 */
import type { PipelineError } from "../errors.ts";
import type { Action, BundledRef, HistoryRef, InlineRef, SourceRef } from "./action.ts";

/** A reference that needs no other action: the executor alone can make its tree. */
export type LeafRef = SourceRef | HistoryRef | BundledRef | InlineRef;

/** How the command ended. Each is an outcome to be judged, not an exception. */
export type ExitStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string }
  | { readonly kind: "timed-out"; readonly afterSeconds: number };

/** What really held while the command ran. Evidence: what could not be enforced is said, not hidden. */
export interface Enforcement {
  /** `allowed`: the action declares network. `cut`: none was there. `open`: it should have been cut and the machine could not. */
  readonly network: "allowed" | "cut" | "open";
  /** `isolated`: only declared inputs were visible to write and read-only store folders could not be changed. `shared`: the host's files were reachable. */
  readonly filesystem: "isolated" | "shared";
}

export interface ActionResult<Tree> {
  readonly status: ExitStatus;
  readonly outputs: Readonly<Record<string, Tree>>;
  /** Whole up to a documented cap per stream; past it the middle is replaced by a line that says how many bytes were left out. */
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly cached: boolean;
  readonly enforced: Enforcement;
  /** What the environments resolved to on this executor: interpreter version, platform, image. For the record and the key. */
  readonly toolchain: Readonly<Record<string, string>>;
}

/** Why this executor cannot run an action at all (not: why it failed), and what cures it. Names no command of ours: reports add it from `need`. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
  /** The line of `doctor` that says more, where there is one. */
  readonly need?: string;
}

/** The resolved trees of one action, in the shape of its references. */
export interface ResolvedTrees<Tree> {
  readonly inputs: Readonly<Record<string, Tree>>;
  readonly environments: Readonly<Record<string, { readonly lock: Tree; readonly project?: Tree }>>;
}

export interface RunOptions {
  /** Aborting ends the command and all its descendants; run() then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Live output, line by line, already redacted. */
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
  /**
   * Called when everything is prepared (environments, inputs) and the command could start now; resolves when the scheduler grants a place.
   * The returned function gives the place back. A cache hit never asks.
   */
  readonly admit: () => Promise<() => void>;
  /**
   * The work is done anew whatever a cache holds, and its result takes the place of what was kept. For what load may have made red: the caller sees
   * to it that the place which `admit` grants is the only one on the machine.
   */
  readonly fresh?: boolean;
}

/** An action of several that are run together. */
export interface Work<Tree> {
  readonly action: Action;
  readonly trees: ResolvedTrees<Tree>;
  readonly onLine: RunOptions["onLine"];
}

/** One place is granted to all of them. */
export type TogetherOptions = Omit<RunOptions, "onLine">;

export type RunTogether<Tree> = (
  works: readonly Work<Tree>[],
  options: TogetherOptions,
) => Promise<readonly (ActionResult<Tree> | PipelineError)[]>;

export interface Executor<Tree> {
  /** For evidence: `host`, `dagger`, `record`. */
  readonly where: string;
  /** How many actions may be under way at once, prepared and fetched ones included; the default is twice as many as may run. */
  readonly ahead?: number | undefined;
  /** A reason why the action cannot run here, or undefined. Must not depend on earlier runs. */
  refuses(action: Action): Promise<Refusal | undefined>;
  /** The tree of a leaf reference. */
  tree(ref: LeafRef): Promise<Tree>;
  overlay(lower: Tree, upper: Tree): Promise<Tree>;
  /**
   * Runs the command. Rejects only for cancellation (the signal's reason) and for broken machines (PipelineError); a command that fails is a result.
   */
  run(action: Action, trees: ResolvedTrees<Tree>, options: RunOptions): Promise<ActionResult<Tree>>;
  /**
   * Runs actions that want the same machine (image, no network, no secret) as one piece of work, where starting one costs more than many a command.
   * Each has the result that `run` would give, in the order of `works`; one that `run` would reject with ENVIRONMENT_FAILED has that error, and the
   * others go on. Absent: this executor has nothing to gain by it.
   */
  readonly runTogether?: RunTogether<Tree> | undefined;
  /** Writes the tree's files below `folder`, which is made if missing. Symbolic links that leave the tree are left out. */
  export(tree: Tree, folder: string): Promise<void>;
  /** Makes a tree of a folder of this machine (a part handed over from another one). */
  import(folder: string): Promise<Tree>;
}
