/** Fixed verdicts and a plan for tests of reports: every outcome, and text as hostile as a test name can be. */
import type { ProofRecord, RunVerdict, StepVerdict } from "../../src/evidence/verdict.ts";
import type { Plan, PlannedStep } from "../../src/plan/plan.ts";
import { action } from "../plan/fakes.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;

export function proof(id: string, more: Partial<ProofRecord> = {}): ProofRecord {
  return { id, title: `a ${id}`, scope: "app", outcome: "caught", cached: false, ...more };
}

export function step(id: string, more: Partial<StepVerdict> = {}): StepVerdict {
  return {
    id,
    platform: "linux/amd64",
    outcome: "passed",
    cached: false,
    proved: true,
    proofs: [proof("undefined-name")],
    durationMs: 1234,
    requirements: ["C1"],
    facts: {},
    evidence: [],
    ...more,
  };
}

export const NOTHING: Partial<StepVerdict> = { proved: false, proofs: [], durationMs: 0 };

export function run(steps: readonly StepVerdict[], more: Partial<RunVerdict> = {}): RunVerdict {
  return {
    schema: 1,
    goal: "pr-checks",
    plan: DIGEST,
    outcome: "passed",
    proved: true,
    strict: false,
    where: "host",
    startedAt: "2020-01-02T03:04:05.000Z",
    finishedAt: "2020-01-02T03:05:12.300Z",
    steps,
    ...more,
  };
}

export function planned(verdict: StepVerdict, more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    key: verdict.python === undefined ? verdict.id : `${verdict.id}@${verdict.python}`,
    id: verdict.id,
    title: `The ${verdict.id} check`,
    requirements: verdict.requirements,
    platform: "linux/amd64",
    ...(verdict.python === undefined ? {} : { python: verdict.python }),
    needs: [],
    actions: {},
    proofs: [],
    ...more,
  };
}

export function plan(steps: readonly PlannedStep[], more: Partial<Plan> = {}): Plan {
  return {
    schema: 1,
    goal: "pr-checks",
    digest: DIGEST,
    pipeline: { name: "voicekey-pipeline", version: "0.1.0" },
    app: { name: "parley-voice", root: "fixtures/voice-app" },
    config: `sha256:${"2".repeat(64)}`,
    source: { digest: `sha256:${"3".repeat(64)}`, files: 41 },
    base: "4".repeat(40),
    bundled: {},
    images: { "python-3.11": `python@sha256:${"5".repeat(64)}` },
    selection: { only: [], skip: [], prove: true, proofsOnly: false },
    steps,
    actions: [],
    ...more,
  };
}

/** One step of each outcome. */
export const everyOutcome: RunVerdict = run(
  [
    step("format", { cached: true, durationMs: 0, facts: { files: 12, "findings in baseline": 540 } }),
    step("lint", {
      outcome: "failed",
      reason: "2 findings",
      detail: "src/parley/cli.py:3:1 F821 undefined name `x`\nsrc/parley/cli.py:9:5 F401 unused import",
      facts: { findings: 2 },
    }),
    step("types", {
      outcome: "failed",
      proved: false,
      reason: "the gate does not gate: wrong-type (a wrong-type)",
      proofs: [proof("wrong-type", { outcome: "missed", reason: "the gate passed on it" })],
    }),
    step("unit-tests", { python: "3.11", durationMs: 63_200, facts: { tests: 41, coverage: 93.1 } }),
    step("unit-tests", {
      python: "3.12",
      outcome: "refused",
      reason: "there is no Python 3.12 here, and none could be fetched",
      remedy: "install Python 3.12 and put it on PATH",
      ...NOTHING,
    }),
    step("smoke", { outcome: "blocked", reason: "lint is failed", ...NOTHING }),
    step("docs", { outcome: "skipped", reason: "no docs yet", ...NOTHING }),
  ],
  { outcome: "failed", proved: false },
);

export const everyOutcomePlan: Plan = plan(everyOutcome.steps.map((s) => planned(s)));

/** A small plan with an edge of each kind. */
export const drawn: Plan = plan(
  [
    planned(step("lint"), { actions: { run: "lint/run" } }),
    planned(step("unit-tests", { python: "3.11" }), {
      needs: ["lint"],
      actions: { run: "unit-tests@3.11/run" },
      proofs: [
        {
          id: "failing-test",
          title: "a test that fails",
          scope: "app",
          actions: { run: "unit-tests@3.11/proof/failing-test/run" },
          expect: [],
        },
      ],
    }),
    planned(step("docs"), { skip: "no docs yet" }),
  ],
  {
    actions: [
      action("project/lock@3.11", {}, { network: true, cache: { maxAgeSeconds: 86_400 } }),
      action("lint/run"),
      action("unit-tests@3.11/run", { lock: { kind: "output", action: "project/lock@3.11", output: "lock" } }),
      action("unit-tests@3.11/proof/failing-test/run", {
        lock: { kind: "output", action: "project/lock@3.11", output: "lock" },
      }),
    ],
  },
);
