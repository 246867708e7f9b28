/**
 * One cache folder and one built command for all scenarios of a test run: tool environments are made once, as on a developer's machine.
 * Runs once before the tests; what it makes goes when they end.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    readonly scenarioStore: string;
    readonly scenarioCommand: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "vkp-scenario-store-"));
  const root = join(import.meta.dirname, "..", "..");
  const outdir = join(root, "node_modules", ".cache", `scenario-${process.pid}`);
  execFileSync(process.execPath, [join(root, "scripts", "build.mjs"), "--outdir", outdir], { stdio: "inherit" });
  project.provide("scenarioStore", join(folder, "store"));
  project.provide("scenarioCommand", join(outdir, "voicekey-pipeline.mjs"));
  return () => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(outdir, { recursive: true, force: true });
  };
}
