import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PipelineError } from "../../src/errors.ts";
import type { Answer } from "../../src/exec/record-executor.ts";
import { RecordExecutor } from "../../src/exec/record-executor.ts";
import { runPlan } from "../../src/plan/run.ts";
import { made, recordingLog, stillClock, toyStep } from "./fakes.ts";

let evidence = "";
beforeEach(() => {
  evidence = mkdtempSync(join(tmpdir(), "voicekey-need-"));
});
afterEach(() => rmSync(evidence, { recursive: true }));

async function verdictOf(answer: Answer) {
  const verdict = await runPlan(made([toyStep()]), new RecordExecutor(() => answer), {
    ...{ jobs: 2, strict: false, failFast: false, evidence, clock: stillClock(), log: recordingLog() },
    signal: new AbortController().signal,
  });
  return verdict.steps[0];
}

test("a refused step carries the remedy and the doctor line of its refusal", async () => {
  const refuse = { reason: "no Python", remedy: "install it", need: "python-3.99" };
  expect(await verdictOf({ refuse })).toMatchObject({
    ...{ outcome: "refused", reason: "no Python", remedy: "install it", need: "python-3.99" },
  });
});

test("a refusal without a doctor line leaves it out", async () => {
  expect(await verdictOf({ refuse: { reason: "no image", remedy: "name one" } })).not.toHaveProperty("need");
});

test("a step that is refused only while it runs carries its remedy, too", async () => {
  const refused = await verdictOf({
    while: async () => {
      throw new PipelineError("INTERPRETER_MISSING", "it went away");
    },
  });
  expect(refused).toMatchObject({ outcome: "refused", reason: "it went away" });
  expect(refused?.remedy).toBe("Provide what is missing, and run again.");
});

test("a step that passes needs nothing", async () => {
  const passed = await verdictOf({ outputs: { report: { "report.txt": "fine\n" } } });
  expect(passed).toMatchObject({ outcome: "passed" });
  expect(passed).not.toHaveProperty("remedy");
  expect(passed).not.toHaveProperty("need");
});
