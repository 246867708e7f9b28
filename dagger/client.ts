/**
 * The Dagger executor for the command line (client mode): no module is loaded, the engine is reached directly. The SDK is heavy and optional, so it is
 * imported only here and only when asked for; without an engine the answer comes quickly.
 */

import { join, relative, sep } from "node:path";
import { messageOf } from "../src/errors.ts";
import type { IdentifiedExecutor } from "../src/exec/cached-executor.ts";
import { makeOwnFolder, removeOwnFolder } from "../src/exec/host/run-folder.ts";
import { indexForUv } from "../src/exec/host/uv.ts";
import type { BlobStore } from "../src/exec/store.ts";
import type { Prepared } from "../src/plan/prepare.ts";
import type { Clock, Secrets } from "../src/ports.ts";
import { unreachable, withEngineSession } from "./engine-session.ts";
import { type HostEnv, setVariable } from "./ports.ts";

export interface ClientOptions {
  readonly prepared: Prepared;
  /** The folder of the pipeline's own package. */
  readonly packageRoot: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly env: HostEnv;
  readonly cutNetwork: boolean;
  /** The store of this machine, and its root: where trees are kept, and a folder is made for what goes to the engine and comes back. */
  readonly storeRoot: string;
  readonly blobs: BlobStore;
  /** Milliseconds within which the engine must answer. Starting one may mean pulling its image; default 120,000. */
  readonly patience?: number;
}

/** The installers' settings that a run hands on to containers. */
const SETTINGS = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"] as const;

/**
 * Calls `body` with an executor while the engine is connected. Throws ENGINE_UNREACHABLE when there is no SDK, no dagger command or no engine
 * that answers in time; what `body` throws comes out as it is.
 */
export async function withDaggerExecutor<T>(
  options: ClientOptions,
  body: (executor: IdentifiedExecutor) => Promise<T>,
): Promise<T> {
  const patience = options.patience ?? 120_000;
  const sdk = await loadSdk();
  const workFolder = await makeOwnFolder(join(options.storeRoot, "runs"));
  try {
    return await withEngineSession(options.env, patience, ({ port, token }) => {
      setVariable("DAGGER_SESSION_PORT", port);
      setVariable("DAGGER_SESSION_TOKEN", token);
      return connect(sdk, patience, async () => body(await makeExecutor(sdk, options, workFolder)));
    });
  } finally {
    await removeOwnFolder(workFolder);
  }
}

async function connect<T>(sdk: Sdk, patience: number, body: () => Promise<T>): Promise<T> {
  let outcome: Outcome<T> | undefined;
  const waiting = waitFor(patience);
  const session = sdk
    .connection(async () => {
      await sdk.dag.version();
      waiting.connected();
      try {
        outcome = { value: await body() };
      } catch (error) {
        outcome = { error };
      }
    })
    .catch((error: unknown) => {
      // Closing a session may fail after the work is done; the work still counts.
      if (outcome === undefined) throw unreachable(messageOf(error), error);
    });
  session.catch(() => undefined);
  try {
    await Promise.race([session, waiting.patience]);
  } finally {
    waiting.connected();
  }
  await session;
  if (outcome === undefined) throw unreachable("the session ended before it began");
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };
type Sdk = typeof import("@dagger.io/dagger");

async function loadSdk(): Promise<Sdk> {
  try {
    return await import("@dagger.io/dagger");
  } catch (error) {
    throw unreachable("the package @dagger.io/dagger cannot be loaded", error);
  }
}

async function makeExecutor({ dag }: Sdk, options: ClientOptions, workFolder: string): Promise<IdentifiedExecutor> {
  const { DaggerExecutor } = await import("./executor.ts");
  const { prepared, packageRoot, clock, env, storeRoot, blobs } = options;
  return new DaggerExecutor({
    dag,
    snapshot: prepared.snapshot,
    appRoot: relative(prepared.repository, prepared.appFolder).split(sep).join("/") || ".",
    base: prepared.base,
    git: prepared.git,
    blobs,
    storeRoot,
    packageRoot,
    images: prepared.config.images,
    secrets: options.secrets,
    clock,
    run: `${clock.now().toISOString()} ${clock.monotonic()}`,
    cutNetwork: options.cutNetwork,
    settings: indexForUv(settingsIn(env)),
    workFolder,
    load: async (folder) => dag.host().directory(folder, { noCache: true }),
  });
}

function settingsIn(env: HostEnv): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of SETTINGS) {
    const value = env[name];
    if (value !== undefined && value !== "") found[name] = value;
  }
  return found;
}

/** `patience` rejects when `connected` was not called in time, and never settles otherwise. */
function waitFor(milliseconds: number): { connected: () => void; patience: Promise<never> } {
  let connected = (): void => undefined;
  const patience = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(unreachable(`no engine answered within ${milliseconds / 1000} s`)),
      milliseconds,
    );
    connected = () => clearTimeout(timer);
  });
  return { connected, patience };
}
