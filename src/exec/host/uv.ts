/**
 * uv, fetched once into the store by an interpreter's own pip from the hash-locked file, and run with the machine's index settings.
 * Decides nothing about environments.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { PipelineError } from "../../errors.ts";
import type { Clock } from "../../ports.ts";
import { type HostEnv, hostVariable, networkSettings, ownFolders, systemVariables } from "./child-env.ts";
import { type Guard, type GuardedResult, runGuarded } from "./guarded.ts";
import { makeOwnFolder, removeOwnFolder } from "./run-folder.ts";

const TIMEOUT_SECONDS = 1800;
const LAST_LINES = 15;

export interface UvSetup {
  readonly guard: Guard;
  /** Interpreters whose pip may fetch uv, best first. */
  readonly pythons: () => Promise<readonly string[]>;
  /** src/toolchains/uv.txt */
  readonly lock: string;
  readonly storeRoot: string;
  readonly env: HostEnv;
  readonly clock: Clock;
}

export interface Uv {
  /** Enters the digest of every environment. */
  readonly version: string;
  /** Runs uv; anything but exit status 0 throws ENVIRONMENT_FAILED with uv's own last words. `what` completes “cannot …”. */
  run(args: readonly string[], what: string, signal: AbortSignal, retries?: number): Promise<string>;
}

/** The version that the lock names; read without fetching anything. */
export async function lockedUvVersion(lock: string): Promise<string> {
  const version = /^uv==(\S+)/m.exec(await fs.readFile(lock, "utf8"))?.[1];
  if (version === undefined) throw new PipelineError("ENVIRONMENT_FAILED", `${lock} does not pin uv`);
  return version;
}

/** The program of that lock, where it is in the store already. Fetches nothing. */
export async function uvInStore(lock: string, storeRoot: string, windows: boolean): Promise<string | undefined> {
  return programIn(await homeOf(lock, storeRoot), windows);
}

async function homeOf(lock: string, storeRoot: string): Promise<string> {
  const digest = createHash("sha256").update(await fs.readFile(lock));
  return path.join(storeRoot, "uv", digest.digest("hex").slice(0, 32));
}

/** Fetches uv if it is not in the store. Throws ENVIRONMENT_FAILED with pip's words. */
export async function obtainUv(setup: UvSetup, signal: AbortSignal): Promise<Uv> {
  const home = await homeOf(setup.lock, setup.storeRoot);
  const program = (await programIn(home, setup.guard.windows)) ?? (await fetchUv(setup, home, signal));
  return {
    version: await lockedUvVersion(setup.lock),
    run: async (args, what, abort, retries = 2) => {
      const result = await runTool(setup, [program, ...args], abort, { UV_HTTP_RETRIES: String(retries) });
      if (succeeded(result)) return result.stdout;
      throw new PipelineError("ENVIRONMENT_FAILED", `cannot ${what}: ${endOf(result)}`);
    },
  };
}

async function fetchUv(setup: UvSetup, home: string, signal: AbortSignal): Promise<string> {
  const pythons = await setup.pythons();
  const words: string[] = [];
  const install = ["-m", "pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:"];
  install.push("--retries", "2", "-r", setup.lock);
  const temporary = await makeOwnFolder(path.join(setup.storeRoot, "runs"));
  await fs.mkdir(path.dirname(home), { recursive: true });
  try {
    for (const python of pythons) {
      const target = path.join(temporary, "uv");
      await fs.rm(target, { recursive: true, force: true });
      let result = await runTool(setup, [python, ...install, "--target", target], signal);
      if (!succeeded(result)) {
        // A system Python may come without pip; its own virtual environment may have one.
        const made = await runTool(setup, [python, "-m", "venv", target], signal);
        const within = setup.guard.windows ? ["Scripts", "python.exe"] : ["bin", "python"];
        if (succeeded(made)) result = await runTool(setup, [path.join(target, ...within), ...install], signal);
      }
      if (succeeded(result) && (await programIn(target, setup.guard.windows)) !== undefined) {
        await moveIntoPlace(target, home);
        const program = await programIn(home, setup.guard.windows);
        if (program !== undefined) return program;
      }
      words.push(endOf(result));
    }
  } finally {
    await removeOwnFolder(temporary);
  }
  const why = words[0] ?? "there is no interpreter to do it with";
  throw new PipelineError("ENVIRONMENT_FAILED", `cannot fetch uv with pip: ${why}`);
}

