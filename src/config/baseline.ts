/**
 * The baseline: findings that are known and may only become fewer. Pure functions over counts per step, path and rule; reads no file and runs no tool.
 *
 * A renamed file counts as growth, on purpose: counts alone cannot tell a file that moved from one that is new, and a rule that let entries
 * wander would let new findings hide behind mended ones. Whoever moves such a file cleans it, or moves it after it was cleaned.
 */
import type { Problem } from "../errors.ts";
import type { Finding } from "../steps/step.ts";
import { build, type Entry, entries, sorted } from "./baseline-entries.ts";
import type { Baseline } from "./model.ts";
import { printable } from "./shown.ts";

export { parseBaseline, renderBaseline } from "./baseline-file.ts";

export interface ComparedEntry {
  readonly path: string;
  readonly rule: string;
  /** What the baseline allows. */
  readonly allowed: number;
  readonly found: number;
}

export interface Excused {
  /** Findings that are not excused, in their order. */
  readonly left: readonly Finding[];
  readonly excused: number;
  /** Entries that can be lowered now, sorted by path and rule. */
  readonly shrunk: readonly ComparedEntry[];
  /** Entries that more was found of than they allow, sorted by path and rule. */
  readonly exceeded: readonly ComparedEntry[];
}

/**
 * Sets known findings apart. Findings of one path and rule are one group: a group of at most the allowed number is excused whole;
 * of a larger one all findings are left, because nobody knows which of them is the new one. A finding without a path is never excused.
 */
export function excuse(step: string, findings: readonly Finding[], baseline: Baseline): Excused {
  const found = countsOf({ [step]: findings });
  const isExcused = (f: Finding): boolean => {
    if (f.path === undefined) return false;
    return entry(found, step, f.path, f.rule) <= entry(baseline, step, f.path, f.rule);
  };
  const left = findings.filter((f) => !isExcused(f));
  const compared = entries(baseline)
    .filter((e) => e.step === step)
    .map((e) => ({ path: e.path, rule: e.rule, allowed: e.count, found: entry(found, step, e.path, e.rule) }));
  const shrunk = compared.filter((e) => e.found < e.allowed);
  const exceeded = compared.filter((e) => e.found > e.allowed);
  return { left, excused: findings.length - left.length, shrunk, exceeded };
}

/** The baseline that excuses exactly these findings; those without a path cannot be in one. */
export function baselineOf(findings: Readonly<Record<string, readonly Finding[]>>): Baseline {
  return countsOf(findings);
}

/**
 * Entries of `head` that are new or higher than at the merge base. Where the merge base had no baseline file there is nothing to compare with:
 * do not call it then. `file` is where `head` was read from.
 */
export function growth(head: Baseline, base: Baseline, file?: string): Problem[] {
  return entries(head).flatMap((e) => {
    const before = entry(base, e.step, e.path, e.rule);
    if (e.count <= before) return [];
    const moved = before === 0 ? movedFrom(e, head, base) : undefined;
    const message = `${e.step}: ${printable(e.path)} is allowed ${e.count} × ${printable(e.rule)}, and ${before} at the merge base`;
    const remedy =
      moved === undefined
        ? "Mend the new findings; a baseline may only shrink."
        : `It seems to be ${printable(moved)}, renamed: mend the findings of a file that you move.`;
    return [{ message, remedy, ...(file === undefined ? {} : { file }) }];
  });
}

/** What both allow: with it, an entry that grew against the merge base excuses nothing more. */
export function minimum(head: Baseline, base: Baseline): Baseline {
  return build(entries(head).map((e) => ({ ...e, count: Math.min(e.count, entry(base, e.step, e.path, e.rule)) })));
}

function countsOf(findings: Readonly<Record<string, readonly Finding[]>>): Baseline {
  const groups = new Map<string, Entry>();
  for (const [step, list] of Object.entries(findings)) {
    for (const { path, rule } of list) {
      if (path === undefined) continue;
      const key = JSON.stringify([step, path, rule]);
      groups.set(key, { step, path, rule, count: (groups.get(key)?.count ?? 0) + 1 });
    }
  }
  return build([...groups.values()]);
}

function entry(baseline: Baseline, step: string, path: string, rule: string): number {
  return own(own(own(baseline, step), path), rule) ?? 0;
}

function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

function movedFrom(e: Entry, head: Baseline, base: Baseline): string | undefined {
  const gone = sorted(own(base, e.step) ?? {}).filter(([path]) => own(own(head, e.step), path) === undefined);
  return gone.find(([, rules]) => own(rules, e.rule) === e.count)?.[0];
}
