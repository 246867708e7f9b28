/**
 * What `doctor` may ask of a machine and do to it, and this machine's own answers. Asking changes nothing: what it needs to try out stands in a
 * temporary folder that is removed. Only `install`, `fetchUv` and `fetchPython` change anything, and only when they are called.
 */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import type { Clock, Secrets } from "../../ports.ts";
import { type HostEnv, hostVariable, networkSettings, systemVariables } from "./child-env.ts";
import type { Interpreter } from "./interpreters.ts";
import { ISOLATION_LEVELS, type IsolationLevel } from "./isolation.ts";
import { openHashingStore } from "./needs-store.ts";
import { findIsolation, hiddenPlaces, isRoot } from "./probe-isolation.ts";
import { Toolbox } from "./toolbox.ts";

const PROBE_MS = 15_000;
const INSTALL_MS = 1_800_000;
const MOST_OUTPUT = 16 * 1024 * 1024;

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  /** What it said last, for a person. */
  readonly words: string;
}

export interface Space {
  /** Whether files can be made there. */
  readonly writable: boolean;
  readonly freeBytes: number;
}

export interface Machine {
  /** As Node names it: `linux`, `win32`. */
  readonly platform: string;
  /** As Node names it: `x64`. */
  readonly arch: string;
  readonly root: boolean;
  /** The cache folder; need not exist. */
  readonly storeRoot: string;
  /** A program on PATH, absolute; never run. */
  find(program: string): Promise<string | undefined>;
  /** Runs a program that only reads; the first word is absolute. */
  ask(argv: readonly string[], signal: AbortSignal): Promise<Ran>;
  /** An interpreter that is here already; fetches none. */
  interpreter(wanted: string): Promise<Interpreter | undefined>;
  /** The version that is used, and where it is when it is in the store. */
  uv(): Promise<{ readonly version: string; readonly path?: string }>;
  /** The best level that works, by trying; undefined where it cannot be tried, since there is no Python. */
  isolation(): Promise<IsolationLevel | undefined>;
  space(folder: string): Promise<Space>;
  hasSecret(name: string): Promise<boolean>;
  /** Runs a program that installs something; the first word is absolute. */
  install(argv: readonly string[], signal: AbortSignal): Promise<Ran>;
  /** Fetches uv into the store. Throws ENVIRONMENT_FAILED or INTERPRETER_MISSING. */
  fetchUv(signal: AbortSignal): Promise<void>;
  /** Fetches an interpreter into the store by uv; resolves with the words why that failed. */
  fetchPython(version: string, signal: AbortSignal): Promise<string | undefined>;
}

export interface MachineOptions {
  readonly packageRoot: string;
  readonly storeRoot: string;
  readonly hostEnv: HostEnv;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** This machine. Only reads until one of the installing methods is called. */
export function thisMachine(options: MachineOptions): Machine {
  const { storeRoot, hostEnv } = options;
  const windows = process.platform === "win32";
  // No result is cached between two questions: what is missing may be installed in between.
  const toolbox = () => new Toolbox({ ...options, blobs: openHashingStore() }, windows);
  return {
    platform: process.platform,
    arch: process.arch,
    root: isRoot(),
    storeRoot,
    find: (program) => findProgram(program, hostEnv, windows),
    ask: (argv, signal) => run(argv, probeVariables(hostEnv, windows), PROBE_MS, signal),
    interpreter: (wanted) => toolbox().present(wanted),
    uv: () => toolbox().uvPresent(),
    isolation: () => tryIsolation(toolbox(), options),
    space: spaceOf,
    hasSecret: async (name) => (await options.secrets.get(name)) !== undefined,
    install: (argv, signal) => run(argv, installVariables(hostEnv, windows), INSTALL_MS, signal),
    fetchUv: (signal) => toolbox().fetchUv(signal),
    async fetchPython(version, signal) {
      const fetched = await toolbox().fetchPython(version, signal);
      return typeof fetched === "string" ? fetched : undefined;
    },
  };
}

async function findProgram(program: string, env: HostEnv, windows: boolean): Promise<string | undefined> {
  const folders = (hostVariable(env, "PATH") ?? "").split(windows ? ";" : ":").filter((f) => path.isAbsolute(f));
  for (const folder of folders) {
    const file = path.join(folder, windows ? `${program}.exe` : program);
    const usable = await fs.access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable && (await fs.stat(file)).isFile()) return file;
  }
  return undefined;
}

async function tryIsolation(toolbox: Toolbox, options: MachineOptions): Promise<IsolationLevel | undefined> {
  if ((await toolbox.present("any")) === undefined) return undefined;
  const { guard, prefix } = await toolbox.guard();
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "voicekey-doctor-"));
  try {
    const readable = [guard.folder, prefix, path.join(options.storeRoot, "python")];
    return await findIsolation(ISOLATION_LEVELS, {
      ...{ guard, storeRoot: folder, root: isRoot(), clock: options.clock },
      paths: { hidden: hiddenPlaces(options.hostEnv), readable, writable: [] },
    });
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** Of the folder, or of the nearest one above it that exists. */
async function spaceOf(folder: string): Promise<Space> {
  for (let at = folder; ; at = path.dirname(at)) {
    const stat = await fs.stat(at).catch(() => undefined);
    if (stat === undefined && at !== path.dirname(at)) continue;
    const usable = await fs.access(at, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    const disk = await fs.statfs(at).catch(() => undefined);
    return {
      writable: usable && stat?.isDirectory() === true,
      freeBytes: disk === undefined ? 0 : disk.bavail * disk.bsize,
    };
  }
}

function probeVariables(env: HostEnv, windows: boolean): Record<string, string> {
  const home = hostVariable(env, windows ? "USERPROFILE" : "HOME");
  const own = home === undefined ? {} : { [windows ? "USERPROFILE" : "HOME"]: home };
  // A client that is asked for its version must not report that it was.
  return { ...systemVariables(windows, env), ...own, DO_NOT_TRACK: "1" };
}

function installVariables(env: HostEnv, windows: boolean): Record<string, string> {
  return { ...probeVariables(env, windows), ...networkSettings(windows, env), DEBIAN_FRONTEND: "noninteractive" };
}

const LAST_LINES = 5;

function run(
  [file = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  timeout: number,
  signal: AbortSignal,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout, signal, maxBuffer: MOST_OUTPUT, windowsHide: true, encoding: "utf8" } as const;
    execFile(file, args, options, (error, stdout, stderr) => {
      if (signal.aborted) reject(signal.reason);
      const said = stderr.trim() === "" ? stdout : stderr;
      const last = said.trim().split(/\r?\n/).slice(-LAST_LINES).join("\n");
      resolve({ ok: error === null, stdout, words: last === "" ? (error?.message ?? "") : last });
    });
  });
}
