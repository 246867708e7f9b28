/** What holds for every check of source files: it judges its report and nothing else. */
import { describe, expect, it } from "vitest";
import { edited, judge } from "./recorded.ts";

/** `report` is the tool's own report; `files` is how many files of the clean application it looks at. */
export function judgesItsReport(step: string, report: string, files: number): void {
  describe(`${step} on its report`, () => {
    const clean = `${step}/clean`;

    it("passes on a clean application and says how many files it looked at", async () => {
      const judgement = await judge(clean);
      expect(judgement).toMatchObject({ outcome: "passed", findings: [] });
      expect(judgement.facts["files"]).toBe(files);
    });

    it.each(["files.json", "run.json", report])("fails when %s is missing", async (name) => {
      const judgement = await judge(clean, { report: { [name]: undefined } });
      expect(judgement).toMatchObject({ outcome: "failed", findings: [{ rule: "no-report" }] });
      expect(judgement.reason).toContain(`crashed: ${name} is missing`);
    });

    it.each(["files.json", "run.json"])("fails when %s is empty", async (name) => {
      expect((await judge(clean, { report: { [name]: "" } })).reason).toContain(`${name} is empty`);
    });

    it.each(["files.json", "run.json", report])("fails when %s is garbage", async (name) => {
      expect((await judge(clean, { report: { [name]: "Segmentation fault\n" } })).reason).toContain("is not JSON");
    });

    it.each(["files.json", "run.json", report])("fails when %s is JSON of another form", async (name) => {
      expect((await judge(clean, { report: { [name]: '{"schema": 2}' } })).reason).toContain(
        "not of the expected form",
      );
    });

    it("fails when the command was ended by a signal, whatever report lies there", async () => {
      const judgement = await judge(clean, { status: { kind: "signalled", signal: "SIGSEGV" } });
      expect(judgement.reason).toContain("ended by SIGSEGV");
      expect(judgement.outcome).toBe("failed");
    });

    it("fails when the command did not end in time", async () => {
      const judgement = await judge(clean, { status: { kind: "timed-out", afterSeconds: 7 } });
      expect(judgement.reason).toContain("not ended within 7 s");
    });

    it("fails when the command's exit status contradicts a clean report", async () => {
      const judgement = await judge(clean, { code: 1 });
      expect(judgement.reason).toContain("the command ended with status 1, which contradicts 0 findings");
    });

    it("fails when the tool's exit status contradicts a clean report", async () => {
      const run = await edited(clean, "run.json", (text) => text.replace('"exit": 0', '"exit": 1'));
      expect((await judge(clean, { report: run })).reason).toContain("the tool ended with status 1");
    });

    it("fails when a file that was asked for was not before the tool", async () => {
      const files = await edited(clean, "files.json", (text) =>
        text.replace("src/whisperkey/__init__.py", "src/whisperkey/py.typed2"),
      );
      const judgement = await judge(clean, { report: files });
      expect(judgement.reason).toContain("not before the tool: src/whisperkey/__init__.py");
      expect(judgement.reason).toContain("not the application's: src/whisperkey/py.typed2");
    });

    it("fails when a file before the tool had other content than the application's", async () => {
      const files = await edited(clean, "files.json", (text) =>
        text.replace(/("src\/whisperkey\/__init__\.py": ")[0-9a-f]{4}/, "$10000"),
      );
      expect((await judge(clean, { report: files })).reason).toContain("of other content than the application's");
    });

    it("fails when the tool reports that it checked files which were not asked for", async () => {
      const run = await edited(clean, "run.json", (text) =>
        text.replace("src/whisperkey/__init__.py", "elsewhere/other.py"),
      );
      expect((await judge(clean, { report: run })).reason).toContain("not asked for: elsewhere/other.py");
    });
  });
}
