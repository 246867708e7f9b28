/**
 * A session with the engine through the dagger command, for as long as a body runs. The SDK could start one itself, but it downloads a command
 * where none is given, waits five minutes, and lets a failed start escape as an unhandled rejection that ends the process.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { PipelineError } from "../src/errors.ts";
import type { HostEnv } from "./ports.ts";

/** Where the SDK finds the engine. */
export interface EngineAddress {
  readonly port: string;
  readonly token: string;
}

/** The variable by which Dagger's own tools name the command. */
const COMMAND = "_EXPERIMENTAL_DAGGER_CLI_BIN";

/** How long the command may take to end by itself, in milliseconds: it hands caches over to the engine. */
const FAREWELL_MS = 10_000;

/**
 * Calls `body` with an engine's address: that of a session which is there already (`dagger run`), else of a new one. Throws ENGINE_UNREACHABLE with the
 * command's own words when it fails or does not answer within `patience` milliseconds; what `body` throws comes out as it is.
 */
export async function withEngineSession<T>(
  env: HostEnv,
  patience: number,
  body: (address: EngineAddress) => Promise<T>,
): Promise<T> {
  const [port, token] = [env["DAGGER_SESSION_PORT"], env["DAGGER_SESSION_TOKEN"]];
  if (port !== undefined && token !== undefined) return body({ port, token });
  const child = spawn(findCommand(env), ["session", "--label", "dagger.io/sdk.name:nodejs"], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  const ended = new Promise<void>((done) => {
    child.once("close", () => done());
    child.once("error", () => done());
  });
  try {
    return await body(await addressFrom(child, patience));
  } finally {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), FAREWELL_MS);
    await ended;
    clearTimeout(late);
  }
}

export function unreachable(what: string, cause?: unknown): PipelineError {
  return new PipelineError("ENGINE_UNREACHABLE", what, cause === undefined ? {} : { cause });
}

function findCommand(env: HostEnv): string {
  const named = env[COMMAND];
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return named;
    throw unreachable(`${COMMAND} names ${named}, which is not there`);
  }
  const name = process.platform === "win32" ? "dagger.exe" : "dagger";
  const folders = (env["PATH"] ?? "").split(delimiter).filter((f) => f !== "");
  const found = folders.map((f) => join(f, name)).find((f) => existsSync(f));
  if (found === undefined) throw unreachable("there is no dagger command on PATH");
  return found;
}

/** The first line that the command prints is the address, as JSON. */
function addressFrom(child: ReturnType<typeof spawn>, patience: number): Promise<EngineAddress> {
  return new Promise((resolve, reject) => {
    const words: string[] = [];
    const late = setTimeout(() => fail(`no engine answered within ${patience / 1000} s`), patience);
    const fail = (what: string): void => {
      clearTimeout(late);
      reject(unreachable([what, ...words.join("").trim().split("\n").slice(-5)].filter((l) => l !== "").join("\n")));
    };
    child.stderr?.setEncoding("utf8").on("data", (text: string) => words.push(text));
    child.once("error", (error) => fail(`the dagger command cannot be started: ${error.message}`));
    child.once("close", (code) => fail(`\`dagger session\` ended with status ${code}`));
    if (child.stdout === null) return fail("the dagger command has no output");
    createInterface({ input: child.stdout }).once("line", (line) => {
      clearTimeout(late);
      const { port, session_token: token } = parsed(line);
      if (port === undefined || token === undefined) fail(`\`dagger session\` printed no address: ${line}`);
      else resolve({ port: String(port), token });
    });
  });
}

function parsed(line: string): { readonly port?: number; readonly session_token?: string } {
  try {
    return JSON.parse(line) as object;
  } catch {
    return {};
  }
}
