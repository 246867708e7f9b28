/**
 * What Dagger's engine (v0.21.8) refuses although its schema allows the query: each refusal with the engine's own message, and how it is known.
 * Data only; `rules-*.ts` decide. What was only read in the engine's source, and not met on an engine, is marked as such.
 */
import type { Refusal } from "./refusal.ts";
import { OF_COMMANDS } from "./refusals-commands.ts";
import { OF_PATHS } from "./refusals-paths.ts";

export const REFUSALS = [...OF_COMMANDS, ...OF_PATHS];

export type RefusalId = (typeof REFUSALS)[number]["id"];

export function refusal(id: RefusalId): Refusal {
  const found: Refusal | undefined = REFUSALS.find((r) => r.id === id);
  if (found === undefined) throw new Error(`no refusal ${id}`);
  return found;
}

/** What only a real engine knows may be any text on one line. A failed exec's message ends with the span that it came from. */
export function messagePattern(of: Refusal): RegExp {
  const words = of.message
    .split(/(\{[^}]+\})/)
    .map((part) => (/^\{.*\}$/.test(part) ? ".*" : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")))
    .join("");
  return new RegExp(`^${words}${of.exec === true ? " \\[traceparent:[0-9a-f]{32}-[0-9a-f]{16}\\]" : ""}$`);
}
