import { describe, expect, test } from "vitest";
import { DAGGER_WORDS, hostWords, type Words } from "../../src/command-words.ts";
import { renderAnnotations } from "../../src/evidence/annotations.ts";
import { renderJobSummary } from "../../src/evidence/job-summary.ts";
import { renderReport } from "../../src/evidence/report.ts";
import { renderHtml } from "../../src/evidence/report-html.ts";
import { renderMarkdown } from "../../src/evidence/report-md.ts";
import type { RunRecord } from "../../src/evidence/run-record.ts";
import { whatToDo } from "../../src/evidence/what-to-do.ts";
import { recordOf } from "./records.ts";
import { step } from "./verdicts.ts";

const refused = step("types", {
  outcome: "refused",
  reason: "no Python 3.12",
  remedy: "Install it.",
  need: "python-3.12",
});

test("a refusal says which line of doctor says more, and whether that command can get it", () => {
  expect(whatToDo(refused, hostWords("vp"))).toBe(
    "Install it. `vp doctor` says more in its line python-3.12; `vp doctor --install` tries to get it.",
  );
  expect(whatToDo({ remedy: "Provide it.", need: "secret-key" }, hostWords("vp"))).toBe(
    "Provide it. `vp doctor` says more in its line secret-key.",
  );
});

test("where the door has no doctor the remedy stands alone", () => {
  expect(whatToDo(refused, DAGGER_WORDS)).toBe("Install it.");
});

test("a step without a remedy gets none", () => {
  expect(whatToDo({}, hostWords())).toBeUndefined();
});

describe("the evidence of a run through", () => {
  const red = step("lint", { outcome: "failed", reason: "2 findings" });
  const recordThrough = (where: string): RunRecord =>
    recordOf(
      [
        { key: "lint", verdict: red },
        { key: "types", verdict: refused },
      ],
      {},
      { where, outcome: "failed" },
    );
  const texts = async (record: RunRecord, words?: Words): Promise<string> =>
    [
      renderMarkdown(record.verdict, record.plan, words),
      (await renderHtml(record, words)).replace(/<style>[\s\S]*<\/style>/, ""),
      renderJobSummary(record, words),
      renderReport(record.verdict, record.plan, words === undefined ? { color: false } : { color: false, words }),
      ...renderAnnotations(record, words),
    ].join("\n");

  test("Dagger names its calls, and no command of the host door", async () => {
    const text = await texts(recordThrough("dagger"));
    for (const command of ["call pr-checks --only lint", "call debug --step lint terminal", "call plan"])
      expect(text).toContain(`dagger ${command}`);
    expect(text).not.toMatch(/npx|voicekey-pipeline (?!0\.)/);
  });

  test("the host names commands of an installation, and no call of Dagger", async () => {
    const text = await texts(recordThrough("host"));
    for (const command of ["pr-checks --only lint", "debug lint", "plan pr-checks", "doctor --install"])
      expect(text).toContain(`npx --no voicekey-pipeline ${command}`);
    expect(text).not.toMatch(/dagger (?:call|functions)/);
  });

  test("the host to containers names the host's commands, which send the run there again", async () => {
    const text = await texts(recordThrough("dagger"), hostWords(undefined, "dagger"));
    expect(text).toContain("npx --no voicekey-pipeline pr-checks --on dagger --only lint");
    expect(text).not.toMatch(/dagger (?:call|functions)/);
  });
});
