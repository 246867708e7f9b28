/**
 * The Dagger executor for the command line (client mode): no module is loaded, the engine is reached directly. The SDK is heavy and optional, so it is
 * imported only here and only when asked for; without an engine the answer comes quickly.
 */

import { readFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import type { Directory } from "@dagger.io/dagger";
import { messageOf } from "../src/errors.ts";
import type { Executor } from "../src/exec/executor.ts";
import { indexForUv } from "../src/exec/host/uv.ts";
import type { Prepared } from "../src/plan/prepare.ts";
import type { Clock, Secrets } from "../src/ports.ts";
import { IMAGES } from "../src/toolchains/images.ts";
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
  body: (executor: Executor<Directory>) => Promise<T>,
): Promise<T> {
  const patience = options.patience ?? 120_000;
  const sdk = await loadSdk();
  return withEngineSession(options.env, patience, ({ port, token }) => {
    setVariable("DAGGER_SESSION_PORT", port);
    setVariable("DAGGER_SESSION_TOKEN", token);
    return connect(sdk, options, patience, body);
  });
}

async function connect<T>(
  sdk: Sdk,
  options: ClientOptions,
  patience: number,
  body: (executor: Executor<Directory>) => Promise<T>,
): Promise<T> {
  let outcome: Outcome<T> | undefined;
  const waiting = waitFor(patience);
  const session = sdk
    .connection(async () => {
      await sdk.dag.version();
      waiting.connected();
      try {
        outcome = { value: await body(await makeExecutor(sdk, options)) };
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

async function makeExecutor({ dag }: Sdk, options: ClientOptions): Promise<Executor<Directory>> {
  const [{ DaggerExecutor }, { gitContainer }, { literal }] = await Promise.all([
    import("./executor.ts"),
    import("./repository.ts"),
    import("./trees.ts"),
  ]);
  const { prepared, packageRoot, clock, env } = options;
  const common = await prepared.git(["rev-parse", "--path-format=absolute", "--git-common-dir"]);
  const host = dag.host();
  return new DaggerExecutor({
    dag,
    app: host.directory(prepared.appFolder, {
      include: prepared.snapshot.entries.map((e) => literal(e.path)),
      noCache: true,
    }),
    entries: prepared.snapshot.entries,
    appRoot: relative(prepared.repository, prepared.appFolder).split(sep).join("/") || ".",
    repository: host.directory(common.toString("utf8").trim(), { exclude: ["hooks", "lfs", "worktrees"] }),
    base: prepared.base,
    git: prepared.git,
    gitContainer: () => gitContainer(dag, prepared.config.images["git"] ?? IMAGES.git),
    packageRoot,
    bundle: host.directory(packageRoot, {
      include: ["src/steps", "src/toolchains", "src/exec", "dagger/contain.py"],
      exclude: ["**/*.ts", "**/__pycache__"],
    }),
    readText: (path) => readFile(path, "utf8"),
    images: prepared.config.images,
    secrets: options.secrets,
    clock,
    run: `${clock.now().toISOString()} ${clock.monotonic()}`,
    cutNetwork: options.cutNetwork,
    settings: indexForUv(
      Object.fromEntries(
        SETTINGS.flatMap((name) => {
          const value = env[name];
          return value === undefined || value === "" ? [] : [[name, value] as const];
        }),
      ),
    ),
    load: async (folder) => host.directory(folder, { noCache: true }),
  });
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
