/** What `doctor` asks of the session: this machine, and what the plan at hand needs of one. Loaded by that command alone; changes nothing. */
import { relative, sep } from "node:path";
import { needsOf, type Wanted } from "../../src/exec/host/needs.ts";
import { countEnvironments } from "../../src/exec/host/needs-environments.ts";
import { type Machine, thisMachine } from "../../src/exec/host/needs-machine.ts";
import type { Prepared } from "../../src/plan/prepare.ts";
import { cacheFolder, environmentSecrets, hostPlatform } from "../ports.ts";
import { packageRoot } from "./package-root.ts";
import type { Ports } from "./session-port.ts";

export function machineHere({ env, clock }: Ports): Machine {
  const secrets = environmentSecrets(env);
  return thisMachine({ packageRoot: packageRoot(), storeRoot: cacheFolder(env), hostEnv: env, secrets, clock });
}

export async function needsHere(prepared: Prepared, { env, clock }: Ports): Promise<Wanted[]> {
  const { plan, snapshot, base, git } = prepared;
  const options = {
    ...{ packageRoot: packageRoot(), storeRoot: cacheFolder(env), hostEnv: env, clock, snapshot, base, git },
    appRoot: relative(prepared.repository, prepared.appFolder).split(sep).join("/") || ".",
  };
  const environments = await countEnvironments(plan.actions, options, hostPlatform() === "windows/amd64");
  return needsOf(plan, hostPlatform(), { environments, packages: prepared.config.systemPackages ?? [] });
}
