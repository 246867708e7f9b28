/**
 * What coverage.py's report says: the figure against its floor, and the files that lack tests most.
 */
import type { Finding, Measure } from "../../step.ts";
import type { Read } from "../report.ts";
import type { PytestSelection } from "./plan.ts";
import type { CoverageReport, TestSession } from "./records.ts";

/** Files that are drawn one by one. */
const WORST = 10;

export interface Covered {
  readonly findings: readonly Finding[];
  readonly facts: Readonly<Record<string, number>>;
  readonly measures: readonly Measure[];
}

/** `report` is undefined where no package was measured. */
export function judgeCoverage(
  report: Read<CoverageReport> | undefined,
  { unmeasured }: TestSession,
  asked: PytestSelection["coverage"],
): Covered {
  const nothing = { findings: [], facts: {}, measures: [] };
  if (asked === undefined) return nothing;
  const missing = (message: string): Covered => ({ ...nothing, findings: [{ rule: "coverage-missing", message }] });
  if (report === undefined)
    return asked.floor === undefined ? nothing : missing("a floor is set, but no package to measure");
  if ("problem" in report) return missing(`nothing was measured: ${report.problem}`);
  const { totals } = report.value;
  const excluded = totals.excluded_lines ?? 0;
  return {
    findings: belowFloor(report.value, asked.floor),
    facts: {
      coverage: hundredths(percent(totals)),
      ...(excluded === 0 ? {} : { "lines excluded from coverage": excluded }),
      ...(unmeasured === 0 ? {} : { "files excluded from coverage": unmeasured }),
    },
    measures: measures(report.value, asked.floor),
  };
}

function belowFloor(report: CoverageReport, floor: number | undefined): Finding[] {
  const reached = percent(report.totals);
  if (floor === undefined || reached >= floor) return [];
  const worst = Object.entries(report.files)
    .filter(([, f]) => f.missing_lines.length > 0)
    .sort(([, a], [, b]) => b.missing_lines.length - a.missing_lines.length)
    .slice(0, 3)
    .map(([path, f]) => `${path} ${f.missing_lines.length}`);
  const message = `${reached.toFixed(2)} % of statements covered, the floor is ${floor} %; lines without a test: ${worst.join(", ")}`;
  return [{ rule: "coverage-below-floor", message }];
}

function measures({ totals, files }: CoverageReport, floor: number | undefined): Measure[] {
  const bar = (name: string, value: number) => ({ name, values: [hundredths(value)] });
  const worst = Object.entries(files)
    .filter(([, f]) => f.missing_lines.length > 0)
    .map(([path, { summary }]) => ({ path, reached: percent(summary) }))
    .sort((a, b) => a.reached - b.reached || (a.path < b.path ? -1 : 1))
    .slice(0, WORST)
    .map(({ path, reached }) => bar(path, reached));
  const common = { unit: "%", better: "higher" } as const;
  const limits = floor === undefined ? [] : [{ name: "floor", value: floor }];
  const total: Measure = {
    id: "coverage",
    title: "Statements covered",
    ...common,
    groups: [bar("all files", percent(totals))],
    limits,
  };
  if (worst.length === 0) return [total];
  return [
    total,
    { id: "coverage-files", title: "Files with the least coverage", ...common, groups: worst, limits: [] },
  ];
}

/** Covered statements in percent; 0 where there is no statement. */
function percent({ covered_lines, num_statements }: CoverageReport["totals"]): number {
  return num_statements === 0 ? 0 : (covered_lines / num_statements) * 100;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
