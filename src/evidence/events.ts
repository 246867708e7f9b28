/**
 * What can happen in a run, as a closed union. The journal writes these as JSON lines; the progress display draws them.
 */
import type { Enforcement, ExitStatus } from "../exec/executor.ts";
import type { ProofRecord, RunOutcome, StepVerdict } from "./verdict.ts";

export type RunEvent =
  | {
      readonly type: "run-started";
      readonly at: string;
      readonly goal: string;
      readonly plan: string;
      readonly where: string;
      readonly steps: readonly string[];
      readonly actions: number;
    }
  | { readonly type: "action-started"; readonly at: string; readonly action: string }
  | {
      readonly type: "action-output";
      readonly at: string;
      readonly action: string;
      readonly stream: "stdout" | "stderr";
      readonly line: string;
    }
  | {
      readonly type: "action-finished";
      readonly at: string;
      readonly action: string;
      readonly status: ExitStatus;
      readonly cached: boolean;
      readonly durationMs: number;
      readonly enforced: Enforcement;
      readonly toolchain: Readonly<Record<string, string>>;
    }
  /** It ended, and is run again, alone: elapsed time made it red. Its other events follow once more. */
  | { readonly type: "action-again"; readonly at: string; readonly action: string }
  | { readonly type: "action-refused"; readonly at: string; readonly action: string; readonly reason: string }
  | { readonly type: "action-not-run"; readonly at: string; readonly action: string; readonly reason: string }
  | { readonly type: "proof-finished"; readonly at: string; readonly step: string; readonly proof: ProofRecord }
  | { readonly type: "step-finished"; readonly at: string; readonly step: string; readonly verdict: StepVerdict }
  | { readonly type: "run-finished"; readonly at: string; readonly outcome: RunOutcome; readonly proved: boolean };
