import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { renderJunit } from "../../src/evidence/junit.ts";
import type { RunRecord } from "../../src/evidence/run-record.ts";
import { endlessRecord, hostileRecord } from "./hostile-records.ts";
import { judged, recordOf, redRecord, testCase } from "./records.ts";
import { NOTHING, step } from "./verdicts.ts";

interface Suite {
  readonly "@name": string;
  readonly "@tests": string;
  readonly "@failures": string;
  readonly "@errors": string;
  readonly "@skipped": string;
  readonly testcase: readonly Record<string, unknown>[];
}

function read(record: RunRecord): {
  readonly text: string;
  readonly totals: Record<string, string>;
  readonly suites: readonly Suite[];
} {
  const text = renderJunit(record);
  expect(XMLValidator.validate(text)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseAttributeValue: false,
    isArray: (name) => name === "testsuite" || name === "testcase" || name === "property",
  });
  const { testsuites } = parser.parse(text) as { testsuites: Record<string, string> & { testsuite: Suite[] } };
  return { text, totals: testsuites, suites: testsuites.testsuite };
}

const suite = (record: RunRecord, name: string) => read(record).suites.find((s) => s["@name"] === name);

describe("the JUnit report of a run", () => {
  test("says of a partial run that it is one, in its name", () => {
    const partial = { base: "4".repeat(40), leftOut: ["types"], of: 2 };
    const { totals } = read(recordOf([{ key: "lint", verdict: step("lint") }], {}, { partial }));
    expect(totals["@name"]).toMatch(/^pr-checks of .* \(partial: 1 of 2 steps were left out\)$/);
  });

  test("has a suite for each step instance, in the order of the verdict", () => {
    expect(read(redRecord).suites.map((s) => s["@name"])).toEqual(redRecord.steps.map((s) => s.key));
  });

  test("counts what it holds, in each suite and in all", () => {
    const { suites, totals } = read(redRecord);
    for (const s of suites) {
      expect(s["@tests"]).toBe(String(s.testcase.length));
      for (const [count, element] of [
        ["@failures", "failure"],
        ["@errors", "error"],
        ["@skipped", "skipped"],
      ] as const)
        expect(s[count], `${s["@name"]} ${element}`).toBe(String(s.testcase.filter((c) => element in c).length));
    }
    expect(totals).toMatchObject({
      "@tests": "11",
      "@failures": "2",
      "@errors": "1",
      "@skipped": "4",
      "@time": "67.300",
    });
  });

  test("tells of each test how it ended, where it is, and that it is flaky", () => {
    const cases = suite(redRecord, "unit-tests@3.11")?.testcase ?? [];
    const by = (name: string) => cases.find((c) => c["@name"] === name);
    expect(by("test_waits")).toMatchObject({
      "@classname": "tests.unit.test_app",
      "@file": "tests/unit/test_app.py",
      "@line": "12",
      failure: { "@message": "assert 3 == 4", "#text": expect.stringContaining(">   assert 3 == 4\nE   assert") },
    });
    expect(by("test_starts")).toHaveProperty("error");
    expect(by("test_windows")).toMatchObject({ skipped: { "@message": "only on Windows" } });
    expect(by("test_sometimes")).toMatchObject({ properties: { property: [{ "@name": "flaky", "@value": "true" }] } });
    expect(by("test_hears")).toEqual({ "@classname": "tests.unit.test_app", "@name": "test_hears", "@time": "1.250" });
  });

  test("shows a check without tests as one case, and one that did not run as skipped with its reason", () => {
    expect(suite(redRecord, "format")?.testcase).toEqual([
      { "@classname": "format", "@name": "The format check", "@time": "0.000" },
    ]);
    expect(suite(redRecord, "lint")?.testcase).toMatchObject([
      { failure: { "@message": "1 finding in 1 file", "#text": "one\ntwo" } },
    ]);
    expect(suite(redRecord, "unit-tests@3.12")?.testcase).toMatchObject([
      { skipped: { "@message": "refused: there is no Python 3.12 here" } },
    ]);
    expect(suite(redRecord, "docs")?.testcase).toMatchObject([{ skipped: { "@message": "skipped: no docs yet" } }]);
  });

  test.each([
    ["failed", "failure"],
    ["refused", "skipped"],
  ] as const)("is not green where all tests are and the check is %s", (outcome, element) => {
    const verdict = step("unit-tests", { outcome, reason: "80 % covered, the floor is 85 %", ...NOTHING });
    const record = recordOf([{ key: "unit-tests", verdict, judgement: judged({ tests: [testCase("test_a")] }) }]);
    expect(suite(record, "unit-tests")?.testcase).toMatchObject([
      { [element]: { "@message": expect.stringContaining("80 %") } },
      { "@name": "test_a" },
    ]);
  });

  test("is XML whatever the tests say", () => {
    const { text } = read(hostileRecord);
    expect(text).not.toContain("<img");
    expect(text.replace(/\n/g, "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\ufffe\uffff]/u);
  });

  test("is bounded, with what failed kept first", () => {
    const text = renderJunit(endlessRecord());
    expect(text.length).toBeLessThan(20_000_000);
    expect(text).toContain('name="test_49990"');
  });
});
