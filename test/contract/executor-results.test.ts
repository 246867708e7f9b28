import type { Client } from "@dagger.io/dagger";
import { GraphQLError } from "graphql";
import { expect, test } from "vitest";
import { bounded, redacted, unlessAborted } from "../../dagger/outcome.ts";
import type { Action } from "../../src/exec/action.ts";
import type { ActionResult, RunOptions } from "../../src/exec/executor.ts";
import type { HostTree } from "../../src/exec/host-tree.ts";
import { connected } from "./connect.ts";
import { type Answer, type Engine, startEngine } from "./engine.ts";
import { action, callsOf, container, makeExecutor, record, runOptions, treesOf } from "./executor-fixture.ts";
import { isResult } from "./exporting.ts";
import { expanded } from "./graph.ts";
import { flat } from "./recipe.ts";

const bare = (more: Partial<Action> = {}): Action =>
  action({ argv: ["tool"], toolchain: { image: "python", python: "any", environments: {} }, ...more });

async function withEngine<T>(answer: Answer, body: (dag: Client, engine: Engine) => Promise<T>): Promise<T> {
  const engine = await startEngine(answer);
  try {
    return await connected(engine, (dag) => body(dag, engine));
  } finally {
    await engine.close();
    expect(engine.refused).toEqual([]);
    expect(engine.denied).toEqual([]);
  }
}

function run(answer: Answer, of = bare(), options: Partial<RunOptions> = {}): Promise<ActionResult<HostTree>> {
  const trees = { inputs: {}, environments: {} };
  return withEngine(answer, async (dag) => (await makeExecutor(dag)).run(of, trees, runOptions(options)));
}

test("a red command is a result, with its output and what really held", async () => {
  const answer = container({
    record: () => record({ status: { kind: "exited", code: 3 } }),
    stdout: "found\n",
    stderr: "one\n",
  });
  const { outputs, ...result } = await run(answer, bare({ outputs: ["report"] }));
  expect(Object.keys(outputs)).toEqual(["report"]);
  expect(result).toEqual({
    status: { kind: "exited", code: 3 },
    stdout: "found\n",
    stderr: "one\n",
    durationMs: 12,
    cached: false,
    enforced: { network: "cut", filesystem: "isolated" },
    toolchain: { python: "3.13.1", platform: "linux/amd64", image: expect.stringMatching(/^python:.*@sha256:/) },
  });
});

test("a network that stayed open is told, and one that was declared is allowed", async () => {
  const open = container({ record: () => record({ network: "open" }) });
  expect((await run(open)).enforced.network).toBe("open");
  expect((await run(open, bare({ network: true }))).enforced.network).toBe("allowed");
});

test("lines come live as far as an engine can, and none for a result that it had kept", async () => {
  const lines: string[] = [];
  const onLine = (stream: string, line: string) => lines.push(`${stream} ${line}`);
  await run(container({ stdout: "a\nb\n", stderr: "c" }), bare(), { onLine });
  expect(lines).toEqual(["stdout a", "stdout b", "stderr c"]);
  const kept = await run(container({ record: () => record({ run: "an earlier run" }), stdout: "a\n" }), bare(), {
    onLine,
  });
  expect(kept.cached).toBe(true);
  expect(lines).toHaveLength(3);
});

test("a timeout that the engine had kept is tried again", async () => {
  await withEngine(
    container({
      record: (calls) =>
        calls.some((c) => c.args["name"] === "VOICEKEY_AGAIN")
          ? record()
          : record({ run: "an earlier run", status: { kind: "timed-out" } }),
    }),
    async (dag, engine) => {
      const result = await (await makeExecutor(dag)).run(bare(), { inputs: {}, environments: {} }, runOptions());
      expect(result).toMatchObject({ status: { kind: "exited", code: 0 }, cached: false });
      expect(engine.asked.filter((c) => c.calls.at(-1)?.field === "export")).toHaveLength(2);
    },
  );
});

test("a timeout of this run is a result, told in the action's seconds", async () => {
  const { status } = await run(container({ record: () => record({ status: { kind: "timed-out" } }) }));
  expect(status).toEqual({ kind: "timed-out", afterSeconds: 60 });
});

test("a secret goes in by its name and comes out of nothing that was printed", async () => {
  const secret = bare({ secrets: { API_KEY: "api-key" } });
  const result = await withEngine(container({ stdout: "key s3cret-value end\n" }), async (dag, engine) => {
    const done = await (await makeExecutor(dag)).run(secret, { inputs: {}, environments: {} }, runOptions());
    const plain = engine.asked
      .flatMap((c) => expanded(c, engine.ids))
      .filter((c) => JSON.stringify(c).includes("s3cret-value"));
    expect(plain).toEqual([]);
    expect([...engine.ids.values()].flatMap((c) => callsOf(c.calls, "setSecret"))).toMatchObject([
      { args: { name: "api-key", plaintext: "s3cret-value" } },
    ]);
    return done;
  });
  expect(result.stdout).toBe("key *** end\n");
});

