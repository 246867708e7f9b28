/**
 * Makes the stand-in refuse what the engine refuses. Like the engine it looks at a call's arguments when the call is made, and at what an object
 * would be only when something about it is asked; an id alone asks nothing.
 */
import { type GraphQLSchema, getNamedType, isObjectType } from "graphql";
import type { Call, Chain, Ids } from "./graph.ts";
import { flat, idsIn, Recipes } from "./recipe.ts";
import type { EngineSettings, Rules } from "./rules.ts";
import { OF_ANSWERS } from "./rules-of-answers.ts";
import { OF_CALLS } from "./rules-of-calls.ts";
import { OF_RESULTS } from "./rules-of-results.ts";
import type { Ask } from "./told.ts";

/** Questions that the engine answers without computing the object. */
const UNFORCED =
  /^(id|name|platform|user|label|workdir|entrypoint|defaultArgs|envVariable|imageRef|mounts|uri|plaintext)$/;

export interface Strictness {
  /** A call that gives another object. */
  call(chain: Chain): Promise<void>;
  /** A call that asks something of an object. */
  question(chain: Chain): Promise<void>;
}

export function strictness(schema: GraphQLSchema, ids: Ids, ask: Ask, settings: EngineSettings): Strictness {
  const recipes = new Recipes(ids);
  /** Objects that were computed; what failed is tried again. */
  const computed = new Set<string>();

  const apply = async (rules: Rules, calls: readonly Call[], types: readonly string[]): Promise<void> => {
    const at = calls.at(-1);
    if (at === undefined) return;
    const site = { at, before: calls.slice(0, -1), evaluate, settings, ask, object };
    for (const rule of rules[`${types[calls.length - 1]}.${at.field}`] ?? []) await rule(site);
  };

  const object = (id: unknown): readonly Call[] => {
    const chain = ids.get(String(id));
    return chain === undefined ? [] : flat(chain, ids);
  };

  const evaluate = async (calls: readonly Call[]): Promise<void> => {
    const keys = recipes.keys(calls);
    const types = receivers(calls, schema);
    for (const [index, call] of calls.entries()) {
      const key = keys[index] ?? "";
      if (computed.has(key)) continue;
      for (const id of idsIn(call, ids)) await evaluate(object(id));
      await apply(OF_RESULTS, calls.slice(0, index + 1), types);
      computed.add(key);
    }
  };

  const call = async (chain: Chain): Promise<void> => {
    const calls = flat(chain, ids);
    await apply(OF_CALLS, calls, receivers(calls, schema));
  };

  return {
    call,
    question: async (chain) => {
      const calls = flat(chain, ids);
      const types = receivers(calls, schema);
      await apply(OF_CALLS, calls, types);
      if (UNFORCED.test(calls.at(-1)?.field ?? "")) return;
      await evaluate(calls.slice(0, -1));
      await apply(OF_ANSWERS, calls, types);
    },
  };
}

/** The type that each call is made on; an empty text where the schema does not know it. */
function receivers(calls: readonly Call[], schema: GraphQLSchema): string[] {
  let on = schema.getQueryType()?.name ?? "";
  return calls.map((call) => {
    const receiver = on;
    const type = schema.getType(receiver);
    const field = isObjectType(type) ? type.getFields()[call.field] : undefined;
    if (field !== undefined && call.field !== "sync") on = getNamedType(field.type).name;
    return receiver;
  });
}
