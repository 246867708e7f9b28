/**
 * What a run found as workflow commands of GitHub Actions, which shows them on the lines of a pull request
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands). Pure.
 */
import { type Words, wordsOfRun } from "../command-words.ts";
import { repositoryPath } from "./places.ts";
import type { RunRecord, StepRecord } from "./run-record.ts";
import { oneLine } from "./text.ts";
import { whatToDo } from "./what-to-do.ts";

/** GitHub keeps ten errors and ten warnings of a step (https://docs.github.com/en/rest/checks/runs); a whole run is one step there. */
const SHOWN = 10;

interface Annotation {
  readonly title: string;
  readonly message: string;
  readonly path?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** Lines for stdout: errors, then warnings, then how many were left out. */
export function renderAnnotations(record: RunRecord, words: Words = wordsOfRun(record.verdict.where)): string[] {
  const root = record.plan.app.root;
  // In turns, so that a check with hundreds of findings does not push the others out.
  const errors = inTurns(record.steps.filter((s) => s.verdict.outcome === "failed").map(failures));
  const warnings = inTurns(record.steps.map((step) => doubts(step, words)));
  return [...commands("error", errors, root), ...commands("warning", warnings, root)];
}

function failures({ key, verdict, judgement }: StepRecord): Annotation[] {
  const whole = { title: key, message: verdict.reason ?? "no reason was given" };
  const findings = judgement?.outcome === "failed" ? judgement.findings : [];
  if (findings.length === 0) return [whole];
  return findings.map(({ rule, message, path, line, column }) => ({
    title: `${key}: ${rule}`,
    message,
    path,
    line,
    column,
  }));
}

function doubts({ key, verdict, judgement }: StepRecord, words: Words): Annotation[] {
  const cure = whatToDo(verdict, words);
  const remedy = cure === undefined ? "" : ` (${cure})`;
  const refused =
    verdict.outcome === "refused"
      ? [{ title: `${key}: refused`, message: `${verdict.reason ?? "no reason was given"}${remedy}` }]
      : [];
  const flaky = (judgement?.tests ?? [])
    .filter((t) => t.flaky === true)
    .map(({ classname, name, file, line }) => ({
      title: `${key}: flaky`,
      message: `${classname}::${name} failed first and passed when it was run again`,
      path: file,
      line,
    }));
  return [...refused, ...flaky];
}

function inTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const taken: T[] = [];
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0);
  for (let i = 0; i < longest; i++) for (const list of lists) taken.push(...list.slice(i, i + 1));
  return taken;
}

function commands(kind: "error" | "warning", all: readonly Annotation[], root: string): string[] {
  const lines = all.slice(0, SHOWN).map((a) => command(kind, a, root));
  const rest = all.length - lines.length;
  if (rest > 0)
    lines.push(`::notice::and ${rest} more ${kind}${rest === 1 ? "" : "s"}: see the job summary and results.sarif`);
  return lines;
}

function command(kind: string, { title, message, path, line, column }: Annotation, root: string): string {
  const file = repositoryPath(root, path);
  const places =
    file === undefined
      ? []
      : [
          `file=${property(file)}`,
          ...(positive(line) ? [`line=${line}`] : []),
          ...(positive(line) && positive(column) ? [`col=${column}`] : []),
        ];
  return `::${kind} ${[...places, `title=${property(oneLine(title, 120))}`].join(",")}::${data(oneLine(message, 1000))}`;
}

function positive(value: number | undefined): boolean {
  return value !== undefined && value >= 1;
}

function data(text: string): string {
  return text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

function property(text: string): string {
  return data(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
}
