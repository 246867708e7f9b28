/**
 * What the command line needs of its process: streams, environment, signals, a way to end. Passed in, so that tests drive it without a process.
 */
import type { HostWords } from "../../src/command-words.ts";
import type { Clock } from "../../src/ports.ts";
import type { HostEnv } from "../ports.ts";
import type { Session } from "./session-port.ts";

/** A stream as far as it is used here; `process.stdout` is one. */
export type OutStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface Io {
  /** Results only: a report, a plan, JSON. */
  readonly out: OutStream;
  /** Everything else: progress, notes, errors. */
  readonly err: OutStream;
  readonly env: HostEnv;
  readonly clock: Clock;
  /** The working folder, absolute. */
  readonly cwd: string;
  readonly pid: number;
  readonly alive: (pid: number) => boolean;
  readonly jobs: number;
  /** How commands are typed here. */
  readonly words: () => HostWords;
  /** Loads everything heavy; called only by commands that need it. */
  readonly session: () => Promise<Session>;
  /** Calls back on SIGINT, SIGTERM, SIGHUP until the returned function is called. */
  readonly onSignal: (handler: (signal: string) => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

export function printOut(io: Io, text: string): void {
  io.out.write(`${text}\n`);
}

export function printErr(io: Io, text: string): void {
  io.err.write(`${text}\n`);
}
