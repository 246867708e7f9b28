/**
 * Makes the plan: a pure function of config, source manifest, base, bundled files, images and selection.
 * It reads no file, no clock and no machine; equal inputs give an equal digest everywhere.
 */
import type { Baseline, Config } from "../config/model.ts";
import { canonicalJson, digestOf, sha256Hex } from "../digest.ts";
import { PipelineError } from "../errors.ts";
import type { Action, Ref, TargetPlatform } from "../exec/action.ts";
import { refsOf } from "../exec/action.ts";
import type { ManifestEntry, SourceManifest } from "../exec/manifest.ts";
import { manifestDigest, selectEntries, sortEntries } from "../exec/manifest.ts";
import type { Goal, Step, StepContext, Tripwire } from "../steps/step.ts";
import type { Bundle } from "./bundle.ts";
import { inOrder } from "./order.ts";
import type { Plan, PlannedProof, PlannedStep } from "./plan.ts";
import { selectSteps } from "./selection.ts";

export interface PlanInput {
  readonly goal: Goal;
  readonly pipeline: { readonly name: string; readonly version: string };
  readonly config: Config;
  readonly steps: readonly Step[];
  readonly platform: TargetPlatform;
  readonly manifest: SourceManifest;
  readonly base: string | null;
  readonly baseline?: { readonly head: Baseline; readonly base?: Baseline };
  readonly bundle: Bundle;
  /** The image catalogue: key → reference by digest. */
  readonly images: Readonly<Record<string, string>>;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  /** Whether proofs are planned. */
  readonly prove: boolean;
  /** Proofs alone, without the checks themselves (`selfproof`). */
  readonly proofsOnly: boolean;
}

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
    base: input.base,
    bundled: bundledDigests(ordered, input.bundle),
    images: usedImages(ordered, input),
    selection: {
      only: [...input.only].sort(),
      skip: [...input.skip].sort(),
      prove: input.prove,
      proofsOnly: input.proofsOnly,
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
  const source = (globs: readonly string[]): Ref => ({ kind: "source", globs, at: "head" });
  const context: StepContext = {
    config: input.config,
    platform: input.platform,
    python,
    paths: step.paths(input.config),
    app: source,
    project: source,
    projectPrefix: "project",
    manifest: input.manifest,
    prefix: key,
    ...(input.baseline === undefined ? {} : { baseline: input.baseline }),
  };
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
  return {
    ...described,
    actions: input.proofsOnly ? {} : enter(own.actions, actions),
    proofs: input.prove ? step.tripwires.map((t) => planProof(making, step, t, context)) : [],
  };
}

function planProof(making: Making, step: Step, tripwire: Tripwire, context: StepContext): PlannedProof {
  const { actions, contexts, files } = making;
  const prefix = `${context.prefix}/proof/${tripwire.id}`;
  const poisoned = poisonedContext(files, tripwire, context, prefix);
  contexts.set(prefix, poisoned);
  const own = step.plan(poisoned);
  if ("skip" in own) throw new PipelineError("PLAN_INVALID", `${step.id}: the tripwire ${tripwire.id} plans no action`);
  return {
    id: tripwire.id,
    title: tripwire.title,
    scope: tripwire.scope,
    actions: enter(own.actions, actions),
    expect: tripwire.expect(poisoned),
  };
}

function poisonedContext(files: Files, tripwire: Tripwire, context: StepContext, prefix: string): StepContext {
  let entries: readonly ManifestEntry[] | undefined;
  const overlay = tripwire.overlay(context);
  const toolOnly = tripwire.scope === "tool-only";
  const { base, narrowTo } = tripwire;
  if (toolOnly && base === undefined)
    throw new PipelineError("PLAN_INVALID", `the tripwire ${tripwire.id} is tool-only and names no bundled app`);
  const lower = (globs: readonly string[]): Ref =>
    base !== undefined && toolOnly ? base : { kind: "source", globs: narrowTo ?? globs, at: "head" };
  const app = (globs: readonly string[]): Ref => ({ kind: "overlay", lower: lower(globs), upper: overlay });
  return {
    ...context,
    config: tripwire.config?.(context.config) ?? context.config,
    paths: tripwire.paths?.(context) ?? context.paths,
    app,
    project: toolOnly ? app : context.project,
    projectPrefix: toolOnly ? `${prefix}/project` : context.projectPrefix,
    prefix,
    // Only some gates ask for it, and a large application has many files.
    get manifest() {
      entries ??= files.of(app(["**"]));
      return { entries };
    },
  };
}

/** The files of references that need no action, without any file being read. Many proofs narrow to the same files, which are picked once. */
class Files {
  readonly #input: PlanInput;
  readonly #picked = new Map<string, readonly ManifestEntry[]>();

  constructor(input: PlanInput) {
    this.#input = input;
  }

  of(ref: Ref): readonly ManifestEntry[] {
    switch (ref.kind) {
      case "source":
        if (ref.at === "head") return this.#pick(ref.globs);
        break;
      case "bundled":
        return this.#input.bundle.entries(ref.path, ref.to);
      case "inline":
        return sortEntries(
          Object.entries(ref.files).map(([path, text]) => ({
            path,
            mode: "100644" as const,
            size: Buffer.byteLength(text),
            sha256: sha256Hex(text),
          })),
        );
      case "overlay": {
        const upper = this.of(ref.upper);
        const replaced = new Set(upper.map((e) => e.path));
        return sortEntries([...this.of(ref.lower).filter((e) => !replaced.has(e.path)), ...upper]);
      }
    }
    throw new PipelineError("PLAN_INVALID", `a poison may not be laid over a reference of kind ${ref.kind}`);
  }

  #pick(globs: readonly string[]): readonly ManifestEntry[] {
    const key = globs.join("\0");
    const picked = this.#picked.get(key) ?? selectEntries(this.#input.manifest, globs);
    this.#picked.set(key, picked);
    return picked;
  }
}

function enter(own: readonly { name: string; action: Action }[], all: Map<string, Action>): Record<string, string> {
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
