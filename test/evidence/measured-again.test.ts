import { expect, test } from "vitest";
import { renderJobSummary } from "../../src/evidence/job-summary.ts";
import { renderJunit } from "../../src/evidence/junit.ts";
import { advance, NO_PROGRESS } from "../../src/evidence/progress-model.ts";
import { renderReport } from "../../src/evidence/report.ts";
import { renderHtml } from "../../src/evidence/report-html.ts";
import { renderMarkdown } from "../../src/evidence/report-md.ts";
import { renderProofs } from "../../src/evidence/report-proofs.ts";
import { timeline } from "../../src/evidence/timeline.ts";
import { action } from "../plan/fakes.ts";
import { judged, ran, recordOf } from "./records.ts";
import { plan, planned, proof, step } from "./verdicts.ts";

const measuredAgain = { actions: ["run"], first: "slow: it took 10.0 s" };
const verdict = step("asr-smoke", {
  facts: { understood: "3 of 3" },
  measuredAgain,
  proofs: [proof("mute", { measuredAgain: { actions: ["run"], first: "it did not end in time" } })],
});
const record = recordOf([{ key: "asr-smoke", verdict, judgement: judged() }], {
  plan: plan([planned(verdict, { actions: { run: "asr-smoke/run" } })], { actions: [action("asr-smoke/run")] }),
  actions: [ran("asr-smoke/run", 0, 10_000), ran("asr-smoke/run", 12_000, 15_000, { again: true })],
});
const [first, second] = [measuredAgain.first, "it did not end in time"];

test("the report for a terminal names what was measured again, and what it said first", () => {
  const text = renderReport(record.verdict, record.plan, { color: false });
  expect(text).toContain("measured again: run, understood: 3 of 3");
  expect(text).toContain(
    [
      "measured again, alone: only elapsed time had made it red",
      `  asr-smoke (run) first: ${first}`,
      `  asr-smoke/proof/mute (run) first: ${second}`,
    ].join("\n"),
  );
});

test("a run in which nothing was measured again does not speak of it", () => {
  const green = recordOf([{ key: "lint", verdict: step("lint"), judgement: judged() }]);
  for (const text of [
    renderReport(green.verdict, green.plan, { color: false }),
    renderMarkdown(green.verdict, green.plan),
    renderJobSummary(green),
    renderJunit(green),
  ])
    expect(text.toLowerCase()).not.toContain("measured again");
});

test("so do the reports for a pull request and for a job", () => {
  for (const text of [renderMarkdown(record.verdict, record.plan), renderJobSummary(record)]) {
    expect(text).toContain("### Measured again, alone: only elapsed time had made it red");
    expect(text).toContain(`- \`asr-smoke\` (\`run\`) first: \`${first}\``);
    expect(text).toContain(`- \`asr-smoke/proof/mute\` (\`run\`) first: \`${second}\``);
  }
});

test("so does the page, in the check's cell, beside the proof and in the table of actions", async () => {
  const page = await renderHtml(record);
  expect(page).toContain(`Measured again, alone. First: ${first}`);
  expect(page).toContain(`Measured again, alone. First: ${second}`);
  expect(page).toContain("ran again, alone");
  expect(page).toContain("1 action");
});

test("the report of proofs marks one that was tried twice", () => {
  expect(renderProofs(record.verdict, { color: false })).toMatch(/mute .* caught \(measured again\)$/m);
});

test("the report of tests has it as a property of the suite", () => {
  expect(renderJunit(record)).toContain(`<property name="measured again" value="${first}"`);
});

test("the timeline draws both times, and the critical path holds their sum", () => {
  const { lanes, critical } = timeline(record);
  expect(lanes[0]?.bars.map((b) => [b.label, b.start, b.end])).toEqual([
    ["run", 0, 10_000],
    ["run, again", 12_000, 15_000],
  ]);
  expect(critical.ms).toBe(13_000);
});

test("a progress display does not count an action as ended that runs again", () => {
  const at = "2020-01-02T03:04:05.000Z";
  const state = { ...NO_PROGRESS, actions: 3, ended: 2 };
  expect(advance(state, { type: "action-again", at, action: "a" }).ended).toBe(1);
});
