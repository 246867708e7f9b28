/**
 * The verdict of a run, as written to `verdict.json`. The shape is a contract: scripts and later stages depend on it.
 */
export type Outcome = "passed" | "failed" | "skipped" | "refused" | "blocked";

/** `incomplete`: nothing failed, but something required was refused, or nothing at all was checked. */
export type RunOutcome = "passed" | "failed" | "incomplete";

export interface EvidenceFile {
  /** Relative to the evidence folder, forward slashes. */
  readonly path: string;
  readonly sha256: string;
}

/** A red that rested on elapsed time alone was measured again, alone on the machine; the second measurement counts. */
export interface MeasuredAgain {
  /** Names of the step's actions that were run again. What they left first lies below `first/` in the step's or the proof's evidence. */
  readonly actions: readonly string[];
  /** What the first measurement said, in one line. */
  readonly first: string;
}

export interface ProofRecord {
  readonly id: string;
  readonly title: string;
  readonly scope: "app" | "tool-only";
  readonly outcome: "caught" | "missed" | "refused";
  /** For `missed` and `refused`: what happened instead. */
  readonly reason?: string;
  readonly cached: boolean;
  readonly measuredAgain?: MeasuredAgain;
}

export interface StepVerdict {
  readonly id: string;
  readonly platform: string;
  readonly python?: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  /** What a refused step needs. Names no command of ours, since how it is typed depends on where it is read. */
  readonly remedy?: string;
  /** The line of `doctor` that says more about what a refused step needs. */
  readonly need?: string;
  /** What to look at first when it failed. */
  readonly detail?: string;
  /** True when no action of the step ran in this run: all came from the cache. */
  readonly cached: boolean;
  readonly measuredAgain?: MeasuredAgain;
  /** True when every tripwire of the step was caught, in this run or by cached actions judged anew. */
  readonly proved: boolean;
  readonly proofs: readonly ProofRecord[];
  /** Sum of the times of the step's own actions that ran; 0 when cached. */
  readonly durationMs: number;
  readonly requirements: readonly string[];
  readonly facts: Readonly<Record<string, string | number>>;
  readonly evidence: readonly EvidenceFile[];
}

/** Steps that were left out, since the change cannot affect them. */
export interface PartialRun {
  /** The commit that the change was compared with. */
  readonly base: string;
  /** Keys of the steps in the plan; at least one. */
  readonly leftOut: readonly string[];
  /** How many steps the goal has. */
  readonly of: number;
}

export interface RunVerdict {
  readonly schema: 1;
  readonly goal: string;
  /** The plan's digest. */
  readonly plan: string;
  /** The commit that was checked out. What was judged is the source that the plan names, which may hold changes on top of it. */
  readonly commit?: string;
  readonly outcome: RunOutcome;
  /** Set where only a part of the goal was run: what else is said here speaks of that part alone. */
  readonly partial?: PartialRun;
  readonly proved: boolean;
  readonly strict: boolean;
  readonly where: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly steps: readonly StepVerdict[];
}

/**
 * The outcome of a run from its steps. Strict runs accept no gate that did not prove itself.
 * A blocked step stands behind a failed or refused one, which decides. Where the config skips everything, nothing is known of the application;
 * a run that a change cannot affect (`partial`) has nothing to find out.
 */
export function runOutcome(
  steps: readonly StepVerdict[],
  proved: boolean,
  strict: boolean,
  partial?: PartialRun,
): RunOutcome {
  if (steps.some((s) => s.outcome === "failed")) return "failed";
  const whole = steps.every((s) => s.outcome === "passed" || s.outcome === "skipped");
  const known = partial !== undefined || steps.some((s) => s.outcome === "passed");
  return whole && known && (proved || !strict) ? "passed" : "incomplete";
}

/** True when there is a step that was not skipped, and every such step is proved. */
export function allProved(steps: readonly StepVerdict[]): boolean {
  const ran = steps.filter((s) => s.outcome !== "skipped");
  return ran.length > 0 && ran.every((s) => s.proved);
}

/**
 * Exit status of a finished run: 0 passed, or incomplete on a laptop; 1 failed; 3 incomplete under `--strict`, and wherever the machine could
 * do nothing at all, since a run that tried nothing must not look like one that is merely short of a Python version.
 */
export function exitOf(verdict: Pick<RunVerdict, "outcome" | "strict" | "steps">): 0 | 1 | 3 {
  if (verdict.outcome === "failed") return 1;
  if (verdict.outcome === "passed") return 0;
  return verdict.strict || !verdict.steps.some((s) => s.outcome === "passed") ? 3 : 0;
}
