/**
 * A baseline as a flat, sorted list of entries and back. Names of files and rules are foreign: `__proto__` and `constructor` are names like others.
 */
import type { Baseline } from "./model.ts";

type Counts = Record<string, Record<string, Record<string, number>>>;

export interface Entry {
  readonly step: string;
  readonly path: string;
  readonly rule: string;
  readonly count: number;
}

/** Every entry, sorted by step, path and rule in code-unit order. */
export function entries(baseline: Baseline): Entry[] {
  return sorted(baseline).flatMap(([step, paths]) =>
    sorted(paths).flatMap(([path, rules]) => sorted(rules).map(([rule, count]) => ({ step, path, rule, count }))),
  );
}

/** A baseline of these entries, without those of count 0. Names such as `__proto__` are names like others. */
export function build(all: readonly Entry[]): Baseline {
  const counts: Counts = Object.create(null);
  for (const { step, path, rule, count } of all) {
    if (count === 0) continue;
    counts[step] ??= Object.create(null) as Counts[string];
    const paths = counts[step];
    paths[path] ??= Object.create(null) as Record<string, number>;
    paths[path][rule] = count;
  }
  return counts;
}

/** Own properties in code-unit order, which no locale changes. */
export function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
