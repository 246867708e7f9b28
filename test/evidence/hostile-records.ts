/** Runs of which the application says whatever it can to break a report, and more of it than any report shows. */
import type { RunRecord } from "../../src/evidence/run-record.ts";
import { judged, latency, ran, recordOf, START, testCase } from "./records.ts";
import { NOTHING, proof, step } from "./verdicts.ts";

export const HOSTILE = `</script><img src=x onerror=alert(1)>]]>"'&\u001b[31mred\u001b[0m\u202ebidi\u0000\ud800\uffff |\`@everyone\`\n::error::x\r\n::set-output name=a::b`;

/** Everything that the application can say, as hostile as it can be. */
export const hostileRecord: RunRecord = recordOf(
  [
    {
      key: "lint",
      verdict: step("lint", {
        outcome: "failed",
        reason: HOSTILE,
        detail: `${HOSTILE}\n2\n3\n4`,
        remedy: HOSTILE,
        facts: { [HOSTILE]: HOSTILE },
        proofs: [proof("p", { title: HOSTILE, outcome: "missed", reason: HOSTILE })],
      }),
      judgement: judged({
        outcome: "failed",
        findings: [
          { rule: HOSTILE, message: HOSTILE, path: `a b/${HOSTILE}.py`, line: 1 },
          { rule: "r", message: HOSTILE, path: "../../outside.py", line: 2 },
          { rule: "r", message: "", path: "src/%2e,:x.py", line: -4, column: 0 },
        ],
        tests: [
          testCase(HOSTILE, {
            classname: HOSTILE,
            outcome: "failed",
            message: HOSTILE,
            text: HOSTILE,
            file: HOSTILE,
            line: 1,
          }),
          testCase(HOSTILE, { flaky: true }),
        ],
        measures: [
          {
            id: HOSTILE,
            title: HOSTILE,
            unit: HOSTILE,
            better: "lower",
            groups: [
              { name: HOSTILE, values: [1, 2] },
              { name: "none", values: [] },
              { name: "same", values: [0] },
            ],
            limits: [{ name: HOSTILE, value: -5 }],
          },
        ],
      }),
    },
    { key: "types", verdict: step("types", { outcome: "refused", reason: HOSTILE, remedy: HOSTILE, ...NOTHING }) },
  ],
  {
    actions: [
      ran(HOSTILE, 0, 10, { toolchain: { [HOSTILE]: HOSTILE } }),
      { kind: "not-run", id: HOSTILE, endedAt: START, reason: HOSTILE },
    ],
  },
  { outcome: "failed", proved: false },
);

/** More of everything than any report shows. */
export function endlessRecord(): RunRecord {
  const long = "x".repeat(200_000);
  const findings = Array.from({ length: 50_000 }, (_, i) => ({
    rule: `R${i % 50}`,
    message: `finding ${i} ${long.slice(0, 40)}`,
    path: `src/f${i}.py`,
    line: i + 1,
  }));
  const many = Array.from({ length: 50_000 }, (_, i) =>
    testCase(`test_${i}`, i % 10 === 0 ? { outcome: "failed", message: long, text: long } : { flaky: i % 7 === 0 }),
  );
  const values = Array.from({ length: 50_000 }, (_, i) => i);
  const measures = Array.from({ length: 100 }, (_, i) => ({
    ...latency,
    id: `m${i}`,
    groups:
      i === 0 ? [{ name: "all", values }] : Array.from({ length: 50 }, (_, g) => ({ name: `g${g}`, values: [g] })),
  }));
  const evidence = Array.from({ length: 5_000 }, (_, i) => ({ path: `steps/lint/f${i}`, sha256: "8".repeat(64) }));
  return recordOf(
    [
      {
        key: "lint",
        verdict: step("lint", { outcome: "failed", reason: long, detail: `${long}\n`.repeat(20), evidence }),
        judgement: judged({ outcome: "failed", findings, tests: many, measures }),
      },
    ],
    { actions: Array.from({ length: 3_000 }, (_, i) => ran(`lint/${i}`, i, i + 20)) },
    { outcome: "failed", proved: false },
  );
}
