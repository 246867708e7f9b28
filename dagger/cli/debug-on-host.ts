/** The work behind `debug STEP`: what the step reads is made (or taken from the cache), then a shell takes the place of its command. */
import { cachedExecutor } from "../../src/exec/cached-executor.ts";
import { debugStep } from "../../src/plan/debug.ts";
import type { Prepared } from "../../src/plan/prepare.ts";
import { hostExecutor } from "./executors.ts";
import type { DebugSettings, Ports } from "./session-port.ts";

export async function debugOnHost(
  prepared: Prepared,
  ports: Ports,
  step: string,
  settings: DebugSettings,
): Promise<void> {
  const { host, store } = await hostExecutor(prepared, ports);
  const { clock } = ports;
  const executor = cachedExecutor(host, { ...store, clock, enabled: { read: settings.readCache, write: true } });
  const { jobs, log, signal } = settings;
  const { action, trees } = await debugStep(prepared.plan, step, executor, { jobs, log, signal, clock });
  await host.shell(action, trees, { signal, print: settings.print });
}
