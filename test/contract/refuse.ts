/** Throws a refusal in the form in which the engine's answer carries it, so that the SDK makes its own error of it. */
import { GraphQLError } from "graphql";
import { type RefusalId, refusal } from "./refusals.ts";

export type Values = Readonly<Record<string, string | number>>;

export interface FailedExec {
  readonly cmd: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Most bytes of a stream that come with a failed exec: its end. */
const STREAM_END = 100 * 1024;

/** The span that an exec's error came from; the engine writes it behind the message. */
const ORIGIN = ` [traceparent:${"4bf92f35".repeat(4)}-${"00f067aa".repeat(2)}]`;

export class Refused extends GraphQLError {
  readonly id: RefusalId;

  constructor(id: RefusalId, message: string, extensions?: Record<string, unknown>) {
    super(message, extensions === undefined ? {} : { extensions });
    this.id = id;
  }
}

export function refuse(id: RefusalId, values: Values = {}): never {
  throw new Refused(id, filled(id, values));
}

export function refuseExec(id: RefusalId, values: Values, exec: FailedExec): never {
  throw new Refused(id, filled(id, values) + ORIGIN, {
    _type: "EXEC_ERROR",
    cmd: exec.cmd,
    exitCode: exec.exitCode,
    stdout: streamEnd(exec.stdout),
    stderr: streamEnd(exec.stderr),
  });
}

/** What only a real engine knows (`{…}`) is left empty. */
function filled(id: RefusalId, values: Values): string {
  return refusal(id).message.replaceAll(/\{([^}]+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

function streamEnd(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= STREAM_END) return text.trim();
  const notice = Buffer.from(`[omitting ${bytes.length - STREAM_END} bytes]...`);
  const end = Buffer.from(bytes.subarray(-STREAM_END));
  notice.copy(end);
  return end.toString("utf8").trim();
}
