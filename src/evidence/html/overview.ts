/** The top of the page: how the run ended, in words; what it was about; every check with its instances. */
import type { RunRecord, StepRecord } from "../run-record.ts";
import { summarise } from "../summary.ts";
import { duration, oneLine } from "../text.ts";
import type { RunVerdict } from "../verdict.ts";
import { html, type Markup } from "./markup.ts";
import { badge, code, plural, section, sign, tone } from "./parts.ts";

/** Facts of one instance in the grid; all of them are in verdict.json. */
const FACTS = 6;

export function header(record: RunRecord): Markup {
  const { verdict, plan } = record;
  const summary = summarise(verdict, plan);
  const facts: readonly (readonly [string, Markup | string])[] = [
    ["Started", verdict.startedAt.replace("T", " ").replace(/(?:\.\d+)?Z$/, " UTC")],
    ["Ran on", `${verdict.where}${verdict.strict ? ", strict" : ""}`],
    ...(verdict.commit === undefined ? [] : [["Commit", code(verdict.commit.slice(0, 12))] as const]),
    ["Source", html`${code(short(plan.source.digest))}, ${plural(plan.source.files, "file")}`],
    ["Plan", code(short(plan.digest))],
    ["Pipeline", `${plan.pipeline.name} ${plan.pipeline.version}`],
  ];
  return html`<header class="top ${tone(verdict.outcome)}">
<p class="eyebrow">${verdict.goal} of ${oneLine(plan.app.name, 80)}</p>
<h1><span class="sign" aria-hidden="true">${sign(verdict.outcome)}</span> ${headline(verdict)}</h1>
<p class="lead">${summary.counts} in ${duration(summary.elapsedMs)}. ${proofsInWords(verdict)}</p>
${partial(verdict)}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`;
}

function headline(verdict: RunVerdict): string {
  const failed = verdict.steps.filter((s) => s.outcome === "failed").length;
  if (verdict.outcome === "passed") return verdict.partial === undefined ? "Everything passed" : "What was run passed";
  if (verdict.outcome === "failed") return `${failed} of ${plural(verdict.steps.length, "check")} failed`;
  return "Incomplete: nothing failed, but not everything could be tried";
}

function partial({ partial }: RunVerdict): Markup | undefined {
  if (partial === undefined) return undefined;
  const { base, leftOut, of } = partial;
  return html`<p class="lead"><b>A partial run:</b> ${leftOut.length} of ${of} steps were left out, since nothing that they read changed since ${code(base.slice(0, 12))}.</p>`;
}

function proofsInWords(verdict: RunVerdict): string {
  const proofs = verdict.steps.flatMap((s) => s.proofs);
  if (proofs.length === 0) return "No gate was asked to prove itself.";
  const caught = proofs.filter((p) => p.outcome === "caught").length;
  const which = `${caught} of ${plural(proofs.length, "planted defect")} caught`;
  return verdict.proved ? `Every gate proved itself: ${which}.` : `Not every gate proved itself: ${which}.`;
}

/** The first characters of a digest, enough to compare by eye. */
function short(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

/** Checks by Python version and platform. A check that runs once spans the row. */
export function grid({ steps }: RunRecord): Markup | undefined {
  if (steps.length === 0) return undefined;
  const columns = [...new Set(steps.flatMap((s) => (s.verdict.python === undefined ? [] : [columnOf(s)])))].sort();
  const ids = [...new Set(steps.map((s) => s.verdict.id))];
  const width = Math.max(1, columns.length);
  const rows = ids.map((id) => {
    const own = steps.filter((s) => s.verdict.id === id);
    const first = own[0];
    const name = html`<th scope="row"><span class="name">${first?.title ?? id}</span><span class="muted"><code>${id}</code>${requirements(first)}</span></th>`;
    const once = own.filter((s) => s.verdict.python === undefined);
    if (once.length > 0) return html`<tr>${name}<td colspan="${width}">${once.map(instance)}</td></tr>\n`;
    return html`<tr>${name}${columns.map((c) => html`<td>${own.filter((s) => columnOf(s) === c).map(instance)}</td>`)}</tr>\n`;
  });
  const heads = columns.length === 0 ? ["Outcome"] : columns;
  return section(
    "checks",
    "Checks",
    html`<div class="scroll" role="region" aria-label="Outcome of every check" tabindex="0"><table class="grid">
<thead><tr><th scope="col">Check</th>${heads.map((h) => html`<th scope="col">${h}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`,
  );
}

function columnOf({ verdict }: StepRecord): string {
  return `Python ${verdict.python ?? ""} · ${verdict.platform}`;
}

function requirements(step: StepRecord | undefined): string {
  const ids = step?.verdict.requirements ?? [];
  return ids.length === 0 ? "" : ` · ${ids.join(", ")}`;
}

function instance({ key, verdict }: StepRecord): Markup {
  const ran = verdict.outcome === "passed" || verdict.outcome === "failed";
  const caught = verdict.proofs.filter((p) => p.outcome === "caught").length;
  const notes = [
    ...(ran ? [verdict.cached ? "replayed from the cache" : duration(verdict.durationMs)] : []),
    ...(verdict.proofs.length === 0 ? [] : [`${caught} of ${plural(verdict.proofs.length, "planted defect")} caught`]),
  ];
  const facts = Object.entries(verdict.facts).slice(0, FACTS);
  const name =
    verdict.outcome === "failed"
      ? html`<a href="#failed-${key}">${badge(verdict.outcome)}</a>`
      : badge(verdict.outcome);
  return html`<div class="cell">${name}<span class="note">${notes.join(" · ")}</span>
${verdict.measuredAgain === undefined ? undefined : html`<span class="why">Measured again, alone. First: ${oneLine(verdict.measuredAgain.first, 240)}</span>`}
${ran ? undefined : html`<span class="why">${oneLine(verdict.reason ?? "", 240)}</span>`}
${facts.length === 0 ? undefined : html`<ul class="chips">${facts.map(([k, v]) => html`<li>${oneLine(k, 40)} <b>${oneLine(String(v), 60)}</b></li>`)}</ul>`}</div>`;
}
