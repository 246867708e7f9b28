/** All that a plan is made of. Data and pure functions; what gathers them is prepare.ts. */
import type { Baseline, Config } from "../config/model.ts";
import type { TargetPlatform } from "../exec/action.ts";
import type { SourceManifest } from "../exec/manifest.ts";
import type { Base } from "../exec/source.ts";
import type { Goal, Step } from "../steps/step.ts";
import type { Bundle } from "./bundle.ts";

export interface PlanInput {
  readonly goal: Goal;
  readonly pipeline: { readonly name: string; readonly version: string };
  readonly config: Config;
  readonly steps: readonly Step[];
  readonly platform: TargetPlatform;
  readonly manifest: SourceManifest;
  readonly base: Base | null;
  readonly baseline?: { readonly head: Baseline; readonly base?: Baseline };
  readonly bundle: Bundle;
  /** The image catalogue: key → reference by digest. */
  readonly images: Readonly<Record<string, string>>;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  /** Whether proofs are planned. */
  readonly prove: boolean;
  /** Proofs alone, without the checks themselves (`selfproof`). */
  readonly proofsOnly: boolean;
  /** Leave out the steps that the change since the base cannot affect. Without a base there is nothing to leave out. */
  readonly changed?: boolean;
}
