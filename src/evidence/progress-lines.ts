/**
 * Progress as lines of text: the stable ones that stay (one per step when it ends, with the first lines of a failure) and the block
 * that a terminal redraws. Pure.
 */
import type { Words } from "../command-words.ts";
import type { Progress } from "./progress-model.ts";
import type { Paint } from "./report.ts";
import { paintOutcome } from "./report.ts";
import { detailLines, duration, oneLine } from "./text.ts";
import type { StepVerdict } from "./verdict.ts";
import { whatToDo } from "./what-to-do.ts";

const FIRST_LINES = { lines: 5, characters: 800 };

/** What stays on the screen when a step ends. `key` is the step's key in the plan; `like` is that of an earlier one that failed in the same words. */
export function stepLines(key: string, verdict: StepVerdict, paint: Paint, words: Words, like?: string): string[] {
  const ran = verdict.outcome === "passed" || verdict.outcome === "failed";
  const time = !ran ? "" : ` (${verdict.cached ? "cached" : duration(verdict.durationMs)})`;
  const why = verdict.outcome === "passed" ? "" : `: ${oneLine(verdict.reason ?? "no reason was given", 300)}`;
  const head = `${paintOutcome(paint, verdict.outcome, verdict.outcome.padEnd(8))} ${key}${time}${why}`;
  const said = verdict.outcome === "failed" ? detailLines(verdict, FIRST_LINES) : [];
  const cure = verdict.outcome === "refused" ? whatToDo(verdict, words) : undefined;
  const below =
    cure !== undefined
      ? [`→ ${oneLine(cure, 300)}`]
      : like !== undefined && said.length > 0
        ? [`as ${like} above`]
        : said;
  return [head, ...below.map((line) => `    ${line}`)];
}

/**
 * The block that is redrawn: a summary line, then what runs with its elapsed seconds, oldest first, in at most `rows` lines,
 * none wider than `columns`. Empty when there is nothing to show.
 */
export function liveLines(
  state: Progress,
  now: number,
  size: { readonly columns: number; readonly rows: number },
  paint: Paint,
): string[] {
  if (state.finished || state.steps.length === 0) return [];
  const done = Object.values(state.verdicts);
  const failed = done.filter((v) => v.outcome === "failed").length;
  const parts = [
    duration(now - state.startedAt),
    `${done.length}/${state.steps.length} steps`,
    `${state.ended}/${state.actions} actions${state.cached === 0 ? "" : ` (${state.cached} cached)`}`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ];
  const room = Math.max(1, size.rows - 2);
  const shown = state.running.slice(0, state.running.length > room ? room - 1 : room);
  const rest = state.running.length - shown.length;
  const lines = shown.map(({ action, since }) => {
    const elapsed = `${Math.max(0, Math.floor((now - since) / 1000))} s`.padStart(6);
    return `${paint.dim(elapsed)}  ${oneLine(action, Math.max(10, size.columns - 9))}`;
  });
  if (rest > 0) lines.push(paint.dim(`        and ${rest} more`));
  return [oneLine(parts.join(" · "), Math.max(10, size.columns - 1)), ...lines];
}
