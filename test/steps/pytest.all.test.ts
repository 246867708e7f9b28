/** Failed tests that are really run again, and what a later run says of them. */
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { Config } from "../../src/config/model.ts";
import { observedTests } from "../../src/evidence/observations.ts";
import { loadRun, type StepRecord } from "../../src/evidence/run-record.ts";
import { bundledAppConfig } from "../../src/steps/common/pytest/bundled-app.ts";
import type { TestRecord } from "../../src/steps/step.ts";
import { REPOSITORY } from "../files.ts";
import { filesBelow } from "./recorded.ts";
import type { RanHere } from "./run-here.ts";
import { runHere } from "./run-here.ts";
import { readFiles, smallConfig } from "./small-app.ts";

const APP = "src/steps/unit-tests/app";
const open: RanHere[] = [];
afterEach(() => {
  for (const ran of open.splice(0)) ran.remove();
});

/** `unique` makes the sources others than those of earlier runs of this test, which may lie in the cache. */
async function run(unique: string): Promise<{ step: StepRecord; observed: readonly TestRecord[] }> {
  const flaky = `"""${unique}"""

import pathlib
import tempfile

RUNS = pathlib.Path(tempfile.gettempdir(), "runs")
LEFT = pathlib.Path("left-behind")


def test_needs_a_fresh_copy_and_a_second_try():
    first = not RUNS.exists()
    RUNS.touch()
    dirty = LEFT.exists()
    LEFT.touch()
    assert not first
    assert not dirty


def test_stands_firm():
    assert True
`;
  const config = bundledAppConfig(smallConfig("3.11"));
  const tests = { ...config.checks["unit-tests"], retries: 1, flaky: "report" as const };
  const files = { ...readFiles(APP, filesBelow(join(REPOSITORY, APP))), "tests/test_flaky.py": flaky };
  const given: Config = { ...config, checks: { ...config.checks, "unit-tests": tests } };
  const ran = await runHere(files, given, { only: ["unit-tests"], store: inject("scenarioStore") });
  open.push(ran);
  const record = await loadRun(ran.evidence);
  const step = record.steps[0];
  if (step === undefined) throw new Error("the run has no step");
  return { step, observed: observedTests(record, step) };
}

describe("a flaky test", () => {
  it("passes in a new process on a fresh copy, and is observed once: a run from the cache only repeats what was seen", async () => {
    const unique = `${process.pid}-${performance.timeOrigin}`;
    const first = await run(unique);
    const flaky = first.observed.filter((t) => t.flaky === true).map((t) => t.name);
    expect(first.step.verdict.outcome).toBe("passed");
    expect(first.step.judgement?.facts).toMatchObject({ flaky: 1, failed: 0, tests: 4 });
    expect(flaky).toEqual(["test_needs_a_fresh_copy_and_a_second_try"]);

    const again = await run(unique);
    expect(again.step.verdict.cached).toBe(true);
    expect(again.step.judgement?.facts).toMatchObject({ flaky: 1 });
    expect(again.observed).toEqual([]);
  });
});
