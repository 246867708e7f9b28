/**
 * Decides from the samples whether the change is slower than the merge base. It says what it could not tell, and reads no record.
 */
import { comparePairs, median } from "./statistics.ts";

/** One pair: milliseconds of work per recording, in the mean over the recordings that are compared. */
export interface Pair {
  readonly change: number;
  readonly base: number;
}

/** A difference must be this improbable by chance, one-sided. */
export const SIGNIFICANCE = 0.01;
/** Of the interval that is shown, and by which "no regression" is told from "cannot tell". */
export const LEVEL = 0.95;
/** Less than this per recording nobody notices, and small programs swing by more. */
const LEAST_MS = 5;

export interface Decision {
  /** `inconclusive`: the limit lies within the interval, or below it without significance. Neither regression nor its absence is shown. */
  readonly outcome: "slower" | "faster" | "no regression" | "inconclusive";
  /** Of the change's work to the base's, and its interval. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** What the ratio must be above to be a regression. */
  readonly limit: number;
  /** One-sided: that the change is slower, by chance. */
  readonly p: number;
  /** Medians over the pairs, milliseconds per recording. */
  readonly change: number;
  readonly base: number;
}

/** `regression`: percent. Ratios are compared by their logarithms, so that twice as fast and twice as slow weigh the same. */
export function decide(pairs: readonly Pair[], regression: number): Decision {
  const base = median(pairs.map((p) => p.base));
  const limit = 1 + Math.max(regression / 100, LEAST_MS / base);
  const found = comparePairs(
    pairs.map((p) => Math.log(p.change / p.base)),
    LEVEL,
  );
  const [ratio, low, high] = [Math.exp(found.centre), Math.exp(found.low), Math.exp(found.high)];
  const slower = found.pAbove < SIGNIFICANCE && ratio > limit;
  const faster = found.pBelow < SIGNIFICANCE && high <= limit;
  const outcome = slower ? "slower" : faster ? "faster" : high <= limit ? "no regression" : "inconclusive";
  return { outcome, ratio, low, high, limit, p: found.pAbove, change: median(pairs.map((p) => p.change)), base };
}
