/** A DaggerExecutor over a stand-in engine, and actions to give it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@dagger.io/dagger";
import { afterAll } from "vitest";
import { DaggerExecutor } from "../../dagger/executor.ts";
import type { DaggerOptions } from "../../dagger/options.ts";
import type { Action } from "../../src/exec/action.ts";
import type { Executor, ResolvedTrees, RunOptions } from "../../src/exec/executor.ts";
import type { HostTree } from "../../src/exec/host-tree.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import { Walk } from "../../src/plan/walk.ts";
import { REPOSITORY } from "../files.ts";
import type { Answer, Engine } from "./engine.ts";
import { exporting, type Files, isResult, resultFiles, worksIn } from "./exporting.ts";
import type { Call } from "./graph.ts";

export const RUN = "this-run";

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dagger-executor-"));
  folders.push(folder);
  return folder;
}

/** A source without files; a work folder and a store of its own. */
export async function makeExecutor(dag: Client, more: Partial<DaggerOptions> = {}): Promise<DaggerExecutor> {
  const [storeRoot, workFolder] = [await freshFolder(), await freshFolder()];
  return new DaggerExecutor({
    dag,
    snapshot: { manifest: { entries: [] }, entries: [], oids: new Map(), head: null, notes: [] },
    appRoot: ".",
    base: null,
    git: async () => Buffer.from(""),
    blobs: await openBlobStore(storeRoot),
    storeRoot,
    packageRoot: REPOSITORY,
    images: {},
    secrets: { get: async (name) => (name === "api-key" ? "s3cret-value" : undefined) },
    clock: { now: () => new Date("2026-01-01T00:00:10Z"), monotonic: () => 0 },
    run: RUN,
    cutNetwork: true,
    settings: {},
    workFolder,
    load: async (folder) => dag.host().directory(folder, { noCache: true }),
    ...more,
  });
}

/** The trees of an action that reads no output of another, as a run would resolve them. */
export async function treesOf(executor: Executor<HostTree>, action: Action): Promise<ResolvedTrees<HostTree>> {
  const walk = new Walk([action], executor, {
    jobs: 1,
    clock: { now: () => new Date(0), monotonic: () => 0 },
    log: { emit: () => undefined },
    signal: new AbortController().signal,
  });
  const resolved = await walk.resolve(action);
  if ("trees" in resolved) return resolved.trees;
  throw new Error("the action reads outputs of others");
}

export function action(more: Partial<Action> = {}): Action {
  return {
    id: "lint",
    argv: [{ tool: "python", env: "tools" }, "-c", "pass"],
    env: {},
    secrets: {},
    inputs: {},
    outputs: [],
    platform: "linux/amd64",
    toolchain: {
      image: "python",
      python: "any",
      environments: { tools: { lock: { kind: "inline", files: { "tools.txt": "# none\n" } } } },
    },
    cache: "by-inputs",
    network: false,
    exclusive: false,
    timeoutSeconds: 60,
    ...more,
  };
}

export function runOptions(more: Partial<RunOptions> = {}): RunOptions {
  return { signal: new AbortController().signal, onLine: () => undefined, admit: async () => () => undefined, ...more };
}

/** What the wrapper in the container would write. */
export function record(more: object = {}): string {
  const status = { kind: "exited", code: 0 };
  return JSON.stringify({ run: RUN, status, durationMs: 12, network: "cut", python: "3.13.1", ...more });
}

/** Answers the wrapper's record, streams and outputs; everything else by type. */
export function container(
  answers: {
    readonly record?: (calls: readonly Call[], engine: Engine) => string;
    readonly stdout?: string;
    readonly stderr?: string;
    readonly outputs?: Files;
  } = {},
): Answer {
  return exporting((calls, engine) => {
    if (!isResult(calls)) return undefined;
    const { stdout = "", stderr = "", outputs = {} } = answers;
    const out = Object.entries(outputs).map(([path, content]) => [`out/${path}`, content] as const);
    const text = answers.record?.(calls, engine) ?? record();
    return resultFiles(worksIn(calls), () => ({ "record.json": text, stdout, stderr, ...Object.fromEntries(out) }));
  });
}

export function callsOf(calls: readonly Call[], field: string): Call[] {
  return calls.filter((c) => c.field === field);
}
