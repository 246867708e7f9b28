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

function told(...files: string[]): { status: number | null; lines: string[] } {
  const result = spawnSync(process.execPath, [path.join(REPOSITORY, "scripts/ci-summary.mjs"), ...files], {
    encoding: "utf8",
  });
  return { status: result.status, lines: result.stdout.split("\n").slice(0, -1) };
}

function summary(...files: string[]): { status: number | null; last: string } {
  const { status, lines } = told(...files);
  return { status, last: lines.at(-1) ?? "" };
}

function consoleOutput(name: string, text: string): void {
  writeFileSync(path.join(folder, name), text);
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

/** As vitest 4 prints it, colours included: CI services ask for them. */
const unhandled = (end: string) =>
  [
    " \u001b[32m✓\u001b[39m test/a.test.ts (1 test)",
    "",
    "\u001b[31m⎯⎯⎯⎯⎯⎯\u001b[39m\u001b[1m\u001b[41m Unhandled Errors \u001b[49m\u001b[22m\u001b[31m⎯⎯⎯⎯⎯⎯\u001b[39m",
    "",
    "Vitest caught 1 unhandled error during the test run.",
    "",
    "⎯⎯⎯⎯⎯⎯ Unhandled Error ⎯⎯⎯⎯⎯⎯⎯",
    "Error: Worker exited unexpectedly",
    "⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯",
    end,
  ].join("\n");

test("an error outside the tests is told and is a failure, though the report says success", () => {
  consoleOutput("a.log", unhandled(" Test Files  1 passed (1)\n      Tests  1 passed (1)\n     Errors  1 error\n"));
  const file = report("a.json", { success: true, tests: { one: "passed" } });
  expect(told(file)).toEqual({
    status: 1,
    lines: [
      `failed: ${file}: the run failed outside its tests`,
      `outside the tests of ${file}:`,
      "    ⎯⎯⎯⎯⎯⎯ Unhandled Errors ⎯⎯⎯⎯⎯⎯",
      "    Vitest caught 1 unhandled error during the test run.",
      "    ⎯⎯⎯⎯⎯⎯ Unhandled Error ⎯⎯⎯⎯⎯⎯⎯",
      "    Error: Worker exited unexpectedly",
      "1 passed, 1 failed, 0 skipped",
    ],
  });
});

test("of a run that died the last words are told", () => {
  consoleOutput("a.log", `${"line\n".repeat(200)}FATAL ERROR: out of memory\n`);
  const { status, lines } = told(path.join(folder, "a.json"));
  expect(status).toBe(1);
  expect(lines.at(-2)).toBe("    FATAL ERROR: out of memory");
  expect(lines.length).toBeLessThan(30);
});

test("a run that came to its end says nothing outside its tests", () => {
  consoleOutput("a.log", " Test Files  1 passed (1)\n      Tests  1 passed (1)\n");
  expect(told(report("a.json", { tests: { one: "passed" } })).lines).toEqual(["1 passed, 0 failed, 0 skipped"]);
});

/** `count` failing tests in a report. */
function failing(name: string, count: number): string {
  const file = path.join(folder, name);
  const assertionResults = Array.from({ length: count }, (_, i) => ({
    ...{ fullName: `test ${i}`, status: "failed" },
    failureMessages: [`AssertionError: expected ${i} to be 1\n    at a.test.ts:3:5\n    at b\n`],
  }));
  const testResults = [{ name: "a.test.ts", status: "failed", assertionResults }];
  writeFileSync(file, JSON.stringify({ success: false, testResults }));
  return file;
}

test("a failed test is told once, with its message, before the count", () => {
  expect(told(failing("a.json", 1), failing("b.json", 1)).lines).toEqual([
    "failed: a.test.ts > test 0",
    "    AssertionError: expected 0 to be 1",
    "        at a.test.ts:3:5",
    "        at b",
    "0 passed, 1 failed, 0 skipped",
  ]);
});

test("where much failed, each has its name and the first line of its message", () => {
  const { lines } = told(failing("a.json", 25));
  expect(lines).toHaveLength(51);
  expect(lines.slice(-3, -1)).toEqual(["failed: a.test.ts > test 24", "    AssertionError: expected 24 to be 1"]);
});

test("the words of the vitest that is installed are understood", () => {
  writeFileSync(
    path.join(folder, "a.test.js"),
    "test('fine', () => void Promise.reject(new Error('nobody waits')));\n",
  );
  const file = path.join(folder, "real.json");
  const vitest = path.join(REPOSITORY, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const ran = spawnSync(process.execPath, [vitest, "run", "--globals", "--root", folder, ...reporters], {
    ...{ cwd: folder, encoding: "utf8", env: { ...process.env, FORCE_COLOR: "1" } },
  });
  expect(ran.status).toBe(1);
  consoleOutput("real.log", ran.stdout + ran.stderr);
  const { status, lines } = told(file);
  expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last: "1 passed, 1 failed, 0 skipped" });
  expect(lines.join("\n")).toContain("Error: nobody waits");
});
