/**
 * The action cache around an executor: the same work is done once. It replays results and judges nothing; what may be replayed is the action's own say.
 */
import { utimesSync } from "node:fs";
import { canonicalJson, sha256Hex } from "../digest.ts";
import { PipelineError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { Action } from "./action.ts";
import { ENTRY_VERSION, entryFile, entryOf, readEntry, removeEntry, replay, writeEntry } from "./action-entry.ts";
import type { ActionResult, Executor, ExitStatus, ResolvedTrees, RunOptions, TogetherOptions } from "./executor.ts";
import type { HostTree } from "./host-tree.ts";
import type { BlobStore } from "./store.ts";

/** An executor that can say what of the machine, beside the action itself, decides a result (interpreter, its version, isolation). */
export type IdentifiedExecutor = Executor<HostTree> & {
  identity(action: Action): Promise<Record<string, string>>;
};

export interface CacheOptions {
  /** The root that `blobs` was opened on. */
  readonly storeRoot: string;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** `read: false` does everything anew and still keeps it for later runs. */
  readonly enabled: { readonly read: boolean; readonly write: boolean };
}

type Result = ActionResult<HostTree>;
type CachedExecutor = Executor<HostTree>;

/**
 * Results of actions that exited, whatever their status, are kept; timeouts, signals, cancellations and failed machines never are, nor is
 * the failure of an action with network, since the network may be the reason.
 * A hit has `cached: true` and everything else as it was, with no line of live output; a damaged entry is a miss.
 * Identical work that is asked for while it runs is waited for and not done twice. Who asks for fresh work waits for it too, since the later of
 * two results is the one that stays, and then does it anew.
 */
export function cachedExecutor(inner: IdentifiedExecutor, options: CacheOptions): Executor<HostTree> {
  const underWay = new Map<string, Promise<Result>>();

  const lookUp = async (action: Action, key: string): Promise<Result | undefined> => {
    if (!options.enabled.read) return undefined;
    const file = entryFile(options.storeRoot, key);
    const entry = await readEntry(file);
    if (entry === undefined) return undefined;
    const now = options.clock.now();
    if (!isKept(action, entry.status)) return undefined;
    if (!isFresh(action, now.getTime() - Date.parse(entry.storedAt))) return undefined;
    // The mtime tells when it was last used, and is set before the contents are looked at: from here on no trim takes them away.
    if (!touch(file, now)) return undefined;
    return replay(entry, options.blobs);
  };

  /** An executor may have kept results of its own, which are not to be read either. */
  const anew = <O extends TogetherOptions>(how: O): O => (options.enabled.read ? how : { ...how, fresh: true });

  const keep = async (action: Action, key: string, result: Result): Promise<Result> => {
    if (options.enabled.write && isKept(action, result.status)) {
      await writeEntry(options.storeRoot, key, await entryOf(result, options.clock.now(), options.blobs));
    }
    return result;
  };

  const runAndKeep = async (action: Action, key: string, trees: ResolvedTrees<HostTree>, how: RunOptions) =>
    keep(action, key, await inner.run(action, trees, anew(how)));

  /** What was kept goes first: fresh work may end in a way that is not kept, and nothing must answer in its place then. */
  const runAnew = async (action: Action, key: string, trees: ResolvedTrees<HostTree>, how: RunOptions) => {
    if (options.enabled.write) await removeEntry(options.storeRoot, key);
    return runAndKeep(action, key, trees, how);
  };

  const run = async (action: Action, trees: ResolvedTrees<HostTree>, how: RunOptions): Promise<Result> => {
    how.signal.throwIfAborted();
    if (action.cache === "never") return inner.run(action, trees, how);
    const key = actionKey(action, trees, await inner.identity(action));
    // The policy is no part of the key, but who asks for fresh work must not be served by one who took an old result.
    const slot = `${key} ${canonicalJson(action.cache)}`;
    const fresh = how.fresh === true;
    for (let leader = underWay.get(slot); leader !== undefined; leader = underWay.get(slot)) {
      const result = await orAborted(leader, how.signal);
      if (!fresh && result?.status.kind === "exited") return { ...result, cached: true };
    }
    const mine = fresh
      ? runAnew(action, key, trees, how)
      : lookUp(action, key).then((hit) => hit ?? runAndKeep(action, key, trees, how));
    underWay.set(slot, mine);
    try {
      return await mine;
    } finally {
      underWay.delete(slot);
    }
  };

  /** What is kept is not run; the others are one piece of work. */
  const runTogether: CachedExecutor["runTogether"] = async (works, how) => {
    const known = await Promise.all(
      works.map(async ({ action, trees }) => {
        const key = actionKey(action, trees, await inner.identity(action));
        return { key, hit: await lookUp(action, key) };
      }),
    );
    const lacking = works.filter((_, index) => known[index]?.hit === undefined);
    const made = lacking.length === 0 ? [] : ((await inner.runTogether?.(lacking, anew(how))) ?? []);
    return Promise.all(
      works.map(async (work, index) => {
        const { key, hit } = known[index] ?? { key: "" };
        const outcome = hit ?? made[lacking.indexOf(work)];
        if (outcome === undefined) throw new Error(`${work.action.id} was run with others and has no result`);
        if (hit !== undefined || outcome instanceof PipelineError) return outcome;
        return keep(work.action, key, outcome);
      }),
    );
  };

  return {
    where: inner.where,
    ahead: inner.ahead,
    runTogether: inner.runTogether === undefined ? undefined : runTogether,
    refuses: (action) => inner.refuses(action),
    tree: (ref) => inner.tree(ref),
    overlay: (lower, upper) => inner.overlay(lower, upper),
    export: (tree, folder) => inner.export(tree, folder),
    import: (folder) => inner.import(folder),
    run,
  };
}

/** Hex SHA-256 over all that decides a result. The id is not in it (the same work under another name is the same work), nor any secret's value. */
export function actionKey(
  action: Action,
  trees: ResolvedTrees<HostTree>,
  identity: Readonly<Record<string, string>>,
): string {
  const digests = Object.fromEntries(Object.entries(trees.inputs).map(([name, tree]) => [name, tree.digest]));
  const environments = Object.fromEntries(
    Object.entries(trees.environments).map(([name, e]) => [
      name,
      { lock: e.lock.digest, project: e.project?.digest ?? null },
    ]),
  );
  return sha256Hex(
    canonicalJson({
      version: ENTRY_VERSION,
      argv: action.argv,
      cwd: action.cwd ?? null,
      env: action.env,
      secrets: action.secrets,
      inputs: digests,
      outputs: [...action.outputs].sort(),
      platform: action.platform,
      toolchain: { image: action.toolchain.image, python: action.toolchain.python, environments },
      network: action.network,
      // A measurement that ran alone and one that did not are different work.
      exclusive: action.exclusive,
      identity,
    }),
  );
}

/** False where the file is gone. A store that can only be read does not cost the hit. */
function touch(file: string, now: Date): boolean {
  try {
    utimesSync(file, now, now);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ENOENT");
  }
}

function isKept(action: Action, status: ExitStatus): boolean {
  return status.kind === "exited" && (status.code === 0 || !action.network);
}

function isFresh(action: Action, ageMs: number): boolean {
  if (typeof action.cache === "string") return action.cache === "by-inputs";
  // An age below zero means that the clock was set back: nothing is known of the real age then.
  return ageMs >= 0 && ageMs < action.cache.maxAgeSeconds * 1000;
}

/** The leader's result; undefined where it failed or was cancelled, which is its own affair; rejects when this caller is cancelled first. */
function orAborted(leader: Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    leader.then(resolve, () => resolve(undefined)).finally(() => signal.removeEventListener("abort", abort));
  });
}
