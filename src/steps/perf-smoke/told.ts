/**
 * What a measurement says in words and figures. It decides nothing.
 */
import type { PerformanceCheck } from "../../config/model.ts";
import type { Measure } from "../step.ts";
import { type Decision, LEVEL, type Pair, SIGNIFICANCE } from "./compare.ts";
import { quantiles } from "./limits.ts";
import type { Samples } from "./records.ts";
import type { Asked } from "./understood.ts";

/** The comparison with the merge base, or why there is none. */
export type Compared =
  | {
      readonly decision: Decision;
      readonly pairs: readonly Pair[];
      /** How many are compared. */
      readonly recordings: number;
      /** Whether the time in which other processes had the cores was taken off. */
      readonly net: boolean;
    }
  | { readonly why: string };

/** The whole decision in one line, with what it was made by. */
export function describeDecision(d: Decision): string {
  const medians = `${d.base.toFixed(1)} ms of work per recording at the merge base, ${d.change.toFixed(1)} ms now`;
  const shown = `ratio ${d.ratio.toFixed(3)}, ${100 * LEVEL} % interval ${d.low.toFixed(3)} to ${d.high.toFixed(3)}`;
  return `${medians}: ${shown}, p ${probability(d.p)}; a regression is a ratio above ${d.limit.toFixed(3)} at p < ${SIGNIFICANCE}`;
}

export function facts(samples: Samples, compared: Compared): Record<string, string | number> {
  const { n, p50, p95 } = quantiles(samples.rounds.at(-1) ?? []);
  return {
    "p50 ms": rounded(p50),
    "p95 ms": rounded(p95),
    ...comparison(samples, compared),
    "latencies measured": n,
    ...(samples.rounds.length > 1 ? { "latency rounds": `${samples.rounds.length}, the first was above a limit` } : {}),
    load: load(samples),
    "measured on": `${samples.machine.cpu}, ${samples.machine.cores} cores`,
  };
}

function comparison(samples: Samples, compared: Compared): Record<string, string | number> {
  if ("why" in compared) return { "against the merge base": `not compared: ${compared.why}` };
  const { decision: d, recordings } = compared;
  const said = {
    slower: "slower",
    faster: "faster",
    "no regression": "no regression",
    inconclusive: `inconclusive: this machine was too noisy to tell whether the ratio is above ${d.limit.toFixed(3)}`,
  }[d.outcome];
  const left = samples.recordings.length - recordings;
  const cpu = cpuRatio(samples);
  return {
    "against the merge base": said,
    pairs: compared.pairs.length,
    "recordings in each sample": `${recordings}, each ${samples.repeats} times`,
    ...(left === 0 ? {} : { "recordings not compared": left }),
    "work at the merge base ms": rounded(d.base),
    "work ms": rounded(d.change),
    ratio: d.ratio.toFixed(3),
    interval: `${d.low.toFixed(3)} to ${d.high.toFixed(3)}`,
    p: probability(d.p),
    "waiting for a core": compared.net ? `${waiting(samples).toFixed(0)} % of the time, taken off` : "not known here",
    ...(cpu === undefined ? {} : { "ratio of CPU time": cpu.toFixed(2) }),
  };
}

/** Percent of the time of all hearings. */
function waiting({ pairs }: Samples): number {
  const halves = pairs.flatMap((p) => [p.change, p.base]);
  const sum = (all: readonly (number | null)[]): number => all.reduce<number>((total, ms) => total + (ms ?? 0), 0);
  return (100 * sum(halves.flatMap((h) => h.waited_ms.flat()))) / sum(halves.flatMap((h) => h.ms.flat()));
}

/** Over all pairs, since the kernel counts in hundredths of a second. */
function cpuRatio({ pairs }: Samples): number | undefined {
  const total = (side: "change" | "base"): number => pairs.reduce((sum, p) => sum + (p[side].cpu_ms ?? Number.NaN), 0);
  const ratio = total("change") / total("base");
  return Number.isFinite(ratio) ? ratio : undefined;
}

function load({ load: { start, end, others, stolen } }: Samples): string {
  const said = [
    ...(start === null || end === null ? [] : [`load average ${start.toFixed(1)} to ${end.toFixed(1)}`]),
    ...(others === null ? [] : [`${others.toFixed(0)} % of the cores' time used by others`]),
    ...(stolen === null ? [] : [`${stolen.toFixed(1)} % stolen`]),
  ];
  return said.join(", ") || "not known";
}

export function measures(
  samples: Samples,
  wanted: readonly Asked[],
  compared: Compared,
  check: Pick<PerformanceCheck, "p50" | "p95">,
): Measure[] {
  const round = samples.rounds.at(-1) ?? [];
  const groups = [...new Set(wanted.map((w) => w.kind))].map((name) => ({
    name,
    values: round.flatMap((ms, i) => (ms !== null && wanted[i]?.kind === name ? [rounded(ms)] : [])),
  }));
  const latency: Measure = {
    id: "latency",
    title: "Latency from the end of speech, warm",
    unit: "ms",
    better: "lower",
    groups,
    limits: [
      { name: "p50 limit", value: check.p50 },
      { name: "p95 limit", value: check.p95 },
    ],
  };
  if ("why" in compared) return [latency];
  const values = (side: keyof Pair) => compared.pairs.map((p) => rounded(p[side]));
  return [
    latency,
    {
      id: "work",
      title: "Work per recording, pair by pair",
      unit: "ms",
      better: "lower",
      groups: [
        { name: "merge base", values: values("base") },
        { name: "change", values: values("change") },
      ],
      limits: [],
    },
  ];
}

function probability(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
