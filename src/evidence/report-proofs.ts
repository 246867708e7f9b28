/**
 * The report of `selfproof`: every planted defect, and whether its gate caught it. Pure.
 */
import colors from "picocolors";
import { columns } from "./columns.ts";
import { oneLine } from "./text.ts";
import type { ProofRecord, RunVerdict } from "./verdict.ts";

/** A table of proofs, steps that were refused or have none below it, and one closing line. No newline at the end. */
export function renderProofs(verdict: RunVerdict, options: { readonly color: boolean }): string {
  const paint = colors.createColors(options.color);
  const tone = { caught: paint.green, missed: paint.red, refused: paint.yellow } as const;
  const proofs = verdict.steps.flatMap((step) => step.proofs.map((proof) => ({ step, proof })));
  const cells = proofs.map(({ step, proof }) => [
    step.python === undefined ? step.id : `${step.id}@${step.python}`,
    proof.id,
    oneLine(proof.title, 60),
    proof.scope === "app" ? "app" : "tool only",
    `${proof.outcome}${proof.cached ? " (cached)" : ""}${proof.measuredAgain === undefined ? "" : " (measured again)"}`,
  ]);
  const [head, ...lines] = columns([["step", "poison", "what is wrong in it", "over", "outcome"], ...cells]);
  const body = lines.flatMap((line, i) => {
    const proof = proofs[i]?.proof;
    if (proof === undefined) return [line];
    // The outcome is the last cell, so it is the last occurrence in the line.
    const at = line.lastIndexOf(proof.outcome);
    const painted = `${line.slice(0, at)}${tone[proof.outcome](proof.outcome)}${line.slice(at + proof.outcome.length)}`;
    return proof.reason === undefined ? [painted] : [painted, `    ${oneLine(proof.reason, 400)}`];
  });
  const without = verdict.steps
    .filter((s) => s.proofs.length === 0)
    .map((s) => `${s.id}: not proved, ${s.outcome}${s.reason === undefined ? "" : `: ${oneLine(s.reason, 300)}`}`);
  const count = (outcome: ProofRecord["outcome"]) => proofs.filter(({ proof }) => proof.outcome === outcome).length;
  const closing = `${count("caught")} caught, ${count("missed")} missed, ${count("refused")} refused`;
  return [...(proofs.length === 0 ? [] : [paint.bold(head ?? ""), ...body]), ...without, closing].join("\n");
}
