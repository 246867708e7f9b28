/**
 * Makes the executor that a run asked for, and puts away what it needed. The only place that knows which executors there are.
 */
import { relative, sep } from "node:path";
import type { IdentifiedExecutor } from "../../src/exec/cached-executor.ts";
import type { Executor } from "../../src/exec/executor.ts";
import type { HostTree } from "../../src/exec/host-tree.ts";
import type { BlobStore } from "../../src/exec/store.ts";
import type { Prepared } from "../../src/plan/prepare.ts";
import { cacheFolder, environmentSecrets, type HostEnv } from "../ports.ts";
import { packageRoot } from "./package-root.ts";
import type { Ports, RunSettings } from "./session-port.ts";

/** A store is measured at most once a day: that is not free. */
const TRIM_EVERY_SECONDS = 24 * 3600;

/** Calls `body` with the executor of `settings.on`, and with the same cache around it whichever it is. */
export async function withExecutor<T>(
  prepared: Prepared,
  ports: Ports,
  settings: Pick<RunSettings, "on" | "readCache">,
  body: (executor: Executor<HostTree>) => Promise<T>,
): Promise<T> {
  const [{ cachedExecutor }, { trim }] = await Promise.all([
    import("../../src/exec/cached-executor.ts"),
    import("../../src/exec/trim.ts"),
  ]);
  const { clock } = ports;
  const within = async (inner: IdentifiedExecutor, store: Store): Promise<T> => {
    const result = await body(
      cachedExecutor(inner, { ...store, clock, enabled: { read: settings.readCache, write: true } }),
    );
    await trim(store.storeRoot, { clock, everySeconds: TRIM_EVERY_SECONDS });
    return result;
  };
  if (settings.on === "dagger") return onDagger(prepared, ports, within);
  const { host, store } = await hostExecutor(prepared, ports);
  return within(host, store);
}

/** The host executor itself, without the cache around it, and its store. */
export async function hostExecutor(prepared: Prepared, { env, clock }: Ports) {
  const { HostExecutor } = await import("../../src/exec/host/host-executor.ts");
  const store = await openStore(env);
  const host = new HostExecutor({
    packageRoot: packageRoot(),
    snapshot: prepared.snapshot,
    appRoot: relative(prepared.repository, prepared.appFolder).split(sep).join("/") || ".",
    base: prepared.base,
    git: prepared.git,
    ...store,
    secrets: environmentSecrets(env),
    clock,
    hostEnv: env,
  });
  return { host, store };
}

async function onDagger<T>(
  prepared: Prepared,
  { env, clock }: Ports,
  body: (executor: IdentifiedExecutor, store: Store) => Promise<T>,
): Promise<T> {
  const { withDaggerExecutor } = await import("../client.ts");
  const store = await openStore(env);
  const secrets = environmentSecrets(env);
  const options = { prepared, packageRoot: packageRoot(), secrets, clock, env, cutNetwork: true, ...store };
  return withDaggerExecutor(options, (executor) => body(executor, store));
}

interface Store {
  readonly storeRoot: string;
  readonly blobs: BlobStore;
}

async function openStore(env: HostEnv): Promise<Store> {
  const { openBlobStore } = await import("../../src/exec/store.ts");
  const storeRoot = cacheFolder(env);
  return { storeRoot, blobs: await openBlobStore(storeRoot) };
}
