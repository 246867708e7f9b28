/** What is not green, first of all: failed checks with their lines, what the machine refused, planted defects that were not caught. */
import type { Words } from "../../command-words.ts";
import type { TestRecord } from "../../steps/step.ts";
import { repositoryPath } from "../places.ts";
import type { RunRecord, StepRecord } from "../run-record.ts";
import { type Failure, together } from "../summary.ts";
import { detailLines, firstLines, oneLine } from "../text.ts";
import { whatToDo } from "../what-to-do.ts";
import { html, type Markup, upTo } from "./markup.ts";
import { badge, code, more, place, plural, section, table } from "./parts.ts";

const FINDINGS = 100;
/** Of these the first are in sight, the others behind a click. */
const IN_SIGHT = 15;
const TESTS = 30;
/** So few texts of failed tests are shown without a click. */
const OPEN = 2;
const DETAIL = { lines: 120, characters: 12_000 };
const TEXT = { lines: 60, characters: 5_000 };
/** Characters of the texts of failed tests, all checks together. */
const TEXTS = 60_000;

export function failures(record: RunRecord, words: Words): Markup | undefined {
  const red = record.steps.filter((s) => s.verdict.outcome === "failed");
  if (red.length === 0) return undefined;
  const room = TEXTS / red.length;
  return section(
    "failed",
    "What failed",
    together(red).map((step) => failure(step, record, room, words)),
  );
}

function failure(step: StepRecord & Failure, { plan, verdict: run }: RunRecord, room: number, words: Words): Markup {
  const { key, same, title, verdict, judgement } = step;
  const missed = verdict.proofs.filter((p) => p.outcome === "missed");
  const red = (judgement?.tests ?? []).filter((t) => t.outcome === "failed" || t.outcome === "error");
  const findings = judgement?.outcome === "failed" ? judgement.findings : [];
  const detail = detailLines(verdict, DETAIL);
  const cure = whatToDo(verdict, words);
  const again = words.typed({ name: "run", goal: run.goal, only: [verdict.id] });
  return html`<article class="failure" id="failed-${key}">
<h3>${title} <code>${key}</code> ${badge("failed")}</h3>
<p class="reason">${oneLine(verdict.reason ?? "No reason was given.", 600)}</p>
${same.length === 0 ? undefined : html`<p>In the same words: ${same.map((s, i) => html`${i === 0 ? "" : ", "}<code id="failed-${s}">${s}</code>`)}</p>`}
${findingsTable(key, findings, plan.app.root)}
${tests(red, room)}
${detail.length <= findings.length ? undefined : html`<details${findings.length === 0 ? html` open` : undefined}><summary>What the check said (${plural(detail.length, "line")})</summary><pre tabindex="0">${detail.join("\n")}</pre></details>`}
${missed.length === 0 ? undefined : html`<ul>${missed.map((p) => html`<li>${badge("missed")} ${oneLine(p.title, 160)}: ${oneLine(p.reason ?? "", 400)}</li>`)}</ul>`}
<div class="remedy"><h4>What to do</h4>
${cure === undefined ? undefined : html`<p>${oneLine(cure, 400)}</p>`}
<p>Run it again: <code>${again}</code></p>
<p>Look around where it runs: <code>${words.typed({ name: "debug", step: key })}</code></p></div>
</article>`;
}

function findingsTable(
  key: string,
  findings: NonNullable<StepRecord["judgement"]>["findings"],
  root: string,
): Markup | undefined {
  if (findings.length === 0) return undefined;
  const { shown, left } = upTo(findings, FINDINGS);
  const rows = shown.map(({ path, line, column, rule, message }) => {
    const file = repositoryPath(root, path);
    const where = file === undefined ? html`<span class="muted">no file</span>` : place(file, line, column);
    return [where, code(rule, 60), oneLine(message, 500)];
  });
  const heads = ["Where", "Rule", "What"];
  const hidden = rows.slice(IN_SIGHT);
  const rest = html`<details><summary>${hidden.length} more of ${plural(findings.length, "finding")}</summary>${table(`More findings of ${key}`, heads, hidden, "findings")}</details>`;
  return html`${table(`Findings of ${key}`, heads, rows.slice(0, IN_SIGHT), "findings")}${hidden.length === 0 ? undefined : rest}${more(left, "results.sarif")}`;
}

function tests(red: readonly TestRecord[], room: number): Markup | undefined {
  if (red.length === 0) return undefined;
  const { shown, left } = upTo(red, TESTS);
  const each = Math.min(TEXT.characters, Math.floor(room / shown.length));
  const open = red.length <= OPEN ? html` open` : undefined;
  const items = shown.map((t) => {
    const lines = firstLines(t.text === "" ? t.message : t.text, { lines: TEXT.lines, characters: each });
    return html`<details${open}><summary>${badge("failed", t.outcome)} ${code([t.classname, t.name].filter((x) => x !== "").join("::"), 300)}</summary>${lines.length === 0 ? undefined : html`<pre tabindex="0">${lines.join("\n")}</pre>`}</details>`;
  });
  return html`<details${open}><summary>What ${red.length === 1 ? "the failing test" : `each of the ${red.length} failing tests`} said</summary><div class="inner">${items}${more(left, "junit.xml")}</div></details>`;
}

/** What the machine could not do, with what cures it, and what waits behind something red. */
export function refusals({ steps }: RunRecord, words: Words): Markup | undefined {
  const refused = steps.filter((s) => s.verdict.outcome === "refused");
  if (refused.length === 0) return undefined;
  const rows = refused.map(({ key, verdict }) => [
    code(key),
    oneLine(verdict.reason ?? "no reason was given", 400),
    oneLine(whatToDo(verdict, words) ?? "", 400),
  ]);
  return section(
    "refused",
    "Refused: this machine could not run it",
    table("Refused checks", ["Check", "Why", "What to do"], rows),
  );
}

export function proofs({ steps }: RunRecord): Markup | undefined {
  const all = steps.flatMap((s) => s.verdict.proofs.map((proof) => ({ key: s.key, proof })));
  if (all.length === 0) return undefined;
  // What was not caught comes first.
  const order = { missed: 0, refused: 1, caught: 2 } as const;
  const rows = [...all]
    .sort((a, b) => order[a.proof.outcome] - order[b.proof.outcome])
    .map(({ key, proof }) => [
      code(key),
      html`${oneLine(proof.title, 160)}${proof.reason === undefined ? undefined : html`<br><span class="why">${oneLine(proof.reason, 400)}</span>`}${proof.measuredAgain === undefined ? undefined : html`<br><span class="why">Measured again, alone. First: ${oneLine(proof.measuredAgain.first, 240)}</span>`}`,
      proof.scope === "app" ? "this application" : "a bundled application",
      html`${badge(proof.outcome)}${proof.cached ? html` <span class="muted">replayed</span>` : undefined}`,
    ]);
  return section(
    "proofs",
    "Proofs",
    html`<p class="intro">Each gate is given defects that were planted on purpose, and must fail on every one for the right reason. A gate that misses one proves nothing by being green.</p>`,
    table("Planted defects", ["Check", "Planted defect", "Laid over", "Outcome"], rows),
  );
}
