/**
 * The plan: versioned JSON that says everything a run will do. Its digest covers all of it, so two machines that print the same digest
 * have the same work before them. Made by a pure function (make-plan.ts); nothing of the machine enters.
 */
import type { Action, TargetPlatform } from "../exec/action.ts";
import type { ExpectedFinding, Goal } from "../steps/step.ts";

export interface Plan {
  readonly schema: 1;
  readonly goal: Goal;
  /** `sha256:<hex>` over the canonical JSON of all other fields. */
  readonly digest: string;
  readonly pipeline: { readonly name: string; readonly version: string };
  readonly app: { readonly name: string; readonly root: string };
  /** Digest of the config after defaults. */
  readonly config: string;
  readonly source: { readonly digest: string; readonly files: number };
  /** The merge base with the base branch, or null where there is none. */
  readonly base: string | null;
  /** Digest of every bundled file or folder that an action reads, by its path in the package. */
  readonly bundled: Readonly<Record<string, string>>;
  /** Image references by digest, for those that actions name. */
  readonly images: Readonly<Record<string, string>>;
  readonly selection: {
    readonly only: readonly string[];
    readonly skip: readonly string[];
    readonly prove: boolean;
    readonly proofsOnly: boolean;
    /** Set: steps that the change since the merge base cannot affect are left out. */
    readonly changed?: true;
  };
  readonly steps: readonly PlannedStep[];
  /** In an order in which every action stands after what it depends on. */
  readonly actions: readonly Action[];
}

export interface PlannedStep {
  /** `lint`, or `unit-tests@3.11` for an instance per version. Unique. */
  readonly key: string;
  readonly id: string;
  readonly title: string;
  readonly requirements: readonly string[];
  readonly platform: TargetPlatform;
  readonly python?: string;
  /** Keys of steps that must pass first. */
  readonly needs: readonly string[];
  readonly skip?: string;
  /** Set with `skip`: not the config left it out, but the selection, since nothing that it reads changed. */
  readonly leftOut?: true;
  /** Action name in the step → action id. Empty for a skipped step. */
  readonly actions: Readonly<Record<string, string>>;
  readonly proofs: readonly PlannedProof[];
}

export interface PlannedProof {
  readonly id: string;
  readonly title: string;
  readonly scope: "app" | "tool-only";
  readonly actions: Readonly<Record<string, string>>;
  readonly expect: readonly ExpectedFinding[];
}
