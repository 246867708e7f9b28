/**
 * A step's result as an in-toto statement, so that tools outside this project can consume it.
 * Statement v1 (https://in-toto.io/Statement/v1) with predicate test-result v0.1
 * (https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md). Unsigned: sealing is a later, separate act.
 */
import type { Plan, PlannedStep } from "../plan/plan.ts";
import type { Finding } from "../steps/step.ts";

export interface Statement {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: "https://in-toto.io/attestation/test-result/v0.1";
  readonly predicate: {
    readonly result: "PASSED" | "FAILED";
    readonly configuration: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
    readonly passedTests: readonly string[];
    readonly warnedTests: readonly string[];
    readonly failedTests: readonly string[];
  };
}

/** The subject is the source by its manifest digest, the configuration is the plan: together they say what was tried, and on what. */
export function testResult(plan: Plan, step: PlannedStep, passed: boolean, findings: readonly Finding[]): Statement {
  const failed = [...new Set(findings.map((f) => (f.path === undefined ? f.rule : `${f.rule} ${f.path}`)))].sort();
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: plan.app.name, digest: { sha256: hex(plan.source.digest) } }],
    predicateType: "https://in-toto.io/attestation/test-result/v0.1",
    predicate: {
      result: passed ? "PASSED" : "FAILED",
      configuration: [{ name: "plan.json", digest: { sha256: hex(plan.digest) } }],
      passedTests: passed ? [step.key] : [],
      warnedTests: [],
      failedTests: passed ? [] : [step.key, ...failed],
    },
  };
}

function hex(digest: string): string {
  return digest.replace(/^sha256:/, "");
}
