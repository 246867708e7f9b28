/**
 * `report.html`: the whole story of a run as one file that asks for nothing else: no script, no picture, no font, no request. Its policy allows
 * its own style by hash and nothing more. Sections are under `html/`; this module puts them in order. Bounded: each section shows the first of
 * what there is and says where the rest stands.
 */
import { createHash } from "node:crypto";
import { type Words, wordsOfRun } from "../command-words.ts";
import { loadCharts } from "./html/charts.ts";
import { failures, proofs, refusals } from "./html/failures.ts";
import { html, type Markup } from "./html/markup.ts";
import { grid, header } from "./html/overview.ts";
import { plotsSection } from "./html/plots.ts";
import { enforcement, environment, files, testsSection } from "./html/record.ts";
import { STYLE } from "./html/style.ts";
import { timelineSection } from "./html/timeline-chart.ts";
import type { RunRecord } from "./run-record.ts";
import { oneLine } from "./text.ts";

/** The whole page, ending in a newline. Commands are those of the door that the run came through, unless said otherwise. */
export async function renderHtml(record: RunRecord, words: Words = wordsOfRun(record.verdict.where)): Promise<string> {
  const charts = await loadCharts();
  const sections: readonly (readonly [id: string, name: string, content: Markup | undefined])[] = [
    ["failed", "Failed", failures(record, words)],
    ["refused", "Refused", refusals(record, words)],
    ["checks", "Checks", grid(record)],
    ["timeline", "Timeline", timelineSection(record, charts)],
    ["measured", "Measured", plotsSection(record, charts)],
    ["tests", "Tests", testsSection(record)],
    ["proofs", "Proofs", proofs(record)],
    ["enforced", "Not enforced", enforcement(record)],
    ["environment", "Environment", environment(record)],
    ["files", "Evidence", files(record)],
  ];
  const there = sections.filter(([, , content]) => content !== undefined);
  const links = there.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`);
  const title = `${record.verdict.outcome}: ${record.verdict.goal} of ${oneLine(record.plan.app.name, 80)}`;
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`;
  return `${
    html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>${title}</title><style>${{ markup: STYLE }}</style></head>
<body><div class="page">${header(record)}
<nav aria-label="Sections"><ul>${links}</ul></nav>
<main>${there.map(([, , content]) => content)}</main>
<footer><p>Made by ${record.plan.pipeline.name} ${record.plan.pipeline.version} from the evidence of the run alone.</p></footer></div></body></html>
`.markup
  }`;
}