test("a lock that cannot be installed is told in the installer's last words, whenever the engine evaluates mounts", async () => {
  const stderr = "Resolving\n× no solution: idna==0 is not at https://me:pw@index.example.invalid/simple\n";
  const answer: Answer = (chain, engine) => {
    const [of, last] = expanded(chain, engine.ids).slice(-2);
    if (last?.field !== "sync" || of?.args["path"] !== "/build/environment") return container()(chain, engine);
    throw new GraphQLError("exit code: 1", { extensions: { _type: "EXEC_ERROR", cmd: ["sh"], exitCode: 1, stderr } });
  };
  await withEngine(answer, async (dag) => {
    const executor = await makeExecutor(dag);
    const lock = await executor.tree({ kind: "inline", files: { "tools.txt": "idna==0\n" } });
    const trees = { inputs: {}, environments: { tools: { lock } } };
    await expect(executor.run(action(), trees, runOptions())).rejects.toMatchObject({
      code: "ENVIRONMENT_FAILED",
      message:
        "cannot build environment tools: Resolving\n× no solution: idna==0 is not at https://***@index.example.invalid/simple",
    });
  });
});

test("a tool that its environment does not bring is the lock's fault, not the machine's", async () => {
  const answer = container({ record: () => record({ status: { kind: "unstartable", message: "ruff: not found" } }) });
  await expect(run(answer, bare({ argv: [{ tool: "ruff", env: "tools" }] }))).rejects.toMatchObject({
    code: "ENVIRONMENT_FAILED",
    message: expect.stringContaining("ruff: not found"),
  });
});

test("neither the host nor the password of an index comes out of an action with network", async () => {
  const settings = { PIP_INDEX_URL: "https://me:pw-4711@index.example.invalid/simple" };
  const stdout = "Looking in indexes: https://me:pw-4711@index.example.invalid/simple\n";
  const result = await withEngine(container({ stdout }), async (dag) =>
    (await makeExecutor(dag, { settings })).run(
      bare({ network: true }),
      { inputs: {}, environments: {} },
      runOptions(),
    ),
  );
  expect(result.stdout).toMatch(/^Looking in indexes/);
  expect(result.stdout).not.toMatch(/pw-4711|index\.example/);
});

test("files that cannot be brought to the engine are a broken machine, told in its words", async () => {
  const answer: Answer = (chain, engine) => {
    const [of, last] = expanded(chain, engine.ids).slice(-2);
    if (last?.field === "sync" && of?.field === "directory") throw new Error("no space left");
    return undefined;
  };
  await withEngine(answer, async (dag) => {
    const executor = await makeExecutor(dag);
    const app = await executor.tree({ kind: "inline", files: { a: "1" } });
    const of = bare({ inputs: { app: { kind: "inline", files: {} } } });
    await expect(executor.run(of, { inputs: { app }, environments: {} }, runOptions())).rejects.toMatchObject({
      code: "MACHINE_FAILED",
      message: "files could not be brought to the engine: no space left",
    });
  });
});

test.each(["sync", "export"])(
  "a container of which the engine fails to %s is a broken machine, not a red command",
  async (field) => {
    const answer: Answer = (chain, engine) => {
      const calls = flat(chain, engine.ids);
      const result = calls.some((c) => c.field === "withExec") || field === "export";
      if (result && calls.at(-1)?.field === field) throw new Error("no space left");
      return undefined;
    };
    await expect(run(answer)).rejects.toMatchObject({
      code: "MACHINE_FAILED",
      message: "lint could not be run: no space left",
    });
  },
);

