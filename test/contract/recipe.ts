/**
 * What makes two objects of the engine the same: all calls that lead to them, ids replaced by what they stand for. The value of a volatile
 * variable takes no part, only its name.
 */
import { createHash } from "node:crypto";
import type { Contents } from "./content.ts";
import type { Call, Chain, Ids } from "./graph.ts";

/** The calls from the query's root on: `node(id)` replaced at any depth, and `sync` left out, for it makes no other object. */
export function flat(chain: Chain, ids: Ids): Call[] {
  const [first, ...rest] = chain.calls;
  const start = first?.field === "node" ? ids.get(String(first.args["id"])) : undefined;
  const calls = start === undefined ? [...chain.calls] : [...flat(start, ids), ...rest];
  return calls.filter((c, i) => c.field !== "sync" || i === calls.length - 1);
}

/** The objects that a call takes as arguments, by id. */
export function idsIn(call: Call, ids: Ids): string[] {
  return Object.values(call.args)
    .flat()
    .filter((v): v is string => typeof v === "string" && ids.has(v));
}

export class Recipes {
  readonly #ids: Ids;
  readonly #contents: Contents | undefined;
  readonly #known = new Map<string, string>();

  constructor(ids: Ids, contents?: Contents) {
    this.#ids = ids;
    this.#contents = contents;
  }

  /** The key of each object on the way: `keys(calls)[i]` is that of `calls[0]` to `calls[i]`. */
  keys(calls: readonly Call[]): string[] {
    let before = "";
    const content = this.#contents?.find(calls);
    return calls.map((call, index) => {
      if (content !== undefined && index === content.calls - 1) before = `content ${content.digest}`;
      else if (call.field !== "sync")
        before = digest(`${before} ${call.field} ${JSON.stringify(this.#counting(call))}`);
      return before;
    });
  }

  /** The key of the object that an id stands for. */
  keyOf(id: string): string {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const chain = this.#ids.get(id);
    const key = (chain === undefined ? undefined : this.keys(flat(chain, this.#ids)).at(-1)) ?? id;
    this.#known.set(id, key);
    return key;
  }

  #counting(call: Call): unknown {
    if (call.field === "withVolatileVariable") return call.args["name"];
    return Object.entries(call.args)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, Array.isArray(value) ? value.map((v) => this.#meant(v)) : this.#meant(value)]);
  }

  #meant(value: unknown): unknown {
    return typeof value === "string" && this.#ids.has(value) ? this.keyOf(value) : value;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
