/**
 * The one sanitiser. Test names, tool output and messages of the checked application are untrusted: before they reach a terminal or a
 * Markdown page they go through here. This module decides no layout.
 */
import { stripVTControlCharacters } from "node:util";

/** Controls, format characters (bidirectional overrides, zero-width), private use, lone surrogates, line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/**
 * The text without terminal sequences; every other character that does not show becomes U+FFFD. Newlines and tabs stay,
 * a carriage return counts as a newline.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?/g, "\n")
    .replace(UNPRINTABLE, (c) => (c === "\n" || c === "\t" ? c : "\u{FFFD}"));
}

/** One line of at most `max` characters (code points); what was cut shows as `…`. */
export function oneLine(text: string, max = 200): string {
  return clip(plain(text).replace(/\s+/g, " ").trim(), max);
}

function clip(text: string, max: number): string {
  // A code point is at most two units, so this prefix always suffices and a huge text is not spread into an array.
  const points = Array.from(text.slice(0, max * 2 + 2));
  return points.length <= max ? text : `${points.slice(0, Math.max(0, max - 1)).join("")}…`;
}

/** The first lines of a text, sanitised, without blank ones at either end; a last line says how much was left out, if that is more than one line. */
export function firstLines(text: string, limit: { readonly lines: number; readonly characters: number }): string[] {
  const all = plain(text)
    .replace(/^\s*\n/, "")
    .trimEnd()
    .split("\n");
  const kept: string[] = [];
  let left = limit.characters;
  // A single line takes no more room than the note about it, and it is often the note of how much the text itself left out.
  for (const line of all.length === limit.lines + 1 ? all : all.slice(0, limit.lines)) {
    if (left <= 0) break;
    const short = clip(line, Math.min(left, 400));
    kept.push(short);
    left -= short.length + 1;
  }
  const cut = all.length - kept.length;
  if (cut > 0) kept.push(`… ${cut} more ${cut === 1 ? "line" : "lines"}`);
  return kept[0] === "" && kept.length === 1 ? [] : kept;
}

/** The lines to show below a reason: none where the text only says the reason once more, as that of a single finding does. */
export function detailLines(
  { reason = "", detail = "" }: { readonly reason?: string; readonly detail?: string },
  limit: { readonly lines: number; readonly characters: number },
): string[] {
  const lines = firstLines(detail, limit);
  const only = lines.length === 1 ? oneLine(lines[0] ?? "", 1000) : "";
  // In front of the words of a finding without a place stands its rule, one word.
  const words = oneLine(reason, 1000);
  return words !== "" && (only === words || only.replace(/^\S+ /, "") === words) ? [] : lines;
}

/** Untrusted text as a Markdown code span, in which GitHub renders no markup, mention, link or HTML. Not for table cells. */
export function codeSpan(text: string, max = 200): string {
  return inTicks(oneLine(text, max));
}

/** The same for a table cell, where a `|` would end the cell even inside a span. */
export function codeCell(text: string, max = 160): string {
  // A backslash before the pipe would undo its escape, so such a pipe is shown as a broken bar.
  return inTicks(oneLine(text, max).replace(/\\\|/g, "\\¦").replace(/\|/g, "\\|"));
}

function inTicks(line: string): string {
  if (line === "") return "";
  const ticks = "`".repeat(longestRun(line, "`") + 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

/** Lines as a fenced block; the fence is longer than any run of backticks within. */
export function codeFence(lines: readonly string[], language = "text"): string {
  const fence = "`".repeat(Math.max(3, longestRun(lines.join("\n"), "`") + 1));
  return `${fence}${language}\n${lines.join("\n")}\n${fence}`;
}

function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const c of text) {
    run = c === character ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

/** Milliseconds for people: `0.4 s`, `12.3 s`, `2 min 03 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
