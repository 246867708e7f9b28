/**
 * The report for a terminal: what was refused and what cures it, the table, what failed with its first lines, where the evidence is.
 * Pure: the caller decides colour and width.
 */
import colors from "picocolors";
import { type Words, wordsOfRun } from "../command-words.ts";
import type { Plan } from "../plan/plan.ts";
import { stepFolder } from "./collect.ts";
import type { Failure, Row, Summary } from "./summary.ts";
import { summarise } from "./summary.ts";
import { detailLines, duration, oneLine } from "./text.ts";
import type { Outcome, RunOutcome, RunVerdict } from "./verdict.ts";
import { whatToDo } from "./what-to-do.ts";

export interface ReportOptions {
  readonly color: boolean;
  /** Columns that a line of the table may take; default 120. Detail lines are left to the terminal to wrap. */
  readonly width?: number;
  /** Where the evidence lies, as the reader should type it. */
  readonly evidence?: string;
  /** How commands are typed where the report is read; by default as the door of the run has them. */
  readonly words?: Words;
}

export type Paint = ReturnType<typeof colors.createColors>;

const DETAIL = { lines: 25, characters: 4000 };
const HEADINGS = {
  step: "step",
  python: "python",
  outcome: "outcome",
  time: "time",
  proved: "proved",
  facts: ["facts"],
};
const COLUMNS = ["step", "python", "outcome", "time", "proved"] as const;

/** The whole report, without a newline at its end. */
export function renderReport(verdict: RunVerdict, plan: Plan, options: ReportOptions): string {
  const paint = colors.createColors(options.color);
  const summary = summarise(verdict, plan);
  const sections = [
    partial(verdict, paint),
    refusals(summary, paint, options.words ?? wordsOfRun(verdict.where)),
    table(summary.rows, paint, options.width ?? 120),
    failures(summary, paint, options.evidence),
    measuredAgain(summary, paint),
    unproved(summary, paint),
    closing(verdict, plan, summary, paint, options.evidence),
  ];
  return sections
    .filter((s) => s.length > 0)
    .map((s) => s.join("\n"))
    .join("\n\n");
}

export function paintOutcome(paint: Paint, outcome: Outcome | RunOutcome, text: string): string {
  if (outcome === "passed") return paint.green(text);
  if (outcome === "failed") return paint.red(text);
  return outcome === "skipped" ? paint.dim(text) : paint.yellow(text);
}

function partial({ partial }: RunVerdict, paint: Paint): string[] {
  if (partial === undefined) return [];
  const said = `${partial.leftOut.length} of ${partial.of} steps were left out, since nothing that they read changed since ${partial.base.slice(0, 7)}`;
  return [`${paint.yellow(paint.bold("partial run"))}  ${said}`];
}

function refusals(summary: Summary, paint: Paint, words: Words): string[] {
  if (summary.refused.length === 0) return [];
  const lines: string[] = [];
  for (const { key, verdict } of summary.refused) {
    lines.push(`  ${paint.bold(key)}: ${oneLine(verdict.reason ?? "no reason was given", 400)}`);
    const cure = whatToDo(verdict, words);
    if (cure !== undefined) lines.push(`    → ${oneLine(cure, 400)}`);
  }
  return [paint.yellow(paint.bold("refused")), ...lines];
}

function failures(summary: Summary, paint: Paint, evidence: string | undefined): string[] {
  if (summary.failed.length === 0) return [];
  return [paint.red(paint.bold("failed")), ...summary.failures.flatMap((step) => failure(step, paint, evidence))];
}

function failure({ key, same, verdict }: Failure, paint: Paint, evidence: string | undefined): string[] {
  const detail = detailLines(verdict, DETAIL).map((line) => `    ${line}`);
  const more = evidence === undefined ? [] : [paint.dim(`    more in ${evidence}/${stepFolder(key)}`)];
  const others = same.length === 0 ? [] : [`    in the same words: ${same.join(", ")}`];
  return [
    `  ${paint.bold(key)}: ${oneLine(verdict.reason ?? "no reason was given", 400)}`,
    ...others,
    ...detail,
    ...more,
  ];
}

function measuredAgain(summary: Summary, paint: Paint): string[] {
  if (summary.measuredAgain.length === 0) return [];
  const lines = summary.measuredAgain.map(
    ({ key, actions, first }) => `  ${paint.bold(key)} (${actions.join(", ")}) first: ${oneLine(first, 300)}`,
  );
  return [paint.yellow(paint.bold("measured again, alone: only elapsed time had made it red")), ...lines];
}

function unproved(summary: Summary, paint: Paint): string[] {
  if (summary.unproved.length === 0) return [];
  const lines = summary.unproved.map(({ key, proof }) => {
    const why = proof.reason === undefined ? "" : `: ${oneLine(proof.reason, 300)}`;
    return `  ${paint.bold(key)} ${proof.outcome} “${oneLine(proof.title, 120)}” (${proof.id})${why}`;
  });
  return [paint.yellow(paint.bold("not proved")), ...lines];
}

function table(rows: readonly Row[], paint: Paint, width: number): string[] {
  if (rows.length === 0) return [];
  const lines: readonly (Omit<Row, "outcome"> & { readonly outcome: string })[] = [HEADINGS, ...rows];
  const widths = COLUMNS.map((column) => Math.max(...lines.map((line) => line[column].length)));
  // The facts come last and take what is left; below a dozen columns they are left to the terminal to wrap.
  const left = width - widths.reduce((sum, w) => sum + w + 2, 0);
  return lines.map((line, index) => {
    const cells = COLUMNS.map((column, i) => {
      const padded = line[column].padEnd(widths[i] ?? 0);
      const outcome = column === "outcome" ? rows[index - 1]?.outcome : undefined;
      return outcome === undefined ? padded : paintOutcome(paint, outcome, padded);
    });
    const text = [...cells, whole(line.facts, left < 12 ? 60 : left)].join("  ").trimEnd();
    return index === 0 ? paint.bold(text) : text;
  });
}

/** As many facts as have room, each whole, and how many more there are; the first is cut where even that has no room. */
function whole(facts: readonly string[], room: number): string {
  const lines = facts.map((fact) => oneLine(fact, 400));
  const [first = ""] = lines;
  for (let n = lines.length; n > 0; n -= 1) {
    const text = [...lines.slice(0, n), ...(n === lines.length ? [] : [`+${lines.length - n}`])].join(", ");
    if (text.length <= room) return text;
  }
  return oneLine(first, room);
}

function closing(
  verdict: RunVerdict,
  plan: Plan,
  summary: Summary,
  paint: Paint,
  evidence: string | undefined,
): string[] {
  const what = paint.bold(paintOutcome(paint, verdict.outcome, verdict.outcome));
  const notes = [
    ...(verdict.partial === undefined ? [] : ["partial"]),
    summary.counts,
    verdict.proved ? "proved" : "not proved",
    duration(summary.elapsedMs),
    `on ${verdict.where}${verdict.strict ? ", strict" : ""}`,
  ];
  const lines = [
    `${verdict.goal} of ${oneLine(summary.app, 80)}: ${what} (${notes.join(" · ")})`,
    `plan ${plan.digest}`,
  ];
  if (evidence !== undefined) lines.push(`evidence ${evidence}`);
  return lines;
}
