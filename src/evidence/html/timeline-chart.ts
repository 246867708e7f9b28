/** The timeline of a run as a picture, and the same as a list and a table for those who do not see it. */
import type { ActionRecord, RunRecord } from "../run-record.ts";
import { duration, oneLine } from "../text.ts";
import { type Bar, type Lane, type Timeline, timeline } from "../timeline.ts";
import type { Charts } from "./charts.ts";
import { html, type Markup, upTo } from "./markup.ts";
import { code, more, plural, section, table } from "./parts.ts";

/** Units of the drawing; the page scales it to its width. */
const WIDTH = 1100;
const LABELS = 190;
const ROW = 20;
const GAP = 8;
const TOP = 26;
const BARS = 400;
const ROWS = 400;

/** Where the bars of actions begin and end, for what joins them. */
type Places = Map<string, { readonly start: [number, number]; readonly end: [number, number] }>;

export function timelineSection(record: RunRecord, charts: Charts): Markup | undefined {
  if (record.actions.length === 0) return undefined;
  const lines = timeline(record);
  const ran = lines.lanes.flatMap((l) => l.bars).length;
  const replayed = lines.lanes.flatMap((l) => l.replayed).length;
  const intro = html`<p class="intro">${plural(ran, "action")} ran, ${replayed} ${replayed === 1 ? "was" : "were"} replayed from the cache, in ${duration(lines.spanMs)}.</p>`;
  const drawn = ran === 0 ? undefined : html`${legend()}${chart(lines, charts)}${critical(lines)}`;
  return section("timeline", "Timeline", intro, drawn, actionTable(record));
}

function legend(): Markup {
  return html`<ul class="legend" aria-hidden="true"><li><i class="key own"></i>check</li><li><i class="key proof"></i>proof on a planted defect</li><li><i class="key crit"></i>on the critical path</li><li><i class="key wait"></i>waiting for a place or its environment</li><li><i class="key replay">◆</i>replayed from the cache</li></ul>`;
}

function critical({ critical: { ms, actions }, spanMs }: Timeline): Markup {
  const items = actions.map((a) => html`<li>${code(a.id)} <span class="muted">${duration(a.ms)}</span></li>`);
  return html`<p><b>Critical path: ${duration(ms)}</b> of ${duration(spanMs)}. No number of processors makes this run shorter than these, one after the other:</p><ol class="path">${items}</ol>`;
}

function chart(lines: Timeline, { scale, shape }: Charts): Markup {
  const x = scale.scaleLinear([0, Math.max(1, lines.spanMs / 1000)], [LABELS, WIDTH - 12]);
  const at = (ms: number) => x(ms / 1000);
  const rowsOf = (lane: Lane) => Math.max(1, lane.rows);
  const height = TOP + lines.lanes.reduce((sum, lane) => sum + rowsOf(lane) * ROW + GAP, 0);
  const diamond = shape.symbol(shape.symbolDiamond, 46)() ?? "";
  const ticks = x
    .ticks(8)
    .map(
      (t) =>
        html`<line class="tick" x1="${x(t)}" x2="${x(t)}" y1="${TOP - 4}" y2="${height}"/><text class="axis" x="${x(t)}" y="14" text-anchor="middle">${t} s</text>`,
    );
  const places: Places = new Map();
  let top = TOP;
  const lanes = lines.lanes.map((lane, i) => {
    const y = top;
    top += rowsOf(lane) * ROW + GAP;
    const bars = upTo(lane.bars, BARS).shown.map((b) => bar(b, y + b.row * ROW, at, places));
    const marks = lane.replayed.map(
      (r) =>
        html`<path class="replayed" d="${diamond}" transform="translate(${at(r.at)},${y + ROW / 2})"><title>${oneLine(r.id)}: replayed from the cache</title></path>`,
    );
    const band =
      i % 2 === 0
        ? html`<rect class="band" x="0" y="${y - GAP / 2}" width="${WIDTH}" height="${rowsOf(lane) * ROW + GAP}"/>`
        : undefined;
    return html`<g>${band}<text class="lane" x="6" y="${y + 14}">${oneLine(lane.name, 28)}</text>${bars}${marks}</g>\n`;
  });
  const joints = lines.critical.actions.map(({ id }) => places.get(id));
  const path = joints
    .map((next, i) => {
      const before = joints[i - 1];
      return before === undefined || next === undefined ? "" : shape.line()([before.end, next.start]);
    })
    .join("");
  const text = `${lines.lanes.flatMap((l) => l.bars).length} actions over ${duration(lines.spanMs)}; the table below has each of them.`;
  return html`<div class="scroll" role="region" aria-label="Timeline" tabindex="0"><svg class="chart wide" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="timeline-name timeline-text"><title id="timeline-name">When each action ran</title><desc id="timeline-text">${text}</desc>
${ticks}${lanes}<path class="joint" d="${path}"/></svg></div>`;
}

function bar(b: Bar, y: number, at: (ms: number) => number, places: Places): Markup {
  const left = at(b.start);
  const width = Math.max(2, at(b.end) - left);
  const middle = y + ROW / 2;
  places.set(b.id, { start: [left, middle], end: [left + width, middle] });
  // About 6.2 units a letter: a name that does not fit into its bar is left to the bar's title.
  const fits = b.label.length * 6.2 + 8 <= width;
  const kind = `${b.proof ? "proof" : "own"}${b.critical ? " crit" : ""}`;
  return html`<g class="bar ${kind}"><title>${oneLine(b.id)}: ${duration(b.end - b.start)}, from ${duration(b.start)}${b.critical ? ", on the critical path" : ""}</title>${
    left - at(b.ready) > 1
      ? html`<line class="waiting" x1="${at(b.ready)}" x2="${left}" y1="${middle}" y2="${middle}"/>`
      : undefined
  }<rect x="${left}" y="${y + 2}" width="${width}" height="${ROW - 4}" rx="3"/>${fits ? html`<text x="${left + 5}" y="${y + 14}">${oneLine(b.label)}</text>` : undefined}</g>`;
}

function actionTable({ actions, verdict }: RunRecord): Markup {
  const zero = Date.parse(verdict.startedAt);
  const { shown, left } = upTo(actions, ROWS);
  const rows = shown.map((a) => {
    if (a.kind !== "ran")
      return [code(a.id), "", "", a.kind === "refused" ? "refused" : "did not run", oneLine(a.reason, 200)];
    const end =
      a.status.kind === "exited"
        ? `exit ${a.status.code}`
        : a.status.kind === "signalled"
          ? `ended by ${a.status.signal}`
          : "timed out";
    const start = a.startedAt === undefined || a.cached ? "" : duration(a.startedAt - zero);
    return [code(a.id), start, duration(a.durationMs), how(a), end];
  });
  return html`<details><summary>All ${plural(actions.length, "action")} as a table</summary>${table("All actions", ["Action", ">Started after", ">Command took", "How", "End"], rows)}${more(left, "journal.jsonl")}</details>`;
}

function how({ cached, again }: Extract<ActionRecord, { kind: "ran" }>): string {
  if (cached) return "replayed";
  return again === true ? "ran again, alone" : "ran";
}
