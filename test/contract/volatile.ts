/**
 * Volatile variables as the engine keeps them: one value a session and name, and every command that is run sees it, whatever the calls before it
 * say. The value is kept when a call is made for the first time; the same call again is a call that the engine has done.
 */

import type { Engine } from "./engine.ts";
import { type Call, type Chain, expanded, type Ids } from "./graph.ts";

export class VolatileValues extends Map<string, string> {
  readonly #ids: Ids;
  readonly #done = new Set<string>();

  constructor(ids: Ids) {
    super();
    this.#ids = ids;
  }

  /** Takes note of a call that gave an object. */
  note(chain: Chain): void {
    const at = chain.calls.at(-1);
    if (at?.field !== "withVolatileVariable") return;
    const call = JSON.stringify(expanded(chain, this.#ids));
    if (this.#done.has(call)) return;
    this.#done.add(call);
    this.set(String(at.args["name"]), String(at.args["value"]));
  }
}

/** What a command at the end of these calls sees of a volatile variable; undefined when it was given none of that name. */
export function volatileSeen(calls: readonly Call[], name: string, engine: Engine): string | undefined {
  const last = calls.findLast((c) => /^with(out)?VolatileVariable$/.test(c.field) && c.args["name"] === name);
  return last?.field === "withVolatileVariable" ? engine.volatile.get(name) : undefined;
}
