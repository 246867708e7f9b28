/** What the pipeline itself costs per action: with an executor that does nothing, and on the host with commands that do nothing. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { environmentSecrets, hostEnvironment, systemClock } from "../../../dagger/ports.ts";
import { cachedExecutor } from "../../../src/exec/cached-executor.ts";
import type { Executor } from "../../../src/exec/executor.ts";
import { hostGit } from "../../../src/exec/git.ts";
import { HostExecutor } from "../../../src/exec/host/host-executor.ts";
import { RecordExecutor } from "../../../src/exec/record-executor.ts";
import { readSource } from "../../../src/exec/source.ts";
import { openBlobStore } from "../../../src/exec/store.ts";
import { makePlan } from "../../../src/plan/make-plan.ts";
import { runPlan } from "../../../src/plan/run.ts";
import { REPOSITORY } from "../../files.ts";
import { type Figure, median } from "../figures.ts";
import { inTemporaryFolder, interpreter, measure } from "../machine.ts";
import { runnable, type Shape, syntheticInput } from "../synthetic.ts";

const clock = systemClock();
const few: Shape = { steps: 1, actions: 100, tripwires: 0, files: 10, chained: false };
const ON_HOST = 30;

/** Milliseconds per action of a whole run, evidence included. Anything but a passed verdict is an error. */
async function perAction<Tree>(executor: Executor<Tree>, shape: Shape, evidence: string, jobs = 2): Promise<number> {
  const input = syntheticInput(shape);
  const made = makePlan({ ...input, prove: false });
  const from = performance.now();
  const verdict = await runPlan(runnable(made, input), executor, {
    jobs,
    strict: false,
    failFast: false,
    evidence,
    clock,
    log: { emit: () => undefined },
    signal: new AbortController().signal,
  });
  const took = performance.now() - from;
  const red = verdict.steps.find((s) => s.outcome !== "passed");
  if (red !== undefined) throw new Error(`${red.outcome}: ${red.reason ?? ""} ${red.detail ?? ""}`);
  return took / shape.actions;
}

export async function overhead(): Promise<Figure[]> {
  return inTemporaryFolder(async (folder) => [...(await recorded(folder)), ...(await onHost(folder))]);
}

async function recorded(folder: string): Promise<Figure[]> {
  const shapes = [
    { name: "100 independent actions", shape: few },
    { name: "1,000 independent actions", shape: { ...few, actions: 1000 } },
    { name: "1,000 actions in one chain", shape: { ...few, actions: 1000, chained: true } },
  ];
  const figures: Figure[] = [];
  for (const [i, { name, shape }] of shapes.entries()) {
    const value = await perAction(new RecordExecutor(), shape, path.join(folder, `record-${i}`));
    figures.push({ name: `per action, nothing runs, ${name}`, value, unit: "ms", how: "scheduler, evidence, journal" });
  }
  return figures;
}

async function onHost(folder: string): Promise<Figure[]> {
  const { storeRoot, blobs, host } = await hostExecutor(folder);
  const cached = cachedExecutor(host, { storeRoot, blobs, clock, enabled: { read: true, write: true } });
  const shape = { ...few, actions: ON_HOST };
  // The first action builds the environment and bootstraps the installer; that is the cold case's matter.
  await perAction(host, { ...shape, actions: 1 }, path.join(folder, "host-first"));
  const alone = await perAction(host, shape, path.join(folder, "host-1"), 1);
  const together = await perAction(host, shape, path.join(folder, "host-2"), 2);
  await perAction(cached, shape, path.join(folder, "host-fill"), 2);
  const hit = await perAction(cached, shape, path.join(folder, "host-hit"), 2);
  const python = interpreter("3.11") ?? interpreter("3.12") ?? "python3";
  const bare = median(
    Array.from({ length: ON_HOST }, () => measure([python, "-I", "-S", "-c", "0"], { cwd: folder }).wall * 1000),
  );
  const how = `${ON_HOST} actions, a Python that does nothing`;
  return [
    { name: "the bare command by itself", value: bare, unit: "ms", how: `median of ${ON_HOST}` },
    { name: "per action on the host, one at a time", value: alone, unit: "ms", how },
    { name: "per action on the host, two at a time", value: together, unit: "ms", how },
    { name: "overhead per action on the host", value: alone - bare, unit: "ms", how: "one at a time − bare command" },
    { name: "per action replayed from the cache", value: hit, unit: "ms", how },
  ];
}

async function hostExecutor(folder: string) {
  const app = path.join(folder, "app");
  mkdirSync(path.join(app, "src"), { recursive: true });
  for (let i = 0; i < few.files; i += 1) writeFileSync(path.join(app, "src", `module_${i}.py`), `N = ${i}\n`);
  measure(["git", "init", "--quiet"], { cwd: app });
  const env = hostEnvironment();
  const git = hostGit(app, env);
  const storeRoot = path.join(folder, "store");
  const blobs = await openBlobStore(storeRoot);
  const host = new HostExecutor({
    packageRoot: REPOSITORY,
    snapshot: await readSource(git, app, "."),
    appRoot: ".",
    base: null,
    git,
    blobs,
    storeRoot,
    secrets: environmentSecrets(env),
    clock,
    hostEnv: env,
  });
  return { storeRoot, blobs, host };
}
