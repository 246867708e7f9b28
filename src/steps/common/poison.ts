/**
 * Where poison goes: into every path that the config gives a step, so that a setting that blinds the tool in one of them is noticed.
 */
import { posix } from "node:path";
import type { InlineRef, Ref } from "../../exec/action.ts";
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

/**
 * The same, and in each of the application's packages below a path too: settings for `src/app` blind the code without touching `src`. The
 * packages' own `__init__.py` come along, empty, so that settings for modules by name (`app.*`) meet the poison as well.
 */
export function poisonInCode(context: StepContext, step: string, id: string): Ref {
  const known = new Set(context.manifest.entries.map((e) => e.path));
  const own = places(context).map((p) => p.folder);
  const inside = packageFolders(context)
    .filter((folder) => !own.some((o) => posix.dirname(o) === folder))
    .map((folder, index) => `${folder}/voicekey_poison_${own.length + index}`);
  const folders = [...own, ...inside];
  const marks: InlineRef = {
    kind: "inline",
    files: Object.fromEntries(folders.flatMap((f) => packageMarks(f, known)).map((path) => [path, ""])),
  };
  return layers([marks, ...folders.map((folder) => bundled(`src/steps/${step}/poison/${id}`, folder))]);
}

/** Where the packages of the config lie: the shallowest folder of that name below each path. */
function packageFolders(context: StepContext): string[] {
  const found = context.paths.flatMap((path) =>
    context.config.python.packages.flatMap((name) => {
      const tail = `/${name.replaceAll(".", "/")}/`;
      const below = context.manifest.entries.flatMap((e) => {
        const start = `/${e.path}`.indexOf(tail);
        const folder = start < 0 ? "" : e.path.slice(0, start + tail.length - 2);
        return e.path.endsWith(".py") && (path === "." || folder.startsWith(`${path}/`)) ? [folder] : [];
      });
      const depth = (folder: string): number => folder.split("/").length;
      return below
        .filter((f) => f !== "")
        .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
        .slice(0, 1);
    }),
  );
  return [...new Set(found)];
}

/** The `__init__.py` of the packages that a folder lies in. */
function packageMarks(folder: string, known: ReadonlySet<string>): string[] {
  const mark = posix.join(posix.dirname(folder), "__init__.py");
  if (!known.has(mark)) return [];
  return mark === "__init__.py" ? [mark] : [mark, ...packageMarks(posix.dirname(folder), known)];
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
