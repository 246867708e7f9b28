import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { REPOSITORY } from "../files.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "voicekey-ci-run-"));
  for (const file of [".ci/run", "scripts/ci-summary.mjs"])
    cpSync(path.join(REPOSITORY, file), path.join(folder, file));
  mkdirSync(path.join(folder, "bin"));
  // bubblewrap counts as installed, so that no test of this file ever installs anything.
  program("bwrap", "");
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, script: string): void {
  const file = path.join(folder, "bin", name);
  writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
  chmodSync(file, 0o755);
}

const report = (status: string) =>
  JSON.stringify({
    success: status === "passed",
    testResults: [{ name: "a.test.ts", status, assertionResults: [{ fullName: "one", status }] }],
  });

/** Runs `.ci/run` with an npm that notes what it was asked for, and does for each script what `scripts` says, else nothing. */
function ciRun(scripts: Readonly<Record<string, string>>): { status: number | null; last: string; asked: string[] } {
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
  const env = { ...process.env, PATH: `${path.join(folder, "bin")}${path.delimiter}${process.env["PATH"]}` };
  // From another folder: it must find its own repository.
  const run = spawnSync(path.join(folder, ".ci/run"), [], { cwd: tmpdir(), env, encoding: "utf8" });
  const lines = readFileSync(asked, "utf8").trim().split("\n");
  return {
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