test("an image that cannot be pulled is the machine's fault, not the lock's, and the remedy names both ways to give another", async () => {
  const answer: Answer = (chain, engine) => {
    const [of, last] = expanded(chain, engine.ids).slice(-2);
    if (last?.field === "sync" && of?.field === "from") throw new Error("failed to resolve image");
    return container()(chain, engine);
  };
  await expect(run(answer)).rejects.toMatchObject({
    code: "MACHINE_FAILED",
    message: expect.stringContaining("failed to resolve image"),
    problems: [{ remedy: expect.stringMatching(/images: \{ python: [\s\S]*--images python=/) }],
  });
});

test("a wheel that cannot be installed is the environment's fault, told in the installer's words", async () => {
  const answer = container({ record: () => record({ status: { kind: "no-project", message: "no such tag" } }) });
  await expect(run(answer)).rejects.toMatchObject({
    code: "ENVIRONMENT_FAILED",
    message: expect.stringContaining("no such tag"),
  });
});

test("a wheel that is compiled for one Python is refused for another before anything is asked of the engine", async () => {
  const project = { kind: "inline" as const, files: { "a-1-cp311-cp311-linux_x86_64.whl": "" } };
  const lock = { kind: "inline" as const, files: { "a.txt": "" } };
  const toolchain = { image: "python-3.12", python: "3.12", environments: { app: { lock, project } } };
  await withEngine(container(), async (dag) => {
    const executor = await makeExecutor(dag);
    const of = action({ argv: ["true"], toolchain });
    await expect(executor.run(of, await treesOf(executor, of), runOptions())).rejects.toMatchObject({
      code: "ENVIRONMENT_FAILED",
      message: expect.stringContaining("compiled for Python 3.11 alone"),
    });
  });
});

test("a result that is wanted afresh is measured again, whatever the engine had kept", async () => {
  await withEngine(container(), async (dag, engine) => {
    const executor = await makeExecutor(dag);
    await executor.run(bare(), { inputs: {}, environments: {} }, runOptions({ fresh: true }));
    const results = engine.asked.map((c) => flat(c, engine.ids)).filter(isResult);
    expect(results.every((calls) => calls.some((c) => c.args["name"] === "VOICEKEY_AGAIN"))).toBe(true);
  });
});

test("outputs are taken with their links, and without those that lead out of the folder", async () => {
  const outputs = { "report/a/b.txt": "text", "other/c": "" };
  const result = await run(container({ outputs }), bare({ outputs: ["report", "other", "empty"] }));
  const paths = Object.fromEntries(Object.entries(result.outputs).map(([n, t]) => [n, t.entries.map((e) => e.path)]));
  expect(paths).toEqual({ report: ["a/b.txt"], other: ["c"], empty: [] });
});

test.each([
  ["no record", () => ""],
  ["a record of another form", () => record({ network: "maybe" })],
  [
    "a command that could not be started",
    () => record({ status: { kind: "unstartable", message: "tool: not found" } }),
  ],
])("%s is a broken machine", async (_, text) => {
  await expect(run(container({ record: text }))).rejects.toMatchObject({ code: "MACHINE_FAILED" });
});

test("the place that the scheduler grants is given back, however the command ends", async () => {
  let held = 0;
  const admit = async () => {
    held += 1;
    return () => {
      held -= 1;
    };
  };
  await run(container(), bare(), { admit });
  await expect(run(container({ record: () => "" }), bare(), { admit })).rejects.toThrow();
  expect(held).toBe(0);
});

test("aborting rejects with the signal's own reason while the engine still works", async () => {
  const reason = new Error("interrupted");
  const controller = new AbortController();
  const stuck: Answer = async (chain) => {
    if (chain.calls.at(-1)?.field !== "export") return undefined;
    controller.abort(reason);
    return new Promise((done) => setTimeout(() => done("late"), 200));
  };
  await expect(run(stuck, bare(), { signal: controller.signal })).rejects.toBe(reason);
  await expect(unlessAborted(controller.signal, Promise.resolve(1))).rejects.toBe(reason);
});

test.each([
  ["another platform", bare({ platform: "windows/amd64" }), /windows\/amd64/],
  [
    "a Python version without an image",
    bare({ toolchain: { image: "python-3.9", python: "3.9", environments: {} } }),
    /python-3\.9/,
  ],
  ["a secret that nobody gave", bare({ secrets: { TOKEN: "pypi" } }), /pypi/],
])("%s is refused with what cures it", async (_, of, reason) => {
  const refusal = await withEngine(container(), async (dag) => (await makeExecutor(dag)).refuses(of));
  expect(refusal?.reason).toMatch(reason);
  expect(refusal?.remedy).toMatch(/\w/);
});

test("what can run is not refused", async () => {
  expect(
    await withEngine(container(), async (dag) =>
      (await makeExecutor(dag)).refuses(bare({ secrets: { K: "api-key" } })),
    ),
  ).toBeUndefined();
});

test("very long output keeps its two ends and says what is missing", () => {
  expect(bounded("a☃b".repeat(10), 10)).toBe("a☃ba☃\n… 32 bytes left out …\n☃ba☃b");
  expect(bounded("short", 10)).toBe("short");
  expect(redacted("x secret y", ["", "secret"])).toBe("x *** y");
});
