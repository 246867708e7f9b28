import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";

const NAMES = /^(?:CI|NO_COLOR|FORCE_COLOR|GITHUB_.*|ACTIONS_.*|RUNNER_.*|VOICEKEY_.*|DAGGER_.*)$/;

test("a test sees no variable of a CI service, nor any of the pipeline's own", () => {
  expect(Object.keys(process.env).filter((name) => NAMES.test(name))).toEqual([]);
});

test("setup takes such variables away when they are there", () => {
  // Another process, because this one was set up already.
  const setup = path.resolve(import.meta.dirname, "../setup.ts");
  const planted = { CI: "true", GITHUB_ACTIONS: "true", RUNNER_TEMP: "x", VOICEKEY_PIPELINE_CACHE: "x", GIT_DIR: "x" };
  const out = execFileSync(
    process.execPath,
    [
      "--import",
      "tsx",
      "-e",
      `await import(${JSON.stringify(setup)}); console.log(Object.keys(process.env).join())`,
      "--input-type=module",
    ],
    { env: { ...process.env, ...planted }, encoding: "utf8" },
  );
  const left = out.trim().split(",");
  expect(left).toContain("PATH");
  expect(Object.keys(planted).filter((name) => left.includes(name))).toEqual([]);
});

test("a test's repository can commit on a machine where git was never configured", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "voicekey-git-"));
  try {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" });
    git("init", "-q");
    git("commit", "-q", "--allow-empty", "-m", "first");
    expect(git("branch", "--show-current").trim()).toBe("main");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
