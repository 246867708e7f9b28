/**
 * Brings everything into place that a command needs - environments, work folder, variables, isolation - and starts nothing.
 * The same preparation serves a run and a shell.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { PipelineError } from "../../errors.ts";
import type { Action } from "../action.ts";
import type { ResolvedTrees } from "../executor.ts";
import type { HostTree } from "../host-tree.ts";
import { layOut } from "../lay-out.ts";
import { networkSettings, ownFolders, settingsPaths, settingsSecrets, systemVariables } from "./child-env.ts";
import { commandLine, leadingEnvironment, startFolder } from "./command-line.ts";
import type { Guard, TerminalCommand } from "./guarded.ts";
import { ISOLATION_LEVELS, type IsolationLevel, isolationWrapper, loopbackIsDown } from "./isolation.ts";
import type { HostExecutorOptions } from "./options.ts";
import { findIsolation, hiddenPlaces, isRoot } from "./probe-isolation.ts";
import { makeOwnFolder, removeOwnFolder, sweepOwnFolders } from "./run-folder.ts";
import type { Toolbox } from "./toolbox.ts";
import { downloadCaches, indexForUv } from "./uv.ts";

export interface Prepared {
  /** Remove it with removeOwnFolder when the command has ended. */
  readonly folder: string;
  /** What the command sees as its work folder: `in`, `out`, `home`, `tmp`. */
  readonly work: string;
  readonly level: IsolationLevel;
  readonly guard: Guard;
  readonly command: TerminalCommand;
  /** Values to be kept out of everything that the command prints. */
  readonly secrets: readonly string[];
}

export class Preparation {
  readonly #options: HostExecutorOptions;
  readonly #toolbox: Toolbox;
  readonly #windows: boolean;
  #swept: Promise<void> | undefined;
  #level: Promise<IsolationLevel> | undefined;

  constructor(options: HostExecutorOptions, toolbox: Toolbox, windows: boolean) {
    this.#options = options;
    this.#toolbox = toolbox;
    this.#windows = windows;
  }

  async prepare(action: Action, trees: ResolvedTrees<HostTree>, signal: AbortSignal): Promise<Prepared> {
    signal.throwIfAborted();
    this.#swept ??= sweepOwnFolders(this.#runs(), this.#options.clock.now().getTime());
    await this.#swept;
    const interpreter = await this.#toolbox.needInterpreter(action.toolchain.python);
    const [environments, secrets, { guard, prefix }] = await Promise.all([
      this.#toolbox.provide(action, trees, interpreter, signal),
      this.#secrets(action),
      this.#toolbox.guard(interpreter),
    ]);
    const readable = [guard.folder, prefix, interpreter.prefix, path.join(this.#options.storeRoot, "python")];
    const level = await this.#isolation(guard, readable);
    const folder = await makeOwnFolder(this.#runs());
    try {
      const work = await this.#layOut(action, trees, folder);
      signal.throwIfAborted();
      const env = await this.#variables(action, environments, work, secrets);
      const argv = await commandLine(action, (name, tool) =>
        this.#toolbox.environments.program(environments[name] ?? "", tool),
      );
      const caches = action.network ? [path.join(this.#options.storeRoot, "downloads")] : [];
      await Promise.all(caches.map((c) => fs.mkdir(c, { recursive: true })));
      const wrapper = isolationWrapper({
        ...{ level, network: action.network, root: isRoot() },
        paths: {
          hidden: hiddenPlaces(this.#options.hostEnv),
          readable: [...readable, ...Object.values(environments), ...(action.network ? settingsPaths(env) : [])],
          writable: [work, ...caches],
        },
      });
      const command: TerminalCommand = {
        ...{ wrapper, argv, env, scratch: folder, cwd: path.join(work, startFolder(action)) },
        subreaper: level === "none",
        loopback: loopbackIsDown(level, action.network),
      };
      const hidden = [...Object.values(secrets), ...(action.network ? settingsSecrets(env) : [])];
      return { folder, work, level, guard, command, secrets: hidden };
    } catch (error) {
      await removeOwnFolder(folder);
      throw error;
    }
  }

  async #layOut(action: Action, trees: ResolvedTrees<HostTree>, folder: string): Promise<string> {
    const work = path.join(folder, "work");
    const folders = ["home", "tmp", "in", "out", ...action.outputs.map((name) => path.join("out", name))];
    for (const name of folders) await fs.mkdir(path.join(work, name), { recursive: true });
    for (const name of Object.keys(action.inputs)) {
      const tree = trees.inputs[name];
      if (tree === undefined) {
        throw new PipelineError("PLAN_INVALID", `action ${action.id} was run without the tree of input ${name}`);
      }
      await layOut(tree, path.join(work, "in", name), this.#options.blobs);
    }
    return work;
  }

  async #variables(
    action: Action,
    environments: Readonly<Record<string, string>>,
    work: string,
    secrets: Readonly<Record<string, string>>,
  ): Promise<Record<string, string>> {
    const { hostEnv, storeRoot } = this.#options;
    const leading = environments[leadingEnvironment(action) ?? ""];
    const programs = leading === undefined ? [] : [this.#toolbox.environments.binFolder(leading)];
    return {
      ...systemVariables(this.#windows, hostEnv, programs),
      ...ownFolders(this.#windows, work),
      // Environments are shared and never written to; where the machine cannot enforce it, Python at least does not try.
      PYTHONDONTWRITEBYTECODE: "1",
      ...(action.network
        ? { ...indexForUv(networkSettings(this.#windows, hostEnv)), ...downloadCaches(storeRoot) }
        : {}),
      ...action.env,
      ...secrets,
    };
  }

  async #secrets(action: Action): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const [variable, name] of Object.entries(action.secrets)) {
      const value = await this.#options.secrets.get(name);
      if (value === undefined) throw new PipelineError("SECRET_MISSING", `the secret ${name} was not given`);
      found[variable] = value;
    }
    return found;
  }

  #isolation(guard: Guard, readable: readonly string[]): Promise<IsolationLevel> {
    this.#level ??= findIsolation(this.#options.isolation ?? ISOLATION_LEVELS, {
      ...{ guard, storeRoot: this.#options.storeRoot, root: isRoot(), clock: this.#options.clock },
      paths: { hidden: hiddenPlaces(this.#options.hostEnv), readable, writable: [] },
    });
    return this.#level;
  }

  #runs(): string {
    return path.join(this.#options.storeRoot, "runs");
  }
}