/** Renames; a folder that another process put there first is as good. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await fs.rename(from, to);
  } catch (error) {
    const there = await fs.stat(to).catch(() => undefined);
    if (there === undefined) throw error;
  }
}

async function programIn(home: string, windows: boolean): Promise<string | undefined> {
  for (const folder of ["bin", "Scripts"]) {
    const file = path.join(home, folder, windows ? "uv.exe" : "uv");
    if ((await fs.stat(file).catch(() => undefined)) !== undefined) return file;
  }
  return undefined;
}

async function runTool(
  setup: UvSetup,
  argv: readonly string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<GuardedResult> {
  const { guard, storeRoot } = setup;
  const work = await makeOwnFolder(path.join(storeRoot, "runs"));
  try {
    for (const folder of ["home", "tmp"]) await fs.mkdir(path.join(work, folder));
    return await runGuarded(
      guard,
      {
        ...{ wrapper: [], subreaper: true, loopback: false, argv, cwd: work, scratch: work, signal },
        ...{ timeoutSeconds: TIMEOUT_SECONDS, secrets: [], onLine: () => undefined },
        env: {
          ...systemVariables(guard.windows, setup.env),
          ...ownFolders(guard.windows, work),
          ...downloadCaches(storeRoot),
          ...indexForUv(networkSettings(guard.windows, setup.env)),
          ...(hostVariable(setup.env, "UV_CONFIG_FILE") === undefined ? { UV_NO_CONFIG: "1" } : {}),
          ...{
            UV_NO_PROGRESS: "1",

            UV_PYTHON_INSTALL_DIR: path.join(storeRoot, "python"),
            UV_LINK_MODE: "copy",
          },
          ...{ PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1", PIP_ROOT_USER_ACTION: "ignore", NO_COLOR: "1" },
          ...env,
        },
      },
      setup.clock,
    );
  } finally {
    await removeOwnFolder(work);
  }
}

/** Folders of the store that downloads are shared in; the only part of it that a command with network may write to. */
export function downloadCaches(storeRoot: string): Record<string, string> {
  const folder = path.join(storeRoot, "downloads");
  return {
    PIP_CACHE_DIR: path.join(folder, "pip"),
    UV_CACHE_DIR: path.join(folder, "uv"),
    NPM_CONFIG_CACHE: path.join(folder, "npm"),
    GOMODCACHE: path.join(folder, "go"),
  };
}

/** uv does not read pip's variables; where its own are not set, pip's hold for it, too. */
export function indexForUv(settings: Readonly<Record<string, string>>): Record<string, string> {
  const own: Record<string, string> = { ...settings };
  const same: Readonly<Record<string, readonly string[]>> = {
    PIP_INDEX_URL: ["UV_DEFAULT_INDEX", "UV_INDEX_URL"],
    PIP_EXTRA_INDEX_URL: ["UV_INDEX", "UV_EXTRA_INDEX_URL"],
    PIP_FIND_LINKS: ["UV_FIND_LINKS"],
    PIP_CERT: ["SSL_CERT_FILE"],
    PIP_TRUSTED_HOST: ["UV_INSECURE_HOST"],
  };
  for (const [pip, uv] of Object.entries(same)) {
    const [value, target] = [settings[pip], uv[0]];
    if (value === undefined || target === undefined || uv.some((name) => name in settings)) continue;
    // uv separates the places of UV_FIND_LINKS by commas, pip by spaces.
    own[target] = target === "UV_FIND_LINKS" ? value.trim().split(/\s+/).join(",") : value;
  }
  return own;
}

function succeeded(result: GuardedResult): boolean {
  return result.status.kind === "exited" && result.status.code === 0;
}

/** The last lines of what a tool said, without hosts and credentials of an index. */
function endOf(result: GuardedResult): string {
  const all = result.stderr.trim() === "" ? result.stdout : result.stderr;
  // uv first names the environment, by a path that is new in each run and gone by the time that anybody reads it.
  const said = all.replace(/^Using Python \S+ environment at: .*\r?\n/, "");
  const lines = said.trim().split(/\r?\n/).slice(-LAST_LINES).join("\n");
  return lines.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/'"`)>]+/gi, "$1<index>") || JSON.stringify(result.status);
}
