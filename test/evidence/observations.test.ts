import { describe, expect, it } from "vitest";
import { observedTests } from "../../src/evidence/observations.ts";
import type { ActionRecord, RunRecord, StepRecord } from "../../src/evidence/run-record.ts";
import { judged, ran, recordOf, testCase } from "./records.ts";
import { plan, planned, step } from "./verdicts.ts";

const KEY = "unit-tests@3.11";
const RUN = `${KEY}/run`;
const SHARED = "project/wheel";

/** A run with one step, whose actions ended as given; and that step. */
function runWith(actions: readonly ActionRecord[], cached: boolean): [RunRecord, StepRecord] {
  const verdict = step("unit-tests", { python: "3.11", cached });
  const judgement = judged({ tests: [testCase("flaky", { flaky: true }), testCase("firm")] });
  const record = recordOf([{ key: KEY, verdict, judgement }], {
    plan: plan([planned(verdict, { actions: { wheel: SHARED, run: RUN } })]),
    actions,
  });
  const [made] = record.steps;
  if (made === undefined) throw new Error("no step");
  return [record, made];
}
const names = (...given: Parameters<typeof runWith>): string[] =>
  observedTests(...runWith(given[0], given[1])).map((t) => t.name);

describe("the tests that a run observed", () => {
  it("are those of a step whose tests ran, also where a shared action was replayed", () => {
    expect(names([ran(SHARED, 0, 1), ran(RUN, 1, 2)], false)).toEqual(["flaky", "firm"]);
    expect(names([ran(SHARED, 0, 1, { cached: true }), ran(RUN, 1, 2)], false)).toEqual(["flaky", "firm"]);
  });

  it("are none where the tests were replayed, whatever else ran", () => {
    expect(names([ran(SHARED, 0, 1, { cached: true }), ran(RUN, 1, 2, { cached: true })], true)).toEqual([]);
    expect(names([ran(SHARED, 0, 1), ran(RUN, 1, 2, { cached: true })], false)).toEqual([]);
    const proofRan = [ran(RUN, 1, 2, { cached: true }), ran(`${KEY}/proof/failing-test/run`, 1, 2)];
    expect(names(proofRan, false)).toEqual([]);
  });

  it("are none where the tests did not run, or nothing was judged", () => {
    expect(names([ran(SHARED, 0, 1)], false)).toEqual([]);
    const [record, { key, title, verdict }] = runWith([ran(RUN, 1, 2)], false);
    expect(observedTests(record, { key, title, verdict })).toEqual([]);
  });
});
