import { afterEach, beforeEach, expect, test } from "vitest";
import type { Action, Ref } from "../../src/exec/action.ts";
import { connected } from "./connect.ts";
import { costOf, forcedExecs } from "./cost.ts";
import { type Engine, startEngine } from "./engine.ts";
import { action, callsOf, container, makeExecutor, RUN, runOptions, treesOf } from "./executor-fixture.ts";
import { isResult, worksIn } from "./exporting.ts";
import { type Call, type Chain, renderChain } from "./graph.ts";
import { flat } from "./recipe.ts";

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine(container());
});
afterEach(async () => {
  await engine.close();
});

/** The chain of the action's result. */
async function ran(of: Action, more: Parameters<typeof makeExecutor>[1] = {}): Promise<Chain> {
  engine.asked.length = 0;
  await connected(engine, async (dag) => {
    const executor = await makeExecutor(dag, more);
    await executor.run(of, await treesOf(executor, of), runOptions());
  });
  expect([engine.refused, engine.denied]).toEqual([[], []]);
  const asked = engine.asked.find((c) => c.calls.at(-1)?.field === "sync" && isResult(flat(c, engine.ids)));
  if (asked === undefined) throw new Error("nothing was run");
  return asked;
}

async function ranTogether(several: readonly Action[]) {
  return connected(engine, async (dag) => {
    const executor = await makeExecutor(dag);
    const works = several.map(async (of) => ({
      action: of,
      trees: await treesOf(executor, of),
      onLine: () => undefined,
    }));
    return executor.runTogether(await Promise.all(works), runOptions());
  });
}

const callsIn = (chain: Chain): Call[] => flat(chain, engine.ids);
const execOf = (chain: Chain) => callsOf(callsIn(chain), "withExec").at(-1)?.args ?? {};

/** What the wrapper is told. */
function workIn(chain: Chain) {
  const args = execOf(chain)["args"] as string[];
  return JSON.parse(args.at(-1) ?? "") as Record<string, unknown>;
}

/** Uploads are folders of this machine with names that change; the wrapper and the lock of uv have tests of their own. */
const rendered = (chain: Chain) =>
  renderChain(chain, engine.ids, [])
    .replace(/"[^"]*\/voicekey-upload-\w+"/g, '"<upload>"')
    .replace(/(path: "\/(?:contain\/contain.py|build\/uv.txt)", contents: )"(?:[^"\\]|\\.)*"/g, "$1<its text>");

const lock: Ref = { kind: "inline", files: { "a.txt": "# none\n" } };

test("a check is one container: image by digest, locked environment, inputs, variables and nothing else", async () => {
  const source: Ref = { kind: "inline", files: { "src/a.py": "a =\n", "src/b.py": "" } };
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
  await expect(rendered(chain)).toMatchFileSnapshot("golden/lint-container.txt");
});

test("a test run gets the project's wheel, a secret and its index, and keeps its network", async () => {
  const chain = await ran(
    action({
      id: "unit-tests@3.11/run",
      secrets: { API_KEY: "api-key" },
      network: true,
      cache: { maxAgeSeconds: 3600 },
      toolchain: {
        image: "python-3.11",
        python: "3.11",
        environments: { app: { lock, project: { kind: "inline", files: { "a-1-py3-none-any.whl": "w" } } } },
      },
    }),
    { settings: { UV_DEFAULT_INDEX: "https://index.example.invalid" } },
  );
  await expect(rendered(chain)).toMatchFileSnapshot("golden/unit-tests-container.txt");
  expect(workIn(chain)).toMatchObject({
    keep: ["API_KEY", "UV_DEFAULT_INDEX"],
    projects: [["/env/0/app", "/projects/0/app"]],
  });
});

test("only an action without network gets root capabilities to cut it, and the command runs as nobody", async () => {
  const cut = await ran(action());
  expect(execOf(cut)).toMatchObject({ insecureRootCapabilities: true });
  expect(workIn(cut)).toMatchObject({ cut: true, uid: 65532 });
  const open = await ran(action({ network: true }));
  expect(execOf(open)).toMatchObject({ insecureRootCapabilities: false });
  expect(workIn(open)).toMatchObject({ cut: false, uid: 65532 });
});

