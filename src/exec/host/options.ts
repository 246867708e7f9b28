/** What a host executor is made of. Everything of the machine that it may use comes in here. */
import type { Clock, Secrets } from "../../ports.ts";
import type { HostEnv } from "./child-env.ts";
import type { IsolationLevel } from "./isolation.ts";
import type { LeafSources } from "./leaf-trees.ts";

export interface HostExecutorOptions extends LeafSources {
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** The surrounding environment; only what child-env.ts lists is taken from it. */
  readonly hostEnv: HostEnv;
  /** Levels that may be used, best first; the default is all. */
  readonly isolation?: readonly IsolationLevel[];
  /** As Node names them; the default is this machine. */
  readonly machine?: { readonly platform: string; readonly arch: string };
}
