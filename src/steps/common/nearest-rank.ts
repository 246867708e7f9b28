/** The p-quantile by nearest rank: the least value that at least this share (0 to 1) of the values does not exceed. NaN for no values. */
export function nearestRank(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
