/**
 * The report for a pull request, in GitHub-flavoured Markdown (`report.md`). Whatever did not come from this package stands in code spans
 * or fences. Pure, and bounded: the page fits into a comment.
 */
import { type Words, wordsOfRun } from "../command-words.ts";
import type { Plan } from "../plan/plan.ts";
import { stepFolder } from "./collect.ts";
import type { Failure, Summary } from "./summary.ts";
import { summarise } from "./summary.ts";
import { codeCell, codeFence, codeSpan, detailLines, duration } from "./text.ts";
import type { RunVerdict, StepVerdict } from "./verdict.ts";
import { whatToDo } from "./what-to-do.ts";

/** GitHub takes 65,536 characters in a comment. */
const LIMIT = 60_000;
const DETAIL_LIMIT = { lines: 60, characters: 6_000 };
/** All failures share this many characters, so that one red run of forty steps still fits. */
const DETAILS_TOGETHER = 30_000;

/** Signs of outcomes, for Markdown. */
export const MARKS = {
  passed: "✅",
  failed: "❌",
  incomplete: "⚠️",
  skipped: "➖",
  refused: "⚠️",
  blocked: "⛔",
} as const;
const PROOF_MARKS = { caught: "✅ caught", missed: "❌ missed", refused: "⚠️ refused" } as const;

/** The whole page, ending in a newline. At most 60,000 characters. Commands are those of the door that the run came through, unless said otherwise. */
export function renderMarkdown(verdict: RunVerdict, plan: Plan, words: Words = wordsOfRun(verdict.where)): string {
  const summary = summarise(verdict, plan);
  const sections = [
    heading(verdict, summary),
    refusals(summary, words),
    table(verdict, summary),
    failures(summary),
    measuredAgain(summary),
    unproved(summary),
    reproduce(verdict, plan, summary, words),
    proofs(verdict),
    environment(verdict, plan),
  ];
  return within(sections.filter((s) => s !== ""));
}

/** Later sections matter less: one that no longer fits is named instead of cut in the middle of a fence. */
function within(sections: readonly string[]): string {
  const kept: string[] = [];
  let length = 0;
  let left = 0;
  for (const section of sections) {
    if (length + section.length + 2 > LIMIT - 100) {
      left += 1;
      continue;
    }
    kept.push(section);
    length += section.length + 2;
  }
  if (left > 0) kept.push(`_${left} more ${left === 1 ? "section" : "sections"}: see \`verdict.json\`._`);
  return `${kept.join("\n\n")}\n`;
}

function heading(verdict: RunVerdict, summary: Summary): string {
  const proved = verdict.proved ? "every gate proved itself" : "**not every gate proved itself**";
  return [
    `## ${MARKS[verdict.outcome]} ${verdict.goal} of ${codeSpan(summary.app, 80)}: ${verdict.outcome}${verdict.partial === undefined ? "" : " (partial)"}`,
    "",
    ...partial(verdict),
    `${summary.counts} in ${duration(summary.elapsedMs)} · ${proved}`,
  ].join("\n");
}

function partial({ partial }: RunVerdict): string[] {
  if (partial === undefined) return [];
  const since = `nothing that they read changed since ${codeSpan(partial.base.slice(0, 7))}`;
  return [`**A partial run:** ${partial.leftOut.length} of ${partial.of} steps were left out, since ${since}.`, ""];
}

function refusals(summary: Summary, words: Words): string {
  if (summary.refused.length === 0) return "";
  const lines: string[] = [];
  for (const { key, verdict } of summary.refused) {
    lines.push(`- ${codeSpan(key)}: ${codeSpan(verdict.reason ?? "no reason was given", 400)}`);
    const cure = whatToDo(verdict, words);
    if (cure !== undefined) lines.push(`  - what to do: ${codeSpan(cure, 400)}`);
  }
  return ["### Refused: this machine could not run it", "", ...lines].join("\n");
}

