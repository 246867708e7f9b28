/**
 * The statistics of paired measurements: exact, without chance and without tables, for numbers that are already known to be finite.
 * It knows nothing of milliseconds, limits or verdicts.
 */

/** What a set of paired differences says about their centre. */
export interface Comparison {
  /** The Hodges–Lehmann estimate: the median of the means of all pairs of differences, each with itself too. */
  readonly centre: number;
  /** The interval that belongs to the test, two-sided, at the level that was asked for; infinite where there are too few differences for one. */
  readonly low: number;
  readonly high: number;
  /** Exact one-sided p of Wilcoxon's signed-rank test: how probable at least so much is when the differences lie evenly around 0. */
  readonly pAbove: number;
  readonly pBelow: number;
}

/** Wilcoxon's signed-rank test (exact, ties by middle ranks, zeros left out) and what is estimated by it. `level`: 0.95. */
export function comparePairs(differences: readonly number[], level: number): Comparison {
  const averages = walshAverages(differences);
  const tail = upperTail(differences.map((_, i) => 2 * (i + 1)));
  // The bound is the c-th average from the end, c being the least rank sum that chance reaches with at most half of what is left of 1.
  const most = averages.length;
  let reached = 0;
  while (reached <= most && (tail[2 * reached] ?? 0) > (1 - level) / 2) reached += 1;
  const bounded = reached <= most;
  return {
    centre: middle(averages),
    low: bounded ? (averages[most - reached] ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY,
    high: bounded ? (averages[reached - 1] ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
    pAbove: signedRankP(differences),
    pBelow: signedRankP(differences.map((d) => -d)),
  };
}

/** NaN for no values. */
export function median(values: readonly number[]): number {
  return middle(ascending(values));
}

function signedRankP(differences: readonly number[]): number {
  const moved = differences.filter((d) => d !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const ranks = doubledRanks(moved.map(Math.abs));
  const sum = moved.reduce((total, d, i) => total + (d > 0 ? (ranks[i] ?? 0) : 0), 0);
  return upperTail(ranks)[sum] ?? 0;
}

/** Twice the middle rank of each of the ascending values, so that ties stay whole numbers. */
function doubledRanks(sorted: readonly number[]): number[] {
  return sorted.map((value) => sorted.indexOf(value) + 1 + sorted.lastIndexOf(value) + 1);
}

/** How probable a sum of at least `s` is when each of the ranks is in it with probability ½: an array over s. */
function upperTail(ranks: readonly number[]): Float64Array {
  const tail = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1);
  tail[0] = 1;
  let highest = 0;
  for (const rank of ranks) {
    highest += rank;
    // Downwards, so that each sum still reads what was there before this rank.
    for (let sum = highest; sum >= 0; sum -= 1)
      tail[sum] = ((tail[sum] ?? 0) + (sum < rank ? 0 : (tail[sum - rank] ?? 0))) / 2;
  }
  for (let sum = highest - 1; sum >= 0; sum -= 1) tail[sum] = Math.min(1, (tail[sum] ?? 0) + (tail[sum + 1] ?? 0));
  return tail;
}

function walshAverages(values: readonly number[]): number[] {
  return ascending(values.flatMap((a, i) => values.slice(i).map((b) => (a + b) / 2)));
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? Number.NaN) + upper) / 2 : upper;
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
