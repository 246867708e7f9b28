import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type ClientOptions, withDaggerExecutor } from "../../dagger/client.ts";
import { hostGit } from "../../src/exec/git.ts";
import { type BlobStore, openBlobStore } from "../../src/exec/store.ts";
import { type Prepared, prepare } from "../../src/plan/prepare.ts";
import { importsOf, target } from "../architecture/syntax.ts";
import { REPOSITORY, readRepositoryFile } from "../files.ts";
import { connected } from "./connect.ts";
import { forcedExecs } from "./cost.ts";
import { type Engine, startEngine } from "./engine.ts";
import { action, callsOf, container, makeExecutor, runOptions, treesOf } from "./executor-fixture.ts";
import { type TinyApp, tinyApp } from "./tiny-app.ts";

let tiny: TinyApp;
let prepared: Prepared;
let storeRoot: string;
let blobs: BlobStore;
let engine: Engine | undefined;
beforeAll(async () => {
  tiny = tinyApp({ ".gitignore": "left-out\n", "left-out": "x" });
  storeRoot = join(tiny.folder, "store");
  blobs = await openBlobStore(storeRoot);
  const git = hostGit(tiny.app, process.env);
  prepared = await prepare({
    source: tiny.app,
    goal: "pr-checks",
    only: [],
    skip: [],
    prove: true,
    git,
    packageRoot: REPOSITORY,
  });
});
afterAll(() => tiny.remove());
afterEach(async () => {
  for (const name of ["DAGGER_SESSION_PORT", "DAGGER_SESSION_TOKEN", "_EXPERIMENTAL_DAGGER_CLI_BIN"])
    delete process.env[name];
  await engine?.close();
  engine = undefined;
});

const options = (env: ClientOptions["env"], more: Partial<ClientOptions> = {}): ClientOptions => ({
  prepared,
  packageRoot: REPOSITORY,
  secrets: { get: async () => undefined },
  clock: { now: () => new Date(0), monotonic: () => 0 },
  env,
  cutNetwork: true,
  storeRoot,
  blobs,
  patience: 20_000,
  ...more,
});

/** A session that is there, as `dagger run` gives one to its child. */
function session(port: number, token = "loopback-token"): Record<string, string> {
  const env = { DAGGER_SESSION_PORT: String(port), DAGGER_SESSION_TOKEN: token };
  Object.assign(process.env, env);
  return env;
}

test("the command line drives the same executor, over the files that the manifest names", async () => {
  const running = await startEngine(container());
  engine = running;
  const env = { ...session(running.port), UV_DEFAULT_INDEX: "https://index.example.invalid" };
  const result = await withDaggerExecutor(options(env), async (executor) => {
    const app = await executor.tree({ kind: "source", globs: ["**"], at: "head" });
    const history = await executor.tree({ kind: "history", oid: prepared.snapshot.head ?? "" });
    expect(app.entries.map((e) => e.path)).toEqual(expect.arrayContaining(["src/tiny/__init__.py", ".gitignore"]));
    expect(app.entries.map((e) => e.path)).not.toContain("left-out");
    const of = action({ argv: ["true"], toolchain: { image: "python", python: "any", environments: {} } });
    return executor.run(of, { inputs: { app, history }, environments: {} }, runOptions());
  });
  expect(result).toMatchObject({ status: { kind: "exited", code: 0 } });
  expect([running.refused, running.denied]).toEqual([[], []]);
  const loaded = [...running.ids.values()].flatMap((c) => callsOf(c.calls, "directory")).map((c) => c.args);
  expect(loaded[0]).toMatchObject({ noCache: true });
  // What went to the engine and came back is gone.
  expect(readdirSync(join(storeRoot, "runs"))).toEqual([]);
});

test("both doors ask the same of an engine for the same work", async () => {
  const of = action({ inputs: { app: { kind: "source", globs: ["src/**"], at: "head" } }, outputs: ["report"] });
  const through = async (body: (running: Engine) => Promise<void>): Promise<string[]> => {
    const running = await startEngine(container());
    engine = running;
    await body(running);
    await running.close();
    return [...forcedExecs(running).keys()];
  };
  const byCommand = await through(async (running) => {
    await withDaggerExecutor(options(session(running.port)), async (executor) => {
      await executor.run(of, await treesOf(executor, of), runOptions());
    });
  });
  const here = process.cwd();
  process.chdir(tiny.folder);
  const byModule = await through((running) =>
    connected(running, async (dag) => {
      const { snapshot } = prepared;
      const workFolder = await mkdtemp(join(tiny.folder, "module-"));
      const load = async (folder: string) => dag.currentModule().workdir(relative(process.cwd(), folder));
      const executor = await makeExecutor(dag, { snapshot, workFolder, load, run: "a module's call" });
      await executor.run(of, await treesOf(executor, of), runOptions());
    }),
  );
  process.chdir(here);
  expect(byCommand).toHaveLength(3);
  expect(byModule).toEqual(byCommand);
});

