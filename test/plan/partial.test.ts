import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exitOf, type RunVerdict } from "../../src/evidence/verdict.ts";
import { RecordExecutor } from "../../src/exec/record-executor.ts";
import { runPlan } from "../../src/plan/run.ts";
import { action, baseOf, made, recordingLog, stillClock, toyStep } from "./fakes.ts";

let evidence: string;
beforeEach(() => {
  evidence = mkdtempSync(join(tmpdir(), "vkp-partial-"));
});
afterEach(() => rmSync(evidence, { recursive: true, force: true }));

const green = { outputs: { report: { "report.txt": "fine\n" } } };

function ran(runnable: ReturnType<typeof made>): Promise<RunVerdict> {
  return runPlan(runnable, new RecordExecutor(() => green), {
    ...{ jobs: 2, strict: false, failFast: false, evidence, clock: stillClock(), log: recordingLog() },
    signal: new AbortController().signal,
  });
}

describe("a verdict", () => {
  it("is incomplete, and exit 3, when the config skips every step: nothing was checked", async () => {
    const verdict = await ran(made([toyStep({ plan: () => ({ skip: "no such thing here" }) })]));
    expect([verdict.outcome, exitOf(verdict)]).toEqual(["incomplete", 3]);
  });

  it("is passed when the change affects no step: there was nothing to find out", async () => {
    const verdict = await ran(made([toyStep()], { changed: true, base: baseOf([]) }));
    expect([verdict.outcome, exitOf(verdict)]).toEqual(["passed", 0]);
  });

  it("says which steps a partial run left out, and a step that needs one of them still runs", async () => {
    const reading = (id: string, glob: string, needs: string[] = []) =>
      toyStep({ id, needs, actions: (c) => [action(`${c.prefix}/run`, { app: c.app([glob]) })] });
    const steps = [reading("docs", "docs/**"), reading("code", "src/**", ["docs"])];
    const runnable = made(steps, { changed: true, base: baseOf(["src/toy.py"]) });
    const verdict = await ran(runnable);
    expect(verdict).toMatchObject({ outcome: "passed", partial: { base: "1".repeat(40), leftOut: ["docs"], of: 2 } });
    expect(verdict.steps.map((s) => s.outcome)).toEqual(["skipped", "passed"]);
  });
});
