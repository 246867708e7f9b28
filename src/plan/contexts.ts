/**
 * What a step is told when it plans: its own context, and the one of each tripwire with the poison laid over. Pure; the plan itself is make-plan.ts's.
 */
import { sha256Hex } from "../digest.ts";
import { PipelineError } from "../errors.ts";
import type { BundledRef, Ref } from "../exec/action.ts";
import type { ManifestEntry } from "../exec/manifest.ts";
import { selectEntries, sortEntries } from "../exec/manifest.ts";
import type { Base } from "../exec/source.ts";
import type { BaseFiles, Step, StepContext, Tripwire } from "../steps/step.ts";
import type { PlanInput } from "./plan-input.ts";

/** The context of a step's own actions; `key` is the prefix of their ids. */
export function ownContext(input: PlanInput, step: Step, python: string, key: string): StepContext {
  const source = (globs: readonly string[]): Ref => ({ kind: "source", globs, at: "head" });
  return {
    config: input.config,
    platform: input.platform,
    python,
    paths: step.paths(input.config),
    app: source,
    project: source,
    projectPrefix: "project",
    manifest: input.manifest,
    prefix: key,
    ...(input.base === null ? {} : { base: mergeBase(input.base) }),
    ...(input.baseline === undefined ? {} : { baseline: input.baseline }),
  };
}

export function poisonedContext(files: Files, tripwire: Tripwire, context: StepContext, prefix: string): StepContext {
  let entries: readonly ManifestEntry[] | undefined;
  const overlay = tripwire.overlay(context);
  const toolOnly = tripwire.scope === "tool-only";
  const { base, narrowTo } = tripwire;
  if (toolOnly && base === undefined)
    throw new PipelineError("PLAN_INVALID", `the tripwire ${tripwire.id} is tool-only and names no bundled app`);
  const lower = (globs: readonly string[]): Ref =>
    base !== undefined && toolOnly ? base : { kind: "source", globs: narrowTo ?? globs, at: "head" };
  const app = (globs: readonly string[]): Ref => ({ kind: "overlay", lower: lower(globs), upper: overlay });
  const before = toolOnly && base !== undefined ? bundledBase(files, base, overlay) : poisoned(files, context, overlay);
  return {
    ...context,
    config: tripwire.config?.(context.config) ?? context.config,
    paths: tripwire.paths?.(context) ?? context.paths,
    app,
    project: toolOnly ? app : context.project,
    projectPrefix: toolOnly ? `${prefix}/project` : context.projectPrefix,
    prefix,
    ...(before === undefined ? {} : { base: before }),
    // Only some gates ask for it, and a large application has many files.
    get manifest() {
      entries ??= files.of(app(["**"]));
      return { entries };
    },
  };
}

function mergeBase({ has, changed }: Base): BaseFiles {
  return { files: (globs) => ({ kind: "source", globs, at: "base" }), has, changed };
}

/** The bundled app as it is without the poison. */
function bundledBase(files: Files, base: BundledRef, overlay: Ref): BaseFiles {
  let before: ReadonlyMap<string, ManifestEntry> | undefined;
  const entries = () => (before ??= new Map(files.of(base).map((e) => [e.path, e])));
  return {
    files: () => base,
    has: (path) => entries().has(path),
    get changed() {
      return files
        .of(overlay)
        .filter((e) => !isSame(entries().get(e.path), e))
        .map((e) => e.path);
    },
  };
}

/** The application's own merge base; the poison is a change on top of the application's. */
function poisoned(files: Files, { base }: StepContext, overlay: Ref): BaseFiles | undefined {
  if (base === undefined) return undefined;
  return {
    files: base.files,
    has: base.has,
    get changed() {
      return [...new Set([...base.changed, ...files.of(overlay).map((e) => e.path)])].sort();
    },
  };
}

function isSame(a: ManifestEntry | undefined, b: ManifestEntry): boolean {
  return a !== undefined && a.mode === b.mode && a.sha256 === b.sha256;
}

/** The files of references that need no action, without any file being read. Many proofs narrow to the same files, which are picked once. */
export class Files {
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
