/** Measured quantities as pictures: every sample with p50 and p95, single values as bars, and the limits that they were judged by. */
import type { Measure } from "../../steps/step.ts";
import type { RunRecord } from "../run-record.ts";
import { oneLine } from "../text.ts";
import type { Charts } from "./charts.ts";
import { html, type Markup, upTo } from "./markup.ts";
import { more, plural, section, table } from "./parts.ts";

const WIDTH = 420;
const LEFT = 10;
const RIGHT = 16;
const TOP = 34;
const BAND = 46;
const BOTTOM = 26;
/** Dots of one group; of more samples an even choice is drawn, the extremes included. */
const DOTS = 300;
const GROUPS = 24;
const PLOTS = 40;

interface Group {
  readonly name: string;
  /** Ascending. */
  readonly values: readonly number[];
}

interface Plot extends Omit<Measure, "groups"> {
  readonly step: string;
  readonly groups: readonly Group[];
}

export function plotsSection(record: RunRecord, charts: Charts): Markup | undefined {
  const all = gather(record);
  if (all.length === 0) return undefined;
  const { shown, left } = upTo(all, PLOTS);
  const figures = shown.map((plot, i) => figure(plot, `plot-${i}`, charts));
  return section(
    "measured",
    "Measured",
    html`<div class="figures">${figures}</div>`,
    more(left, "steps/*/judgement.json"),
  );
}

/** One plot for what several instances of a check measured alike. */
function gather({ steps }: RunRecord): Plot[] {
  const plots = new Map<string, Plot>();
  for (const { verdict, title, judgement } of steps) {
    const several = steps.filter((s) => s.verdict.id === verdict.id).length > 1;
    for (const m of judgement?.measures ?? []) {
      const key = JSON.stringify([verdict.id, m.id, m.title, m.unit, m.better, m.limits]);
      const own = m.groups.map((g) => ({
        name:
          several && verdict.python !== undefined
            ? `Python ${verdict.python}${g.name === "" ? "" : ` · ${g.name}`}`
            : g.name,
        values: [...g.values].sort((a, b) => a - b),
      }));
      plots.set(key, {
        ...m,
        step: title,
        groups: [...(plots.get(key)?.groups ?? []), ...own.filter((g) => g.values.length > 0)],
      });
    }
  }
  return [...plots.values()].filter((p) => p.groups.length > 0);
}

function figure(plot: Plot, id: string, charts: Charts): Markup {
  const { shown, left } = upTo(plot.groups, GROUPS);
  const sampled = plot.groups.some((g) => g.values.length > 1);
  const wanted = plot.limits.map((l) => `${oneLine(l.name, 60)} ${number(l.value)} ${oneLine(plot.unit, 12)}`);
  return html`<figure><figcaption><h3>${oneLine(plot.title, 120)}</h3><p class="muted">${plot.step} · ${oneLine(plot.unit, 12)}, ${plot.better} is better${wanted.length === 0 ? "" : ` · ${wanted.join(" · ")}`}${sampled ? " · ◇ p50, ▲ p95" : ""}</p></figcaption>
${drawing({ ...plot, groups: shown }, id, charts)}${more(left, "steps/*/judgement.json")}
<details><summary>In figures</summary>${figures(plot, charts)}</details></figure>`;
}

