/**
 * Makes the executor that a run asked for, and puts away what it needed. The only place that knows which executors there are.
 */
import { relative, sep } from "node:path";
import type { Executor } from "../../src/exec/executor.ts";
import type { Prepared } from "../../src/plan/prepare.ts";
import { cacheFolder, environmentSecrets } from "../ports.ts";
import { packageRoot } from "./package-root.ts";
import type { Ports, RunSettings } from "./session-port.ts";

/** A store is measured at most once a day: that is not free. */
const TRIM_EVERY_SECONDS = 24 * 3600;

/** Calls `body` with the executor of `settings.on`. */
export async function withExecutor<T>(
  prepared: Prepared,
  ports: Ports,
  settings: Pick<RunSettings, "on" | "readCache">,
  body: <Tree>(executor: Executor<Tree>) => Promise<T>,
): Promise<T> {
  if (settings.on === "dagger") return onDagger(prepared, ports, body);
  const { host, store } = await hostExecutor(prepared, ports);
  const [{ cachedExecutor }, { trim }] = await Promise.all([
    import("../../src/exec/cached-executor.ts"),
    import("../../src/exec/trim.ts"),
  ]);
  const { clock } = ports;
  const executor = cachedExecutor(host, { ...store, clock, enabled: { read: settings.readCache, write: true } });
  const result = await body(executor);
  await trim(store.storeRoot, { clock, everySeconds: TRIM_EVERY_SECONDS });
  return result;
}

/** The host executor itself, without the cache around it, and its store. */
export async function hostExecutor(prepared: Prepared, { env, clock }: Ports) {
  const [{ HostExecutor }, { openBlobStore }] = await Promise.all([
    import("../../src/exec/host/host-executor.ts"),
    import("../../src/exec/store.ts"),
  ]);
  const storeRoot = cacheFolder(env);
  const blobs = await openBlobStore(storeRoot);
  const host = new HostExecutor({
    packageRoot: packageRoot(),
    snapshot: prepared.snapshot,
    appRoot: relative(prepared.repository, prepared.appFolder).split(sep).join("/") || ".",
    base: prepared.base,
    git: prepared.git,
    blobs,
    storeRoot,
    secrets: environmentSecrets(env),
    clock,
    hostEnv: env,
  });
  return { host, store: { storeRoot, blobs } };
}

async function onDagger<T>(
  prepared: Prepared,
  { env, clock }: Ports,
  body: <Tree>(executor: Executor<Tree>) => Promise<T>,
): Promise<T> {
  const { withDaggerExecutor } = await import("../client.ts");
  const secrets = environmentSecrets(env);
  return withDaggerExecutor({ prepared, packageRoot: packageRoot(), secrets, clock, env, cutNetwork: true }, body);
}