test("an index that only pip was told of holds for uv in containers, too", async () => {
  const running = await startEngine(container());
  engine = running;
  const env = { ...session(running.port), PIP_INDEX_URL: "https://index.example.invalid" };
  const of = action({ argv: ["true"], network: true, toolchain: { image: "python", python: "any", environments: {} } });
  await withDaggerExecutor(options(env), (executor) =>
    executor.run(of, { inputs: {}, environments: {} }, runOptions()),
  );
  const names = [...running.ids.values()].flatMap((c) => callsOf(c.calls, "setSecret")).map((c) => c.args["name"]);
  expect(names).toEqual(expect.arrayContaining(["setting PIP_INDEX_URL", "setting UV_DEFAULT_INDEX"]));
});

test("what the body throws comes out as it is", async () => {
  engine = await startEngine(container());
  const own = new Error("mine");
  await expect(withDaggerExecutor(options(session(engine.port)), () => Promise.reject(own))).rejects.toBe(own);
});

const never = async (): Promise<never> => {
  throw new Error("there is no engine to work with");
};

test("without a dagger command it says so at once, and downloads none", async () => {
  await expect(withDaggerExecutor(options({ PATH: tiny.folder }), never)).rejects.toMatchObject({
    code: "ENGINE_UNREACHABLE",
    message: expect.stringContaining("no dagger command"),
  });
  await expect(
    withDaggerExecutor(options({ _EXPERIMENTAL_DAGGER_CLI_BIN: "/nowhere/dagger" }), never),
  ).rejects.toMatchObject({
    code: "ENGINE_UNREACHABLE",
  });
});

test("a session that is gone is an unreachable engine", async () => {
  const gone = await startEngine();
  await gone.close();
  await expect(withDaggerExecutor(options(session(gone.port)), never)).rejects.toMatchObject({
    code: "ENGINE_UNREACHABLE",
  });
});

test("an engine that never answers is given up", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  try {
    const waiting = withDaggerExecutor(
      options(session((silent.address() as AddressInfo).port), { patience: 200 }),
      never,
    );
    await expect(waiting).rejects.toMatchObject({
      code: "ENGINE_UNREACHABLE",
      message: expect.stringContaining("0.2 s"),
    });
  } finally {
    silent.closeAllConnections();
    await new Promise((done) => silent.close(done));
  }
});

test.runIf(process.platform !== "win32")("a dagger command that finds no engine ends with its own words", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dagger-command-"));
  try {
    const command = join(folder, "dagger");
    writeFileSync(command, "#!/bin/sh\necho 'no container runtime was found' >&2\nexit 1\n");
    chmodSync(command, 0o755);
    await expect(withDaggerExecutor(options({ PATH: folder }), never)).rejects.toMatchObject({
      code: "ENGINE_UNREACHABLE",
      message: expect.stringContaining("no container runtime"),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.runIf(process.platform !== "win32")(
  "a dagger command that works gives the session, and is ended with it",
  async () => {
    const running = await startEngine(container());
    engine = running;
    const folder = mkdtempSync(join(tmpdir(), "dagger-command-"));
    try {
      const command = join(folder, "dagger");
      const address = JSON.stringify({ port: running.port, session_token: running.token });
      writeFileSync(command, `#!/bin/sh\necho $$ > "${folder}/pid"\necho '${address}'\nexec sleep 600\n`);
      chmodSync(command, 0o755);
      const env = { PATH: [folder, process.env["PATH"]].join(delimiter) };
      expect(await withDaggerExecutor(options(env), async (executor) => executor.where)).toBe("dagger");
      const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
      expect(() => process.kill(pid, 0)).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("loading the client loads no SDK", () => {
  const seen = new Set<string>();
  const libraries = new Set<string>();
  const follow = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = { path, text: readRepositoryFile(path) };
    for (const i of importsOf(file).filter((found) => found.how === "static")) {
      const next = target(file, i.specifier);
      if (next === undefined) libraries.add(i.specifier);
      else follow(next);
    }
  };
  follow("dagger/client.ts");
  expect(seen.size).toBeGreaterThan(3);
  expect([...libraries].filter((l) => l.startsWith("@dagger.io"))).toEqual([]);
});
