/**
 * What is at a path of a Directory or container, as far as the calls that made it tell. Nothing is read: where a command or a machine decides,
 * the test's answer does, and where nobody tells it stays unknown.
 */
import { posix } from "node:path";
import type { Call } from "./graph.ts";
import { type Ask, type Kind, statOf } from "./told.ts";

export interface Sight {
  readonly ask: Ask;
  /** The calls behind an id; an empty list for one that nobody knows. */
  readonly object: (id: unknown) => readonly Call[];
}

/** What begins with nothing in it. */
const EMPTY = ["directory", "container"];

/** `path` of a container must be absolute (see `inContainer`); of a Directory it may leave a selected folder, as for the engine. */
export async function kindAt(calls: readonly Call[], path: string, sight: Sight): Promise<Kind> {
  const at = calls.at(-1);
  const before = calls.slice(0, -1);
  const here = posix.join("/", path);
  const earlier = (): Promise<Kind> => kindAt(before, path, sight);
  if (at === undefined) return "unknown";
  if (calls.length === 1) return here === "/" ? "directory" : EMPTY.includes(at.field) ? "absent" : "unknown";
  const root = calls[0]?.field ?? "";
  if (calls.length === 2 && ["host", "currentModule"].includes(root))
    return selected(at, here, (p) => told(calls, p, sight));
  const target = posix.join("/", pathOf(at, before));
  switch (at.field) {
    case "directory":
      return kindAt(before, posix.join(pathOf(at, before), path), sight);
    case "from":
      return told(calls, here, sight);
    case "withExec":
      return afterExec(calls, here, sight);
    case "withNewDirectory":
      return within(target, here) ? "directory" : earlier();
    case "withNewFile":
      return placed(here, target, earlier);
    case "withMountedFile":
      return here === target ? "file" : placed(here, target, earlier);
    case "withFile": {
      const into = String(at.args["path"]).endsWith("/") || (await kindAt(before, target, sight)) === "directory";
      const name = posix.basename(pathOf(sight.object(at.args["source"]).at(-1), []));
      return placed(here, into ? posix.join(target, name) : target, earlier);
    }
    case "withDirectory": {
      if (!within(here, target)) return within(target, here) ? "directory" : earlier();
      const source = sight.object(at.args["source"]);
      const found = await selected(at, posix.relative(target, here), (p) => kindAt(source, p, sight));
      if (found === "absent") return here === target ? "directory" : earlier();
      return found;
    }
    case "withMountedDirectory":
      if (!within(here, target)) return within(target, here) ? "directory" : earlier();
      return kindAt(sight.object(at.args["source"]), posix.relative(target, here), sight);
    case "withMountedCache":
    case "withMountedTemp":
      if (!within(here, target)) return within(target, here) ? "directory" : earlier();
      return here === target ? "directory" : "unknown";
    case "withRootfs":
      return kindAt(sight.object(at.args["directory"]), here, sight);
    case "withoutDirectory":
    case "withoutFile":
    case "withoutFiles": {
      const gone = [at.args["paths"] ?? at.args["path"]].flat().map((p) => posix.join("/", inContainer(before, p)));
      if (gone.some((p) => within(here, p))) return "absent";
      return gone.some((p) => /[*?[]/.test(p)) ? "unknown" : earlier();
    }
    case "filter":
      return selected(at, here, (p) => kindAt(before, p, sight));
    case "withoutMount":
      return within(here, target) ? "unknown" : earlier();
    case "withSymlink":
    case "withFiles":
    case "withChanges":
    case "withPatch":
    case "withPatchFile":
    case "diff":
    case "import":
      return told(calls, here, sight);
    default:
      return earlier();
  }
}

/** A path of a container as the engine takes it: relative ones from the working directory on. Of a Directory it stays as it is. */
export function inContainer(calls: readonly Call[], path: unknown): string {
  if (!isContainer(calls)) return String(path);
  return posix.resolve(workdir(calls), String(path));
}

/** A container's calls go on to be a Directory's or a File's. */
function isContainer(calls: readonly Call[]): boolean {
  return calls[0]?.field === "container" && !calls.some((c) => ["directory", "rootfs", "file"].includes(c.field));
}

/** The mount that holds a path of a container, the latest first. */
export function mountOf(calls: readonly Call[], path: string): Call | undefined {
  for (let i = calls.length - 1; i >= 0; i -= 1) {
    const at = calls[i];
    if (at === undefined || !/^with(out)?Mount/.test(at.field)) continue;
    if (!within(path, pathOf(at, calls.slice(0, i)))) continue;
    return at.field === "withoutMount" ? undefined : at;
  }
  return undefined;
}

export function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? folder : `${folder}/`);
}

function workdir(calls: readonly Call[]): string {
  return calls.reduce((at, { field, args }) => {
    if (field === "withoutWorkdir") return "/";
    return field === "withWorkdir" ? posix.resolve(at, String(args["path"])) : at;
  }, "/");
}

function pathOf(at: Call | undefined, before: readonly Call[]): string {
  return inContainer(before, at?.args["path"] ?? at?.args["name"] ?? at?.args["linkName"] ?? "");
}

async function placed(here: string, file: string, earlier: () => Promise<Kind>): Promise<Kind> {
  if (here === file) return "file";
  return within(file, here) ? "directory" : earlier();
}

async function told(calls: readonly Call[], path: string, sight: Sight): Promise<Kind> {
  // Container paths are absolute; those of a folder are relative to it.
  const asked = isContainer(calls) ? path : path.replace(/^\//, "") || ".";
  const kind = await statOf(calls, asked, sight.ask);
  return kind === "unknown" && path === "/" ? "directory" : kind;
}

/** After a command: what the test tells, its redirected streams, and what it could not change because it was mounted read-only. */
async function afterExec(calls: readonly Call[], path: string, sight: Sight): Promise<Kind> {
  const kind = await told(calls, path, sight);
  if (kind !== "unknown") return kind;
  const [at, before] = [calls.at(-1), calls.slice(0, -1)];
  const streams = [at?.args["redirectStdout"], at?.args["redirectStderr"]].filter((p) => p !== undefined && p !== "");
  if (streams.some((p) => inContainer(before, p) === path)) return "file";
  return mountOf(before, path)?.args["readOnly"] === true ? kindAt(before, path, sight) : "unknown";
}

/** What patterns leave of a path. Only patterns that are plain paths are understood; of others the stand-in knows nothing. */
async function selected(at: Call, path: string, find: (path: string) => Promise<Kind>): Promise<Kind> {
  const found = await find(path);
  const here = posix.join("/", path);
  if (found === "absent" || here === "/") return found;
  const include = patterns(at, "include");
  const exclude = patterns(at, "exclude");
  if (at.args["gitignore"] === true || [...include, ...exclude].some((p) => /[*?[\]\\!(){}+^|$]/.test(p)))
    return "unknown";
  if (exclude.some((p) => within(here, posix.join("/", p)))) return "absent";
  if (include.length === 0 || include.some((p) => within(here, posix.join("/", p)))) return found;
  if (!include.some((p) => within(posix.join("/", p), here))) return "absent";
  const below = await Promise.all(include.filter((p) => within(posix.join("/", p), here)).map(find));
  if (below.some((kind) => kind === "file" || kind === "directory")) return "directory";
  return below.every((kind) => kind === "absent") ? "absent" : "unknown";
}

function patterns(at: Call, name: "include" | "exclude"): string[] {
  return ((at.args[name] as string[] | undefined) ?? []).map((p) => p.trim()).filter((p) => p !== "");
}
