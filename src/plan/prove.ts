/**
 * Tries one tripwire: the step's own actions over poison, judged by the step's own judge, which must be red for the reason that was planted.
 */
import { stepFolder } from "../evidence/collect.ts";
import type { ProofRecord } from "../evidence/verdict.ts";
import type { Executor } from "../exec/executor.ts";
import type { ExpectedFinding, Finding, Judgement, Step, StepContext } from "../steps/step.ts";
import { describeEnd, TWICE } from "./describe.ts";
import { measure } from "./measure.ts";
import type { PlannedProof, PlannedStep } from "./plan.ts";
import type { Walk } from "./walk.ts";

export async function prove<Tree>(
  step: Step,
  planned: PlannedStep,
  proof: PlannedProof,
  context: StepContext,
  walk: Walk<Tree>,
  executor: Executor<Tree>,
  evidence: string,
): Promise<ProofRecord> {
  const head = { id: proof.id, title: proof.title, scope: proof.scope };
  const measured = await measure(proof.actions, {
    walk,
    executor,
    evidence,
    folder: `${stepFolder(planned.key)}/proof/${proof.id}`,
    judge: (results) => step.judge({ context, results }),
    believes: (judgement) => whatWasMissed(judgement, proof.expect) === undefined,
  });
  if (measured.kind === "ended") {
    const { end } = measured;
    if (end.kind === "refused") return { ...head, outcome: "refused", reason: end.refusal.reason, cached: false };
    return { ...head, outcome: "missed", reason: describeEnd(end).reason, cached: false };
  }
  const { judgement, cached, again } = measured;
  const missed = whatWasMissed(judgement, proof.expect);
  const more = again === undefined ? {} : { measuredAgain: again };
  if (missed === undefined) return { ...head, outcome: "caught", cached, ...more };
  return { ...head, outcome: "missed", reason: again === undefined ? missed : `${missed} (${TWICE})`, cached, ...more };
}

/** Why the judgement does not catch the poison, or undefined where it does: red, and with every finding that was planted. */
function whatWasMissed(judgement: Judgement, expect: readonly ExpectedFinding[]): string | undefined {
  if (judgement.outcome === "passed") return "the gate passed on it";
  const lacking = expect.filter((e) => !judgement.findings.some((f) => matches(f, e)));
  if (lacking.length === 0) return undefined;
  const names = lacking.map((e) => (e.path === undefined ? e.rule : `${e.rule} in ${e.path}`)).join(", ");
  return `the gate failed, but not for the planted reason: no finding ${names} (${judgement.reason ?? "no reason given"})`;
}

function matches(finding: Finding, expected: ExpectedFinding): boolean {
  return (
    finding.rule === expected.rule &&
    (expected.path === undefined || finding.path === expected.path) &&
    (expected.message === undefined || finding.message.includes(expected.message))
  );
}
