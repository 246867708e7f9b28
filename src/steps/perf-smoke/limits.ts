/**
 * The absolute limits of latency: from the end of speech to the line that says what was understood, in a warm process.
 */
import type { PerformanceCheck } from "../../config/model.ts";
import { nearestRank } from "../common/nearest-rank.ts";
import { timed } from "../common/too-slow.ts";
import type { Finding } from "../step.ts";

/** A round that is above a limit is followed by a second one, which decides: a machine may have been busy for a moment. */
export const ROUNDS = 2;

type Limits = Pick<PerformanceCheck, "p50" | "p95">;
type Round = readonly (number | null)[];

const SHARES = { p50: 0.5, p95: 0.95 } as const;

export function quantiles(round: Round): { readonly n: number; readonly p50: number; readonly p95: number } {
  const values = round.filter((ms) => ms !== null);
  return { n: values.length, p50: nearestRank(values, SHARES.p50), p95: nearestRank(values, SHARES.p95) };
}

/** A round without any latency is not within them. */
export function withinLimits(round: Round, limits: Limits): boolean {
  const { p50, p95 } = quantiles(round);
  return p50 <= limits.p50 && p95 <= limits.p95;
}

/**
 * What the last round says: a second one is only taken where the first was not within the limits. `wrong`: what was misunderstood; where nothing
 * at all was measured, that is why.
 */
export function tooLate(rounds: readonly Round[], limits: Limits, wrong: readonly Finding[]): Finding[] {
  const last = rounds.at(-1);
  if (last === undefined) return [];
  const found = quantiles(last);
  if (found.n === 0) {
    const message = "no recording was answered, so no latency is known";
    return [
      timed({ rule: "nothing-measured", message }, wrong.length > 0 && wrong.every((f) => f.tooSlow !== undefined)),
    ];
  }
  return (["p50", "p95"] as const).flatMap((name) =>
    found[name] <= limits[name]
      ? []
      : [
          timed(
            {
              rule: "latency-above-limit",
              message: `${name} is ${found[name].toFixed(0)} ms from the end of speech, the limit is ${limits[name]} ms (n = ${found.n}, round ${rounds.length} of ${rounds.length}, none within the limits)`,
            },
            true,
          ),
        ],
  );
}
