/**
 * Finds the Python interpreters of this machine by running them: a name on PATH proves nothing (shims stand there for versions that are not
 * installed). Installs nothing; see python-install.ts.
 */
import { type ChildProcess, spawn } from "node:child_process";
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
  /** How long an interpreter may take to say what it is; default 15 s. */
  readonly probeMs?: number;
}

interface Candidate {
  readonly command: readonly string[];
  /** What its name promises: `3.11`, `3.11.7`, or nothing. */
  readonly promises?: string;
}

/** `any` needs at least this one. */
const OLDEST: readonly [number, number] = [3, 10];
const PROBE_MS = 15_000;
const LONGEST_ANSWER = 1 << 20;

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
    // In a process group of its own, so that what a shim started ends with it: also when this process is told to end meanwhile.
    const child = spawn(file, [...args, "-I", search.probe], {
      ...{ env, windowsHide: true, detached: !search.windows, stdio: ["ignore", "pipe", "ignore"] },
    });
    const end = () => killGroup(child, search.windows);
    keep(end);
    let said = "";
    const done = (found: Interpreter | undefined) => {
      clearTimeout(overdue);
      forget(end);
      child.stdout?.destroy();
      resolve(found);
    };
    const overdue = setTimeout(() => {
      end();
      done(undefined);
    }, search.probeMs ?? PROBE_MS);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      // Whatever floods us is no answer of the probe's.
      if (said.length > LONGEST_ANSWER) end();
    });
    child.on("error", () => done(undefined));
    child.on("close", (code) => done(code === 0 ? parse(said) : undefined));
  });
}

/** How each probe that runs is ended; one listener for all of them, since many may run at once. */
const running = new Set<() => void>();

function keep(end: () => void): void {
  if (running.size === 0) process.on("exit", endAll);
  running.add(end);
}

function forget(end: () => void): void {
  running.delete(end);
  if (running.size === 0) process.off("exit", endAll);
}

function endAll(): void {
  for (const end of running) end();
}

function killGroup(child: ChildProcess, windows: boolean): void {
  if (child.pid === undefined) return;
  try {
    if (windows) child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
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
