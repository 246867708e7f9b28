/** What the judgement of tests makes of failed tests that were run again. */
import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/model.ts";
import type { Action } from "../../src/exec/action.ts";
import type { Judgement, StepContext } from "../../src/steps/step.ts";
import { edited, judge } from "./recorded.ts";
import { planFor, smallApp, smallConfig } from "./small-app.ts";

const FLAKY = "unit-tests/flaky";
const tests = (change: Partial<Config["checks"]["unit-tests"]>, config: Config): Config => ({
  ...config,
  checks: { ...config.checks, "unit-tests": { ...config.checks["unit-tests"], ...change } },
});
const config =
  (change: Partial<Config["checks"]["unit-tests"]>) =>
  (context: StepContext): StepContext => ({ ...context, config: tests(change, context.config) });
const flakyNames = (judgement: Judgement): string[] =>
  (judgement.tests ?? []).filter((t) => t.flaky === true).map((t) => t.name);

describe("failed tests that are run again", () => {
  it("are flaky where they pass, each with its place, how it failed and in which rerun it passed", async () => {
    const judgement = await judge(FLAKY);
    expect(judgement.findings).toMatchObject([
      { rule: "flaky-test", path: "tests/test_flaky.py", line: 15 },
      { rule: "flaky-test", path: "tests/test_flaky.py", line: 20 },
      { rule: "flaky-test", path: "tests/test_flaky.py", line: 25 },
    ]);
    expect(judgement.findings[0]?.message).toContain("AssertionError: too early; passed when it was run again");
    expect(judgement.findings[1]?.message).toContain("rerun 2 of 2");
    expect(judgement.reason).toContain("3 tests are flaky");
    expect(judgement.facts).toMatchObject({ failed: 0, flaky: 3, tests: 5 });
  });

  it("stand in the records as passed and flaky, the others as they were", async () => {
    const judgement = await judge(FLAKY);
    expect(flakyNames(judgement)).toEqual([
      "test_passes_the_second_time",
      "test_passes_the_third_time",
      "test_sees_no_files_of_an_earlier_run",
    ]);
    expect(judgement.tests?.map((t) => t.outcome)).toEqual(["passed", "passed", "passed", "passed", "passed"]);
  });

  it("do not fail the gate where flaky tests are only reported, but are named", async () => {
    const judgement = await judge(FLAKY, { context: config({ flaky: "report" }) });
    expect(judgement).toMatchObject({ outcome: "passed", findings: [], facts: { flaky: 3 } });
    expect(judgement.detail).toContain("tests/test_flaky.py:15 flaky-test");
    expect(flakyNames(judgement)).toHaveLength(3);
  });

  it("are failed where they fail again, beside those that are flaky", async () => {
    const judgement = await judge("unit-tests/fails-for-good");
    expect(judgement.findings.map((f) => [f.rule, f.line])).toEqual([
      ["test-failed", 20],
      ["flaky-test", 15],
    ]);
    expect(judgement.facts).toMatchObject({ failed: 1, flaky: 1 });
    const reported = await judge("unit-tests/fails-for-good", { context: config({ flaky: "report" }) });
    expect(reported).toMatchObject({ outcome: "failed", findings: [{ rule: "test-failed" }] });
    expect(reported.detail).toContain("flaky-test");
  });

  it("stay failed where the rerun dies, with the test that it died in", async () => {
    const judgement = await judge("unit-tests/dies-again");
    expect(judgement.findings.map((f) => f.rule)).toEqual(["test-failed", "report-not-trusted"]);
    expect(judgement.reason).toContain(
      "rerun 1 ended without its report (tests/test_flaky.py::test_ends_the_second_run)",
    );
  });

  it.each(["flaky.json", "rerun-1/session.json", "rerun-1/junit.xml", "rerun-1/progress.txt", "rerun-2/session.json"])(
    "stay failed where %s is missing",
    async (name) => {
      const judgement = await judge(FLAKY, { report: { [name]: undefined } });
      expect(judgement.facts).toMatchObject({ failed: 3, flaky: 0 });
      expect(judgement.findings.map((f) => f.rule)).toContain("report-not-trusted");
    },
  );

  it.each(["flaky.json", "rerun-1/session.json", "rerun-1/junit.xml"])(
    "stay failed where %s is garbage",
    async (name) => {
      const judgement = await judge(FLAKY, { report: { [name]: "\u0000<oops" } });
      expect(judgement.facts).toMatchObject({ failed: 3, flaky: 0 });
      expect(judgement.reason).toMatch(/is not (JSON|XML)/);
    },
  );

  it("stay failed where the rerun selected nothing", async () => {
    const report = { "rerun-2/progress.txt": "", ...(await junit(2, (xml) => xml.replace(/<testcase .*?\/>/g, ""))) };
    const judgement = await judge(FLAKY, { report });
    expect(judgement.facts["flaky"]).toBe(0);
    expect(judgement.reason).toContain("rerun 2 did not run tests/test_flaky.py::test_passes_the_third_time");
  });

  it("stay failed where the rerun was of other tests", async () => {
    const report = {
      ...(await edited(FLAKY, "rerun-2/progress.txt", (text) => text.replace("passes_the_third_time", "stands_firm"))),
      ...(await junit(2, (xml) => xml.replace("passes_the_third_time", "stands_firm"))),
    };
    const { reason, facts } = await judge(FLAKY, { report });
    expect(facts["flaky"]).toBe(0);
    expect(reason).toContain("rerun 2 ran tests/test_flaky.py::test_stands_firm, which had not failed");
    const { findings } = await judge(FLAKY, { report });
    expect(findings.map((f) => f.message)).toContain("rerun 2 reports other tests than those that had failed");
  });

  it("stay failed where the rerun's report leaves one of them out", async () => {
    const report = await junit(1, (xml) =>
      xml.replace(/<testcase [^>]*name="test_passes_the_second_time"[^>]*\/>/, ""),
    );
    const { findings, facts } = await judge(FLAKY, { report });
    expect(facts["flaky"]).toBe(0);
    expect(findings.map((f) => f.message)).toContain("rerun 1 reports other tests than those that had failed");
  });

  it("are not taken for passed where they were skipped the second time", async () => {
    const report = await junit(2, (xml) =>
      xml.replace(/(name="test_passes_the_third_time"[^>]*?) \/>/, '$1><skipped message="later" /></testcase>'),
    );
    const judgement = await judge(FLAKY, { report });
    expect(flakyNames(judgement)).not.toContain("test_passes_the_third_time");
    expect(judgement.facts["failed"]).toBeGreaterThan(0);
  });

  it("stay failed where the rerun's status speaks against its report", async () => {
    const report = await edited(FLAKY, "rerun-2/session.json", (text) => text.replace('"exit": 0', '"exit": 3'));
    const { findings } = await judge(FLAKY, { report });
    const said = findings.map((f) => f.message);
    expect(said).toContain("rerun 2 ended with status 0, pytest with 3");
    expect(said).toContain("rerun 2 has a report that pytest's status 3 contradicts");
  });

  it("stay failed where the harness notes another number of flaky tests than the reports show", async () => {
    const report = await edited(FLAKY, "flaky.json", (text) =>
      text.replace(/"tests\/test_flaky\.py::test_sees[^"]*"/, '"a", "b"'),
    );
    expect((await judge(FLAKY, { report })).reason).toContain("4 tests were noted as flaky, 3 are so by their reports");
  });

  it("count for nothing where no retries were asked for", async () => {
    const judgement = await judge(FLAKY, { context: config({ retries: 0 }) });
    expect(judgement.facts).toMatchObject({ failed: 3 });
    expect(judgement.facts).not.toHaveProperty("flaky");
  });

  it("do not hide that tests after them were never started", async () => {
    const session = await edited(FLAKY, "session.json", (text) => text.replace('"collected": 5', '"collected": 9'));
    const judgement = await judge(FLAKY, { report: session, context: config({ flaky: "report" }) });
    expect(judgement.reason).toContain("9 tests were collected, 5 started, and none failed for good");
  });

  it("are not looked for in a suite that could not be collected", async () => {
    const judgement = await judge("unit-tests/collection-error", { context: config({ retries: 3 }) });
    const found = judgement.findings.map((f) => f.rule);
    expect(found).toContain("collection-error");
    expect(found).not.toContain("report-not-trusted");
  });
});