function drawing(plot: Plot, id: string, { scale, shape, array }: Charts): Markup {
  const unit = oneLine(plot.unit, 12);
  const all = [
    ...plot.groups.flatMap((g) => [g.values[0] ?? 0, g.values.at(-1) ?? 0]),
    ...plot.limits.map((l) => l.value),
  ];
  const [low = 0, high = 0] = array.extent(all);
  // Bars are lengths, so theirs begin at nothing.
  const base = Math.min(0, low);
  const x = scale.scaleLinear([base, high > base ? high : base + 1], [LEFT, WIDTH - RIGHT]).nice(6);
  const height = TOP + plot.groups.length * BAND + BOTTOM;
  const floor = height - BOTTOM;
  const y = scale
    .scaleBand(
      plot.groups.map((_, i) => String(i)),
      [TOP, floor],
    )
    .paddingInner(0.2);
  const ticks = x
    .ticks(4)
    .map(
      (t) =>
        html`<line class="tick" x1="${x(t)}" x2="${x(t)}" y1="${TOP}" y2="${floor}"/><text class="axis" x="${x(t)}" y="${height - 9}" text-anchor="middle">${number(t)}</text>`,
    );
  const p50 = shape.symbol(shape.symbolDiamond, 70)() ?? "";
  const p95 = shape.symbol(shape.symbolTriangle, 60)() ?? "";
  const groups = plot.groups.map((g, i) => {
    const top = y(String(i)) ?? TOP;
    const middle = top + 26;
    const name = html`<text class="group" x="${LEFT}" y="${top + 10}">${oneLine(g.name, g.values.length === 1 ? 46 : 30)}</text>`;
    const value = (words: string) =>
      html`<text class="value" x="${WIDTH - RIGHT}" y="${top + 10}" text-anchor="end">${words}</text>`;
    const only = g.values[0];
    if (g.values.length === 1 && only !== undefined)
      return html`<g>${name}${value(`${number(only)} ${unit}`)}<rect class="single" x="${Math.min(x(0), x(only))}" y="${middle - 7}" width="${Math.max(1.5, Math.abs(x(only) - x(0)))}" height="14" rx="2"><title>${number(only)} ${unit}</title></rect></g>\n`;
    const mid = array.quantileSorted([...g.values], 0.5) ?? 0;
    const late = array.quantileSorted([...g.values], 0.95) ?? 0;
    const dots = sample(g.values).map(
      (v, k) => html`<circle class="dot" cx="${x(v)}" cy="${middle + (((k * 7) % 11) - 5) * 1.3}" r="2.6"/>`,
    );
    return html`<g>${name}${value(`p50 ${number(mid)} · p95 ${number(late)} ${unit} · n ${g.values.length}`)}${dots}<path class="p50" d="${p50}" transform="translate(${x(mid)},${middle})"><title>p50: ${number(mid)} ${unit}</title></path><path class="p95" d="${p95}" transform="translate(${x(late)},${middle})"><title>p95: ${number(late)} ${unit}</title></path></g>\n`;
  });
  const limits = plot.limits.map((l, i) => {
    const right = x(l.value) > WIDTH * 0.6;
    return html`<g class="limit"><line x1="${x(l.value)}" x2="${x(l.value)}" y1="${TOP - 8}" y2="${floor}"/><text x="${x(l.value) + (right ? -5 : 5)}" y="${10 + (i % 2) * 13}" text-anchor="${right ? "end" : "start"}">${oneLine(l.name, 40)} ${number(l.value)}</text></g>`;
  });
  const said = plot.groups.map((g) => `${oneLine(g.name, 60)}: ${words(g, unit, array)}`).join("; ");
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-name ${id}-text"><title id="${id}-name">${oneLine(plot.title, 120)}</title><desc id="${id}-text">${said}</desc>${ticks}${limits}${groups}</svg>`;
}

function words({ values }: Group, unit: string, array: Charts["array"]): string {
  const only = values[0] ?? 0;
  if (values.length === 1) return `${number(only)} ${unit}`;
  const at = (p: number) => number(array.quantileSorted([...values], p) ?? 0);
  return `${plural(values.length, "sample")}, p50 ${at(0.5)} ${unit}, p95 ${at(0.95)} ${unit}`;
}

function figures(plot: Plot, { array }: Charts): Markup {
  const at = (g: Group, p: number) => number(array.quantileSorted([...g.values], p) ?? 0);
  const rows = plot.groups
    .slice(0, 200)
    .map((g) => [oneLine(g.name, 120), g.values.length, at(g, 0), at(g, 0.5), at(g, 0.95), at(g, 1)]);
  return table(`${plot.title} in figures`, ["Group", ">Samples", ">Least", ">p50", ">p95", ">Most"], rows);
}

/** Evenly chosen by rank, first and last included. */
function sample(values: readonly number[]): number[] {
  if (values.length <= DOTS) return [...values];
  return Array.from({ length: DOTS }, (_, i) => values[Math.round((i * (values.length - 1)) / (DOTS - 1))] ?? 0);
}

/** Three or more significant digits, no exponent for what people measure. */
function number(value: number): string {
  const size = Math.abs(value);
  return size >= 100
    ? value.toFixed(0)
    : size >= 10
      ? String(Number(value.toFixed(1)))
      : String(Number(value.toPrecision(3)));
}
