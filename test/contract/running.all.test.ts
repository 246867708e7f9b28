/**
 * The Dagger executor over a stand-in engine that really runs what it is asked: the conformance suite, and the fixture application's checks
 * through both doors. Needs root, and Python 3.11 as this machine's own.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import { conformanceCases } from "../../src/exec/conformance.ts";
import type { Executor } from "../../src/exec/executor.ts";
import { hostGit } from "../../src/exec/git.ts";
import { HostExecutor } from "../../src/exec/host/host-executor.ts";
import { historyTree } from "../../src/exec/source.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import { type Prepared, prepare } from "../../src/plan/prepare.ts";
import { runPlan } from "../../src/plan/run.ts";
import { repository } from "../exec/host/harness.ts";
import { REPOSITORY } from "../files.ts";
import { connected } from "./connect.ts";
import { type Engine, startEngine } from "./engine.ts";
import { freshFolder, makeExecutor } from "./executor-fixture.ts";
import { RunningEngine } from "./running-engine.ts";

const version = spawnSync("/usr/bin/python3", ["--version"], { encoding: "utf8" }).stdout ?? "";
const able = process.platform === "linux" && process.getuid?.() === 0 && version.startsWith("Python 3.11.");
const clock = { now: () => new Date(), monotonic: () => performance.now() };

let running: RunningEngine;
let engine: Engine;
beforeAll(async () => {
  running = await RunningEngine.start();
  engine = await startEngine(running.answer);
});
afterAll(async () => {
  await engine.close();
  await running.close();
});

describe.runIf(able)("an executor whose containers really run", () => {
  test.each(conformanceCases)(
    "$title",
    async ({ run }) => {
      const repo = await repository();
      const git = hostGit(repo.folder, process.env);
      const blobs = await openBlobStore(await freshFolder());
      const history = async (oid: string) => historyTree(git, oid, blobs, await freshFolder());
      const secret = { name: "token", value: "a-secret-value-4711" };
      const secrets = { get: async (name: string) => (name === secret.name ? secret.value : undefined) };
      await connected(engine, async (dag) => {
        const executor = await makeExecutor(dag, { git, history, blobs, secrets, clock });
        const gitFailure = () => git(["show", "HEAD:no-such-file"]).then(String, (error: Error) => error.message);
        const foreignVariable = "DAGGER_SESSION_TOKEN";
        await run({ executor, freshFolder, secret, history: repo, gitFailure, foreignVariable, nonce: "running" });
      });
      expect([engine.refused, engine.denied]).toEqual([[], []]);
    },
    300_000,
  );
});

describe.runIf(able)("the fixture application", () => {
  test("gets the same outcomes, proofs and facts through both doors", async () => {
    const folder = mkdtempSync(join(tmpdir(), "doors-"));
    try {
      const prepared = await onePython(join(folder, "app"));
      const storeRoot = join(folder, "store");
      const blobs = await openBlobStore(storeRoot);
      const sources = {
        ...{
          snapshot: prepared.snapshot,
          appRoot: ".",
          base: prepared.base,
          git: prepared.git,
          packageRoot: REPOSITORY,
        },
        ...{ blobs, storeRoot, clock },
      };
      const secrets = { get: async () => undefined };
      const host = await verdictOf(prepared, new HostExecutor({ ...sources, secrets, hostEnv: process.env }), folder);
      const dagger = await connected(engine, async (dag) =>
        verdictOf(prepared, await makeExecutor(dag, sources), folder),
      );
      expect([engine.refused, engine.denied]).toEqual([[], []]);
      expect(dagger.map(withoutTimes)).toEqual(host.map(withoutTimes));
      expect(dagger.filter((s) => s.outcome === "passed")).toHaveLength(dagger.length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 1_200_000);
});

type Steps = RunVerdict["steps"];

async function verdictOf<Tree>(prepared: Prepared, executor: Executor<Tree>, folder: string): Promise<Steps> {
  const evidence = mkdtempSync(join(folder, "evidence-"));
  const options = { jobs: 2, strict: false, failFast: false, evidence, clock, log: { emit: () => undefined } };
  return (await runPlan(prepared, executor, { ...options, signal: new AbortController().signal })).steps;
}

/** Facts about the machine: its interpreter's last figure, its processor and load, and whatever was timed on it. */
const OF_THE_MACHINE = /\b(python|ms|load|measured on)\b/;

function withoutTimes({ id, outcome, reason, proofs, facts }: Steps[number]) {
  const kept = Object.entries(facts).filter(([name]) => !OF_THE_MACHINE.test(name));
  return { id, outcome, reason, proofs: proofs.map((p) => [p.id, p.outcome]), facts: Object.fromEntries(kept) };
}

/** The application as it is, on this machine's own Python alone. */
async function onePython(app: string): Promise<Prepared> {
  cpSync(join(REPOSITORY, "fixtures/voice-app"), app, { recursive: true });
  const file = join(app, "pipeline.yaml");
  const config = parse(readFileSync(file, "utf8")) as { python: { versions?: string[] } };
  config.python = { ...config.python, versions: ["3.11"] };
  writeFileSync(file, stringify(config));
  const git = (...args: string[]) => execFileSync("git", args, { cwd: app });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "--quiet", "--message", "app");
  return prepare({
    ...{ source: app, goal: "pr-checks", only: [], skip: [], prove: true, git: hostGit(app, process.env) },
    packageRoot: REPOSITORY,
  });
}
