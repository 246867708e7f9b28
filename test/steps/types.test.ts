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

  it("passes on notes alone, for which mypy ends with status 1 where it prints JSON", async () => {
    const note = {
      file: "src/whisperkey/cli.py",
      line: 4,
      column: 4,
      message: "by default",
      code: "annotation-unchecked",
    };
    const run = await edited("types/clean", "run.json", (text) => text.replace('"exit": 0', '"exit": 1'));
    const report = { ...run, "mypy.jsonl": `${JSON.stringify({ ...note, severity: "note" })}\n` };
    const judgement = await judge("types/clean", { report, code: 1 });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { notes: 1, findings: 0 } });
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
