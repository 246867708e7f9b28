/** A DaggerExecutor over a stand-in engine, and actions to give it. */
import type { Client } from "@dagger.io/dagger";
import { DaggerExecutor, type DaggerOptions } from "../../dagger/executor.ts";
import { gitContainer } from "../../dagger/repository.ts";
import type { Action } from "../../src/exec/action.ts";
import type { RunOptions } from "../../src/exec/executor.ts";
import type { HostEntry } from "../../src/exec/host-tree.ts";
import { IMAGES } from "../../src/toolchains/images.ts";
import { REPOSITORY } from "../files.ts";
import type { Answer, Engine } from "./engine.ts";
import type { Call, Chain } from "./graph.ts";

export const RUN = "this-run";

export function entry(path: string, more: Partial<HostEntry> = {}): HostEntry {
  return {
    path,
    mode: "100644",
    size: 1,
    sha256: "0".repeat(64),
    from: { kind: "file", path: `/there/${path}` },
    ...more,
  };
}

export function makeExecutor(dag: Client, more: Partial<DaggerOptions> = {}): DaggerExecutor {
  return new DaggerExecutor({
    dag,
    app: dag.host().directory("app"),
    entries: [entry("src/a.py"), entry("src/b.py"), entry("tests/test_a.py"), entry("vendor", { mode: "160000" })],
    appRoot: ".",
    repository: dag.host().directory("app/.git"),
    base: "b".repeat(40),
    git: async () => Buffer.from(""),
    gitContainer: () => gitContainer(dag, IMAGES.git),
    packageRoot: REPOSITORY,
    bundle: dag.host().directory("package"),
    readText: async () => "one\r\ntwo\r\n",
    images: {},
    secrets: { get: async (name) => (name === "api-key" ? "s3cret-value" : undefined) },
    clock: { now: () => new Date("2026-01-01T00:00:10Z"), monotonic: () => 0 },
    run: RUN,
    cutNetwork: true,
    settings: {},
    load: async (folder) => dag.host().directory(folder),
    ...more,
  });
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

/** Answers the wrapper's record, stdout and stderr; everything else by type. */
export function container(
  answers: {
    readonly record?: (chain: Chain, engine: Engine) => string;
    readonly stdout?: string;
    readonly stderr?: string;
  } = {},
): Answer {
  return (chain, engine) => {
    const last = chain.calls.at(-1)?.field;
    if (last === "contents") return answers.record?.(chain, engine) ?? record();
    if (last === "stdout") return answers.stdout ?? "";
    if (last === "stderr") return answers.stderr ?? "";
    return undefined;
  };
}

export function callsOf(calls: readonly Call[], field: string): Call[] {
  return calls.filter((c) => c.field === field);
}
