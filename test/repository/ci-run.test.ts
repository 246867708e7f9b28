import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { REPOSITORY } from "../files.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "voicekey-ci-run-"));
  for (const file of [".ci/run", "scripts/ci-summary.mjs"])
    cpSync(path.join(REPOSITORY, file), path.join(folder, file));
  mkdirSync(path.join(folder, "bin"));
  // The command is a stand-in, so that no test of this file ever installs anything; bubblewrap counts as installed.
  program("bwrap", "");
  program("npx", "exit 0");
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, script: string): void {
  const file = path.join(folder, "bin", name);
  writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
  chmodSync(file, 0o755);
}

function link(name: string): void {
  const file = name === "node" ? process.execPath : execFileSync("which", [name], { encoding: "utf8" }).trim();
  symlinkSync(file, path.join(folder, "bin", name));
}

const report = (status: string) =>
  JSON.stringify({
    success: status === "passed",
    testResults: [{ name: "a.test.ts", status, assertionResults: [{ fullName: "one", status }] }],
  });

/** Runs `.ci/run` with an npm that notes what it was asked for, and does for each script what `scripts` says, else nothing. */
function ciRun(scripts: Readonly<Record<string, string>>, search?: string): Finished {
  const { status, last, asked } = ciRunWhole(scripts, search);
  return { status, last, asked };
}

interface Finished {
  readonly status: number | null;
  readonly last: string;
  readonly asked: string[];
}

function ciRunWhole(
  scripts: Readonly<Record<string, string>>,
  search = `${path.join(folder, "bin")}${path.delimiter}${process.env["PATH"]}`,
): Finished & { readonly stdout: string } {
  const asked = path.join(folder, "asked");
  const cases = Object.entries({ test: writes("passed"), "test:all": writes("passed"), ...scripts });
  program(
    "npm",
    [
      `echo "$*" >> '${asked}'`,
      '[ "$1" = ci ] && set -- run ci',
      'for argument; do case $argument in --outputFile.json=*) out=$(cut -d= -f2- <<<"$argument") ;; esac; done',
      `case $2 in ${cases.map(([name, body]) => `${name}) ${body} ;;`).join(" ")} esac`,
    ].join("\n"),
  );
  const env = { ...process.env, PATH: search };
  // From another folder: it must find its own repository.
  const run = spawnSync(path.join(folder, ".ci/run"), [], { cwd: tmpdir(), env, encoding: "utf8" });
  const lines = readFileSync(asked, "utf8").trim().split("\n");
  return {
    stdout: run.stdout,
    status: run.status,
    last: run.stdout.trimEnd().split("\n").at(-1) ?? "",
    asked: lines.map((l) => l.split(" -- ")[0] ?? ""),
  };
}

const writes = (status: string) => `echo '${report(status)}' > "$out"`;
const everything = ["ci", "run pr-checks", "run lint", "run typecheck", "run test", "run test:all"];

test("it runs everything, ends with the count, and is green", () => {
  expect(ciRun({})).toEqual({ status: 0, last: "1 passed, 0 failed, 0 skipped", asked: everything });
});

test.each(["ci", "pr-checks", "lint", "typecheck"])(
  "a red %s makes it red, and everything else still runs",
  (script) => {
    expect(ciRun({ [script]: "exit 1" })).toEqual({
      status: 1,
      last: "1 passed, 0 failed, 0 skipped",
      asked: everything,
    });
  },
);

test.each(["test", "test:all"])("a failing test in %s is counted and makes it red", (script) => {
  expect(ciRun({ [script]: `${writes("failed")}; exit 1` })).toEqual({
    status: 1,
    last: "0 passed, 1 failed, 0 skipped",
    asked: everything,
  });
});

test.each(["test", "test:all"])(
  "a runner of %s that dies without a report is a failure, even with status 0",
  (script) => {
    expect(ciRun({ [script]: "exit 0" })).toEqual({
      status: 1,
      last: "1 passed, 1 failed, 0 skipped",
      asked: everything,
    });
  },
);

test("a failed test in a report is a failure, though the runner said all is well", () => {
  expect(ciRun({ test: writes("failed") })).toMatchObject({ status: 1, last: "0 passed, 1 failed, 0 skipped" });
});

test("what a red part said last stands at the end, before the count", () => {
  const { stdout } = ciRunWhole({ lint: "seq 1 100; echo 'src/a.ts:3 is wrong' >&2; exit 1" });
  expect(stdout.trimEnd().split("\n").slice(-4)).toEqual([
    ...["  99", "  100", "  src/a.ts:3 is wrong", "1 passed, 0 failed, 0 skipped"],
  ]);
});

test("an error outside the tests, which the report does not hold, stands at the end and makes it red", () => {
  const says = ["echo '⎯⎯ Unhandled Errors ⎯⎯'", "echo 'Error: a worker died'", "echo ' Test Files  1 passed (1)'"];
  const { stdout, status, last } = ciRunWhole({ test: `${writes("passed")}; ${says.join("; ")}; exit 1` });
  expect({ status, last }).toEqual({ status: 1, last: "1 passed, 1 failed, 0 skipped" });
  expect(stdout.trimEnd().split("\n").at(-2)).toBe("    Error: a worker died");
});

describe("doctor", () => {
  const said = () => readFileSync(path.join(folder, "doctor"), "utf8");

  test("is asked to install, before the tests that need its packages", () => {
    program("npx", `echo "$*" > '${folder}/doctor'; cp '${folder}/asked' '${folder}/before'`);
    ciRun({});
    expect(said()).toBe("--no voicekey-pipeline doctor --install\n");
    expect(readFileSync(path.join(folder, "before"), "utf8")).not.toContain("test:all");
  });

  test("does not make it red by what the machine lacks", () => {
    program("npx", "exit 3");
    expect(ciRun({}).status).toBe(0);
  });

  test.each([1, 2])("makes it red when it ends with %i", (status) => {
    program("npx", `exit ${status}`);
    expect(ciRun({})).toEqual({ status: 1, last: "1 passed, 0 failed, 0 skipped", asked: everything });
  });

  test("makes it red where it may install bubblewrap and could not", () => {
    program("apt-get", "exit 100");
    program("id", "echo 0");
    // Only what is needed of the system: its own bubblewrap must not be found.
    for (const name of ["bash", "env", "dirname", "mktemp", "rm", "tee", "tail", "sed", "cut", "node"]) link(name);
    expect(ciRun({}, path.join(folder, "bin")).status).toBe(0);
    rmSync(path.join(folder, "bin/bwrap"));
    expect(ciRun({}, path.join(folder, "bin"))).toMatchObject({ status: 1, last: "1 passed, 0 failed, 0 skipped" });
  });
});
