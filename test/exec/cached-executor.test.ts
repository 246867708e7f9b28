import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { PipelineError } from "../../src/errors.ts";
import type { Action } from "../../src/exec/action.ts";
import { actionKey } from "../../src/exec/cached-executor.ts";
import type { ActionResult, ExitStatus } from "../../src/exec/executor.ts";
import type { HostTree } from "../../src/exec/host-tree.ts";
import { at, base, executor, exited, how, run, storeFiles, trees } from "./cached-executor-setting.ts";
import { textTree } from "./exec-helpers.ts";

describe("a hit", () => {
  it("replays outputs, logs, status, time, enforcement and toolchain, and says that it is cached", async () => {
    const first = await run();
    const second = await run();
    expect(at.runs).toHaveLength(1);
    const same = (r: ActionResult<HostTree>) => ({ ...r, outputs: undefined, cached: undefined });
    expect(same(second)).toEqual(same(first));
    expect([first.cached, second.cached]).toEqual([false, true]);
    expect(second.outputs["report"]?.digest).toBe(first.outputs["report"]?.digest);
    const to = path.join(at.root, "exported");
    await (await executor()).export(second.outputs["report"] ?? textTree({}), to);
    expect((await fs.readdir(to)).sort()).toEqual(["d", "link", "report.xml", "t"]);
    expect(await fs.readFile(path.join(to, "report.xml"), "utf8")).toBe("<xml/>");
    expect(await fs.readFile(path.join(to, "t"), "utf8")).toBe("text");
  });

  it("asks for no place to run in and shows no live output", async () => {
    await run();
    const options = how();
    let asked = 0;
    const admit = async () => {
      asked += 1;
      return () => undefined;
    };
    await (await executor()).run(base, trees, { ...options, admit });
    expect([asked, options.lines]).toEqual([0, []]);
  });

  it("is given to the same work under another name, with another time limit", async () => {
    await run();
    expect((await run({ id: "other/name", timeoutSeconds: 5 })).cached).toBe(true);
  });

  it("keeps the entry from being the least recently used", async () => {
    await run();
    const [entry = ""] = await storeFiles("actions");
    at.clock.forward(1000);
    await run();
    expect((await fs.stat(entry)).mtimeMs).toBeCloseTo(at.clock.now().getTime(), -2);
  });
});

