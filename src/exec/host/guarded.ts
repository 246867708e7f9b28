/**
 * Runs one command under the guard: the only module that starts a command of an action. The guard (guard.py, guard_windows.py) ends every
 * descendant when the command ends, when it is stopped, and when this process dies. Standard output goes to files, never to pipes,
 * so that a process which keeps them open cannot hold us. Knows nothing of actions, environments or the store.
 */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { PipelineError } from "../../errors.ts";
import type { Clock } from "../../ports.ts";
import type { ExitStatus } from "../executor.ts";
import { captureStream } from "./captured-stream.ts";
import { follow } from "./follow.ts";

/** Seconds between the request to end and the kill that cannot be refused; together with KILL_AFTER_MS it keeps an end within 2 s. */
const GRACE_SECONDS = 1;
const KILL_AFTER_MS = 1600;
/** guard_windows.py: the command could not be started. */
const WINDOWS_CANNOT_START = 0xe0000001;

/** How the guard itself is started. */
export interface Guard {
  /** A Python interpreter of this machine. */
  readonly python: string;
  /** The folder of guard.py. */
  readonly folder: string;
  readonly windows: boolean;
  /** Variables that the guard itself needs to start. */
  readonly env: Readonly<Record<string, string>>;
}

export interface TerminalCommand {
  /** What stands before the guard's own command line (a sandbox), or nothing. */
  readonly wrapper: readonly string[];
  /** Nothing ends this command's orphans but the guard: it has to adopt them. */
  readonly subreaper: boolean;
  /** The command has a network of its own, whose loopback is still down. */
  readonly loopback: boolean;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** A folder for the files of this one command; must exist. */
  readonly scratch: string;
}

export interface GuardedCommand extends TerminalCommand {
  readonly timeoutSeconds: number;
  readonly secrets: readonly string[];
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
  readonly signal: AbortSignal;
}

export interface GuardedResult {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** Resolves when the command and all its descendants have ended. Rejects with the signal's reason, or with MACHINE_FAILED. */
export async function runGuarded(guard: Guard, command: GuardedCommand, clock: Clock): Promise<GuardedResult> {
  command.signal.throwIfAborted();
  const streams = (["stdout", "stderr"] as const).map((name) => ({
    file: path.join(command.scratch, name),
    captured: captureStream(command.secrets, (line) => command.onLine(name, line)),
  }));
  const files = [...streams.map((s) => s.file), path.join(command.scratch, "status")];
  const handles = await Promise.all(files.map((file) => fs.open(file, "a+")));
  const [out, err, told] = handles.map((h) => h.fd);
  const started = clock.monotonic();
  try {
    const stdio: StdioOptions = guard.windows ? ["pipe", out, err] : ["ignore", out, err, told, "pipe"];
    const child = spawnGuard(guard, command, stdio, false);
    const ended = exitOf(child);
    let lastResort: NodeJS.Timeout | undefined;
    const stop = () => {
      controlOf(child, guard.windows)?.end();
      lastResort ??= setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    };
    let flooded = false;
    const flood = () => {
      flooded = true;
      stop();
    };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, command.timeoutSeconds * 1000);
    command.signal.addEventListener("abort", stop, { once: true });
    try {
      const [code] = await Promise.all([ended, ...streams.map((s) => follow(s.file, s.captured, ended, flood))]);
      const durationMs = clock.monotonic() - started;
      command.signal.throwIfAborted();
      const [stdout, stderr] = streams.map((s) => s.captured.end());
      const status: ExitStatus = timedOut
        ? { kind: "timed-out", afterSeconds: command.timeoutSeconds }
        : flooded
          ? // What an operating system says of a file that grew past its limit.
            { kind: "signalled", signal: "SIGXFSZ" }
          : guard.windows
            ? windowsStatus(code)
            : toldStatus(await fs.readFile(path.join(command.scratch, "status"), "utf8"), stderr);
      return { status, stdout: stdout ?? "", stderr: stderr ?? "", durationMs };
    } finally {
      clearTimeout(timer);
      clearTimeout(lastResort);
      command.signal.removeEventListener("abort", stop);
    }
  } finally {
    await Promise.all(handles.map((h) => h.close()));
  }
}

/**
 * Runs a command with this process's own terminal, for a person; it has no time limit and nothing of it is kept. Resolves with its exit status.
 * On Windows without the guard: its control channel is the standard input that a person needs.
 */
export async function runInTerminal(guard: Guard, command: TerminalCommand): Promise<number> {
  // Ctrl-C is meant for what runs in the terminal, not for us.
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  try {
    if (guard.windows) {
      const [file = "", ...args] = command.argv;
      return (await exitOf(spawn(file, args, { cwd: command.cwd, env: command.env, stdio: "inherit" }))) ?? 1;
    }
    const status = await fs.open(path.join(command.scratch, "status"), "a+");
    try {
      await exitOf(spawnGuard(guard, command, ["inherit", "inherit", "inherit", status.fd, "pipe"], true));
    } finally {
      await status.close();
    }
    const told = toldStatus(await fs.readFile(path.join(command.scratch, "status"), "utf8"), undefined);
    return told.kind === "exited" ? told.code : 1;
  } finally {
    process.off("SIGINT", ignore);
  }
}

function spawnGuard(guard: Guard, command: TerminalCommand, stdio: StdioOptions, foreground: boolean): ChildProcess {
  const script = path.join(guard.folder, guard.windows ? "guard_windows.py" : "guard.py");
  const [file = guard.python, ...args] = [...command.wrapper, guard.python, "-I", "-S", script];
  const child = spawn(file, args, {
    cwd: command.scratch,
    env: guard.env,
    stdio,
    detached: !guard.windows && !foreground,
    windowsHide: true,
  });
  const { argv, env, cwd, loopback, subreaper } = command;
  const order = { argv, env, cwd, loopback, subreaper, foreground, grace: GRACE_SECONDS };
  const control = controlOf(child, guard.windows);
  // A guard that dies at once breaks this pipe; its exit says so better.
  control?.on("error", () => undefined);
  control?.write(`${JSON.stringify(order)}\n`);
  return child;
}

function controlOf(child: ChildProcess, windows: boolean): NodeJS.WritableStream | undefined {
  const stream = windows ? child.stdin : child.stdio[4];
  return stream !== null && stream !== undefined && "write" in stream ? stream : undefined;
}

/** The exit status, or null for a guard that was killed. */
function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(
        new PipelineError("MACHINE_FAILED", `cannot start ${child.spawnfile}: ${error.message}`, { cause: error }),
      ),
    );
    child.once("exit", (code) => resolve(code));
  });
}

function windowsStatus(code: number | null): ExitStatus {
  if (code === null || code === WINDOWS_CANNOT_START) {
    throw new PipelineError("MACHINE_FAILED", "the command could not be started; see the last line of its stderr");
  }
  return { kind: "exited", code };
}

function toldStatus(text: string, stderr: string | undefined): ExitStatus {
  const told: unknown = text === "" ? {} : JSON.parse(text);
  if (typeof told === "object" && told !== null) {
    if ("exit" in told && typeof told.exit === "number") return { kind: "exited", code: told.exit };
    if ("signal" in told && typeof told.signal === "string") return { kind: "signalled", signal: told.signal };
    if ("failed" in told) throw new PipelineError("MACHINE_FAILED", String(told.failed));
  }
  const words = (stderr ?? "").trim().split("\n").slice(-3).join("\n");
  throw new PipelineError("MACHINE_FAILED", `the guard of the command was killed or never started. ${words}`.trim());
}
