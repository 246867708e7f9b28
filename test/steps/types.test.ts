import { describe, expect, it } from "vitest";
import { judgesItsReport } from "./gate-cases.ts";
import { edited, judge } from "./recorded.ts";

judgesItsReport("types", "mypy.jsonl", 1);

describe("types", () => {
  it("names every error by its code and place", async () => {
    const { findings } = await judge("types/findings");
    expect(findings).toMatchObject([
      { rule: "assignment", path: "src/whisperkey/wrong.py", line: 1, column: 10 },
      { rule: "assignment", path: "src/whisperkey/wrong.py", line: 2, column: 10 },
    ]);
  });

  it("names a file that is not Python, though mypy then checks nothing else", async () => {
    const judgement = await judge("types/syntax-error");
    expect(judgement.findings[0]).toMatchObject({ rule: "syntax", path: "src/whisperkey/broken.py", line: 1 });
    expect(judgement.reason).not.toContain("trusted");
  });

  it("gives mypy's own words when it could not check anything", async () => {
    const judgement = await judge("types/bad-plugin");
    expect(judgement.outcome).toBe("failed");
    expect(`${judgement.reason} ${judgement.detail}`).toContain("no_such_plugin");
  });

  it("fails when mypy looked at no file", async () => {
    const run = await edited("types/clean", "run.json", (text) =>
      text.replace(/"checked": \[[^\]]*\]/, '"checked": []'),
    );
    expect((await judge("types/clean", { report: run })).reason).toContain("no file was checked");
  });
});
