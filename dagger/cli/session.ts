/**
 * The one place where the command line's parts are put together: git, plan, store, executor, clock, secrets. Loaded only by commands that
 * need them. It decides nothing that a report could show.
 */
import { hostGit } from "../../src/exec/git.ts";
import type { Prepared } from "../../src/plan/prepare.ts";
import { prepare } from "../../src/plan/prepare.ts";
import { runPlan } from "../../src/plan/run.ts";
import { steps } from "../../src/steps/index.ts";
import { hostPlatform } from "../ports.ts";
import { configKeys } from "./config-keys.ts";
import { withExecutor } from "./executors.ts";
import { usage } from "./options.ts";
import { packageRoot } from "./package-root.ts";
import type { Opened, OpenOptions, Ports, Session } from "./session-port.ts";
import { writeBaseline } from "./write-baseline.ts";

export async function openSession(ports: Ports): Promise<Session> {
  return {
    steps,
    machine: async () => (await import("./doctor-session.ts")).machineHere(ports),
    configKeys: async (step) => configKeys(step),
    open: async (options) => opened(await prepareHere(ports, options), ports),
  };
}

async function prepareHere(ports: Ports, options: OpenOptions): Promise<Prepared> {
  const prepared = await prepare({
    ...options,
    goal: "pr-checks",
    platform: hostPlatform(),
    git: hostGit(options.source, ports.env),
    packageRoot: packageRoot(),
  });
  // A run of nothing would be green.
  if (prepared.plan.steps.length === 0) {
    throw usage([{ message: "--only and --skip together leave no step", remedy: "Skip fewer steps." }]);
  }
  return prepared;
}

function opened(prepared: Prepared, ports: Ports): Opened {
  const { clock } = ports;
  return {
    plan: prepared.plan,
    notes: prepared.notes,
    run: (settings) =>
      withExecutor(prepared, ports, settings, (executor) =>
        runPlan(prepared, executor, { ...settings, clock, commit: prepared.snapshot.head }),
      ),
    debug: async (step, settings) => {
      const { debugOnHost } = await import("./debug-on-host.ts");
      await debugOnHost(prepared, ports, step, settings);
    },
    needs: async () => (await import("./doctor-session.ts")).needsHere(prepared, ports),
    writeBaseline: (settings) => writeBaseline(prepared, ports, settings),
  };
}
