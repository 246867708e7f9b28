/**
 * The interpreters, uv and environments of this machine, behind one door: what is missing is found, fetched or built on first use, once.
 * Runs no command of an action.
 */
import * as path from "node:path";
import { messageOf, PipelineError } from "../../errors.ts";
import type { Action } from "../action.ts";
import type { ResolvedTrees } from "../executor.ts";
import type { HostTree } from "../host-tree.ts";
import { hostVariable, systemVariables } from "./child-env.ts";
import { Environments } from "./environments.ts";
import { FetchAttempts } from "./fetch-attempts.ts";
import type { Guard } from "./guarded.ts";
import { type Interpreter, Interpreters } from "./interpreters.ts";
import type { HostExecutorOptions } from "./options.ts";
import { SharedWork } from "./shared-work.ts";
import { lockedUvVersion, obtainUv, type Uv, uvInStore } from "./uv.ts";

/** Fetching an interpreter that is missing may not hold up a run for longer. */
const INSTALL_MS = 180_000;

/** As much of a host executor's options as tools are made of. */
export type ToolboxOptions = Pick<HostExecutorOptions, "packageRoot" | "storeRoot" | "hostEnv" | "clock" | "blobs">;

export class Toolbox {
  readonly environments: Environments;
  readonly #options: ToolboxOptions;
  readonly #windows: boolean;
  readonly #here: string;
  readonly #uvLock: string;
  readonly #interpreters: Interpreters;
  readonly #attempts: FetchAttempts;
  readonly #wanted = new Map<string, Promise<Interpreter | string>>();
  #uvVersion: Promise<string> | undefined;
  readonly #uv = new SharedWork<Uv>();

  constructor(options: ToolboxOptions, windows: boolean) {
    this.#options = options;
    this.#windows = windows;
    this.#here = path.join(options.packageRoot, "src", "exec", "host");
    this.#uvLock = path.join(options.packageRoot, "src", "toolchains", "uv.txt");
    this.#interpreters = new Interpreters({
      windows,
      env: options.hostEnv,
      probe: path.join(this.#here, "probe.py"),
      managed: path.join(options.storeRoot, "python"),
    });
    this.#attempts = new FetchAttempts(path.join(options.storeRoot, "python"), options.clock);
    this.environments = new Environments({
      ...{ storeRoot: options.storeRoot, blobs: options.blobs, windows, clock: options.clock },
      uvVersion: () => this.uvVersion(),
      uv: (signal) => this.#obtainUv(signal),
    });
  }

  uvVersion(): Promise<string> {
    this.#uvVersion ??= lockedUvVersion(this.#uvLock);
    return this.#uvVersion;
  }

  /** An interpreter that is here already. Fetches none. */
  present(wanted: string): Promise<Interpreter | undefined> {
    return this.#interpreters.find(wanted);
  }

  /** The version of uv that is used, and where it is if it is in the store already. Fetches nothing. */
  async uvPresent(): Promise<{ readonly version: string; readonly path?: string }> {
    const program = await uvInStore(this.#uvLock, this.#options.storeRoot, this.#windows);
    return { version: await this.uvVersion(), ...(program === undefined ? {} : { path: program }) };
  }

  /** Puts uv into the store. Throws ENVIRONMENT_FAILED or INTERPRETER_MISSING. */
  async fetchUv(signal: AbortSignal): Promise<void> {
    await this.#obtainUv(signal);
  }

  /** The interpreter, or in words why there is none. */
  interpreter(wanted: string): Promise<Interpreter | string> {
    const known = this.#wanted.get(wanted);
    if (known !== undefined) return known;
    const finding = this.#findOrFetch(wanted);
    this.#wanted.set(wanted, finding);
    return finding;
  }

  /** Throws INTERPRETER_MISSING. */
  async needInterpreter(wanted: string): Promise<Interpreter> {
    const found = await this.interpreter(wanted);
    if (typeof found === "string") throw new PipelineError("INTERPRETER_MISSING", found);
    return found;
  }

  /** The guard runs on the newest interpreter of this machine; `instead` serves where none is new enough for `any`. */
  async guard(instead?: Interpreter): Promise<{ readonly guard: Guard; readonly prefix: string }> {
    const found = (await this.#interpreters.find("any")) ?? instead ?? (await this.needInterpreter("any"));
    const env = systemVariables(this.#windows, this.#options.hostEnv);
    const own = hostVariable(this.#options.hostEnv, "PATH");
    if (own !== undefined) env["PATH"] = `${env["PATH"]}${this.#windows ? ";" : ":"}${own}`;
    return {
      guard: { python: found.executable, folder: this.#here, windows: this.#windows, env },
      prefix: found.prefix,
    };
  }

  /** The folder of every environment of an action, by name; built where missing. */
  async provide(
    action: Action,
    trees: ResolvedTrees<HostTree>,
    interpreter: Interpreter,
    signal: AbortSignal,
  ): Promise<Record<string, string>> {
    const provided = Object.entries(action.toolchain.environments).map(async ([name, { precompiled = false }]) => {
      const given = trees.environments[name];
      if (given === undefined) {
        throw new PipelineError("PLAN_INVALID", `action ${action.id} was run without the trees of environment ${name}`);
      }
      return [name, await this.environments.provide({ name, interpreter, precompiled, ...given }, signal)] as const;
    });
    return Object.fromEntries(await Promise.all(provided));
  }

  async #findOrFetch(wanted: string): Promise<Interpreter | string> {
    const found = await this.#interpreters.find(wanted);
    if (found !== undefined) return found;
    const any = await this.#interpreters.find("any");
    if (any === undefined) return `no Python ${wanted === "any" ? "3.10 or newer" : wanted} is on this machine`;
    return (await this.#attempts.recent(wanted)) ?? this.fetchPython(wanted, AbortSignal.timeout(INSTALL_MS));
  }

  /** Fetches an interpreter into the store by uv, whatever came of earlier attempts; the interpreter, or in words why that failed. */
  async fetchPython(wanted: string, signal: AbortSignal): Promise<Interpreter | string> {
    try {
      const uv = await this.#obtainUv(signal);
      await uv.run(["python", "install", "--no-bin", wanted], `fetch Python ${wanted}`, signal, 0);
    } catch (error) {
      // Giving up says nothing about whether it could have been fetched.
      if (signal.aborted && signal.reason?.name !== "TimeoutError") throw error;
      const lines = messageOf(error).trim().split("\n");
      // A reason is one line: what failed, and uv's innermost cause.
      const words = [...new Set([lines[0], lines.at(-1)?.trim()])].join(" … ");
      const reason = `no Python ${wanted} is on this machine, and none could be fetched: ${words}`;
      await this.#attempts.failed(wanted, reason);
      return reason;
    }
    this.#interpreters.forget();
    return (await this.#interpreters.find(wanted)) ?? `Python ${wanted} was fetched and does not run on this machine`;
  }

  #obtainUv(signal: AbortSignal): Promise<Uv> {
    return this.#uv.join("uv", signal, async (abort) => {
      const { guard } = await this.guard();
      const { storeRoot, hostEnv: env, clock } = this.#options;
      const pythons = () => this.#pipPythons(guard.python);
      return obtainUv({ guard, lock: this.#uvLock, storeRoot, env, clock, pythons }, abort);
    });
  }

  async #pipPythons(first: string): Promise<string[]> {
    const versions = ["3.14", "3.13", "3.12", "3.11", "3.10"];
    const others = await Promise.all(versions.map((v) => this.#interpreters.find(v)));
    return [...new Set([first, ...others.flatMap((i) => (i === undefined ? [] : [i.executable]))])];
  }
}
