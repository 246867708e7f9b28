/**
 * The host's side of the ports: real clock, real environment, secrets from it, and what this machine is.
 * The only module that reads `process.env` or the time; it decides nothing.
 */
import { availableParallelism, homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { TargetPlatform } from "../src/exec/action.ts";
import type { Clock, Secrets } from "../src/ports.ts";

export type HostEnv = Readonly<Record<string, string | undefined>>;

/** Prefix of the variables that secrets come from, so that a run can name no other variable of the caller. */
export const SECRET_PREFIX = "VOICEKEY_SECRET_";

export function systemClock(): Clock {
  return { now: () => new Date(), monotonic: () => performance.now() };
}

/** A copy: a later change of the process's environment changes no run. */
export function hostEnvironment(): HostEnv {
  return { ...process.env };
}

/** For a library that takes a setting from the process's environment and from nowhere else. */
export function setVariable(name: string, value: string): void {
  process.env[name] = value;
}

/** Secret `pypi-token` is the variable `VOICEKEY_SECRET_PYPI_TOKEN`; an empty one counts as missing. */
export function environmentSecrets(env: HostEnv): Secrets {
  return {
    async get(name) {
      const value = env[`${SECRET_PREFIX}${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`];
      return value === "" ? undefined : value;
    },
  };
}

/** The cache folder: VOICEKEY_PIPELINE_CACHE, else the operating system's place for caches. Absolute. */
export function cacheFolder(env: HostEnv): string {
  const named = env["VOICEKEY_PIPELINE_CACHE"];
  if (named !== undefined && named !== "") return resolve(named);
  if (process.platform === "win32") {
    return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "voicekey-pipeline", "cache");
  }
  const xdg = env["XDG_CACHE_HOME"];
  // The specification of XDG has relative paths ignored.
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "voicekey-pipeline");
}

/** Commands that run at once unless `--jobs` says otherwise. */
export function defaultJobs(): number {
  return availableParallelism();
}

export function hostPlatform(): TargetPlatform {
  return process.platform === "win32" ? "windows/amd64" : "linux/amd64";
}

/** Whether a process of this number runs here; one that we may not signal does. */
export function processAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
