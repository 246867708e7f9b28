/** A measured figure and how a set of them is shown. It measures nothing. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `s`, `ms` or `×` (a ratio of two figures of this run). */
  readonly unit: "s" | "ms" | "×" | "";
  /** The value that it should not be above. */
  readonly goal?: number;
  /** How it came about, in a few words. */
  readonly how: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

const shown = (value: number, unit: string) =>
  `${value.toFixed(unit === "ms" ? 1 : value < 10 ? 3 : 1)} ${unit}`.trim();

/** A Markdown table, so that it can be put into a note as it is. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((f) => {
    const goal = f.goal === undefined ? "" : `≤ ${shown(f.goal, f.unit)} ${f.value <= f.goal ? "met" : "NOT MET"}`;
    return `| ${f.name} | ${shown(f.value, f.unit)} | ${goal} | ${f.how} |`;
  });
  return ["| figure | value | goal | how |", "|---|---|---|---|", ...rows].join("\n");
}
