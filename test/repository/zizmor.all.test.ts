import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY } from "../files.ts";

let folder = "";
let zizmor = "";

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "voicekey-zizmor-"));
  const venv = path.join(folder, "venv");
  const run = (command: string, args: string[]) => {
    const result = spawnSync(command, args, { encoding: "utf8" });
    expect(result.status, `${command}: ${result.error?.message ?? result.stderr}`).toBe(0);
  };
  run("python3", ["-m", "venv", venv]);
  run(path.join(venv, "bin/python"), [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--require-hashes",
    "-r",
    path.join(import.meta.dirname, "zizmor.txt"),
  ]);
  zizmor = path.join(venv, "bin/zizmor");
}, 300_000);

afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

/** Every finding at the strictest persona, as `audit: place`; nothing is asked of the network. */
function audit(repository: string): string[] {
  const result = spawnSync(
    zizmor,
    ["--offline", "--persona", "auditor", "--format", "json-v1", "--no-exit-codes", repository],
    { encoding: "utf8" },
  );
  expect(result.status, result.stderr).toBe(0);
  const findings = JSON.parse(result.stdout) as { ident: string; desc: string }[];
  return findings.map((f) => `${f.ident}: ${f.desc}`);
}

test("zizmor finds nothing in the workflows at its strictest persona", () => {
  expect(audit(path.join(REPOSITORY, ".github"))).toEqual([]);
});

test("zizmor would have found an action that is not pinned, and credentials left behind", () => {
  const copy = path.join(folder, "poisoned");
  cpSync(path.join(REPOSITORY, ".github"), path.join(copy, ".github"), { recursive: true });
  const workflow = path.join(copy, ".github/workflows/pr.yml");
  const text = readFileSync(workflow, "utf8");
  writeFileSync(
    workflow,
    text
      .replace(/(actions\/checkout)@\w+ # v\S+/, "$1@v7")
      .replace("persist-credentials: false", "persist-credentials: true"),
  );
  const idents = audit(path.join(copy, ".github")).map((f) => f.split(":")[0]);
  expect(idents).toEqual(expect.arrayContaining(["unpinned-uses", "artipacked"]));
});
