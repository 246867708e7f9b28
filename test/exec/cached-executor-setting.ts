/** A cached executor over an inner one that writes down what it ran, with a store of its own for each test. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { beforeEach } from "vitest";
import type { Action } from "../../src/exec/action.ts";
import { cachedExecutor, type IdentifiedExecutor } from "../../src/exec/cached-executor.ts";
import { capture } from "../../src/exec/capture.ts";
import type { ExitStatus, ResolvedTrees, RunOptions } from "../../src/exec/executor.ts";
import { type HostTree, hostTree, overlayTrees } from "../../src/exec/host-tree.ts";
import { layOut } from "../../src/exec/lay-out.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import { movableClock, tempFolder, textEntry, textTree, write } from "./exec-helpers.ts";

export const base: Action = {
  id: "lint/run",
  argv: [{ tool: "ruff", env: "tools" }, "check", { in: "app", path: "src" }],
  env: { A: "1" },
  secrets: {},
  inputs: { app: { kind: "inline", files: {} } },
  outputs: ["report"],
  platform: "linux/amd64",
  toolchain: { image: "python-3.11", python: "3.11", environments: { tools: { lock: { kind: "inline", files: {} } } } },
  cache: "by-inputs",
  network: false,
  exclusive: false,
  timeoutSeconds: 60,
};

export const trees: ResolvedTrees<HostTree> = {
  inputs: { app: textTree({ "src/a.py": "a" }) },
  environments: { tools: { lock: textTree({ "lock.txt": "ruff==1" }) } },
};

export const exited: ExitStatus = { kind: "exited", code: 1 };

interface Setting {
  root: string;
  clock: ReturnType<typeof movableClock>;
  /** What the inner executor does next. */
  behave: (signal: AbortSignal) => Promise<{ status: ExitStatus }>;
  identity: Record<string, string>;
  runs: string[];
}

export let at: Setting;
beforeEach(async () => {
  at = {
    root: await tempFolder(),
    clock: movableClock(),
    behave: async () => ({ status: exited }),
    identity: { python: "3.11.9" },
    runs: [],
  };
});

/** A new process's view of the store: nothing in memory is shared between two calls. */
export async function executor(enabled = { read: true, write: true }) {
  const blobs = await openBlobStore(path.join(at.root, "store"));
  const inner: IdentifiedExecutor = {
    where: "host",
    refuses: async (action) => (action.id === "refused" ? { reason: "no", remedy: "yes" } : undefined),
    identity: async () => at.identity,
    tree: async () => textTree({}),
    overlay: async (lower, upper) => overlayTrees(lower, upper),
    export: async (tree, folder) => {
      await layOut(tree, folder, blobs);
    },
    import: (folder) => capture(folder, blobs),
    run: async (action, _trees, { signal, onLine }) => {
      at.runs.push(action.id);
      onLine("stdout", "live");
      const { status } = await at.behave(signal);
      const out = path.join(at.root, `out-${at.runs.length}`);
      await write(out, { "report.xml": "<xml/>", "d/é\n": Buffer.alloc(2000, "x") });
      const captured = await capture(out, blobs);
      const report = hostTree([...captured.entries, textEntry("link", "report.xml", "120000"), textEntry("t", "text")]);
      return {
        status,
        outputs: { report },
        stdout: 'out "é" \u2028',
        stderr: "err\n",
        durationMs: 1234,
        cached: false,
        enforced: { network: "cut", filesystem: "shared" },
        toolchain: { python: "3.11.9" },
      };
    },
  };
  return cachedExecutor(inner, { storeRoot: path.join(at.root, "store"), blobs, clock: at.clock, enabled });
}

export function how(signal: AbortSignal = new AbortController().signal): RunOptions & { lines: string[] } {
  const lines: string[] = [];
  return { signal, lines, onLine: (_stream, line) => lines.push(line), admit: async () => () => undefined };
}

export async function run(action: Partial<Action> = {}, enabled?: { read: boolean; write: boolean }) {
  return (await executor(enabled)).run({ ...base, ...action }, trees, how());
}

export async function storeFiles(kind: "actions" | "blobs"): Promise<string[]> {
  const folder = path.join(at.root, "store", kind);
  const all = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  return all.filter((e) => e.isFile()).map((e) => path.join(e.parentPath, e.name));
}
