import type { Directory } from "@dagger.io/dagger";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaggerExecutor } from "../../dagger/executor.ts";
import type { Action, Ref } from "../../src/exec/action.ts";
import type { ResolvedTrees } from "../../src/exec/executor.ts";
import { connected } from "./connect.ts";
import { type Engine, startEngine } from "./engine.ts";
import { action, callsOf, container, entry, makeExecutor, RUN, runOptions } from "./executor-fixture.ts";
import { type Chain, expanded, renderChain } from "./graph.ts";

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine(container());
});
afterEach(async () => {
  await engine.close();
});

/** Resolves leaves as the plan's walk does. */
async function treesOf(executor: DaggerExecutor, of: Action): Promise<ResolvedTrees<Directory>> {
  const tree = async (ref: Ref): Promise<Directory> => {
    if (ref.kind === "output") throw new Error("no outputs here");
    return ref.kind === "overlay" ? executor.overlay(await tree(ref.lower), await tree(ref.upper)) : executor.tree(ref);
  };
  const inputs: Record<string, Directory> = {};
  for (const [name, ref] of Object.entries(of.inputs)) inputs[name] = await tree(ref);
  const environments: Record<string, { lock: Directory; project?: Directory }> = {};
  for (const [name, e] of Object.entries(of.toolchain.environments))
    environments[name] = {
      lock: await tree(e.lock),
      ...(e.project === undefined ? {} : { project: await tree(e.project) }),
    };
  return { inputs, environments };
}

async function ran(of: Action, more: Parameters<typeof makeExecutor>[1] = {}): Promise<Chain> {
  await connected(engine, async (dag) => {
    const executor = makeExecutor(dag, more);
    await executor.run(of, await treesOf(executor, of), runOptions());
  });
  expect(engine.refused).toEqual([]);
  const asked = engine.asked.find((c) => c.calls.at(-1)?.field === "stdout");
  if (asked === undefined) throw new Error("nothing was run");
  return asked;
}

const source: Ref = { kind: "source", globs: ["src/**"], at: "head" };

test("a check is one container: image by digest, locked environment, inputs, variables and nothing else", async () => {
  const chain = await ran(
    action({
      argv: [
        { tool: "ruff", env: "tools" },
        "check",
        { out: "report", path: "ruff.json", prefix: "--output-file=" },
        { in: "app", path: "src" },
      ],
      cwd: "app",
      env: { RUFF_NO_CACHE: "true" },
      inputs: {
        app: { kind: "overlay", lower: source, upper: { kind: "inline", files: { "src/poison.py": "x =\n" } } },
        harness: { kind: "bundled", path: "src/toolchains/uv.txt", to: "locks" },
      },
      outputs: ["report"],
    }),
  );
  await expect(renderChain(chain, engine.ids, [])).toMatchFileSnapshot("golden/lint-container.txt");
});

test("a test run gets the project's wheel, download caches and a secret, and keeps its network", async () => {
  const chain = await ran(
    action({
      id: "unit-tests@3.11/run",
      secrets: { API_KEY: "api-key" },
      network: true,
      cache: { maxAgeSeconds: 3600 },
      toolchain: {
        image: "python-3.11",
        python: "3.11",
        environments: {
          app: {
            lock: { kind: "source", globs: ["requirements.lock"], at: "head" },
            project: { kind: "inline", files: { "a.whl": "w" } },
          },
        },
      },
    }),
    { entries: [entry("requirements.lock")], settings: { UV_DEFAULT_INDEX: "https://index.example.invalid" } },
  );
  await expect(renderChain(chain, engine.ids, [])).toMatchFileSnapshot("golden/unit-tests-container.txt");
});

test("only an action without network gets root capabilities to cut it, and the command runs as nobody", async () => {
  const cut = callsOf(expanded(await ran(action()), engine.ids), "withExec").at(-1)?.args;
  expect(cut).toMatchObject({ expect: "ANY", insecureRootCapabilities: true });
  expect(cut?.["args"]).toEqual(expect.arrayContaining(["--cut-network", "--uid", "65532"]));
  engine.asked.length = 0;
  const open = callsOf(expanded(await ran(action({ network: true })), engine.ids), "withExec").at(-1)?.args;
  expect(open).toMatchObject({ insecureRootCapabilities: false });
  expect(open?.["args"]).not.toContain("--cut-network");
});

test("an engine that grants no capabilities is not asked for any", async () => {
  const args = callsOf(expanded(await ran(action(), { cutNetwork: false }), engine.ids), "withExec").at(-1)?.args;
  expect(args).toMatchObject({ insecureRootCapabilities: false });
  expect(args?.["args"]).not.toContain("--cut-network");
});

