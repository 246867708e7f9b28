/** The form of a conformance case, and the few helpers that the cases share. Asserts nothing by itself. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Action, Arg, Ref } from "../action.ts";
import type { ActionResult, Executor, LeafRef, ResolvedTrees } from "../executor.ts";

/** What a case may use. The executor must have been made with the named secret and over a repository that has `history`. */
export interface ConformanceHarness<Tree> {
  readonly executor: Executor<Tree>;
  /** A fresh, empty folder of the machine that this code runs on; the harness removes it later. */
  readonly freshFolder: () => Promise<string>;
  /** A secret that the executor can look up; its value has at least 12 characters. */
  readonly secret: { readonly name: string; readonly value: string };
  /** Two commits of the repository, the first an ancestor of the second, and a path that only the second has. */
  readonly history?: { readonly first: string; readonly second: string; readonly addedBySecond: string };
  /** What the executor's git says where a file of a commit is asked for that is not there; git ends with status 128 then. */
  readonly gitFailure?: () => Promise<string>;
  /** A variable that is set around the executor and must not reach a command. */
  readonly foreignVariable: string;
  /** Makes commands differ between two runs of the suite, so that an engine's own cache answers nothing. */
  readonly nonce: string;
}

export interface ConformanceCase {
  readonly title: string;
  /** Rejects with an Error where the executor does not keep the promise of the title. */
  readonly run: <Tree>(harness: ConformanceHarness<Tree>) => Promise<void>;
}

export interface Script {
  readonly code: string;
  readonly args?: readonly Arg[];
  readonly action?: Partial<Omit<Action, "inputs" | "outputs">>;
  readonly inputs?: Readonly<Record<string, Ref>>;
  readonly outputs?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onLine?: (stream: "stdout" | "stderr", line: string) => void;
}

export const PYTHON: Arg = { tool: "python", env: "plain" };
const LOCK: LeafRef = { kind: "inline", files: { "plain.txt": "# nothing but the interpreter\n" } };

/** The action that runs a piece of Python. */
export function pythonAction(nonce: string, script: Script): Action {
  return {
    id: "conformance/case",
    argv: [PYTHON, "-c", script.code, ...(script.args ?? [])],
    env: { CONFORMANCE_NONCE: nonce },
    secrets: {},
    inputs: script.inputs ?? {},
    outputs: script.outputs ?? [],
    platform: "linux/amd64",
    toolchain: { image: "python", python: "any", environments: { plain: { lock: LOCK } } },
    cache: "never",
    network: false,
    exclusive: false,
    timeoutSeconds: 120,
    ...script.action,
  };
}

/** Runs a piece of Python through the executor and returns the result as it is. */
export async function python<Tree>(h: ConformanceHarness<Tree>, script: Script): Promise<ActionResult<Tree>> {
  const action = pythonAction(h.nonce, script);
  return h.executor.run(action, await resolve(h.executor, action), {
    signal: script.signal ?? new AbortController().signal,
    onLine: script.onLine ?? (() => undefined),
    admit: async () => () => undefined,
  });
}

export async function resolve<Tree>(executor: Executor<Tree>, action: Action): Promise<ResolvedTrees<Tree>> {
  const trees = async (refs: readonly (readonly [string, Ref])[]) =>
    Object.fromEntries(
      await Promise.all(refs.map(async ([name, ref]) => [name, await treeOf(executor, ref)] as const)),
    );
  const environments = Object.entries(action.toolchain.environments);
  const locks = await trees(environments.map(([name, e]) => [name, e.lock] as const));
  return {
    inputs: await trees(Object.entries(action.inputs)),
    environments: Object.fromEntries(Object.entries(locks).map(([name, lock]) => [name, { lock }])),
  };
}

async function treeOf<Tree>(executor: Executor<Tree>, ref: Ref): Promise<Tree> {
  if (ref.kind === "output") throw new Error("a conformance case resolves outputs by itself");
  if (ref.kind !== "overlay") return executor.tree(ref);
  return executor.overlay(await treeOf(executor, ref.lower), await treeOf(executor, ref.upper));
}

/** Fails unless the command ended with this status; the message carries what it printed. */
export function expectExit(result: ActionResult<unknown>, code = 0): void {
  if (result.status.kind === "exited" && result.status.code === code) return;
  throw new Error(
    `expected exit status ${code}, got ${JSON.stringify(result.status)}\n${result.stdout}\n${result.stderr}`.slice(
      0,
      4000,
    ),
  );
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`.slice(0, 4000));
}

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(what.slice(0, 4000));
}

export const inline = (files: Readonly<Record<string, string>>): LeafRef => ({ kind: "inline", files });

/** Every file of a tree as path → text (for a link: `-> target`), sorted by path. */
export async function exported<Tree>(
  h: ConformanceHarness<Tree>,
  tree: Tree | undefined,
): Promise<Record<string, string>> {
  if (tree === undefined) throw new Error("the result lacks an output that the action declares");
  const folder = path.join(await h.freshFolder(), "exported");
  await h.executor.export(tree, folder);
  const found: Record<string, string> = {};
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).split(path.sep).join("/");
    if (entry.isSymbolicLink()) found[name] = `-> ${await fs.readlink(file)}`;
    else if (entry.isFile()) found[name] = await fs.readFile(file, "utf8");
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
