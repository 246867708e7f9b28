/**
 * The judgement that the checks of source files have in common: nothing passes without a complete report about exactly the files that were
 * asked for, and the exit status only ever confirms what the report says. How a tool's report reads is the caller's.
 */

import { excuse, growth } from "../../config/baseline.ts";
import type { Baseline } from "../../config/model.ts";
import type { Problem } from "../../errors.ts";
import { describeExit } from "../../exec/exit-status.ts";
import type { Finding, Judged, JudgedAction, Judgement, StepContext } from "../step.ts";
import type { ToolRun } from "./observed.ts";
import { differences, filesSchema, runSchema } from "./observed.ts";
import { count, type Read, readJson, renderFindings, unusable } from "./report.ts";

export interface ToolReport {
  readonly findings: readonly Finding[];
  /** The files that the tool looked at, as far as it names them. */
  readonly checked: readonly string[];
  /** How many that were, where the tool only counts them. */
  readonly checkedCount?: number;
  /** The only exit status that fits these findings. */
  readonly exit: number;
  /** More for people, beneath the findings. */
  readonly detail?: string;
  /** More figures, beside those that every gate gives. */
  readonly facts?: Judgement["facts"];
}

export interface Gate {
  readonly step: string;
  readonly tool: string;
  /** The globs of the action's input: which files of the asked paths had to be there. */
  readonly globs: readonly string[];
  readonly read: (action: JudgedAction, run: ToolRun) => Read<ToolReport>;
}

/** Judges the action named `run`. */
export function judgeTool({ context, results }: Judged, gate: Gate): Judgement {
  const action = results["run"];
  if (action === undefined) throw new Error(`${gate.step} is judged without its action`);
  const broken = (why: string): Judgement =>
    unusable(action, "no-report", `${gate.tool} crashed: ${why} (${describeExit(action.status)})`);
  if (action.status.kind !== "exited") return broken("it left no complete report");
  const files = readJson(action, "files.json", filesSchema);
  if ("problem" in files) return broken(files.problem);
  const run = readJson(action, "run.json", runSchema);
  if ("problem" in run) return broken(run.problem);
  const report = gate.read(action, run.value);
  if ("problem" in report) return broken(report.problem);

  const { findings, checked, exit } = report.value;
  const looked =
    report.value.checkedCount ?? new Set([...checked, ...findings.flatMap((f) => f.path ?? [])].filter(isCode)).size;
  const doubts = differences(context, gate.globs, files.value, checked, findings);
  if (looked === 0) doubts.push("no file was checked: the paths hold none, or the tool's settings exclude them all");
  for (const [whose, code] of [
    ["the tool", run.value.exit],
    ["the command", action.status.code],
  ] as const)
    if (code !== exit)
      doubts.push(`${whose} ended with status ${code}, which contradicts ${count(findings.length, "finding")}`);
  const known = withBaseline(gate.step, findings, context);
  return conclude(gate, known, doubts, report.value, {
    files: looked,
    excluded: Math.max(0, Object.keys(files.value.files).filter(isCode).length - looked),
    ...report.value.facts,
    ...more({ silenced: run.value.silenced, "nested settings": run.value.nested }),
    tool: run.value.version,
  });
}

/** Files that a Python tool would look at if no setting excluded them. ruff reads `pyproject.toml` too, which says nothing about the code. */
export function isCode(path: string): boolean {
  return /\.(?:pyi?|ipynb)$/.test(path);
}

/** What the application's settings and comments keep a tool from saying, where they do. */
function more(counts: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts).flatMap(([name, n]) => (n === undefined || n === 0 ? [] : [[name, n]])),
  );
}

interface Weighed {
  readonly left: readonly Finding[];
  readonly excused: number;
  /** How many findings more the baseline would excuse. */
  readonly slack: number;
  /** In words: which entries of the baseline are exceeded. */
  readonly exceeded: readonly string[];
  readonly grown: readonly Problem[];
}

function withBaseline(step: string, findings: readonly Finding[], { baseline }: StepContext): Weighed {
  if (baseline === undefined) return { left: findings, excused: 0, slack: 0, exceeded: [], grown: [] };
  const { left, excused, shrunk, ...compared } = excuse(step, [...findings], baseline.head);
  const exceeded = compared.exceeded.map(
    (e) =>
      `the baseline allows ${e.allowed} of ${e.rule} in ${e.path}, and ${e.found} were found; one of these is new:`,
  );
  const slack = shrunk.reduce((sum, e) => sum + e.allowed - e.found, 0);
  const grown = baseline.base === undefined ? [] : growth(only(step, baseline.head), only(step, baseline.base));
  return { left, excused, slack, exceeded, grown };
}

function only(step: string, baseline: Baseline): Baseline {
  const own = baseline[step];
  return own === undefined ? {} : { [step]: own };
}

function conclude(
  gate: Gate,
  { left, excused, slack, exceeded, grown }: Weighed,
  doubts: readonly string[],
  report: ToolReport,
  facts: Record<string, string | number>,
): Judgement {
  // What the findings cannot be understood without comes first: there may be hundreds of them.
  const findings: Finding[] = [
    ...doubts.map((message) => ({ rule: "report-not-trusted", message })),
    ...grown.map(({ message }) => ({ rule: "baseline-grew", message })),
    ...left,
  ];
  const shown = {
    findings: left.length,
    ...(excused === 0 ? {} : { "in baseline": excused }),
    ...(slack === 0 ? {} : { "baseline allows more": slack }),
    ...facts,
  };
  if (findings.length === 0) return { outcome: "passed", findings, facts: shown };
  const reasons = [
    ...doubts.map((d) => `the report of ${gate.tool} cannot be trusted: ${d}`),
    ...(left.length === 0
      ? []
      : [`${count(left.length, "finding")} in ${count(new Set(left.map((f) => f.path)).size, "file")}`]),
    ...(grown.length === 0 ? [] : [`the baseline grew in ${count(grown.length, "place")}; it may only shrink`]),
  ];
  const detail = [...exceeded, renderFindings(findings), ...(report.detail === undefined ? [] : [report.detail])].join(
    "\n",
  );
  return { outcome: "failed", reason: reasons.join("; "), detail, findings, facts: shown };
}
