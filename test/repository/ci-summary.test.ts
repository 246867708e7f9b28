import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { REPOSITORY } from "../files.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "voicekey-summary-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Status = "passed" | "failed" | "pending" | "todo" | "skipped";

interface Report {
  readonly success?: boolean;
  readonly status?: "passed" | "failed";
  readonly message?: string;
  readonly tests: Readonly<Record<string, Status>>;
}

function report(name: string, { success, status, message, tests }: Report): string {
  const file = path.join(folder, name);
  const assertionResults = Object.entries(tests).map(([fullName, status]) => ({ fullName, status }));
  const failed = Object.values(tests).includes("failed");
  writeFileSync(
    file,
    JSON.stringify({
      success: success ?? !failed,
      testResults: [
        { name: "test/a.test.ts", status: status ?? (failed ? "failed" : "passed"), message, assertionResults },
      ],
    }),
  );
  return file;
}

function summary(...files: string[]): { status: number | null; last: string } {
  const result = spawnSync(process.execPath, [path.join(REPOSITORY, "scripts/ci-summary.mjs"), ...files], {
    encoding: "utf8",
  });
  return { status: result.status, last: result.stdout.split("\n").at(-2) ?? "" };
}

test("it counts what passed and what did not run", () => {
  const file = report("a.json", {
    tests: { one: "passed", two: "passed", three: "pending", four: "todo", five: "skipped" },
  });
  expect(summary(file)).toEqual({ status: 0, last: "2 passed, 0 failed, 3 skipped" });
});

test("a failed test makes it red", () => {
  expect(summary(report("a.json", { tests: { one: "passed", two: "failed" } }))).toEqual({
    status: 1,
    last: "1 passed, 1 failed, 0 skipped",
  });
});

test("a test that two runs had counts once, by the worse outcome, and running beats being skipped", () => {
  const first = report("a.json", { tests: { both: "passed", unsteady: "failed", worse: "passed", later: "skipped" } });
  const second = report("b.json", { tests: { both: "passed", unsteady: "passed", worse: "failed", later: "passed" } });
  expect(summary(first, second)).toEqual({ status: 1, last: "2 passed, 2 failed, 0 skipped" });
});

test("a file that could not be loaded is a failure, though it holds no test", () => {
  const file = report("a.json", { status: "failed", success: false, message: "SyntaxError", tests: {} });
  expect(summary(file)).toEqual({ status: 1, last: "0 passed, 1 failed, 0 skipped" });
});

test("a file that could not be loaded is counted beside tests that failed", () => {
  const file = path.join(folder, "two.json");
  const failing = { name: "b.test.ts", status: "failed", assertionResults: [{ fullName: "one", status: "failed" }] };
  const broken = { name: "a.test.ts", status: "failed", message: "SyntaxError", assertionResults: [] };
  writeFileSync(file, JSON.stringify({ success: false, testResults: [broken, failing] }));
  expect(summary(file)).toEqual({ status: 1, last: "0 passed, 2 failed, 0 skipped" });
});

test("a run that failed outside its tests is a failure", () => {
  expect(summary(report("a.json", { success: false, tests: { one: "passed" } }))).toEqual({
    status: 1,
    last: "1 passed, 1 failed, 0 skipped",
  });
});

test("a runner that died without a report, or in the middle of one, is a failure", () => {
  const whole = report("a.json", { tests: { one: "passed" } });
  expect(summary(whole, path.join(folder, "missing.json"))).toEqual({
    status: 1,
    last: "1 passed, 1 failed, 0 skipped",
  });
  const half = path.join(folder, "half.json");
  writeFileSync(half, '{"success": true, "testResults": [');
  expect(summary(whole, half).status).toBe(1);
});

test("a report without any test is a failure", () => {
  expect(summary(report("a.json", { tests: {} }))).toEqual({ status: 1, last: "0 passed, 1 failed, 0 skipped" });
});

test("a status that is not known is a failure", () => {
  const file = path.join(folder, "odd.json");
  writeFileSync(
    file,
    JSON.stringify({
      success: true,
      testResults: [{ name: "a", status: "passed", assertionResults: [{ fullName: "x", status: "exploded" }] }],
    }),
  );
  expect(summary(file)).toEqual({ status: 1, last: "0 passed, 1 failed, 0 skipped" });
});

test("no report at all is a mistake of the caller", () => {
  expect(summary().status).toBe(2);
});