test("an engine that grants no capabilities is not asked for any", async () => {
  const chain = await ran(action(), { cutNetwork: false });
  expect(execOf(chain)).toMatchObject({ insecureRootCapabilities: false });
  expect(workIn(chain)).toMatchObject({ cut: false });
});

test("the wrapper runs with the image's own programs; the command finds those of its first tool's environment first", async () => {
  const of = action({
    argv: [
      { tool: "pytest", env: "tools" },
      { tool: "python", env: "app" },
    ],
    env: { COLUMNS: "80" },
    outputs: ["report"],
    toolchain: { image: "python", python: "any", environments: { app: { lock }, tools: { lock } } },
  });
  const chain = await ran(of);
  // An environment's own python, or a .pth file of one of its packages, would run as root here.
  expect(callsOf(callsIn(chain), "withEnvVariable")).toEqual([]);
  expect((execOf(chain)["args"] as string[]).slice(0, 4)).toEqual(["python3", "-I", "-S", "/contain/contain.py"]);
  expect(workIn(chain)).toMatchObject({
    argv: ["/env/0/tools/bin/pytest", "/env/0/app/bin/python"],
    env: { COLUMNS: "80", PATH: "/env/0/tools/bin:/usr/local/bin:/usr/bin:/bin" },
    outputs: ["report"],
  });
});

test("a search path that the action names is the command's", async () => {
  expect(workIn(await ran(action({ env: { PATH: "/only" } })))).toMatchObject({ env: { PATH: "/only" } });
});

test("a person who looks around gets a shell as the command's own user, in its network, and nothing is run before", async () => {
  await connected(engine, async (dag) => {
    const executor = await makeExecutor(dag);
    await (await executor.container(action(), await treesOf(executor, action()))).sync();
  });
  const calls = callsIn(engine.asked.at(-1) ?? { type: "", calls: [] });
  const [terminal] = callsOf(calls, "withDefaultTerminalCmd");
  expect(terminal?.args).toMatchObject({ insecureRootCapabilities: true });
  const args = terminal?.args["args"] as string[];
  expect(args.slice(0, 5)).toEqual(["python3", "-I", "-S", "/contain/contain.py", "--shell"]);
  expect(JSON.parse(args[5] ?? "")).toMatchObject({
    uid: 65532,
    cut: true,
    argv: ["/env/0/tools/bin/python", "-c", "pass"],
  });
  expect(callsOf(calls, "withExec")).toEqual([]);
});

test("every image can be replaced by the config", async () => {
  const mirror = `mirror.example/python@sha256:${"1".repeat(64)}`;
  const chain = await ran(action(), { images: { python: mirror } });
  expect(callsOf(callsIn(chain), "from").map((c) => c.args["address"])).toEqual([mirror]);
});

const fresh = (chain: Chain) =>
  callsOf(callsIn(chain), "withEnvVariable").find((c) => c.args["name"] === "VOICEKEY_FRESH")?.args["value"];

test.each([
  ["the same work is answered from the engine's cache", action(), undefined],
  ["an action that is never cached runs in each session", action({ cache: "never" }), RUN],
  ["a measurement is cached as any other action", action({ exclusive: true }), undefined],
  ["an action that may be an hour old shares the hour's bucket", action({ cache: { maxAgeSeconds: 3600 } }), "490896"],
])("%s", async (_, of, value) => {
  expect(fresh(await ran(of))).toBe(value);
});

test("an action costs one exec and one export, and what it reads is brought to the engine at once", async () => {
  const inputs = Object.fromEntries(
    ["a", "b", "c", "d"].map((name) => [name, { kind: "inline" as const, files: { [name]: name } }]),
  );
  await ran(action({ inputs, toolchain: { image: "python", python: "any", environments: {} }, argv: ["true"] }));
  expect(costOf(engine)).toMatchObject({ execs: 1, exports: 1, reads: 0 });
  expect(
    callsOf(
      [...engine.ids.values()].flatMap((c) => c.calls),
      "host",
    ),
  ).toHaveLength(1);
});

