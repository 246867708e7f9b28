/**
 * What the module's runtime does before our sources are there: it installs from package.json and a lock file alone, and a lifecycle script that
 * fails then ends every `dagger call`.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY, readRepositoryFile } from "../files.ts";

const { scripts } = JSON.parse(readRepositoryFile("package.json")) as { readonly scripts: Record<string, string> };
const lifecycle = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "dependencies"];

test.each(lifecycle.filter((name) => name in scripts))("%s works with nothing there but package.json", (name) => {
  const folder = mkdtempSync(join(tmpdir(), "install-"));
  try {
    cpSync(join(REPOSITORY, "package.json"), join(folder, "package.json"));
    const { status, stderr } = spawnSync(scripts[name] ?? "", { cwd: folder, shell: true, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
