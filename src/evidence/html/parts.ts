/** Small pieces that several sections of the page share: badges, tables, sections. */
import { oneLine } from "../text.ts";
import type { Outcome, ProofRecord, RunOutcome } from "../verdict.ts";
import { html, type Markup, type Piece } from "./markup.ts";

type State = Outcome | RunOutcome | ProofRecord["outcome"];

/** A sign of its own for each, so that colour is never all that tells them apart. */
const SIGNS: Readonly<Record<State, readonly [sign: string, tone: string]>> = {
  passed: ["✓", "good"],
  caught: ["✓", "good"],
  failed: ["✕", "bad"],
  missed: ["✕", "bad"],
  incomplete: ["!", "warn"],
  refused: ["!", "warn"],
  blocked: ["⊘", "idle"],
  skipped: ["–", "idle"],
};

export function tone(state: State): string {
  return SIGNS[state][1];
}

export function sign(state: State): string {
  return SIGNS[state][0];
}

export function badge(state: State, text: string = state): Markup {
  return html`<span class="badge ${tone(state)}"><span aria-hidden="true">${sign(state)}</span> ${text}</span>`;
}

export function section(id: string, title: string, ...content: readonly Piece[]): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`;
}

/** `heads` that start with `>` are columns of numbers. The table scrolls in itself where the screen is narrow. */
export function table(label: string, heads: readonly string[], rows: readonly (readonly Piece[])[], kind = ""): Markup {
  const numeric = heads.map((h) => h.startsWith(">"));
  const cell = (piece: Piece, i: number) =>
    numeric[i] === true ? html`<td class="num">${piece}</td>` : html`<td>${piece}</td>`;
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table class="${kind}">
<thead><tr>${heads.map((h, i) => html`<th scope="col"${numeric[i] === true ? html` class="num"` : undefined}>${h.replace(/^>/, "")}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`;
}

/** Untrusted text on one line, in a fixed-width face. */
export function code(text: string, max = 200): Markup {
  return html`<code>${oneLine(text, max)}</code>`;
}

/** A path and line as code that breaks at its slashes only. */
export function place(path: string, line?: number, column?: number): Markup {
  const parts = [oneLine(path, 300), line, column].filter((x) => x !== undefined).join(":");
  const pieces = parts.split("/");
  return html`<code class="place">${pieces.map((part, i) => (i === 0 ? part : html`/<wbr>${part}`))}</code>`;
}

export function more(left: number, where: string): Markup | undefined {
  return left === 0 ? undefined : html`<p class="muted">and ${left} more: see ${code(where)}</p>`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
