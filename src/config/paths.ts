/**
 * Which paths a config may name: relative, below its folder, with characters that are safe in globs and argument lists.
 * Reads the file system only to see what a path leads to; never a file's content.
 */
import { lstat, realpath, stat } from "node:fs/promises";
import path from "node:path";

/** Why a text cannot be a path in a config, or undefined. Does not look at the disk. */
export function pathTextProblem(value: string): string | undefined {
  if (value === "") return "must not be empty; `.` is the folder itself";
  if (value.length > 400) return "must not be longer than 400 characters";
  if (/\p{Cc}/u.test(value)) return "must not hold control characters";
  if (value.includes("\\")) return "must be written with forward slashes";
  if (value.startsWith("/") || /^[A-Za-z]:/.test(value)) return "must be relative";
  if (value.startsWith("-")) return "must not begin with `-`, which a tool would read as an option";
  if (/[*?[\]{}()!|]/.test(value)) return "must be a file or folder, not a glob";
  if (value.split("/").includes("..")) return "must not leave its folder by `..`";
  return undefined;
}

/** `./src/` → `src`; the folder itself → `.`. For paths that pathTextProblem accepts. */
export function normalPath(value: string): string {
  const segments = value.split("/").filter((s) => s !== "" && s !== ".");
  return segments.length === 0 ? "." : segments.join("/");
}

export type PathKind = "file" | "folder" | "any";

/** Why `value` below `folder` is not a `kind` of it, or undefined. Links are followed, but not out of `folder`. */
export async function pathProblem(folder: string, value: string, kind: PathKind): Promise<string | undefined> {
  const target = path.join(folder, ...value.split("/"));
  if ((await lstat(target).catch(() => undefined)) === undefined) return "does not exist";
  let real: string;
  try {
    real = await realpath(target);
  } catch (error) {
    return errorCode(error) === "ELOOP"
      ? "is a symbolic link that leads back to itself"
      : "is a symbolic link that leads nowhere";
  }
  if (!isWithin(await realpath(folder), real)) return "leaves its folder by a symbolic link";
  const found = await stat(real);
  if (kind === "file" && !found.isFile())
    return found.isDirectory() ? "is a folder, not a file" : "is not a regular file";
  if (kind === "folder" && !found.isDirectory()) return "is a file, not a folder";
  if (!found.isFile() && !found.isDirectory()) return "is neither a file nor a folder";
  return undefined;
}

/** Whether `target` is `folder` or below it. Both absolute and free of symbolic links. */
export function isWithin(folder: string, target: string): boolean {
  const relative = path.relative(folder, target);
  return relative === "" || (relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

/** `target` relative to `folder`, forward slashes, `.` for the folder itself. */
export function relativeTo(folder: string, target: string): string {
  const relative = path.relative(folder, target).split(path.sep).join("/");
  return relative === "" ? "." : relative;
}

/** The `code` of a Node system error (`ENOENT`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
