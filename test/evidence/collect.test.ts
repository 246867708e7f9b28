import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sha256Hex } from "../../src/digest.ts";
import { collectAction, evidenceFiles } from "../../src/evidence/collect.ts";
import type { ActionResult } from "../../src/exec/executor.ts";

let evidence = "";
beforeEach(() => {
  evidence = mkdtempSync(join(tmpdir(), "vkp-collect-"));
});
afterEach(() => rmSync(evidence, { recursive: true }));

/** Trees are texts, which become a file of that content. */
const executor = {
  export: async (tree: string, folder: string) => {
    mkdirSync(join(folder, "inner"), { recursive: true });
    writeFileSync(join(folder, "inner", "report.txt"), tree);
  },
};

const result = (stdout: string, stderr: string): ActionResult<string> => ({
  status: { kind: "exited", code: 0 },
  outputs: { report: "all is well" },
  stdout,
  stderr,
  durationMs: 1,
  cached: false,
  enforced: { network: "cut", filesystem: "isolated" },
  toolchain: {},
});

it("a judge reads exactly what stands in the evidence", async () => {
  const judged = await collectAction(executor, result("said\n", ""), evidence, "steps/toy/run");
  expect(judged.files("report")).toEqual(["inner/report.txt"]);
  expect(judged.read("report", "inner/report.txt")).toBe("all is well");
  expect(judged.read("report", "other.txt")).toBeUndefined();
  expect(await evidenceFiles(evidence, "steps/toy")).toEqual([
    { path: "steps/toy/run/report/inner/report.txt", sha256: sha256Hex("all is well") },
    { path: "steps/toy/run/stdout.txt", sha256: sha256Hex("said\n") },
  ]);
});

it("what a command said is kept, and a silent stream leaves no file", async () => {
  await collectAction(executor, result("", "a warning"), evidence, "steps/toy/run");
  expect(readdirSync(join(evidence, "steps/toy/run")).sort()).toEqual(["report", "stderr.txt"]);
  expect(readFileSync(join(evidence, "steps/toy/run/stderr.txt"), "utf8")).toBe("a warning");
});
