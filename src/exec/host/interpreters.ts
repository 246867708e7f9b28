/**
 * Finds the Python interpreters of this machine by running them: a name on PATH proves nothing (shims stand there for versions that are not
 * installed). Installs nothing; see python-install.ts.
 */
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { type HostEnv, hostVariable } from "./child-env.ts";

export interface Interpreter {
  /** Absolute; never that of a virtual environment. */
  readonly executable: string;
  /** Where the interpreter is installed. */
  readonly prefix: string;
  /** In full: `3.11.7`. */
  readonly version: string;
  readonly implementation: string;
  /** `glibc-2.36`; `-` where there is none. */
  readonly libc: string;
}

export interface InterpreterSearch {
  readonly windows: boolean;
  readonly env: HostEnv;
  /** probe.py */
  readonly probe: string;
  /** Folder of interpreters that uv installed; may be missing. */
  readonly managed: string;
}

interface Candidate {
  readonly command: readonly string[];
  /** What its name promises: `3.11`, `3.11.7`, or nothing. */
  readonly promises?: string;
}

/** `any` needs at least this one. */
const OLDEST: readonly [number, number] = [3, 10];
const PROBE_MS = 15_000;

/** Each candidate is run at most once in the life of this object. */
export class Interpreters {
  readonly #search: InterpreterSearch;
  readonly #probed = new Map<string, Promise<Interpreter | undefined>>();
  #named: Promise<Candidate[]> | undefined;

  constructor(search: InterpreterSearch) {
    this.#search = search;
  }

  /** `wanted` is `MAJOR.MINOR` or `any` (the newest final release from 3.10 on). */
  async find(wanted: string): Promise<Interpreter | undefined> {
    this.#named ??= this.#listNamed();
    const named = await this.#named;
    const fits = (i: Interpreter) => (wanted === "any" ? isNewEnough(i.version) : minor(i.version) === wanted);
    const promising = named
      .filter((c) => (wanted === "any" ? isNewEnough(c.promises ?? "") : minor(c.promises ?? "") === wanted))
      .sort((a, b) => (wanted === "any" ? newestFirst(minor(a.promises ?? ""), minor(b.promises ?? "")) : 0));
    for (const candidate of promising) {
      const found = await this.#probe(candidate.command);
      if (found !== undefined && fits(found)) return found;
    }
    const others = await Promise.all(this.#unnamed(wanted).map((c) => this.#probe(c.command)));
    return others
      .filter((i) => i !== undefined)
      .filter(fits)
      .sort((a, b) => newestFirst(a.version, b.version))[0];
  }

  /** After something was installed. */
  forget(): void {
    this.#named = undefined;
  }

  async #listNamed(): Promise<Candidate[]> {
    const { windows, env, managed } = this.#search;
    const home = hostVariable(env, windows ? "USERPROFILE" : "HOME");
    const pyenv = hostVariable(env, "PYENV_ROOT") ?? (home === undefined ? undefined : path.join(home, ".pyenv"));
    const within = windows ? ["python.exe"] : ["bin", "python"];
    const installed = async (folder: string | undefined, pattern: RegExp) => {
      const names = folder === undefined ? [] : await fs.readdir(folder).catch(() => []);
      return names
        .flatMap((name) => {
          const version = pattern.exec(name)?.[1];
          return version === undefined
            ? []
            : [{ command: [path.join(folder ?? "", name, ...within)], promises: version }];
        })
        .sort((a, b) => newestFirst(a.promises, b.promises));
    };
    const fromUv = await installed(managed, /^cpython-(\d+\.\d+\.\d+)-/);
    const fromPyenv = await installed(
      pyenv === undefined ? undefined : path.join(pyenv, "versions"),
      /^(\d+\.\d+\.\d+)$/,
    );
    const onPath: Candidate[] = [];
    for (const folder of this.#path()) {
      for (const name of await fs.readdir(folder).catch(() => [])) {
        const version = /^python(\d+\.\d+)(?:\.exe)?$/i.exec(name)?.[1];
        if (version !== undefined) onPath.push({ command: [path.join(folder, name)], promises: version });
      }
    }
    return [...fromPyenv, ...onPath, ...fromUv];
  }

  #unnamed(wanted: string): Candidate[] {
    const launcher = wanted === "any" ? ["py", "-3"] : ["py", `-${wanted}`];
    const names = this.#search.windows ? ["python.exe", "python3.exe"] : ["python3", "python"];
    const onPath = this.#path().flatMap((folder) => names.map((name) => ({ command: [path.join(folder, name)] })));
    return this.#search.windows ? [{ command: launcher }, ...onPath] : onPath;
  }

  #path(): string[] {
    const text = hostVariable(this.#search.env, "PATH") ?? "";
    return [...new Set(text.split(this.#search.windows ? ";" : ":"))].filter((folder) => path.isAbsolute(folder));
  }

  #probe(command: readonly string[]): Promise<Interpreter | undefined> {
    const key = command.join("\0");
    const known = this.#probed.get(key);
    if (known !== undefined) return known;
    const probing = runProbe(command, this.#search);
    this.#probed.set(key, probing);
    return probing;
  }
}

function runProbe(command: readonly string[], search: InterpreterSearch): Promise<Interpreter | undefined> {
  const [file = "", ...args] = command;
  const names = ["PATH", "HOME", "USERPROFILE", "PYENV_ROOT", "SYSTEMROOT", "LOCALAPPDATA"];
  const env: Record<string, string> = {};
  for (const name of names) {
    const value = hostVariable(search.env, name);
    if (value !== undefined) env[name] = value;
  }
  return new Promise((resolve) => {
    execFile(
      file,
      [...args, "-I", search.probe],
      { env, timeout: PROBE_MS, killSignal: "SIGKILL", windowsHide: true },
      (error, stdout) => resolve(error === null ? parse(stdout) : undefined),
    );
  });
}

function parse(text: string): Interpreter | undefined {
  try {
    const said = JSON.parse(text) as Record<string, unknown>;
    const { executable, prefix, version, implementation, libc } = said;
    // Pre-releases, debug and free-threaded builds and other implementations do not get the wheels that a lock speaks of.
    if (said["final"] !== true || said["plain"] !== true || implementation !== "CPython") return undefined;
    if (typeof executable !== "string" || typeof prefix !== "string" || typeof version !== "string") return undefined;
    return { executable, prefix, version, implementation, libc: String(libc) };
  } catch {
    return undefined;
  }
}

/** `3.11.7` → `3.11`. */
function minor(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

function isNewEnough(version: string): boolean {
  const [major = 0, less = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && less >= OLDEST[1]);
}

function newestFirst(a: string, b: string): number {
  return b.localeCompare(a, "en", { numeric: true });
}