describe("the plan of a selection of tests", () => {
  const runs = async (change: Partial<Config["checks"]["unit-tests"]>, prove = false): Promise<readonly Action[]> => {
    const { plan } = await planFor(smallApp, tests(change, smallConfig("3.11")), { only: ["unit-tests"], prove });
    return plan.actions.filter((a) => a.id.endsWith("/run"));
  };

  it("asks for reruns, and gives them files of their own, only where there are retries", async () => {
    const [never] = await runs({ retries: 0 });
    const [twice] = await runs({ retries: 2 });
    expect(never?.argv.filter((a) => String(a).startsWith("--retries"))).toEqual([]);
    expect(Object.keys(never?.inputs ?? {})).not.toContain("again");
    expect(twice?.argv).toContain("--retries=2");
    expect(twice?.inputs["again"]).toEqual(twice?.inputs["app"]);
  });

  it("never retries what a proof planted, but for the proof that is about retries", async () => {
    const retried = (await runs({ retries: 3, flaky: "report" }, true)).filter((a) => Object.hasOwn(a.inputs, "again"));
    expect(retried.map((a) => [a.id, a.argv.find((x) => String(x).startsWith("--retries"))])).toEqual([
      ["unit-tests@3.11/run", "--retries=3"],
      ["unit-tests@3.11/proof/flaky-test/run", "--retries=1"],
    ]);
  });
});

async function junit(rerun: number, edit: (xml: string) => string): Promise<Record<string, string>> {
  return edited(FLAKY, `rerun-${rerun}/junit.xml`, edit);
}
