import { describe, expect, it } from "vitest";
import { nearestRank } from "../../src/steps/common/nearest-rank.ts";
import { type Decision, decide, type Pair } from "../../src/steps/perf-smoke/compare.ts";
import { comparePairs, median } from "../../src/steps/perf-smoke/statistics.ts";
import { chance } from "./perf-smoke-samples.ts";

/** Tries every way of choosing signs, as the definition of the test says. */
function byEnumeration(differences: readonly number[]): number {
  const moved = differences.filter((d) => d !== 0);
  const sizes = moved.map(Math.abs).sort((a, b) => a - b);
  const rank = (d: number): number => (sizes.indexOf(Math.abs(d)) + sizes.lastIndexOf(Math.abs(d))) / 2 + 1;
  const ranks = moved.map(rank);
  const sum = (positive: (i: number) => boolean): number => ranks.reduce((s, r, i) => s + (positive(i) ? r : 0), 0);
  const seen = sum((i) => (moved[i] ?? 0) > 0);
  const all = 2 ** moved.length;
  const atLeast = Array.from({ length: all }, (_, signs) => sum((i) => ((signs >> i) & 1) === 1)).filter(
    (s) => s >= seen,
  );
  return atLeast.length / all;
}

describe("the signed-rank test", () => {
  it.each([
    ["differences of both signs", [0.1, 0.3, -0.2, 0.5, 0.8, 1.2, 0.05, -0.4, 0.9, 1.1, 0.7, 0.6]],
    ["ties and zeros", [1, 1, -1, 2, 0, 2, -2, 3, 0]],
    ["one difference", [0.5]],
    ["all below zero", [-3, -1, -2, -5, -4]],
  ])("is exact for %s", (_, differences) => {
    const found = comparePairs(differences, 0.95);
    expect(found.pAbove).toBeCloseTo(byEnumeration(differences), 12);
    expect(found.pBelow).toBeCloseTo(byEnumeration(differences.map((d) => -d)), 12);
  });

  it("finds nothing where nothing differs", () => {
    expect(comparePairs([0, 0, 0], 0.95)).toMatchObject({ centre: 0, pAbove: 1, pBelow: 1 });
  });

  it("gives the interval of the published example of its inversion", () => {
    // Hollander and Wolfe's depression scores: R's wilcox.test(conf.int = TRUE) gives -0.786 to -0.010, estimate -0.46.
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const found = comparePairs(
      after.map((a, i) => a - (before[i] ?? 0)),
      0.95,
    );
    expect([found.centre, found.low, found.high].map((x) => x.toFixed(3))).toEqual(["-0.460", "-0.786", "-0.010"]);
    expect(found.pBelow).toBeCloseTo(0.01953, 5);
  });

  it("has no bounds where there are too few pairs for any", () => {
    expect(comparePairs([1, 2, 3, 4, 5], 0.95)).toMatchObject({ low: -Infinity, high: Infinity });
  });

  it("reaches its level with all of eight pairs", () => {
    expect(comparePairs([1, 2, 3, 4, 5, 6, 7, 8], 0.95).pAbove).toBe(1 / 256);
  });
});

describe("quantiles", () => {
  it("are by nearest rank: of ten values the 95th percentile is the largest", () => {
    const values = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    expect([nearestRank(values, 0.5), nearestRank(values, 0.95), nearestRank(values, 0)]).toEqual([5, 10, 1]);
  });

  it("are none of no values", () => {
    expect(nearestRank([], 0.5)).toBeNaN();
    expect(median([])).toBeNaN();
  });
});

/**
 * Pairs on a disturbed machine: a load that wanders slowly (autocorrelated), a drift upwards, single hearings that take up to five times as long, and a
 * second place in a pair that costs 1 % more. `first` begins as the plan draws it: in blocks of two, one for each.
 */
