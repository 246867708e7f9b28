/**
 * How a contained command ended: the wrapper's record, checked, and the output within its bounds. Judges nothing.
 */
import { setMaxListeners } from "node:events";
import * as z from "zod";
import { PipelineError } from "../src/errors.ts";
import type { Action } from "../src/exec/action.ts";
import type { ExitStatus } from "../src/exec/executor.ts";
import { told } from "./told.ts";

/** Most characters that are kept of a stream, half of them from its start and half from its end. */
export const STREAM_CAP = 8 * 1024 * 1024;

/** What contain.py writes. */
export interface ContainRecord {
  /** The run that really executed the command; another one means that the engine had kept the result. */
  readonly run: string;
  readonly status:
    | { readonly kind: "exited"; readonly code: number }
    | { readonly kind: "signalled"; readonly signal: string }
    | { readonly kind: "timed-out" }
    | { readonly kind: "unstartable"; readonly message: string }
    | { readonly kind: "no-project"; readonly message: string };
  readonly durationMs: number;
  readonly network: "cut" | "open";
  /** Full version of the image's interpreter. */
  readonly python: string;
}

/** Throws MACHINE_FAILED for anything else than a record: then the wrapper did not do its work. */
export function parseRecord(text: string, action: string): ContainRecord {
  const schema = z.object({
    run: z.string(),
    status: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("exited"), code: z.int() }),
      z.object({ kind: z.literal("signalled"), signal: z.string() }),
      z.object({ kind: z.literal("timed-out") }),
      z.object({ kind: z.literal("unstartable"), message: z.string() }),
      z.object({ kind: z.literal("no-project"), message: z.string() }),
    ]),
    durationMs: z.int().min(0),
    network: z.enum(["cut", "open"]),
    python: z.string(),
  });
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PipelineError("MACHINE_FAILED", `${action}: the container left no record of how the command ended`, {
      cause,
    });
  }
}

export function statusOf(record: ContainRecord, action: Action): ExitStatus {
  const { status } = record;
  if (status.kind === "timed-out") return { kind: "timed-out", afterSeconds: action.timeoutSeconds };
  if (status.kind === "no-project")
    throw new PipelineError(
      "ENVIRONMENT_FAILED",
      `${action.id}: the project could not be installed: ${status.message}`,
    );
  if (status.kind === "unstartable")
    throw new PipelineError(
      // A tool that its environment lacks is the lock's fault, as on the host; anything else the image's.
      typeof action.argv[0] === "object" && "tool" in action.argv[0] ? "ENVIRONMENT_FAILED" : "MACHINE_FAILED",
      `${action.id} could not be started: ${status.message}`,
    );
  return status;
}

/** Whole up to the cap; past it the middle is replaced by a line that says how much was left out. */
export function bounded(text: string, cap = STREAM_CAP): string {
  if (text.length <= cap) return text;
  const half = Math.floor(cap / 2);
  const bytes = Buffer.byteLength(text.slice(half, -half));
  return `${text.slice(0, half)}\n… ${bytes} bytes left out …\n${text.slice(-half)}`;
}

/** The engine hides secrets, too; this holds where it does not know a value as one. */
export function redacted(text: string, values: readonly string[]): string {
  return values.filter((v) => v !== "").reduce((t, value) => t.replaceAll(value, "***"), text);
}

/**
 * Runs what asks the engine; what it throws becomes a PipelineError of this code, with what a failed command said last. `secrets` are values that
 * must not be printed, an address that holds a password among them.
 */
export async function asked<T>(
  code: "MACHINE_FAILED" | "ENVIRONMENT_FAILED",
  what: string,
  body: () => Promise<T>,
  secrets: readonly string[] = [],
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw new PipelineError(code, `${what}: ${told(words(error), secrets)}`, { cause: error });
  }
}

/** The engine's message, or what a failed command printed last: then the message is but the command. */
function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = (["stderr", "stdout"] as const)
    .map((stream) => (stream in error ? String(error[stream as keyof Error]).trim() : ""))
    .find((text) => text !== "");
  const message = error.message.trim().split("\n")[0] ?? "";
  // Where an error came from in the engine's trace is nothing that a person can use.
  return said?.split("\n").slice(-10).join("\n") ?? message.replace(/ \[traceparent:[^\]]*\]$/, "");
}

/** The promise, or the signal's reason as soon as it aborts. What the promise does later is nobody's concern any more. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  // Every action of a run listens to the one signal; that many listeners are meant.
  setMaxListeners(0, signal);
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