test("the same files are the same work to the engine, whatever they are called and wherever they come from", async () => {
  const bare = { image: "python", python: "any", environments: {} };
  const of = (id: string, app: Ref) => action({ id, argv: ["true"], inputs: { app }, toolchain: bare });
  const one: Ref = { kind: "inline", files: { a: "1", "b/c": "2" } };
  const other: Ref = {
    kind: "overlay",
    lower: { kind: "inline", files: { a: "0", "b/c": "2" } },
    upper: { kind: "inline", files: { a: "1" } },
  };
  await ran(of("lint", one));
  const first = [...forcedExecs(engine).keys()];
  await ran(of("types", other));
  expect([...forcedExecs(engine).keys()]).toEqual(first);
  await ran(of("types", { kind: "inline", files: { a: "1", "b/c": "3" } }));
  expect([...forcedExecs(engine).keys()]).not.toEqual(first);
});

test("no two sessions differ in anything but the name that tells them apart, and that takes no part in what is the same", async () => {
  await ran(action({ outputs: ["report"] }), { run: "one" });
  const first = [...forcedExecs(engine).keys()];
  await ran(action({ outputs: ["report"] }), { run: "another" });
  expect([...forcedExecs(engine).keys()]).toEqual(first);
});

test("actions that are run together are one container and one exec, each with places and users of its own", async () => {
  const project: Ref = { kind: "inline", files: { "a-1-py3-none-any.whl": "w" } };
  const several = ["1", "2", "3"].map((text) =>
    action({
      id: `lint/proof/${text}`,
      inputs: { app: { kind: "inline", files: { text } } },
      outputs: ["report"],
      toolchain: { image: "python", python: "any", environments: { tools: { lock, project } } },
    }),
  );
  const outcomes = await ranTogether(several);
  expect(outcomes.map((o) => !(o instanceof Error) && Object.keys(o.outputs))).toEqual([
    ["report"],
    ["report"],
    ["report"],
  ]);
  const execs = [...forcedExecs(engine).values()].filter((args) => args.includes("/contain/contain.py"));
  expect(execs).toHaveLength(1);
  const works = worksIn([{ field: "withExec", args: { args: execs[0] } }]);
  for (const key of ["place", "result", "uid"]) expect(new Set(works.map((w) => w[key])).size).toBe(3);
  expect(works.map((w) => w["projects"])).toEqual([0, 1, 2].map((n) => [[`/env/${n}/tools`, `/projects/${n}/tools`]]));
  expect(costOf(engine).exports).toBe(1);
});

test("one whose environment cannot be built keeps none of the others", async () => {
  const wheels = { "a-1-py3-none-any.whl": "w" };
  const several = [wheels, {}, wheels].map((files, n) =>
    action({
      id: `unit-tests/proof/${n}`,
      toolchain: {
        image: "python",
        python: "any",
        environments: { tools: { lock, project: { kind: "inline", files } } },
      },
    }),
  );
  const outcomes = await ranTogether(several);
  expect(outcomes[0]).toMatchObject({ status: { kind: "exited", code: 0 } });
  expect(outcomes[1]).toMatchObject({
    code: "ENVIRONMENT_FAILED",
    message: expect.stringContaining("exactly one wheel"),
  });
  expect(outcomes[2]).toMatchObject({ status: { kind: "exited", code: 0 } });
});

test("results that are ready at the same time come back in one export", async () => {
  const several = Array.from({ length: 8 }, (_, i) =>
    action({
      id: `check-${i}`,
      env: { N: String(i) },
      toolchain: { image: "python", python: "any", environments: {} },
      argv: ["true"],
    }),
  );
  await connected(engine, async (dag) => {
    const executor = await makeExecutor(dag);
    await Promise.all(several.map((of) => executor.run(of, { inputs: {}, environments: {} }, runOptions())));
  });
  expect(costOf(engine).execs).toBe(8);
  expect(costOf(engine).exports).toBeLessThan(4);
});
