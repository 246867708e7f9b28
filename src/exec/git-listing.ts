/** Reads what `git ls-files` and `git ls-tree` print with `-z`. Starts nothing and touches no file. */
import { isUtf8 } from "node:buffer";
import type { FileMode } from "./manifest.ts";

export interface ListedFile {
  /** Relative to the app's root, forward slashes. */
  readonly path: string;
  readonly mode: FileMode;
  /** Git object id. */
  readonly oid: string;
  /** Bytes, where the listing tells (`ls-tree -l`). */
  readonly size?: number;
}

export interface Listing<T> {
  readonly files: readonly T[];
  /** Names that are not UTF-8, with what cannot be read replaced. They cannot be told apart on every machine, so they are left out. */
  readonly notUtf8: readonly string[];
}

const MODES: ReadonlySet<string> = new Set<FileMode>(["100644", "100755", "120000", "160000"]);

function isMode(text: string): text is FileMode {
  return MODES.has(text);
}

const OBJECT_TYPES: ReadonlySet<string> = new Set(["blob", "commit"]);

/**
 * `ls-files -z -s`: `<mode> <oid> <stage>\t<path>`, or `ls-tree -r -z [-l]`: `<mode> <type> <oid>[ <size>]\t<path>`. An unmerged path counts once.
 */
export function parseTracked(out: Buffer, appRoot: string): Listing<ListedFile> {
  const byPath = new Map<string, ListedFile>();
  const { files, notUtf8 } = records(out);
  for (const record of files) {
    const tab = record.indexOf("\t");
    const fields = record.slice(0, tab).split(/ +/);
    const path = belowRoot(record.slice(tab + 1), appRoot);
    const [mode = "", second = "", third = "", size] = fields;
    if (path === undefined || !isMode(mode)) continue;
    const isTree = OBJECT_TYPES.has(second);
    byPath.set(path, {
      path,
      mode,
      oid: isTree ? third : second,
      ...(isTree && size !== undefined && size !== "-" ? { size: Number(size) } : {}),
    });
  }
  return { files: [...byPath.values()], notUtf8 };
}

/** `ls-files -z -o`: paths, with a slash at the end for a repository inside this one. */
export function parseUntracked(out: Buffer, appRoot: string): Listing<string> {
  const { files, notUtf8 } = records(out);
  return { files: files.map((f) => belowRoot(f, appRoot)).filter((f) => f !== undefined), notUtf8 };
}

/** Git arguments that restrict a listing to the app, with every character of its name taken literally. */
export function onlyBelow(appRoot: string): string[] {
  return appRoot === "." ? [] : ["--", `:(literal)${appRoot}`];
}

function belowRoot(path: string, appRoot: string): string | undefined {
  if (appRoot === ".") return path;
  return path.startsWith(`${appRoot}/`) ? path.slice(appRoot.length + 1) : undefined;
}

function records(out: Buffer): Listing<string> {
  const files: string[] = [];
  const notUtf8: string[] = [];
  for (let from = 0; from < out.length; ) {
    const nul = out.indexOf(0, from);
    const end = nul === -1 ? out.length : nul;
    const record = out.subarray(from, end);
    (isUtf8(record) ? files : notUtf8).push(record.toString("utf8"));
    from = end + 1;
  }
  return { files, notUtf8: notUtf8.map((r) => r.slice(r.indexOf("\t") + 1)) };
}
