import { describe, expect, test } from "vitest";
import { renderJobSummary } from "../../src/evidence/job-summary.ts";
import { endlessRecord, hostileRecord } from "./hostile-records.ts";
import { judged, recordOf, redRecord } from "./records.ts";
import { step } from "./verdicts.ts";

describe("the summary for a job", () => {
  const text = renderJobSummary(redRecord);

  test("begins with the outcome, then what failed with its lines, then every check", () => {
    expect(text.match(/^(?:#+ .*|\| check .*)$/gm)).toEqual([
      "## ❌ pr-checks of `parley-voice`: failed",
      "### ❌ `lint`",
      "### ❌ `unit-tests@3.11`",
      "| check | outcome | time | planted defects caught | why |",
      "### Flaky: failed first, passed when run again",
    ]);
    expect(text).toContain("- `fixtures/voice-app/src/app/cli.py:3` `F821` `` undefined name `x` ``");
    expect(text).toContain("- `test-error` `test_starts: OSError`");
  });

  test("has a row for each check, with its reason where it is not green", () => {
    expect(text).toContain("| `format` | ✅ passed | cached | 1 of 1 |  |");
    expect(text).toContain("| `unit-tests@3.12` | ⚠️ refused |  |  | `there is no Python 3.12 here` |");
  });

  test("shows the beginning of what a check said when it found nothing in particular", () => {
    const verdict = step("types", { outcome: "failed", reason: "mypy crashed", detail: "line one\nline two" });
    expect(renderJobSummary(recordOf([{ key: "types", verdict }]))).toContain("```text\nline one\nline two\n```");
  });

  test("says of a partial run that it is one, in its heading", () => {
    const partial = { base: "4".repeat(40), leftOut: ["types"], of: 2 };
    const text = renderJobSummary(recordOf([{ key: "lint", verdict: step("lint") }], {}, { partial }));
    expect(text).toMatch(/^## ✅ .*: passed \(partial\)\n/);
    expect(text).toContain("1 of 2 steps were left out, since nothing that they read changed since `4444444`.");
  });

  test("tells once what several checks failed of in the same words", () => {
    const broken = { outcome: "failed" as const, reason: "the wheel failed", detail: "no\nbackend" };
    const red = ["types", "lint"].map((key) => ({ key, verdict: step(key, broken) }));
    const text = renderJobSummary(recordOf(red));
    expect(text.match(/^### .*$/gm)).toEqual(["### ❌ `types`"]);
    expect(text).toContain("In the same words: `lint`");
  });

  test("is short when all is well", () => {
    const green = renderJobSummary(recordOf([{ key: "lint", verdict: step("lint"), judgement: judged() }]));
    expect(green).toMatch(/^## ✅/);
    expect(green).not.toContain("###");
  });

  test("keeps what the application says inside code", () => {
    const outside = renderJobSummary(hostileRecord)
      .replace(/^```text\n[\s\S]*?\n```$/gm, "")
      .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, "");
    expect(outside).not.toMatch(/img|everyone|alert/);
  });

  test("is far below what GitHub takes, whatever there is to say", () => {
    expect(renderJobSummary(endlessRecord()).length).toBeLessThan(100_200);
    const many = Array.from({ length: 400 }, (_, i) => ({
      key: `step-${i}`,
      verdict: step(`step-${i}`, {
        outcome: "failed" as const,
        reason: "r".repeat(400),
        detail: `${i}\n${`${"d".repeat(390)}\n`.repeat(9)}`,
      }),
    }));
    const text = renderJobSummary(recordOf(many));
    expect(text.length).toBeLessThan(100_200);
    expect(text).toContain("What no longer fitted");
  });
});
