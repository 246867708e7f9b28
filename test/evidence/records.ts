/** Runs for tests of reports, and the parts that they are made of. Hostile ones and endless ones stand in hostile-records.ts. */
import type { ActionRecord, RunRecord, StepRecord } from "../../src/evidence/run-record.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import type { Finding, Judgement, Measure, TestRecord } from "../../src/steps/step.ts";
import { action } from "../plan/fakes.ts";
import { NOTHING, plan, planned, proof, run, step } from "./verdicts.ts";

export const START = Date.parse("2020-01-02T03:04:05.000Z");

export function judged(more: Partial<Judgement> = {}): Judgement {
  return { outcome: "passed", findings: [], facts: {}, ...more };
}

export function testCase(name: string, more: Partial<TestRecord> = {}): TestRecord {
  return { classname: "tests.unit.test_app", name, outcome: "passed", message: "", text: "", seconds: 0.01, ...more };
}

export function ran(
  id: string,
  start: number,
  end: number,
  more: Partial<Extract<ActionRecord, { kind: "ran" }>> = {},
): ActionRecord {
  return {
    kind: "ran",
    id,
    startedAt: START + start,
    endedAt: START + end,
    cached: false,
    durationMs: end - start,
    status: { kind: "exited", code: 0 },
    enforced: { network: "cut", filesystem: "isolated" },
    toolchain: { python: "CPython 3.11.9", platform: "linux/amd64" },
    ...more,
  };
}

export function recordOf(
  steps: readonly Omit<StepRecord, "title">[],
  more: Partial<RunRecord> = {},
  verdict: Partial<RunVerdict> = {},
): RunRecord {
  const made = run(
    steps.map((s) => s.verdict),
    verdict,
  );
  return {
    plan: plan(steps.map((s) => planned(s.verdict, { key: s.key }))),
    verdict: made,
    steps: steps.map((s) => ({ ...s, title: `The ${s.verdict.id} check` })),
    actions: [],
    ...more,
  };
}

const finding: Finding = { rule: "F821", message: "undefined name `x`", path: "src/app/cli.py", line: 3, column: 7 };

const tests: readonly TestRecord[] = [
  testCase("test_hears", { seconds: 1.25 }),
  testCase("test_waits", {
    outcome: "failed",
    message: "assert 3 == 4",
    text: "def test_waits():\n>   assert 3 == 4\nE   assert 3 == 4",
    file: "tests/unit/test_app.py",
    line: 12,
  }),
  testCase("test_starts", { outcome: "error", message: "fixture failed", text: "E   OSError" }),
  testCase("test_windows", { outcome: "skipped", message: "only on Windows" }),
  testCase("test_sometimes", { flaky: true, file: "tests/unit/test_app.py", line: 30 }),
];

export const latency: Measure = {
  id: "latency",
  title: "From end of speech to action",
  unit: "ms",
  better: "lower",
  groups: [
    { name: "local", values: Array.from({ length: 40 }, (_, i) => 180 + ((i * 37) % 90)) },
    { name: "hybrid", values: Array.from({ length: 40 }, (_, i) => 240 + ((i * 53) % 160)) },
  ],
  limits: [{ name: "p95 limit", value: 350 }],
};

const accuracy: Measure = {
  id: "accuracy",
  title: "Commands heard correctly",
  unit: "%",
  better: "higher",
  groups: [
    { name: "clean", values: [100] },
    { name: "noisy", values: [83.3] },
  ],
  limits: [{ name: "floor", value: 90 }],
};

/** Every outcome, findings, tests of every kind, plots, a chain of actions, something that was not enforced. */
export const redRecord: RunRecord = (() => {
  const steps = [
    { key: "format", verdict: step("format", { cached: true, durationMs: 0 }), judgement: judged() },
    {
      key: "lint",
      verdict: step("lint", {
        outcome: "failed",
        reason: "1 finding in 1 file",
        detail: "one\ntwo",
        facts: { findings: 1 },
      }),
      judgement: judged({ outcome: "failed", findings: [finding] }),
    },
    {
      key: "unit-tests@3.11",
      verdict: step("unit-tests", {
        python: "3.11",
        outcome: "failed",
        reason: "2 tests failed",
        proofs: [proof("dies", { outcome: "missed", reason: "the gate passed on it", scope: "tool-only" })],
        proved: false,
        evidence: [{ path: "steps/unit-tests/3.11/judgement.json", sha256: "7".repeat(64) }],
      }),
      judgement: judged({
        outcome: "failed",
        findings: [
          { rule: "test-failed", message: "test_waits: assert 3 == 4", path: "tests/unit/test_app.py", line: 12 },
          { rule: "test-error", message: "test_starts: OSError" },
        ],
        tests,
        measures: [
          {
            id: "coverage",
            title: "Statements covered",
            unit: "%",
            better: "higher",
            groups: [{ name: "all files", values: [93.1] }],
            limits: [{ name: "floor", value: 85 }],
          },
        ],
      }),
    },
    {
      key: "unit-tests@3.12",
      verdict: step("unit-tests", {
        python: "3.12",
        outcome: "refused",
        reason: "there is no Python 3.12 here",
        remedy: "install Python 3.12",
        ...NOTHING,
      }),
    },
    {
      key: "asr-smoke",
      verdict: step("asr-smoke", { facts: { latency: "p95 262 ms" } }),
      judgement: judged({ measures: [latency, accuracy] }),
    },
    { key: "build-dist", verdict: step("build-dist", { outcome: "blocked", reason: "lint is failed", ...NOTHING }) },
    { key: "docs", verdict: step("docs", { outcome: "skipped", reason: "no docs yet", ...NOTHING }) },
  ];
  const wheel = { wheel: { kind: "output" as const, action: "project/wheel", output: "wheel" } };
  const shape = recordOf(steps);
  return {
    ...shape,
    verdict: { ...shape.verdict, outcome: "failed", proved: false, commit: "9".repeat(40) },
    plan: {
      ...shape.plan,
      steps: shape.plan.steps.map((s) => {
        if (s.key === "unit-tests@3.11")
          return {
            ...s,
            actions: { wheel: "project/wheel", run: "unit-tests@3.11/run" },
            proofs: [
              {
                id: "dies",
                title: "dies",
                scope: "tool-only" as const,
                actions: { run: "unit-tests@3.11/proof/dies/run" },
                expect: [],
              },
            ],
          };
        return s.key === "asr-smoke"
          ? { ...s, actions: { wheel: "project/wheel", run: "asr-smoke/run" } }
          : { ...s, actions: { run: `${s.key}/run` } };
      }),
      actions: [
        action("project/wheel"),
        action("format/run"),
        action("lint/run"),
        action("unit-tests@3.11/run", wheel),
        action("unit-tests@3.11/proof/dies/run"),
        action("asr-smoke/run", wheel),
      ],
    },
    actions: [
      ran("format/run", 0, 100, { cached: true, durationMs: 380 }),
      ran("lint/run", 200, 1200, { status: { kind: "exited", code: 1 } }),
      ran("project/wheel", 300, 9000, { enforced: { network: "allowed", filesystem: "isolated" } }),
      ran("unit-tests@3.11/proof/dies/run", 1300, 8000),
      ran("unit-tests@3.11/run", 9500, 40_000, { status: { kind: "exited", code: 1 } }),
      ran("asr-smoke/run", 12_000, 60_000, {
        enforced: { network: "open", filesystem: "shared" },
        status: { kind: "timed-out", afterSeconds: 48 },
      }),
      { kind: "refused", id: "unit-tests@3.12/run", endedAt: START + 10, reason: "there is no Python 3.12 here" },
    ],
  };
})();