function table(verdict: RunVerdict, summary: Summary): string {
  const head = ["| step | python | outcome | time | proved | facts |", "| --- | --- | --- | ---: | --- | --- |"];
  const rows = summary.rows.map((r) => {
    const cells = [
      codeCell(r.step),
      r.python,
      `${MARKS[r.outcome]} ${r.outcome}`,
      r.time,
      r.proved,
      codeCell(r.facts.join(", ")),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return verdict.steps.length === 0 ? "No step was selected." : [...head, ...rows].join("\n");
}

function failures(summary: Summary): string {
  if (summary.failed.length === 0) return "";
  const characters = Math.min(DETAIL_LIMIT.characters, Math.floor(DETAILS_TOGETHER / summary.failures.length));
  return ["### Failed", ...summary.failures.map((step) => failure(step, characters))].join("\n\n");
}

function failure({ key, same, verdict }: Failure, characters: number): string {
  const detail = detailLines(verdict, { lines: DETAIL_LIMIT.lines, characters });
  const parts = [`#### ${codeSpan(key)}`, codeSpan(verdict.reason ?? "no reason was given", 400)];
  if (same.length > 0) parts.push(`In the same words: ${same.map((s) => codeSpan(s)).join(", ")}`);
  if (detail.length > 0) parts.push(codeFence(detail));
  parts.push(`Evidence: ${codeSpan(stepFolder(key))}`);
  return parts.join("\n\n");
}

/** Of the report and of the job summary. */
export function measuredAgain(summary: Summary): string {
  if (summary.measuredAgain.length === 0) return "";
  const lines = summary.measuredAgain.map(
    ({ key, actions, first }) => `- ${codeSpan(key)} (${codeSpan(actions.join(", "))}) first: ${codeSpan(first, 300)}`,
  );
  return ["### Measured again, alone: only elapsed time had made it red", "", ...lines].join("\n");
}

function unproved(summary: Summary): string {
  if (summary.unproved.length === 0) return "";
  const lines = summary.unproved.map(({ key, proof }) => {
    const why = proof.reason === undefined ? "" : `: ${codeSpan(proof.reason, 300)}`;
    return `- ${codeSpan(key)} ${PROOF_MARKS[proof.outcome]} ${codeSpan(proof.title, 120)}${why}`;
  });
  return ["### Not proved", "", ...lines].join("\n");
}

function reproduce({ goal }: RunVerdict, plan: Plan, summary: Summary, words: Words): string {
  const only = [...new Set(summary.failed.map(({ verdict: step }) => step.id))];
  const lines = [words.typed({ name: "run", goal, only })];
  const first = summary.failed[0];
  if (first !== undefined)
    lines.push(`${words.typed({ name: "debug", step: first.key })}   # a shell where the step runs`);
  lines.push(`${words.typed({ name: "plan", goal })}   # with the same options prints ${plan.digest}`);
  return ["### Reproduce it", "", codeFence(lines, "sh")].join("\n");
}

function proofs(verdict: RunVerdict): string {
  const rows = verdict.steps.flatMap((step) => step.proofs.map((proof) => proofRow(step, proof)));
  if (rows.length === 0) return "";
  const caught = verdict.steps.flatMap((s) => s.proofs).filter((p) => p.outcome === "caught").length;
  const lines = [
    `<details><summary>Proofs: ${caught} of ${rows.length} planted defects caught</summary>`,
    "",
    "| step | planted defect | laid over | outcome |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    "</details>",
  ];
  return lines.join("\n");
}

function proofRow(step: StepVerdict, proof: StepVerdict["proofs"][number]): string {
  const name = step.python === undefined ? step.id : `${step.id} (${step.python})`;
  const over = proof.scope === "app" ? "this application" : "a bundled application";
  const outcome = `${PROOF_MARKS[proof.outcome]}${proof.cached ? " (cached)" : ""}`;
  return `| ${codeCell(name)} | ${codeCell(proof.title, 120)} | ${over} | ${outcome} |`;
}

function environment(verdict: RunVerdict, plan: Plan): string {
  const rows: readonly (readonly [string, string])[] = [
    ["ran on", `${verdict.where}${verdict.strict ? ", strict" : ""}`],
    ["started", verdict.startedAt],
    ["pipeline", `${plan.pipeline.name} ${plan.pipeline.version}`],
    ["plan", plan.digest],
    ["config", plan.config],
    ["source", `${plan.source.digest} (${plan.source.files} files)`],
    ["base", plan.base ?? "none"],
    ...Object.entries(plan.images).map(([name, image]) => [`image ${name}`, image] as const),
  ];
  const lines = rows.map(([name, value]) => `| ${name} | ${codeCell(value)} |`);
  return ["<details><summary>Environment</summary>", "", "| | |", "| --- | --- |", ...lines, "", "</details>"].join(
    "\n",
  );
}
