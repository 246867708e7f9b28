/**
 * The Git port on this machine: one git command at a time in one repository. It reads what the repository itself says and nothing of the
 * user's or the system's settings, so that the same folder gives the same answers on every machine. It never asks, pages or locks.
 */
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import * as path from "node:path";
import { PipelineError } from "../errors.ts";
import type { Git } from "../ports.ts";

/** What an operating system needs to start a program; compared without regard to case, as Windows does. No HOME: without one git finds no user settings. */
const NEEDED = new Set(["PATH", "PATHEXT", "SYSTEMROOT", "WINDIR", "COMSPEC", "TEMP", "TMP", "TMPDIR"]);

/** Errors: SOURCE_NOT_FOUND where the folder is missing, GIT_FAILED with the command and git's words for everything else. */
export function hostGit(repository: string, hostEnv: Readonly<Record<string, string | undefined>>): Git {
  const env = gitEnvironment(hostEnv);
  return (args) => {
    if (!existsSync(repository)) {
      return Promise.reject(new PipelineError("SOURCE_NOT_FOUND", `${repository} does not exist`));
    }
    const settings = [
      `safe.directory=${topLevel(repository)}`,
      "core.quotePath=false",
      // A program that the checked repository's own settings name must not be started by looking at it.
      "core.fsmonitor=false",
      "protocol.ext.allow=never",
    ];
    return runGit(repository, [...settings.flatMap((s) => ["-c", s]), ...args], args, env);
  };
}

function gitEnvironment(hostEnv: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const env: Record<string, string> = {
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    LC_ALL: "C",
  };
  for (const [name, value] of Object.entries(hostEnv)) {
    if (value !== undefined && NEEDED.has(name.toUpperCase())) env[name] = value;
  }
  return env;
}

/** The folder that holds `.git`: the one whose owner git looks at. */
function topLevel(repository: string): string {
  const start = realpathSync(repository);
  let at = start;
  while (!existsSync(path.join(at, ".git"))) {
    const above = path.dirname(at);
    if (above === at) return start.replaceAll("\\", "/");
    at = above;
  }
  return at.replaceAll("\\", "/");
}

function runGit(
  cwd: string,
  args: readonly string[],
  asked: readonly string[],
  env: Record<string, string>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const words: Buffer[] = [];
    const command = `git ${asked.join(" ")}`;
    const child = spawn("git", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => words.push(chunk));
    child.on("error", (cause) => {
      reject(new PipelineError("GIT_FAILED", `cannot start \`${command}\`: ${cause.message}`, { cause }));
    });
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out));
      const said = Buffer.concat(words).toString("utf8").trim();
      const ended = signal === null ? `ended with status ${code}` : `was ended by ${signal}`;
      reject(new PipelineError("GIT_FAILED", `\`${command}\` in ${cwd} ${ended}${said === "" ? "" : `: ${said}`}`));
    });
  });
}
