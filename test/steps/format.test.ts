import { describe, expect, it } from "vitest";
import { judgesItsReport } from "./gate-cases.ts";
import { edited, judge } from "./recorded.ts";

judgesItsReport("format", "format.json", 2);

describe("format", () => {
  it("names the unformatted file and shows what would change", async () => {
    const judgement = await judge("format/unformatted");
    expect(judgement.findings).toMatchObject([{ rule: "unformatted", path: "src/whisperkey/é name.py", line: 1 }]);
    expect(judgement.reason).toBe("1 finding in 1 file");
    expect(judgement.detail).toContain("-x   = 1\n-y = {  }\n+x = 1\n+y = {}");
  });

  it("names a file that is not Python", async () => {
    const judgement = await judge("format/syntax-error");
    expect(judgement.findings).toMatchObject([{ rule: "invalid-syntax", path: "src/whisperkey/broken.py" }]);
  });

  it("fails when the settings exclude every file", async () => {
    expect((await judge("format/all-excluded")).reason).toContain("no file was checked");
  });

  it("fails when the summary counts other files than the report", async () => {
    const report = await edited("format/unformatted", "summary.txt", (text) =>
      text.replace("1 file would", "2 files would"),
    );
    expect((await judge("format/unformatted", { report })).reason).toContain("1 files to reformat, the summary of 2");
  });
});
