import { describe, expect, it } from "vitest";
import type { StepContext } from "../../src/steps/step.ts";
import { judgesItsReport } from "./gate-cases.ts";
import { edited, judge } from "./recorded.ts";

const STEP = "dependencies-declared";
const CLEAN = `${STEP}/clean`;
const FINDINGS = `${STEP}/findings`;
const allow =
  (names: Readonly<Record<string, string>>) =>
  (context: StepContext): StepContext => ({
    ...context,
    config: {
      ...context.config,
      checks: { ...context.config.checks, [STEP]: { ...context.config.checks[STEP], allow: names } },
    },
  });

judgesItsReport(STEP, "deptry.json", 1);

describe(STEP, () => {
  it("says below its findings what to do about them", async () => {
    expect((await judge("dependencies-declared/findings")).detail).toMatch(
      /\nwhat to do: declare what is imported, .*`checks\.dependencies-declared\.allow`$/,
    );
  });

  it("names every import that is not declared with file and line, and every dependency that is not used where it is declared", async () => {
    const judgement = await judge(FINDINGS);
    expect(judgement.findings.map((f) => [f.rule, f.path, f.line, f.column])).toEqual([
      ["DEP002", "pyproject.toml", 8, undefined],
      ["DEP001", "src/whisperkey/é name.py", 1, 8],
      ["DEP001", "src/whisperkey/é name.py", 2, 8],
      ["unreadable", "src/whisperkey/broken.py", undefined, undefined],
    ]);
    expect(judgement.reason).toBe("4 findings in 3 files");
  });

  it("does not call installed what only deptry's own environment has", async () => {
    const { findings } = await judge(FINDINGS);
    expect(findings[2]?.message).toBe("'click' imported, but neither declared nor installed");
    const report = await edited(FINDINGS, "deptry.json", (text) =>
      text.replace('"installed": false', '"installed": true'),
    );
    expect((await judge(FINDINGS, { report })).findings[2]?.rule).toBe("DEP003");
  });

  it("excuses what the config allows by name, of a module or of a distribution, and counts it", async () => {
    const judgement = await judge(FINDINGS, { context: allow({ "Missing-Thing": "later", INICONFIG: "plugin" }) });
    expect(judgement.findings.map((f) => f.rule)).toEqual(["DEP001", "unreadable"]);
    expect(judgement.facts).toMatchObject({ allowed: 2 });
  });

  it("still trusts the report when everything in it is excused", async () => {
    const report = await edited(FINDINGS, "deptry.json", (text) =>
      text.replace(/"unread": \[[^\]]*\]/, '"unread": []'),
    );
    const context = allow({ missing_thing: "later", iniconfig: "plugin", click: "optional" });
    expect(await judge(FINDINGS, { report, context })).toMatchObject({ outcome: "passed", facts: { allowed: 3 } });
  });

  it("names what is allowed without need", async () => {
    const judgement = await judge(CLEAN, { context: allow({ requests: "once needed" }) });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { "allowed without need": "requests" } });
  });

  it("does not let an allowed name excuse a file that cannot be read", async () => {
    const judgement = await judge(FINDINGS, { context: allow({ "src/whisperkey/broken.py": "no" }) });
    expect(judgement.findings.map((f) => f.rule)).toContain("unreadable");
  });

  it("counts what the application's settings and comments silence, and what they exclude", async () => {
    expect(await judge(`${STEP}/silenced`)).toMatchObject({
      outcome: "passed",
      facts: { files: 2, excluded: 1, silenced: 2 },
    });
  });

  it("reads the asked package alone, and knows those beside it by their names", async () => {
    expect(await judge(`${STEP}/one-package`)).toMatchObject({ outcome: "passed", facts: { files: 2 } });
  });

  it("fails on settings that deptry does not know, with its words", async () => {
    const judgement = await judge(`${STEP}/bad-settings`);
    expect(judgement).toMatchObject({ outcome: "failed", findings: [{ rule: "no-report" }] });
    expect(judgement.detail).toContain("no-such-setting");
  });

  it("fails when findings stand in the report and the status says that there are none", async () => {
    const run = await edited(FINDINGS, "run.json", (text) => text.replace('"exit": 1', '"exit": 0'));
    expect((await judge(FINDINGS, { report: run, code: 0 })).reason).toContain(
      "ended with status 0, which contradicts",
    );
  });

  it("fails when the report speaks of a file that is not the application's", async () => {
    const report = await edited(FINDINGS, "deptry.json", (text) => text.replaceAll("é name.py", "other.py"));
    expect((await judge(FINDINGS, { report })).reason).toContain("in the report but not the application's");
  });

  it.each(["F401", ""])("fails when a violation has the code %j", async (code) => {
    const report = await edited(FINDINGS, "deptry.json", (text) => text.replace('"DEP002"', JSON.stringify(code)));
    expect((await judge(FINDINGS, { report })).reason).toContain("not of the expected form");
  });
});
