import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client, Directory } from "@dagger.io/dagger";
import { GraphQLError } from "graphql";
import { expect, test } from "vitest";
import { dropLeavingLinks } from "../../dagger/links.ts";
import { bounded, redacted, unlessAborted } from "../../dagger/outcome.ts";
import type { Action } from "../../src/exec/action.ts";
import type { ActionResult, RunOptions } from "../../src/exec/executor.ts";
import { connected } from "./connect.ts";
import { type Answer, type Engine, startEngine } from "./engine.ts";
import { action, callsOf, container, makeExecutor, record, runOptions } from "./executor-fixture.ts";
import { expanded } from "./graph.ts";

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

function run(answer: Answer, of = bare(), options: Partial<RunOptions> = {}): Promise<ActionResult<Directory>> {
  const trees = { inputs: {}, environments: {} };
  return withEngine(answer, (dag) => makeExecutor(dag).run(of, trees, runOptions(options)));
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
      record: (chain, engine) =>
        expanded(chain, engine.ids).some((c) => c.args["name"] === "VOICEKEY_AGAIN")
          ? record()
          : record({ run: "an earlier run", status: { kind: "timed-out" } }),
    }),
    async (dag, engine) => {
      const result = await makeExecutor(dag).run(bare(), { inputs: {}, environments: {} }, runOptions());
      expect(result).toMatchObject({ status: { kind: "exited", code: 0 }, cached: false });
      expect(engine.asked.filter((c) => c.calls.at(-1)?.field === "contents")).toHaveLength(2);
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
    const done = await makeExecutor(dag).run(secret, { inputs: {}, environments: {} }, runOptions());
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

const failing =
  (field: string, message: string): Answer =>
  (chain) => {
    if (chain.calls.at(-1)?.field === field) throw new Error(message);
    return container()(chain, undefined as never);
  };

test("a lock that cannot be installed is told in the installer's last words, whenever the engine evaluates mounts", async () => {
  const stderr = "Resolving\n× no solution: idna==0 is not at https://me:pw@index.example.invalid/simple\n";
  const answer: Answer = (chain, engine) => {
    const [of, last] = expanded(chain, engine.ids).slice(-2);
    if (last?.field !== "sync" || of?.field !== "directory") return container()(chain, engine);
    throw new GraphQLError("exit code: 1", { extensions: { _type: "EXEC_ERROR", cmd: ["sh"], exitCode: 1, stderr } });
  };
  await withEngine(answer, async (dag) => {
    const executor = makeExecutor(dag);
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
  const result = await withEngine(container({ stdout }), (dag) =>
    makeExecutor(dag, { settings }).run(bare({ network: true }), { inputs: {}, environments: {} }, runOptions()),
  );
  expect(result.stdout).toMatch(/^Looking in indexes/);
  expect(result.stdout).not.toMatch(/pw-4711|index\.example/);
});

test("files that the engine cannot give are a broken machine, told in its words", async () => {
  await withEngine(failing("sync", "no space left"), async (dag) => {
    await expect(makeExecutor(dag).tree({ kind: "history", oid: "c".repeat(40) })).rejects.toMatchObject({
      code: "MACHINE_FAILED",
      message: expect.stringContaining("no space left"),
    });
  });
});

test.each([
  ["an image that cannot be pulled or a lock that cannot be installed", "sync", "ENVIRONMENT_FAILED"],
  ["a container that broke", "stdout", "MACHINE_FAILED"],
])("%s is a broken machine or environment, not a red command", async (_, field, code) => {
  await expect(run(failing(field, "no space left"))).rejects.toMatchObject({
    code,
    message: expect.stringContaining("no space left"),
  });
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
    if (chain.calls.at(-1)?.field !== "stdout") return container()(chain, undefined as never);
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
  const refusal = await withEngine(container(), (dag) => makeExecutor(dag).refuses(of));
  expect(refusal?.reason).toMatch(reason);
  expect(refusal?.remedy).toMatch(/\w/);
});

test("what can run is not refused", async () => {
  expect(
    await withEngine(container(), (dag) => makeExecutor(dag).refuses(bare({ secrets: { K: "api-key" } }))),
  ).toBeUndefined();
});

test("an exported tree keeps no link that leaves it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "links-"));
  try {
    await writeFile(join(folder, "file"), "");
    await symlink("file", join(folder, "inside"));
    await symlink("../outside", join(folder, "leaving"));
    await dropLeavingLinks(folder);
    expect((await readdir(folder)).sort()).toEqual(["file", "inside"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("very long output keeps its two ends and says what is missing", () => {
  expect(bounded("a☃b".repeat(10), 10)).toBe("a☃ba☃\n… 32 bytes left out …\n☃ba☃b");
  expect(bounded("short", 10)).toBe("short");
  expect(redacted("x secret y", ["", "secret"])).toBe("x *** y");
});
