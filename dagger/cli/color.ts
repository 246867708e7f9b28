/**
 * Whether and how a stream is written to as a terminal: NO_COLOR, FORCE_COLOR, CI, TERM. Pure.
 */
import type { HostEnv } from "../ports.ts";
import type { OutStream } from "./io.ts";

/** https://no-color.org: any non-empty NO_COLOR wins; then FORCE_COLOR (`0` and `false` mean no); else a terminal that is not dumb. */
export function wantsColor(stream: OutStream, env: HostEnv): boolean {
  if (isSet(env["NO_COLOR"])) return false;
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  return isTerminal(stream, env);
}

/** Whether lines may be redrawn. A CI log is not a terminal even where the runner pretends it is; one without a size shows no redrawn line. */
export function wantsLive(stream: OutStream, env: HostEnv): boolean {
  const hasSize = stream.rows !== 0 && stream.columns !== 0;
  return hasSize && isTerminal(stream, env) && !(isSet(env["CI"]) && env["CI"] !== "false");
}

function isTerminal(stream: OutStream, env: HostEnv): boolean {
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
