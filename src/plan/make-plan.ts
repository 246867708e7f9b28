/**
 * Makes the plan: a pure function of config, source manifest, base, bundled files, images and selection.
 * It reads no file, no clock and no machine; equal inputs give an equal digest everywhere.
 */
import { canonicalJson, digestOf } from "../digest.ts";
import { PipelineError } from "../errors.ts";
import type { Action, Ref } from "../exec/action.ts";
import { refsOf } from "../exec/action.ts";
import { manifestDigest } from "../exec/manifest.ts";
import type { Step, StepAction, StepContext, Tripwire } from "../steps/step.ts";
import { whyUnaffected } from "./affected.ts";
import type { Bundle } from "./bundle.ts";
import { Files, ownContext, poisonedContext } from "./contexts.ts";
import { inOrder } from "./order.ts";
import type { Plan, PlannedProof, PlannedStep } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import { selectSteps } from "./selection.ts";

export type { PlanInput } from "./plan-input.ts";

/** A plan with the contexts that its judgements need; those are not data and never leave the process. */
export interface MadePlan {
  readonly plan: Plan;
  /** Step key, or `<key>/proof/<id>` → context. */
  readonly contexts: ReadonlyMap<string, StepContext>;
}

export function makePlan(input: PlanInput): MadePlan {
  const chosen = selectSteps(input.steps, input.goal, input.only, input.skip);
  const actions = new Map<string, Action>();
  const contexts = new Map<string, StepContext>();
  const making: Making = { input, chosen, actions, contexts, files: new Files(input) };
  const planned = chosen.flatMap((step) => {
    const versions = step.perPython ? input.config.python.versions : input.config.python.versions.slice(0, 1);
    return versions.map((python) => planStep(making, step, python));
  });
  const ordered = inOrder([...actions.values()]);
  const content = {
    schema: 1 as const,
    goal: input.goal,
    pipeline: input.pipeline,
    app: { name: input.config.app.name, root: input.config.app.root },
    config: digestOf(input.config),
    source: { digest: manifestDigest(input.manifest), files: input.manifest.entries.length },
    base: input.base?.oid ?? null,
    bundled: bundledDigests(ordered, input.bundle),
    images: usedImages(ordered, input),
    selection: {
      only: [...input.only].sort(),
      skip: [...input.skip].sort(),
      prove: input.prove,
      proofsOnly: input.proofsOnly,
      ...(input.changed === true && input.base !== null ? { changed: true as const } : {}),
    },
    steps: planned,
    actions: ordered,
  };
  return { plan: { ...content, digest: digestOf(content) }, contexts };
}

/** `unit-tests@3.11` for a step with one instance per version, else its id. */
export function stepKey(step: Step, python: string): string {
  return step.perPython ? `${step.id}@${python}` : step.id;
}

/** What grows while a plan is made. */
interface Making {
  readonly input: PlanInput;
  readonly chosen: readonly Step[];
  readonly actions: Map<string, Action>;
  readonly contexts: Map<string, StepContext>;
  readonly files: Files;
}

function planStep(making: Making, step: Step, python: string): PlannedStep {
  const { input, chosen, actions, contexts } = making;
  const key = stepKey(step, python);
  const context = ownContext(input, step, python, key);
  contexts.set(key, context);
  const own = step.plan(context);
  const needs = chosen
    .filter((s) => step.needs.includes(s.id))
    .flatMap((s) => (s.perPython ? input.config.python.versions.map((v) => stepKey(s, v)) : [s.id]));
  const head = {
    key,
    id: step.id,
    title: step.title,
    requirements: step.requirements,
    platform: input.platform,
    needs,
  };
  const described: Omit<PlannedStep, "actions" | "proofs"> = step.perPython ? { ...head, python } : head;
  if ("skip" in own) return { ...described, skip: own.skip, actions: {}, proofs: [] };
  // A step without work would have nothing that could fail.
  if (own.actions.length === 0) throw new PipelineError("PLAN_INVALID", `the step ${key} plans no action`);
  const proofs = input.prove ? step.tripwires.map((t) => planProof(making, step, t, context)) : [];
  const leftOut = whyLeftOut(input, step, [own.actions, ...proofs.map((p) => p.actions)].flat());
  if (leftOut !== undefined) return { ...described, skip: leftOut, leftOut: true, actions: {}, proofs: [] };
  return {
    ...described,
    actions: input.proofsOnly ? {} : enter(own.actions, actions),
    proofs: proofs.map((p) => ({ ...p, actions: enter(p.actions, actions) })),
  };
}

function whyLeftOut(input: PlanInput, step: Step, own: readonly StepAction[]): string | undefined {
  const { base, baseline } = input;
  if (input.changed !== true || base === null) return undefined;
  return whyUnaffected(
    step.id,
    own.map((a) => a.action),
    baseline === undefined ? { base } : { base, baseline },
  );
}

/** A proof whose actions are not yet in the plan. */
type DraftProof = Omit<PlannedProof, "actions"> & { readonly actions: readonly StepAction[] };

function planProof(making: Making, step: Step, tripwire: Tripwire, context: StepContext): DraftProof {
  const { contexts, files } = making;
  const prefix = `${context.prefix}/proof/${tripwire.id}`;
  const poisoned = poisonedContext(files, tripwire, context, prefix);
  contexts.set(prefix, poisoned);
  const own = step.plan(poisoned);
  if ("skip" in own) throw new PipelineError("PLAN_INVALID", `${step.id}: the tripwire ${tripwire.id} plans no action`);
  return {
    id: tripwire.id,
    title: tripwire.title,
    scope: tripwire.scope,
    actions: own.actions,
    expect: tripwire.expect(poisoned),
  };
}

function enter(own: readonly StepAction[], all: Map<string, Action>): Record<string, string> {
  const names: Record<string, string> = {};
  for (const { name, action } of own) {
    const known = all.get(action.id);
    if (known !== undefined && canonicalJson(known) !== canonicalJson(action))
      throw new PipelineError("PLAN_INVALID", `two different actions are planned under the id ${action.id}`);
    all.set(action.id, action);
    names[name] = action.id;
  }
  return names;
}

function bundledDigests(actions: readonly Action[], bundle: Bundle): Record<string, string> {
  const digests: Record<string, string> = {};
  const visit = (ref: Ref): void => {
    if (ref.kind === "bundled") digests[ref.path] ??= manifestDigest({ entries: bundle.entries(ref.path) });
    if (ref.kind === "overlay") [ref.lower, ref.upper].forEach(visit);
  };
  for (const action of actions) refsOf(action).forEach(visit);
  return digests;
}

function usedImages(actions: readonly Action[], input: PlanInput): Record<string, string> {
  const used: Record<string, string> = {};
  for (const { toolchain } of actions) {
    const reference = input.config.images[toolchain.image] ?? input.images[toolchain.image];
    if (reference === undefined)
      throw new PipelineError("PLAN_INVALID", `there is no image ${toolchain.image} in the catalogue`);
    used[toolchain.image] = reference;
  }
  return used;
}
