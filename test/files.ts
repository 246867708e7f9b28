/** The repository's own files, as tests about the repository see them: what git tracks or would track. It must not parse anything. */
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import path from "node:path";

export const REPOSITORY = path.resolve(import.meta.dirname, "..");

export interface RepositoryFile {
  /** Relative to the repository's root, forward slashes. */
  readonly path: string;
  readonly text: string;
}

let listed: readonly string[] | undefined;

/** Paths of plain files that git tracks or would track, sorted. */
export function repositoryPaths(): readonly string[] {
  listed ??= execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: REPOSITORY,
    encoding: "utf8",
  })
    .split("\0")
    .filter((p) => p !== "" && existsSync(path.join(REPOSITORY, p)) && lstatSync(path.join(REPOSITORY, p)).isFile())
    .sort();
  return listed;
}

/** Text files whose path matches; files that hold a NUL byte are not text and are left out. */
export function repositoryFiles(matching: RegExp): RepositoryFile[] {
  return repositoryPaths()
    .filter((p) => matching.test(p))
    .map((p) => ({ path: p, text: readRepositoryFile(p) }))
    .filter((f) => !f.text.includes("\0"));
}

export function readRepositoryFile(relative: string): string {
  return readFileSync(path.join(REPOSITORY, relative), "utf8");
}

/** For messages: `path:line`, 1-based, of a character offset. */
export function place(file: RepositoryFile, offset: number): string {
  return `${file.path}:${file.text.slice(0, offset).split("\n").length}`;
}
