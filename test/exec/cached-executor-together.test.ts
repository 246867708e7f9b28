import * as path from "node:path";
import { expect, it } from "vitest";
import { PipelineError } from "../../src/errors.ts";
import { cachedExecutor, type IdentifiedExecutor } from "../../src/exec/cached-executor.ts";
import type { ActionResult, ExitStatus } from "../../src/exec/executor.ts";
import type { HostTree } from "../../src/exec/host-tree.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import { at, base, trees } from "./cached-executor-setting.ts";
import { textTree } from "./exec-helpers.ts";

const failed = new PipelineError("ENVIRONMENT_FAILED", "no such package");
let batches: string[][];

/** A process of its own over the same store. What an action's `WANT` variable says is how it ends. */
async function executor() {
  batches = [];
  const storeRoot = path.join(at.root, "store");
  const blobs = await openBlobStore(storeRoot);
  const result = (status: ExitStatus): ActionResult<HostTree> => ({
    ...{ status, stdout: "", stderr: "", durationMs: 1, cached: false, toolchain: {} },
    outputs: { report: textTree({}) },
    enforced: { network: "cut", filesystem: "isolated" },
  });
  const inner: IdentifiedExecutor = {
    where: "dagger",
    ahead: 32,
    identity: async () => ({}),
    refuses: async () => undefined,
    tree: async () => textTree({}),
    overlay: async (lower) => lower,
    export: async () => undefined,
    import: async () => textTree({}),
    run: async () => result({ kind: "exited", code: 0 }),
    runTogether: async (works) => {
      batches.push(works.map((w) => w.action.id));
      return works.map(({ action }) => {
        if (action.env["WANT"] === "failure") return failed;
        if (action.env["WANT"] === "timeout") return result({ kind: "timed-out", afterSeconds: 60 });
        return result({ kind: "exited", code: 0 });
      });
    },
  };
  return cachedExecutor(inner, { storeRoot, blobs, clock: at.clock, enabled: { read: true, write: true } });
}

const work = (id: string, want = "") => ({
  action: { ...base, id, env: { WANT: want, ID: id } },
  trees,
  onLine: () => undefined,
});

async function run(...works: ReturnType<typeof work>[]) {
  const admit = async () => () => undefined;
  const made = await executor();
  expect(made.ahead).toBe(32);
  return (await made.runTogether?.(works, { signal: new AbortController().signal, admit })) ?? [];
}

it("gives the inner executor only what was not kept, and each its own result", async () => {
  await run(work("a"), work("b"));
  const outcomes = await run(work("a"), work("c"), work("b"), work("d"));
  expect(batches).toEqual([["c", "d"]]);
  expect(outcomes).toMatchObject([{ cached: true }, { cached: false }, { cached: true }, { cached: false }]);
});

it("asks for nothing where all of it was kept", async () => {
  await run(work("a"), work("b"));
  await run(work("b"), work("a"));
  expect(batches).toEqual([]);
});

it("keeps neither an error nor a timeout, and hands them on", async () => {
  const outcomes = await run(work("a"), work("b", "failure"), work("c", "timeout"));
  expect(outcomes[1]).toBe(failed);
  expect(outcomes[2]).toMatchObject({ status: { kind: "timed-out" } });
  await run(work("a"), work("b", "failure"), work("c", "timeout"));
  expect(batches).toEqual([["b", "c"]]);
});

it("has no such way where the inner executor has none", async () => {
  const storeRoot = path.join(at.root, "store");
  const blobs = await openBlobStore(storeRoot);
  const { runTogether: _, ...inner } = { ...(await executor()), identity: async () => ({}) };
  const options = { storeRoot, blobs, clock: at.clock, enabled: { read: true, write: true } };
  expect(cachedExecutor(inner, options).runTogether).toBeUndefined();
});

it("does all anew where nothing is to be read, and says so to an executor that keeps results of its own", async () => {
  const asked: unknown[] = [];
  const storeRoot = path.join(at.root, "store");
  const blobs = await openBlobStore(storeRoot);
  const inner: IdentifiedExecutor = {
    ...(await executor()),
    identity: async () => ({}),
    run: async (_action, _trees, { fresh }) => {
      asked.push(fresh);
      throw failed;
    },
    runTogether: async (works, { fresh }) => {
      asked.push(fresh);
      return works.map(() => failed);
    },
  };
  const options = { storeRoot, blobs, clock: at.clock, enabled: { read: false, write: true } };
  const how = { signal: new AbortController().signal, admit: async () => () => undefined };
  const cached = cachedExecutor(inner, options);
  await expect(cached.run(base, trees, { ...how, onLine: () => undefined })).rejects.toBe(failed);
  await cached.runTogether?.([work("a"), work("b")], how);
  expect(asked).toEqual([true, true]);
});
