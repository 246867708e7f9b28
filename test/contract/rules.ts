/** What a rule that refuses may look at: one call, the calls before it, and what the test tells. */
import type { Call } from "./graph.ts";
import type { Sight } from "./paths.ts";

export interface Site extends Sight {
  readonly at: Call;
  readonly before: readonly Call[];
  /** Computes an object, as far as a stand-in does: refuses what would be refused on the way. */
  readonly evaluate: (calls: readonly Call[]) => Promise<void>;
  readonly settings: EngineSettings;
}

export interface EngineSettings {
  /** Whether the engine grants `insecureRootCapabilities`; by default it does. */
  readonly rootCapabilities?: boolean;
  /** Where the client stands: relative paths of exports start there. By default this process's own folder. */
  readonly cwd?: string;
}

/** A rule throws what it refuses. Rules stand under `Type.field`. */
export type Rule = (site: Site) => Promise<void> | void;
export type Rules = Readonly<Record<string, readonly Rule[]>>;
