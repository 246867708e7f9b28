import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RecordExecutor } from "../../src/exec/record-executor.ts";
import { runPlan } from "../../src/plan/run.ts";
import { action, baseOf, made, recordingLog, stillClock, toyStep } from "./fakes.ts";

let evidence: string;
beforeEach(() => {
  evidence = mkdtempSync(join(tmpdir(), "vkp-partial-"));
});
afterEach(() => rmSync(evidence, { recursive: true, force: true }));

const green = { outputs: { report: { "report.txt": "fine\n" } } };

describe("a verdict", () => {
  it("says which steps a partial run left out, and a step that needs one of them still runs", async () => {
    const reading = (id: string, glob: string, needs: string[] = []) =>
      toyStep({ id, needs, actions: (c) => [action(`${c.prefix}/run`, { app: c.app([glob]) })] });
    const steps = [reading("docs", "docs/**"), reading("code", "src/**", ["docs"])];
    const runnable = made(steps, { changed: true, base: baseOf(["src/toy.py"]) });
    const verdict = await runPlan(runnable, new RecordExecutor(() => green), {
      ...{ jobs: 2, strict: false, failFast: false, evidence, clock: stillClock(), log: recordingLog() },
      signal: new AbortController().signal,
    });
    expect(verdict).toMatchObject({ outcome: "passed", partial: { base: "1".repeat(40), leftOut: ["docs"], of: 2 } });
    expect(verdict.steps.map((s) => s.outcome)).toEqual(["skipped", "passed"]);
  });
});
