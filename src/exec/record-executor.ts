/**
 * An executor that runs nothing: it records what it was asked and answers from a script. For tests and for dry runs.
 * It must behave as the others do in everything but the running: admission, cancellation, outputs as trees.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, posix, relative, sep } from "node:path";
import { canonicalJson } from "../digest.ts";
import type { Action } from "./action.ts";
import type { ActionResult, Executor, ExitStatus, LeafRef, Refusal, ResolvedTrees, RunOptions } from "./executor.ts";

/** Path → text. A leaf reference that no text is known for stands as one entry under its canonical JSON. */
export type RecordTree = ReadonlyMap<string, string>;

export interface Answer {
  readonly status?: ExitStatus;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Output name → path → text. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly cached?: boolean;
  readonly durationMs?: number;
  readonly refuse?: Refusal;
  /** Awaited while the action holds its place. */
  readonly while?: (signal: AbortSignal) => Promise<void>;
}

/** `fresh`: the work was asked for anew. Trees are there when it runs, and not when it is only asked whether it could. */
export type Script = (action: Action, trees?: ResolvedTrees<RecordTree>, fresh?: boolean) => Answer;

export class RecordExecutor implements Executor<RecordTree> {
  readonly where = "record";
  /** What ran, in the order of starting. */
  readonly ran: { readonly action: Action; readonly trees: ResolvedTrees<RecordTree>; readonly fresh: boolean }[] = [];
  readonly #answer: Script;

  constructor(answer: Script = () => ({})) {
    this.#answer = answer;
  }

  async refuses(action: Action): Promise<Refusal | undefined> {
    return this.#answer(action).refuse;
  }

  async tree(ref: LeafRef): Promise<RecordTree> {
    return new Map(ref.kind === "inline" ? Object.entries(ref.files) : [[canonicalJson(ref), ""]]);
  }

  async overlay(lower: RecordTree, upper: RecordTree): Promise<RecordTree> {
    return new Map([...lower, ...upper]);
  }

  async run(action: Action, trees: ResolvedTrees<RecordTree>, options: RunOptions): Promise<ActionResult<RecordTree>> {
    const fresh = options.fresh === true;
    const answer = this.#answer(action, trees, fresh);
    const cached = answer.cached === true && !fresh;
    const release = cached ? undefined : await options.admit();
    try {
      this.ran.push({ action, trees, fresh });
      await answer.while?.(options.signal);
      options.signal.throwIfAborted();
      return {
        status: answer.status ?? { kind: "exited", code: 0 },
        outputs: Object.fromEntries(action.outputs.map((o) => [o, new Map(Object.entries(answer.outputs?.[o] ?? {}))])),
        stdout: answer.stdout ?? "",
        stderr: answer.stderr ?? "",
        durationMs: answer.durationMs ?? 0,
        cached,
        enforced: { network: action.network ? "allowed" : "cut", filesystem: "isolated" },
        toolchain: {},
      };
    } finally {
      release?.();
    }
  }

  async export(tree: RecordTree, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (const [path, text] of tree) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  }

  async import(folder: string): Promise<RecordTree> {
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((f) => f.isFile());
    const entries = files.map(async (f) => {
      const file = join(f.parentPath, f.name);
      return [relative(folder, file).split(sep).join(posix.sep), await readFile(file, "utf8")] as const;
    });
    return new Map(await Promise.all(entries));
  }
}
