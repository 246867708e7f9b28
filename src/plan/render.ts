/**
 * A plan for people and for drawing tools: text, Mermaid, Graphviz dot. Pure; JSON is the plan itself.
 */
import { oneLine } from "../evidence/text.ts";
import { dependencies } from "../exec/action.ts";
import { shortId } from "./affected.ts";
import type { PlanFormat } from "./formats.ts";
import type { Plan, PlannedStep } from "./plan.ts";

/** The plan in one of its forms, without a newline at the end. The first line of the text form is `plan sha256:…`. */
export function renderPlan(plan: Plan, format: PlanFormat): string {
  switch (format) {
    case "json":
      return JSON.stringify(plan, null, 2);
    case "mermaid":
      return mermaid(plan);
    case "dot":
      return dot(plan);
    case "text":
      return text(plan);
  }
}

function text(plan: Plan): string {
  const proofs = plan.steps.reduce((sum, s) => sum + s.proofs.length, 0);
  const head = [
    `plan ${plan.digest}`,
    `goal ${plan.goal} of ${plan.app.name} (${plan.app.root}), ${plan.pipeline.name} ${plan.pipeline.version}`,
    `source ${plan.source.digest}, ${plan.source.files} files; base ${plan.base ?? "none"}; config ${plan.config}`,
    ...partial(plan),
    `${counted(plan.steps.length, "step")}, ${counted(plan.actions.length, "action")}, ${counted(proofs, "proof")}${plan.selection.prove ? "" : " (proving is off)"}`,
  ];
  return [...head, "", "steps", ...plan.steps.flatMap(stepText), "", "actions", ...plan.actions.map(actionText)].join(
    "\n",
  );

  function actionText(action: Plan["actions"][number]): string {
    const from = dependencies(action);
    const marks = [
      action.toolchain.python === "any" ? "" : `python ${action.toolchain.python}`,
      action.network ? "network" : "",
      action.exclusive ? "exclusive" : "",
      action.cache === "by-inputs"
        ? ""
        : action.cache === "never"
          ? "never cached"
          : `cached ${action.cache.maxAgeSeconds} s`,
    ].filter((m) => m !== "");
    const note = marks.length === 0 ? "" : `  [${marks.join(", ")}]`;
    return `  ${action.id}${note}${from.length === 0 ? "" : `  ← ${from.join(", ")}`}`;
  }
}

function partial({ base, steps }: Plan): string[] {
  const out = steps.filter((s) => s.leftOut).length;
  if (out === 0 || base === null) return [];
  return [
    `partial: only what the change since ${shortId(base)} can affect; ${out} of ${counted(steps.length, "step")} left out`,
  ];
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function stepText(step: PlannedStep): string[] {
  const lines = [`  ${step.key}  ${step.title}  (${step.requirements.join(", ")})`];
  if (step.skip !== undefined) lines.push(`    ${step.leftOut ? "left out" : "skipped"}: ${oneLine(step.skip)}`);
  if (step.needs.length > 0) lines.push(`    needs ${step.needs.join(", ")}`);
  for (const [name, id] of Object.entries(step.actions)) lines.push(`    ${name}: ${id}`);
  for (const proof of step.proofs) {
    lines.push(`    proof ${proof.id} (${proof.scope}): ${proof.title}: ${Object.values(proof.actions).join(", ")}`);
  }
  return lines;
}

interface Graph {
  readonly steps: readonly { readonly node: string; readonly label: string }[];
  readonly actions: readonly { readonly node: string; readonly label: string }[];
  /** From what comes first to what needs it. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly kind: "data" | "judged" | "needs" }[];
}

function graph(plan: Plan): Graph {
  const action = new Map(plan.actions.map((a, i) => [a.id, `a${i}`]));
  const step = new Map(plan.steps.map((s, i) => [s.key, `s${i}`]));
  const edge = (from: string | undefined, to: string | undefined, kind: "data" | "judged" | "needs") =>
    from === undefined || to === undefined ? [] : [{ from, to, kind }];
  return {
    steps: plan.steps.map((s, i) => ({ node: `s${i}`, label: `${s.key}${markOf(s)}` })),
    actions: plan.actions.map((a, i) => ({ node: `a${i}`, label: a.id })),
    edges: [
      ...plan.actions.flatMap((a) => dependencies(a).flatMap((d) => edge(action.get(d), action.get(a.id), "data"))),
      ...plan.steps.flatMap((s) => [
        ...judgedActions(s).flatMap((id) => edge(action.get(id), step.get(s.key), "judged")),
        ...s.needs.flatMap((key) => edge(step.get(key), step.get(s.key), "needs")),
      ]),
    ],
  };
}

function markOf(step: PlannedStep): string {
  return step.leftOut ? " (left out)" : step.skip === undefined ? "" : " (skipped)";
}

function judgedActions(step: PlannedStep): string[] {
  const all = [...Object.values(step.actions), ...step.proofs.flatMap((p) => Object.values(p.actions))];
  return [...new Set(all)];
}

function mermaid(plan: Plan): string {
  const g = graph(plan);
  const label = (s: string) => `"${s.replace(/[#"<>&\\`]/g, (c) => `#${c.charCodeAt(0)};`)}"`;
  const arrow = { data: "-->", judged: "-.->", needs: "==>" } as const;
  return [
    `%% plan ${plan.digest}`,
    "flowchart LR",
    ...g.actions.map((a) => `  ${a.node}[${label(a.label)}]`),
    ...g.steps.map((s) => `  ${s.node}([${label(s.label)}])`),
    ...g.edges.map((e) => `  ${e.from} ${arrow[e.kind]} ${e.to}`),
  ].join("\n");
}

function dot(plan: Plan): string {
  const g = graph(plan);
  const label = (s: string) => `"${s.replace(/[\\"]/g, (c) => `\\${c}`)}"`;
  const style = { data: "", judged: " [style=dashed]", needs: " [style=bold]" } as const;
  return [
    `// plan ${plan.digest}`,
    "digraph plan {",
    "  rankdir=LR;",
    ...g.actions.map((a) => `  ${a.node} [shape=box,label=${label(a.label)}];`),
    ...g.steps.map((s) => `  ${s.node} [shape=oval,label=${label(s.label)}];`),
    ...g.edges.map((e) => `  ${e.from} -> ${e.to}${style[e.kind]};`),
    "}",
  ].join("\n");
}