function disturbed(seed: number, factor: number, add: number, count = 12, wild = 0.05): Pair[] {
  const next = chance(seed);
  const gauss = (): number => 2 * (next() + next() + next() - 1.5);
  let wander = 0;
  const hearing = (place: number): number => {
    wander = 0.95 * wander + 0.02 * gauss();
    const spike = next() < wild ? 1 + 4 * next() : 1;
    return 80 * Math.exp(wander + 0.01 * gauss()) * spike * (1 + 0.01 * place);
  };
  let drawn = 0;
  return Array.from({ length: count }, (_, i) => {
    if (i % 2 === 0) drawn = next() < 0.5 ? 0 : 1;
    const sums = { change: 0, base: 0 };
    for (let k = 0; k < 10; k += 1)
      for (const place of [0, 1]) {
        const side = (drawn + i + k + place) % 2 === 0 ? "change" : "base";
        const ms = hearing(place) * (1 + 0.03 * i);
        sums[side] += side === "change" ? ms * factor + add : ms;
      }
    return { change: sums.change / 10, base: sums.base / 10 };
  });
}

/** `runs` decisions, each from a seed of its own. */
const decisions = (runs: number, pairs: (seed: number) => Pair[]): Decision[] =>
  Array.from({ length: runs }, (_, i) => decide(pairs(i + 1), 10));
const share = (all: readonly Decision[], holds: (d: Decision) => boolean): number =>
  all.filter(holds).length / all.length;
const slower = (d: Decision): boolean => d.outcome === "slower";

describe("the decision, over thousands of runs on a disturbed machine", () => {
  it.each([
    ["one in twenty hearings is", 0.05],
    ["every third hearing is", 0.33],
  ])("calls equal versions slower in fewer than one of a hundred runs where %s disturbed", (_, wild) => {
    const runs = 2_000;
    const all = decisions(runs, (seed) => disturbed(seed, 1, 0, 12, wild));
    expect(share(all, slower)).toBeLessThan(0.01);
    // The level of the test itself, with three standard deviations of the simulation.
    expect(share(all, (d) => d.p < 0.01)).toBeLessThan(0.01 + 3 * Math.sqrt((0.01 * 0.99) / runs));
  });

  it("always finds 300 ms more, also with eight pairs and every third hearing disturbed", () => {
    expect(
      share(
        decisions(300, (seed) => disturbed(seed, 1, 300, 8, 0.33)),
        slower,
      ),
    ).toBe(1);
  });

  it("finds 30 % more nearly always, and never says that there is none", () => {
    const all = decisions(300, (seed) => disturbed(seed, 1.3, 0));
    expect(share(all, slower)).toBeGreaterThan(0.9);
    expect(share(all, (d) => d.outcome === "no regression")).toBe(0);
  });

  it("seldom says that there is no regression where the growth lies at the limit", () => {
    const all = decisions(300, (seed) => disturbed(seed, 1.1, 0));
    expect(share(all, (d) => d.outcome === "no regression" || d.outcome === "faster")).toBeLessThan(0.05);
  });
});

describe("the decision", () => {
  const pairs = (change: number, base: number, spread = 0.01): Pair[] =>
    Array.from({ length: 12 }, (_, i) => ({
      change: change * (1 + spread * (i % 3)),
      base: base * (1 + spread * (i % 4)),
    }));

  it("is slower above the limit, and no regression below it", () => {
    expect(decide(pairs(120, 100), 10).outcome).toBe("slower");
    expect(decide(pairs(105, 100), 10).outcome).toBe("no regression");
  });

  it("asks for 5 ms per recording, however many percent they are", () => {
    const found = decide(pairs(6, 2), 10);
    expect(found.outcome).toBe("no regression");
    expect(found.limit).toBeCloseTo(1 + 5 / 2.03, 9);
    expect(decide(pairs(12, 2), 10).outcome).toBe("slower");
  });

  it("says when the change is faster", () => {
    expect(decide(pairs(80, 100), 10).outcome).toBe("faster");
  });

  it("is inconclusive where the spread is wider than the question", () => {
    expect(decide(pairs(100, 100, 0.4), 10).outcome).toBe("inconclusive");
  });
});
