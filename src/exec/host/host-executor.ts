/**
 * Runs actions on this machine: a work folder of declared inputs, an explicit environment, Python environments from the store, and as much
 * isolation as the machine has. It says truly what held. It caches no results, and knows nothing of steps or verdicts.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { PipelineError } from "../../errors.ts";
import type { Action, TargetPlatform } from "../action.ts";
import { capture } from "../capture.ts";
import type { ActionResult, Executor, LeafRef, Refusal, ResolvedTrees, RunOptions } from "../executor.ts";
import { type HostTree, overlayTrees } from "../host-tree.ts";
import { layOut } from "../lay-out.ts";
import { runGuarded } from "./guarded.ts";
import { enforcementOf } from "./isolation.ts";
import { leafTrees } from "./leaf-trees.ts";
import { type NeedId, platformNeed, pythonNeed, secretNeed } from "./needs.ts";
import type { HostExecutorOptions } from "./options.ts";
import { Preparation, type Prepared } from "./preparation.ts";
import { removeOwnFolder } from "./run-folder.ts";
import { openShell, type ShellOptions } from "./shell.ts";
import { Toolbox } from "./toolbox.ts";

export class HostExecutor implements Executor<HostTree> {
  readonly where = "host";
  /** The tree of a leaf reference. */
  readonly tree: (ref: LeafRef) => Promise<HostTree>;
  readonly #options: HostExecutorOptions;
  readonly #platform: TargetPlatform;
  readonly #toolbox: Toolbox;
  readonly #preparation: Preparation;

  /** Throws HOST_UNSUPPORTED on anything but Linux x64 and Windows x64. */
  constructor(options: HostExecutorOptions) {
    this.#options = options;
    this.#platform = platformOf(options.machine ?? { platform: process.platform, arch: process.arch });
    const windows = this.#platform === "windows/amd64";
    this.tree = leafTrees(options);
    this.#toolbox = new Toolbox(options, windows);
    this.#preparation = new Preparation(options, this.#toolbox, windows);
  }

  async refuses(action: Action): Promise<Refusal | undefined> {
    if (action.platform !== this.#platform) {
      return refusal(
        platformNeed(action.platform),
        `it runs on ${action.platform}, and this machine is ${this.#platform}`,
        `Run the pipeline on a ${action.platform} machine, or in containers with --on dagger.`,
      );
    }
    for (const name of Object.values(action.secrets)) {
      if ((await this.#options.secrets.get(name)) === undefined) {
        return refusal(secretNeed(name), `the secret ${name} was not given`, `Provide the secret ${name}.`);
      }
    }
    const { python } = action.toolchain;
    const found = await this.#toolbox.interpreter(python);
    if (typeof found !== "string") return undefined;
    const version = python === "any" ? "3.10 or newer" : python;
    return refusal(pythonNeed(python), found, `Install Python ${version} and put it on PATH.`);
  }

  /** What of this machine decides a result, beside the action itself. Builds nothing. Throws INTERPRETER_MISSING. */
  async identity(action: Action): Promise<Record<string, string>> {
    const { implementation, version, libc } = await this.#toolbox.needInterpreter(action.toolchain.python);
    return {
      python: `${implementation} ${version}`,
      platform: this.#platform,
      libc,
      uv: await this.#toolbox.uvVersion(),
    };
  }

  async overlay(lower: HostTree, upper: HostTree): Promise<HostTree> {
    return overlayTrees(lower, upper);
  }

  async run(action: Action, trees: ResolvedTrees<HostTree>, options: RunOptions): Promise<ActionResult<HostTree>> {
    const prepared = await this.#preparation.prepare(action, trees, options.signal);
    try {
      const result = await this.#execute(action, prepared, options);
      const outputs = await Promise.all(
        action.outputs.map(async (name) => {
          const folder = path.join(prepared.work, "out", name);
          // A command may remove its own output folder; that is an empty output.
          await fs.mkdir(folder, { recursive: true });
          return [name, await capture(folder, this.#options.blobs)] as const;
        }),
      );
      return {
        ...result,
        outputs: Object.fromEntries(outputs),
        cached: false,
        enforced: enforcementOf(prepared.level, action.network),
        toolchain: { ...(await this.identity(action)), isolation: prepared.level },
      };
    } finally {
      await removeOwnFolder(prepared.folder);
    }
  }

  /** A shell in the exact work folder, environment and isolation of an action, on this process's terminal. Resolves with its exit status. */
  async shell(action: Action, trees: ResolvedTrees<HostTree>, options: ShellOptions): Promise<number> {
    const prepared = await this.#preparation.prepare(action, trees, options.signal);
    try {
      return await openShell(prepared, this.#options.hostEnv, options);
    } finally {
      await removeOwnFolder(prepared.folder);
    }
  }

  async export(tree: HostTree, folder: string): Promise<void> {
    await layOut(tree, folder, this.#options.blobs);
  }

  import(folder: string): Promise<HostTree> {
    return capture(folder, this.#options.blobs);
  }

  async #execute(action: Action, prepared: Prepared, { signal, onLine, admit }: RunOptions) {
    const release = await admit();
    try {
      return await runGuarded(
        prepared.guard,
        { ...prepared.command, timeoutSeconds: action.timeoutSeconds, secrets: prepared.secrets, onLine, signal },
        this.#options.clock,
      );
    } finally {
      release();
    }
  }
}

function refusal(need: NeedId, reason: string, remedy: string): Refusal {
  return { reason, remedy, need };
}

function platformOf({ platform, arch }: { readonly platform: string; readonly arch: string }): TargetPlatform {
  if (arch === "x64" && platform === "linux") return "linux/amd64";
  if (arch === "x64" && platform === "win32") return "windows/amd64";
  throw new PipelineError("HOST_UNSUPPORTED", `this machine is ${platform} ${arch}`);
}