describe("the key", () => {
  const changes: Record<string, Partial<Action>> = {
    argv: { argv: ["x"] },
    cwd: { cwd: "app" },
    env: { env: { A: "2" } },
    "names of secrets": { secrets: { TOKEN: "token" } },
    outputs: { outputs: ["report", "more"] },
    platform: { platform: "windows/amd64" },
    image: { toolchain: { ...base.toolchain, image: "other" } },
    python: { toolchain: { ...base.toolchain, python: "3.12" } },
    network: { network: true },
    exclusive: { exclusive: true },
  };
  const key = actionKey(base, trees, { python: "3.11.9" });
  it.each(Object.keys(changes))("depends on %s", (name) => {
    expect(actionKey({ ...base, ...changes[name] }, trees, { python: "3.11.9" })).not.toBe(key);
  });
  it("depends on the inputs, the environments, their project and what the machine adds", () => {
    const other = textTree({ x: "x" });
    const lock = trees.environments["tools"]?.lock ?? other;
    const keys = [
      key,
      actionKey(base, { ...trees, inputs: { app: other } }, { python: "3.11.9" }),
      actionKey(base, { ...trees, inputs: { app2: trees.inputs["app"] ?? other } }, { python: "3.11.9" }),
      actionKey(base, { ...trees, environments: { tools: { lock: other } } }, { python: "3.11.9" }),
      actionKey(base, { ...trees, environments: { tools: { lock, project: other } } }, { python: "3.11.9" }),
      actionKey(base, { ...trees, environments: { more: { lock } } }, { python: "3.11.9" }),
      actionKey(base, trees, { python: "3.11.10" }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
  it("does not depend on the order of names", () => {
    const shuffled = { ...base, env: { B: "2", A: "1" }, outputs: ["b", "a"] };
    const sorted = { ...base, env: { A: "1", B: "2" }, outputs: ["a", "b"] };
    expect(actionKey(shuffled, trees, {})).toBe(actionKey(sorted, trees, {}));
  });
  it("is asked of the machine anew for each run", async () => {
    await run();
    at.identity = { python: "3.11.10" };
    expect((await run()).cached).toBe(false);
  });
});

describe("what is not kept", () => {
  it.each<ExitStatus>([
    { kind: "timed-out", afterSeconds: 60 },
    { kind: "signalled", signal: "SIGKILL" },
  ])("a run that ended by $kind", async (status) => {
    at.behave = async () => ({ status });
    await run();
    expect((await run()).cached).toBe(false);
    expect(await fs.readdir(path.join(at.root, "store"))).not.toContain("actions");
  });

  it("a cancellation, a broken machine", async () => {
    at.behave = async () => Promise.reject(new PipelineError("MACHINE_FAILED", "no"));
    await expect(run()).rejects.toMatchObject({ code: "MACHINE_FAILED" });
    at.behave = async () => ({ status: exited });
    expect((await run()).cached).toBe(false);
  });

  it("the failure of an action with network: a mended network is asked again", async () => {
    at.behave = async () => ({ status: exited });
    await run({ network: true });
    at.behave = async () => ({ status: { kind: "exited", code: 0 } });
    expect(await run({ network: true })).toMatchObject({ cached: false, status: { code: 0 } });
    expect(await run({ network: true })).toMatchObject({ cached: true, status: { code: 0 } });
  });

  it("an action that says never", async () => {
    await run({ cache: "never" });
    expect((await run({ cache: "never" })).cached).toBe(false);
    expect((await run()).cached).toBe(false);
  });

  it("a result past its age, or from a future clock", async () => {
    const cache = { maxAgeSeconds: 100 };
    await run({ cache });
    at.clock.forward(99);
    expect((await run({ cache })).cached).toBe(true);
    at.clock.forward(2);
    expect((await run({ cache })).cached).toBe(false);
    at.clock.forward(-50);
    expect((await run({ cache })).cached).toBe(false);
  });

  it("is not even looked for without reading (--no-cache), but kept for later", async () => {
    await run();
    expect((await run({}, { read: false, write: true })).cached).toBe(false);
    expect(at.runs).toHaveLength(2);
    await fs.rm(path.join(at.root, "store"), { recursive: true });
    await run({}, { read: false, write: true });
    expect((await run()).cached).toBe(true);
  });

  it("is anything, without writing", async () => {
    await run({}, { read: true, write: false });
    expect((await run()).cached).toBe(false);
  });
});

describe("damage", () => {
  it.each<[string, (text: string) => string]>([
    ["cut off", (text) => text.slice(0, text.length / 2)],
    ["empty", () => ""],
    ["one digit changed", (text) => text.replace("1234", "1235")],
    ["not of this form", () => '{"sha256":"x","entry":{}}'],
  ])("of an entry is a miss that the next run mends: %s", async (_what, damage) => {
    await run();
    const [entry = ""] = await storeFiles("actions");
    await fs.writeFile(entry, damage(await fs.readFile(entry, "utf8")));
    expect((await run()).cached).toBe(false);
    expect((await run()).cached).toBe(true);
  });

  it("of any blob that an entry needs is a miss that the next run mends", async () => {
    await run();
    const blobs = await storeFiles("blobs");
    expect(blobs).toHaveLength(3);
    for (const blob of blobs) {
      await fs.writeFile(blob, "damaged");
      expect((await run()).cached).toBe(false);
      await fs.rm(blob);
      expect((await run()).cached).toBe(false);
      expect((await run()).cached).toBe(true);
    }
  });
});

it("a run that is cancelled before it begins does nothing", async () => {
  await run();
  const stopped = AbortSignal.abort(new Error("stop"));
  await expect((await executor()).run(base, trees, how(stopped))).rejects.toThrow("stop");
});

it("everything that is no run is the inner executor's", async () => {
  const cached = await executor();
  expect(cached.where).toBe("host");
  expect(await cached.refuses({ ...base, id: "refused" })).toEqual({ reason: "no", remedy: "yes" });
  const tree = await cached.overlay(textTree({ a: "1" }), textTree({ a: "2" }));
  await cached.export(tree, path.join(at.root, "x"));
  expect((await cached.import(path.join(at.root, "x"))).digest).toBe(tree.digest);
  expect((await cached.tree({ kind: "inline", files: {} })).entries).toEqual([]);
});
