/**
 * Which steps a change can affect: those that read a file which changed since the merge base, through any of their actions, proofs included, and
 * those whose known findings changed. Pure. A change of the config is the caller's business: it can affect everything.
 */
import type { Baseline } from "../config/model.ts";
import { canonicalJson } from "../digest.ts";
import type { Action, Ref } from "../exec/action.ts";
import { refsOf } from "../exec/action.ts";
import { globMatcher } from "../exec/manifest.ts";
import type { Base } from "../exec/source.ts";

/** Globs that a reason names; the others are counted. */
const NAMED = 4;

export interface Since {
  readonly base: Base;
  readonly baseline?: { readonly head: Baseline; readonly base?: Baseline };
}

/** The beginning of a commit's id, as people write it. */
export function shortId(oid: string): string {
  return oid.slice(0, 7);
}

/**
 * Why the step is not affected, for people, or undefined where it may be. `actions` are all that the step plans, with everything that they read
 * from; the references to outputs among them need no look, since the actions that write those are there too.
 */
export function whyUnaffected(step: string, actions: readonly Action[], since: Since): string | undefined {
  const { base, baseline } = since;
  if (canonicalJson(baseline?.head[step] ?? {}) !== canonicalJson(baseline?.base?.[step] ?? {})) return undefined;
  const read = new Map<string, readonly string[]>();
  for (const ref of actions.flatMap(refsOf)) {
    if (readsHistory(ref, base.oid)) return undefined;
    for (const globs of sourceGlobs(ref)) read.set(globs.join("\0"), globs);
  }
  for (const globs of read.values()) if (base.changed.some(globMatcher(globs))) return undefined;
  const n = base.changed.length;
  const changed = n === 0 ? "no file changed" : `${n} ${n === 1 ? "file" : "files"} changed`;
  return `nothing that it reads changed since ${shortId(base.oid)}: ${changed}, it reads ${inShort([...read.values()].flat())}`;
}

/** What the files of the merge base are is settled by its id, whatever changed since; only those of today count. */
function sourceGlobs(ref: Ref): (readonly string[])[] {
  if (ref.kind === "overlay") return [...sourceGlobs(ref.lower), ...sourceGlobs(ref.upper)];
  return ref.kind === "source" && ref.at === "head" ? [ref.globs] : [];
}

function readsHistory(ref: Ref, base: string): boolean {
  if (ref.kind === "overlay") return readsHistory(ref.lower, base) || readsHistory(ref.upper, base);
  return ref.kind === "history" && ref.oid !== base;
}

function inShort(globs: readonly string[]): string {
  const all = [...new Set(globs)];
  if (all.length === 0) return "no file of the application";
  const more = all.length - NAMED;
  return more <= 0 ? all.join(", ") : `${all.slice(0, NAMED).join(", ")} and ${more} more`;
}
