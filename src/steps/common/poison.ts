/**
 * Where poison goes: into every path that the config gives a step, so that a setting that blinds the tool in one of them is noticed.
 */
import { posix } from "node:path";
import type { Ref } from "../../exec/action.ts";
import type { ExpectedFinding, StepContext } from "../step.ts";
import { bundled, layers } from "./tool-action.ts";

interface Place {
  /** Where the poison's files are laid. Numbered: the same module name in two paths is an error of its own for mypy and pytest. */
  readonly folder: string;
  /** What the tool is asked for: the configured folder, or, for a configured file, the poison beside it. */
  readonly asked: string;
}

function places(context: StepContext): Place[] {
  const plainFiles = new Set(context.manifest.entries.map((e) => e.path));
  return context.paths.map((path, index) => {
    const isFile = plainFiles.has(path);
    const folder = posix.join(isFile ? posix.dirname(path) : path, `voicekey_poison_${index}`);
    return { folder, asked: isFile ? folder : path };
  });
}

/** The files of `src/steps/<step>/poison/<id>` in every path. */
export function poisonInEachPath(context: StepContext, step: string, id: string): Ref {
  return layers(places(context).map((p) => bundled(`src/steps/${step}/poison/${id}`, p.folder)));
}

/** The configured paths, those that are files replaced by the poison beside them. */
export function askedPaths(context: StepContext): string[] {
  return places(context).map((p) => p.asked);
}

/** The poison's folders alone. */
export function poisonFolders(context: StepContext): string[] {
  return places(context).map((p) => p.folder);
}

/**
 * The same findings in every folder of poison, for a poisoned context (its manifest holds the poison). Paths are relative to the folder.
 * Without any folder the bare findings are expected, which nothing can meet: a proof of nothing must not count as caught.
 */
export function expectInEachPath(
  poisoned: StepContext,
  findings: readonly (ExpectedFinding & { readonly path: string })[],
): ExpectedFinding[] {
  const folders = new Set(
    poisoned.manifest.entries.flatMap((e) => e.path.match(/^(?:.*\/)?voicekey_poison_\d+(?=\/)/)?.[0] ?? []),
  );
  if (folders.size === 0) return [...findings];
  return [...folders].flatMap((folder) => findings.map((f) => ({ ...f, path: posix.join(folder, f.path) })));
}
