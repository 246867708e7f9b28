import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/model.ts";
import type { StepContext } from "../../src/steps/step.ts";
import { edited, judge } from "./recorded.ts";

const GREEN = "unit-tests/green";
const config =
  (change: Partial<Config["checks"]["unit-tests"]>) =>
  (context: StepContext): StepContext => ({
    ...context,
    config: {
      ...context.config,
      checks: { ...context.config.checks, "unit-tests": { ...context.config.checks["unit-tests"], ...change } },
    },
  });
const rules = async (...args: Parameters<typeof judge>): Promise<string[]> =>
  (await judge(...args)).findings.map((f) => f.rule);

describe("unit-tests", () => {
  it("passes on a green suite with its counts, coverage and where the package came from", async () => {
    expect(await judge(GREEN)).toMatchObject({
      outcome: "passed",
      facts: { tests: 1, failed: 0, skipped: 0, coverage: 100, imports: "installed" },
    });
  });

  it("records each test with its place and its time", async () => {
    const { tests } = await judge("unit-tests/red");
    expect(tests?.map((t) => [t.name, t.outcome, t.file])).toEqual([
      ["test_the_first_letter_is_the_key", "passed", "tests/test_key.py"],
      ["test_fails", "failed", "tests/test_red.py"],
      ["test_errs", "error", "tests/test_red.py"],
      ["test_skipped", "skipped", "tests/test_red.py"],
    ]);
    expect(tests?.every((t) => typeof t.seconds === "number" && t.seconds >= 0)).toBe(true);
    expect(tests?.some((t) => t.flaky === true)).toBe(false);
  });

  it("measures the coverage of all files against the floor, and of the files that lack tests", async () => {
    const { measures } = await judge("unit-tests/low-coverage");
    expect(measures).toMatchObject([
      { id: "coverage", unit: "%", better: "higher", groups: [{ values: [50] }], limits: [{ value: 90 }] },
      { id: "coverage-files", groups: [{ name: "whisperkey/__init__.py", values: [50] }], limits: [] },
    ]);
    expect((await judge(GREEN)).measures?.map((m) => m.id)).toEqual(["coverage"]);
  });

  it("shows no more than the ten files that lack most tests", async () => {
    const file = (missing: number) => ({
      summary: { covered_lines: 20 - missing, num_statements: 20 },
      missing_lines: Array.from({ length: missing }, (_, line) => line + 1),
    });
    const files = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`whisperkey/m${i}.py`, file(i)]));
    const totals = { covered_lines: 195, num_statements: 300 };
    const report = { "coverage.json": JSON.stringify({ totals, files }) };
    const { measures } = await judge(GREEN, { report });
    expect(measures?.[1]?.groups.map((g) => g.name)).toEqual(
      [14, 13, 12, 11, 10, 9, 8, 7, 6, 5].map((i) => `whisperkey/m${i}.py`),
    );
  });

  it("turns each failing test and each error into a finding with file, line and message", async () => {
    const judgement = await judge("unit-tests/red");
    expect(judgement.findings).toMatchObject([
      { rule: "test-failed", path: "tests/test_red.py", line: 5 },
      { rule: "test-error", path: "tests/test_red.py", line: 10 },
    ]);
    expect(judgement.findings[0]?.message).toContain("test_fails: assert '<&\"]]>' == ''");
    expect(judgement.findings[1]?.message).toContain("no microphone");
    expect(judgement.reason).toBe("2 tests failed");
    expect(judgement.facts).toMatchObject({ tests: 4, skipped: 1 });
    expect(judgement.detail).toContain("assert word ==");
  });

  it("names the module that cannot be imported", async () => {
    const judgement = await judge("unit-tests/collection-error");
    const message = expect.stringContaining("No module named 'no_such_module'");
    expect(judgement.findings[0]).toMatchObject({
      rule: "collection-error",
      path: "tests/test_broken.py",
      line: 1,
      message,
    });
  });

  it("fails when nothing is collected", async () => {
    const judgement = await judge("unit-tests/nothing", { context: config({}) });
    expect(judgement.findings[0]).toMatchObject({ rule: "nothing-collected" });
    expect(judgement.reason).toContain("no test was collected");
  });

  it("fails when every test is skipped", async () => {
    expect((await judge("unit-tests/all-skipped")).reason).toContain("1 test collected, none was run");
  });

  it("fails when pytest only collects", async () => {
    expect(await rules("unit-tests/collect-only")).toContain("nothing-collected");
  });

  it("fails when a test ends the interpreter with status 0, and names that test", async () => {
    const judgement = await judge("unit-tests/dies");
    expect(judgement).toMatchObject({ outcome: "failed", findings: [{ rule: "suite-died" }] });
    expect(judgement.reason).toContain("ended in tests/test_zz.py::test_the_end without its report");
  });

  it("fails when pytest does not know an option, with pytest's words", async () => {
    const judgement = await judge("unit-tests/usage");
    expect(judgement.outcome).toBe("failed");
    expect(`${judgement.reason}${judgement.detail}`).toContain("--no-such-option");
  });

  it("fails when the package is imported from the checkout", async () => {
    expect(await rules("unit-tests/from-source")).toEqual(["imported-from-source"]);
  });

  it("accepts the checkout when the config says so, and says it in the facts", async () => {
    const judgement = await judge("unit-tests/from-source", { context: config({ imports: "source" }) });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { imports: "source" } });
  });

  it("fails below the floor and names the file that lacks tests", async () => {
    const judgement = await judge("unit-tests/low-coverage");
    expect(judgement.findings).toMatchObject([{ rule: "coverage-below-floor" }]);
    expect(judgement.reason).toContain("the floor is 90 %; lines without a test: whisperkey/__init__.py 1");
  });

  it("passes exactly at the floor", async () => {
    const judgement = await judge("unit-tests/low-coverage", { context: config({ coverageFloor: 50 }) });
    expect(judgement.outcome).toBe("passed");
  });

  it("fails when a distribution is installed that neither the lock nor the project explains", async () => {
    const report = await edited(GREEN, "environment.json", (text) =>
      text.replace('"distributions": [', '"distributions": [{"name": "Sneaky_Lib", "version": "1.0"},'),
    );
    expect((await judge(GREEN, { report })).reason).toBe(
      "sneaky-lib 1.0 is installed, but neither in the lock nor the project",
    );
  });

  it("accepts what the lock names, in its version, however it is spelt", async () => {
    const environment = await edited(GREEN, "environment.json", (text) =>
      text.replace('"distributions": [', '"distributions": [{"name": "Sneaky_Lib", "version": "1.0"},'),
    );
    const lock = (version: string) => ({
      "lock.txt": `sneaky.lib==${version} ; sys_platform == 'linux' \\\n    --hash=sha256:00\n`,
    });
    expect(await rules(GREEN, { report: { ...environment, ...lock("1.0") } })).toEqual([]);
    expect(await rules(GREEN, { report: { ...environment, ...lock("1.1") } })).toEqual(["undeclared-distribution"]);
  });

  it("fails when the project itself is not installed", async () => {
    const report = await edited(GREEN, "environment.json", (text) =>
      text.replace('"name": "whisper-key"', '"name": "pip"'),
    );
    expect(await rules(GREEN, { report })).toEqual(["undeclared-distribution", "project-not-installed"]);
  });

  it("fails when the package imports what only the test runner brings", async () => {
    const report = await edited(GREEN, "session.json", (text) =>
      text.replace('"undeclared": []', '"undeclared": [["whisperkey.x", "iniconfig"]]'),
    );
    expect((await judge(GREEN, { report })).reason).toContain("whisperkey.x imports iniconfig");
  });

  it.each(["environment.json", "session.json", "junit.xml"])("fails when %s is missing", async (name) => {
    expect((await judge(GREEN, { report: { [name]: undefined } })).reason).toContain(`${name} is missing`);
  });

  it.each(["environment.json", "session.json", "junit.xml", "coverage.json"])(
    "fails when %s is garbage",
    async (name) => {
      const judgement = await judge(GREEN, { report: { [name]: "\u0000<oops" } });
      expect(judgement.outcome).toBe("failed");
      expect(judgement.reason).toMatch(new RegExp(`${name.replace(".", "\\.")} is not (JSON|XML)`));
    },
  );

  it("fails when coverage was to be measured and no report is there", async () => {
    expect(await rules(GREEN, { report: { "coverage.json": undefined } })).toEqual(["coverage-missing"]);
  });

  it("fails when a floor is set but there is no package to measure", async () => {
    const report = await edited(GREEN, "session.json", (text) =>
      text.replace(/"coverage": "[^"]*"/, '"coverage": null'),
    );
    expect(await rules(GREEN, { report })).toEqual(["coverage-missing"]);
  });

  it("fails when the report is cut off in the middle", async () => {
    const report = await edited("unit-tests/red", "junit.xml", (text) => text.slice(0, text.length / 2));
    expect((await judge("unit-tests/red", { report })).reason).toContain("junit.xml is not XML");
  });

  it("fails when fewer tests are reported than were started", async () => {
    const report = await edited("unit-tests/red", "junit.xml", (text) =>
      text.replace(/<testcase [^>]*name="test_the_first[^>]*\/>/, ""),
    );
    expect((await judge("unit-tests/red", { report })).reason).toContain("4 tests were started, 3 are in the report");
  });

  it("fails when the notes of started tests and pytest's count differ", async () => {
    const report = { "progress.txt": "tests/test_key.py::a\ntests/test_key.py::b\n" };
    expect((await judge(GREEN, { report })).reason).toContain("2 tests were noted, 1 counted");
  });

  it("fails when the tests that ran are not the application's", async () => {
    const progress = { "progress.txt": "elsewhere/test_other.py::test_x\n" };
    expect((await judge(GREEN, { report: progress })).reason).toContain(
      "not the application's: elsewhere/test_other.py",
    );
  });

  it("fails when pytest ended badly though no test failed", async () => {
    const report = await edited(GREEN, "session.json", (text) => text.replace('"exit": 0', '"exit": 3'));
    expect((await judge(GREEN, { report, code: 3 })).reason).toContain(
      "no test failed, but pytest ended with status 3",
    );
  });

  it("fails when the command's status is not pytest's", async () => {
    expect((await judge(GREEN, { code: 1 })).reason).toContain("the command ended with status 1, pytest with 0");
  });

  it("fails when tests failed but the statuses say otherwise", async () => {
    const report = await edited("unit-tests/red", "session.json", (text) => text.replace('"exit": 1', '"exit": 0'));
    expect((await judge("unit-tests/red", { report, code: 0 })).reason).toContain("pytest ended with status 0");
  });

  it("fails when the run did not end in time, and names the test that it hung in", async () => {
    const status = { kind: "timed-out", afterSeconds: 9 } as const;
    const judgement = await judge(GREEN, { status, report: { "session.json": undefined } });
    expect(judgement.reason).toContain("tests/test_key.py::test_the_first_letter_is_the_key");
    expect(judgement.reason).toContain("not ended within 9 s");
  });
});
