/**
 * `summary.md`: a run on one screen, in GitHub-flavoured Markdown, for the job summary of a CI service. What failed comes first, with its lines.
 * Smaller than report.md on purpose. Whatever did not come from this package stands in code spans or fences. Pure.
 */
import { type Words, wordsOfRun } from "../command-words.ts";
import { repositoryPath } from "./places.ts";
import { MARKS, measuredAgain } from "./report-md.ts";
import type { RunRecord, StepRecord } from "./run-record.ts";
import { type Failure, summarise, together } from "./summary.ts";
import { codeCell, codeFence, codeSpan, detailLines, duration } from "./text.ts";
import { whatToDo } from "./what-to-do.ts";

/**
 * Characters. GitHub takes 1 MiB per step (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands,
 * “Adding a job summary”), and a step may run several goals.
 */
const LIMIT = 100_000;
const FINDINGS = 20;
const DETAIL = { lines: 15, characters: 2_000 };
const FLAKY = 20;

/** The whole page, ending in a newline. */
export function renderJobSummary(record: RunRecord, words: Words = wordsOfRun(record.verdict.where)): string {
  const { verdict, plan } = record;
  const summary = summarise(verdict, plan);
  const red = record.steps.filter((s) => s.verdict.outcome === "failed");
  const facts = [summary.counts, verdict.proved ? "every gate proved itself" : "**not every gate proved itself**"];
  const sections = [
    `## ${MARKS[verdict.outcome]} ${verdict.goal} of ${codeSpan(plan.app.name, 80)}: ${verdict.outcome}${verdict.partial === undefined ? "" : " (partial)"}`,
    `${facts.join(" · ")} · ${duration(summary.elapsedMs)} on ${verdict.where}${verdict.strict ? ", strict" : ""}`,
    ...(verdict.partial === undefined
      ? []
      : [
          `**A partial run:** ${verdict.partial.leftOut.length} of ${verdict.partial.of} steps were left out, since nothing that they read changed since ${codeSpan(verdict.partial.base.slice(0, 7))}.`,
        ]),
    ...together(red).map((step) => failure(step, plan.app.root, words)),
    table(record),
    ...flaky(record),
    measuredAgain(summary),
    `Plan \`${plan.digest.slice(0, 19)}\`. The evidence folder holds \`report.html\` (everything), \`junit.xml\` and \`results.sarif\`.`,
  ].filter((section) => section !== "");
  const kept: string[] = [];
  let length = 0;
  for (const section of sections) {
    if (length + section.length > LIMIT) continue;
    kept.push(section);
    length += section.length + 2;
  }
  if (kept.length < sections.length) kept.push("_What no longer fitted stands in `report.html`._");
  return `${kept.join("\n\n")}\n`;
}

function failure({ key, same, verdict, judgement }: StepRecord & Failure, root: string, words: Words): string {
  const findings = judgement?.outcome === "failed" ? judgement.findings : [];
  const lines = findings.slice(0, FINDINGS).map(({ path, line, rule, message }) => {
    const file = repositoryPath(root, path);
    const place = file === undefined ? "" : `${codeSpan(line === undefined ? file : `${file}:${line}`, 300)} `;
    return `- ${place}${codeSpan(rule, 60)} ${codeSpan(message, 300)}`;
  });
  if (findings.length > FINDINGS) lines.push(`- and ${findings.length - FINDINGS} more in \`results.sarif\``);
  const detail = lines.length > 0 ? [] : detailLines(verdict, DETAIL);
  const cure = whatToDo(verdict, words);
  return [
    `### ${MARKS.failed} ${codeSpan(key)}`,
    codeSpan(verdict.reason ?? "no reason was given", 400),
    ...(same.length === 0 ? [] : [`In the same words: ${same.map((s) => codeSpan(s)).join(", ")}`]),
    ...(lines.length === 0 ? [] : [lines.join("\n")]),
    ...(detail.length === 0 ? [] : [codeFence(detail)]),
    ...(cure === undefined ? [] : [`What to do: ${codeSpan(cure, 400)}`]),
  ].join("\n\n");
}

function table({ steps }: RunRecord): string {
  const rows = steps.map(({ key, verdict }) => {
    const ran = verdict.outcome === "passed" || verdict.outcome === "failed";
    const time = !ran ? "" : verdict.cached ? "cached" : duration(verdict.durationMs);
    const proofs = verdict.proofs.length;
    const caught = verdict.proofs.filter((p) => p.outcome === "caught").length;
    const why = verdict.outcome === "passed" ? "" : codeCell(verdict.reason ?? "", 160);
    const proved = proofs === 0 ? "" : `${caught} of ${proofs}`;
    return `| ${codeCell(key)} | ${MARKS[verdict.outcome]} ${verdict.outcome} | ${time} | ${proved} | ${why} |`;
  });
  return [
    "| check | outcome | time | planted defects caught | why |",
    "| --- | --- | ---: | ---: | --- |",
    ...rows,
  ].join("\n");
}

function flaky({ steps }: RunRecord): string[] {
  const all = steps.flatMap(({ key, judgement }) =>
    (judgement?.tests ?? []).filter((t) => t.flaky === true).map((t) => ({ key, test: t })),
  );
  if (all.length === 0) return [];
  const lines = all
    .slice(0, FLAKY)
    .map(({ key, test }) => `- ${codeSpan(`${test.classname}::${test.name}`, 300)} in ${codeSpan(key)}`);
  if (all.length > FLAKY) lines.push(`- and ${all.length - FLAKY} more in \`junit.xml\``);
  return [["### Flaky: failed first, passed when run again", "", ...lines].join("\n")];
}