test("the wrapper runs with the image's own programs; the command finds those of its first tool's environment first", async () => {
  const lock: Ref = { kind: "inline", files: { "a.txt": "# none\n" } };
  const of = action({
    argv: [
      { tool: "pytest", env: "tools" },
      { tool: "python", env: "app" },
    ],
    env: { COLUMNS: "80" },
    outputs: ["report"],
    toolchain: { image: "python", python: "any", environments: { app: { lock }, tools: { lock } } },
  });
  const calls = expanded(await ran(of), engine.ids);
  const set = callsOf(calls, "withEnvVariable").map((c) => c.args["name"]);
  expect(set).toContain("COLUMNS");
  // An environment's own python, or a .pth file of one of its packages, would run as root here.
  expect(set).not.toContain("PATH");
  const args = callsOf(calls, "withExec").at(-1)?.args["args"] as string[];
  expect(args.slice(0, 4)).toEqual(["python3", "-I", "-S", "/contain/contain.py"]);
  expect(args[args.indexOf("--path") + 1]).toBe("/env/tools/bin:/usr/local/bin:/usr/bin:/bin");
  expect(args[args.indexOf("--output") + 1]).toBe("/voicekey/out/report");
});

test("a container for a person to look around in has the command's search path", async () => {
  await connected(engine, async (dag) => {
    const executor = makeExecutor(dag);
    const container = await executor.container(action(), await treesOf(executor, action()));
    await container.withExec(["env"]).stdout();
  });
  const chain = engine.asked.find((c) => c.calls.at(-1)?.field === "stdout");
  const path = callsOf(chain === undefined ? [] : expanded(chain, engine.ids), "withEnvVariable").at(-1)?.args;
  expect(path).toMatchObject({ name: "PATH", value: "/env/tools/bin:/usr/local/bin:/usr/bin:/bin" });
});

test("every image can be replaced by the config", async () => {
  const mirror = `mirror.example/python@sha256:${"1".repeat(64)}`;
  const calls = expanded(await ran(action(), { images: { python: mirror } }), engine.ids);
  expect(callsOf(calls, "from").map((c) => c.args["address"])).toEqual([mirror]);
});

const fresh = (chain: Chain) =>
  callsOf(expanded(chain, engine.ids), "withEnvVariable").find((c) => c.args["name"] === "VOICEKEY_FRESH")?.args[
    "value"
  ];

test.each([
  ["the same work is answered from the engine's cache", action(), undefined],
  ["an action that is never cached runs in each run", action({ cache: "never" }), RUN],
  ["a measurement is answered from the engine's cache like other work", action({ exclusive: true }), undefined],
  ["an action that may be an hour old shares the hour's bucket", action({ cache: { maxAgeSeconds: 3600 } }), "490896"],
])("%s", async (_, of, value) => {
  expect(fresh(await ran(of))).toBe(value);
});

test("the tree of a source holds exactly the files that the manifest selects, whatever characters their names have", async () => {
  const entries = ["src/a.py", "src/[x]*.py", "!odd.py", " lead.py", "src/(1).py", "sub"].map((p) => entry(p));
  entries.push(entry("sub/module", { mode: "160000" }));
  await ran(action({ inputs: { app: { kind: "source", globs: ["**/*.py", "sub/**"], at: "head" } } }), { entries });
  const filters = engine.asked.flatMap((c) => callsOf(expanded(c, engine.ids), "filter")).map((c) => c.args["include"]);
  expect(filters[0]).toEqual(["src/a.py", "src/\\[x\\]\\*.py", "\\!odd.py", "[ ]lead.py", "src/(1).py", "sub"]);
});

test("a selection without files is an empty tree, not all files", async () => {
  await ran(action({ inputs: { app: { kind: "source", globs: ["nothing/**"], at: "head" } } }));
  expect(engine.asked.flatMap((c) => callsOf(expanded(c, engine.ids), "filter"))).toEqual([]);
});

test("a file whose line endings the checkout changed is given as git has it", async () => {
  const crlf = entry("src/run.sh", { mode: "100755", from: { kind: "file", path: "/x", normalizeCrlf: true } });
  await ran(action({ inputs: { app: source } }), { entries: [crlf] });
  const written = [...engine.ids.values(), ...engine.asked]
    .flatMap((c) => callsOf(c.calls, "withNewFile"))
    .map((c) => c.args);
  expect(written).toContainEqual({ path: "src/run.sh", contents: "one\ntwo\n", permissions: 0o755 });
});

test("base and history come from the git folder, by commit", async () => {
  await ran(
    action({
      inputs: {
        before: { kind: "source", globs: ["**/*.py"], at: "base" },
        log: { kind: "history", oid: "c".repeat(40) },
      },
    }),
    {
      git: async () =>
        Buffer.from(`100644 blob ${"0".repeat(40)}\told.py\0${`160000 commit ${"0".repeat(40)}`}\tsub.py\0`),
    },
  );
  const commands = engine.asked
    .flatMap((c) => callsOf(expanded(c, engine.ids), "withExec"))
    .map((c) => (c.args["args"] as string[]).slice(-2));
  expect(commands).toContainEqual(["tree", "b".repeat(40)]);
  expect(commands).toContainEqual(["history", "c".repeat(40)]);
  const filters = engine.asked.flatMap((c) => callsOf(expanded(c, engine.ids), "filter")).map((c) => c.args["include"]);
  expect(filters).toContainEqual(["old.py"]);
});
