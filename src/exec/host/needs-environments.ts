/** Counts the tool environments of a plan that are in the store already. Builds and fetches nothing, and makes no folder. */
import { canonicalJson } from "../../digest.ts";
import { PipelineError } from "../../errors.ts";
import type { Action, Environment, Ref } from "../action.ts";
import type { LeafRef } from "../executor.ts";
import { type LeafSources, leafTrees } from "./leaf-trees.ts";
import { openHashingStore } from "./needs-store.ts";
import { Toolbox, type ToolboxOptions } from "./toolbox.ts";

export type CountOptions = Omit<LeafSources & ToolboxOptions, "blobs">;

/**
 * `all`: different environments that can be told without running anything, since no action makes their lock; a project that is installed on top
 * is left out. `ready`: those of them that are there.
 */
export async function countEnvironments(
  actions: readonly Action[],
  options: CountOptions,
  windows: boolean,
): Promise<{ readonly ready: number; readonly all: number }> {
  const blobs = openHashingStore();
  const toolbox = new Toolbox({ ...options, blobs }, windows);
  const tree = leafTrees({ ...options, blobs });
  const requests = new Map<string, { python: string; name: string; environment: Environment; lock: LeafRef }>();
  for (const { toolchain } of actions) {
    for (const [name, environment] of Object.entries(toolchain.environments)) {
      const { lock, precompiled = false } = environment;
      if (!isLeaf(lock)) continue;
      const key = canonicalJson([toolchain.python, lock, precompiled]);
      requests.set(key, { python: toolchain.python, name, environment, lock });
    }
  }
  const digests = new Map<string, boolean>();
  for (const [key, { python, name, environment, lock }] of requests) {
    const interpreter = await toolbox.present(python);
    const { precompiled = false } = environment;
    const found =
      interpreter === undefined
        ? undefined
        : await toolbox.environments.look({ name, lock: await tree(lock), precompiled, interpreter }).catch(noLock);
    digests.set(found?.digest ?? key, found?.ready ?? false);
  }
  return { ready: [...digests.values()].filter((ready) => ready).length, all: digests.size };
}

/** Trees that are known without running anything; a history and an older tree would have to be written out first. */
function isLeaf(ref: Ref): ref is LeafRef {
  return (ref.kind === "source" && ref.at === "head") || ref.kind === "bundled" || ref.kind === "inline";
}

/** A lock that is none is the run's to report. */
function noLock(error: unknown): undefined {
  if (error instanceof PipelineError) return undefined;
  throw error;
}
