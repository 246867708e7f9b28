import { describe, expect, it } from "vitest";
import type { StepContext } from "../../src/steps/step.ts";
import { judgesItsReport } from "./gate-cases.ts";
import { edited, judge } from "./recorded.ts";

const withBaseline =
  (head: Record<string, Record<string, Record<string, number>>>, base?: typeof head) =>
  (context: StepContext): StepContext => ({ ...context, baseline: base === undefined ? { head } : { head, base } });

judgesItsReport("lint", "lint.sarif", 2);

describe("lint", () => {
  it("names every finding by rule, path, line and column", async () => {
    const { findings, outcome } = await judge("lint/findings");
    expect(outcome).toBe("failed");
    expect(findings).toMatchObject([
      { rule: "N999", path: "src/whisperkey/é name.py", line: 1, column: 1 },
      { rule: "F401", path: "src/whisperkey/é name.py", line: 1, column: 8 },
      { rule: "F821", path: "src/whisperkey/é name.py", line: 3, column: 7 },
    ]);
  });

  it("gives ruff's own words when the settings are not valid", async () => {
    const judgement = await judge("lint/bad-settings");
    expect(judgement.reason).toContain("ruff check crashed");
    expect(judgement.detail).toContain("no-such-setting");
  });

  it("fails when findings come from a tool that ended with status 0", async () => {
    expect((await judge("lint/findings", { code: 0 })).reason).toContain(
      "the command ended with status 0, which contradicts 3 findings",
    );
  });

  it("fails on findings about a file that is not the application's", async () => {
    const report = await edited("lint/findings", "lint.sarif", (text) =>
      text.replaceAll("src/whisperkey/%C3%A9%20name.py", "other.py"),
    );
    expect((await judge("lint/findings", { report })).reason).toContain(
      "in the report but not the application's: other.py",
    );
  });

  it("passes when the baseline knows every finding, and says how many it excused", async () => {
    const known = { lint: { "src/whisperkey/é name.py": { N999: 1, F401: 1, F821: 1 } } };
    const judgement = await judge("lint/findings", { context: withBaseline(known, known) });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { "in baseline": 3, findings: 0 } });
  });

  it("fails on the finding that the baseline does not know", async () => {
    const known = { lint: { "src/whisperkey/é name.py": { N999: 1, F401: 1 } } };
    const judgement = await judge("lint/findings", { context: withBaseline(known, known) });
    expect(judgement.findings).toMatchObject([{ rule: "F821" }]);
  });

  it("says how much the baseline allows where more was found", async () => {
    const known = { lint: { "src/whisperkey/é name.py": { N999: 1, F401: 1 } } };
    const double = await edited("lint/findings", "lint.sarif", (text) => text.replaceAll('"F821"', '"F401"'));
    const { detail, facts } = await judge("lint/findings", { context: withBaseline(known, known), report: double });
    expect(detail).toMatch(/^the baseline allows 1 of F401 in src\/whisperkey\/é name\.py, and 2 were found/);
    expect(facts).toMatchObject({ findings: 2, "in baseline": 1 });
  });

  it("fails when the baseline grew against the base branch, though it excuses everything", async () => {
    const known = { lint: { "src/whisperkey/é name.py": { N999: 1, F401: 1, F821: 1 } } };
    const before = { lint: { "src/whisperkey/é name.py": { N999: 1, F401: 1 } } };
    const judgement = await judge("lint/findings", { context: withBaseline(known, before) });
    expect(judgement).toMatchObject({ outcome: "failed", findings: [{ rule: "baseline-grew" }] });
  });

  it("leaves growth of another check's baseline to that check", async () => {
    const context = withBaseline({ types: { "a.py": { misc: 2 } } }, { types: { "a.py": { misc: 1 } } });
    expect(await judge("lint/clean", { context })).toMatchObject({ outcome: "passed" });
  });
});
