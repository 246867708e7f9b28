/** What a real engine would have done for the queries that a stand-in recorded: counts, never times. */
import type { Engine } from "./engine.ts";
import type { Call } from "./graph.ts";
import { flat, idsIn, Recipes } from "./recipe.ts";

export interface Cost {
  /** Commands that something forced, each recipe once; an engine that kept a result from an earlier session runs fewer. */
  readonly execs: number;
  readonly exports: number;
  /** Files, streams and exit statuses that were read. */
  readonly reads: number;
  readonly requests: number;
}

const READS = /^(contents|stdout|stderr|combinedOutput|exitCode)$/;

export function costOf(engine: Engine): Cost {
  const asked = engine.asked.map((chain) => chain.calls.at(-1)?.field ?? "");
  return {
    execs: forcedExecs(engine).size,
    exports: asked.filter((field) => field === "export").length,
    reads: asked.filter((field) => READS.test(field)).length,
    requests: engine.requests.length,
  };
}

/** Recipe → the command. Whatever was asked of an object, its id apart, forces every command on the way to it and to its arguments. */
export function forcedExecs(engine: Engine): Map<string, readonly string[]> {
  const recipes = new Recipes(engine.ids, engine.contents);
  const execs = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  const visit = (calls: readonly Call[]): void => {
    const keys = recipes.keys(calls);
    for (const [index, call] of calls.entries()) {
      const key = keys[index] ?? "";
      if (seen.has(key) && call.field !== "sync") continue;
      seen.add(key);
      for (const id of idsIn(call, engine.ids)) visit(flat(engine.ids.get(id) ?? { type: "", calls: [] }, engine.ids));
      if (call.field === "withExec") execs.set(key, call.args["args"] as string[]);
    }
  };
  for (const chain of engine.asked) visit(flat(chain, engine.ids));
  return execs;
}
