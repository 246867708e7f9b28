/**
 * How the application differs from the merge base, file by file. Compared are the ids that git gives to contents: those of the base as its tree
 * lists them, those of the working tree as they were computed when it was read. Git's own diff is not asked, because its answer depends on the
 * index, and because it starts the filters that the repository's settings name.
 */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "../ports.ts";
import { onlyBelow, parseTracked } from "./git-listing.ts";
import type { ManifestEntry } from "./manifest.ts";
import { contentOf } from "./source-file.ts";

export interface Base {
  /** The commit. */
  readonly oid: string;
  /** Whether it holds a file of this path, relative to the app's root. */
  readonly has: (path: string) => boolean;
  /** Paths, relative to the app's root, that were added, removed, or have another content or mode; sorted by code units. A rename is two of them. */
  readonly changed: readonly string[];
}

/**
 * Whether each of these files of the repository is what it was at the base; one that is missing in both places is. A link never is: what it
 * leads to may have changed. `paths` are relative to `repository`, where git works.
 */
export async function unchangedSince(git: Git, oid: string, repository: string, paths: readonly string[]) {
  const literal = paths.map((path) => `:(literal)${path}`);
  const listed = parseTracked(await git(["ls-tree", "-r", "-z", "--full-tree", oid, "--", ...literal]), ".");
  const before = new Map(listed.files.map((f) => [f.path, f.oid]));
  return paths.every((path) => {
    const place = join(repository, ...path.split("/"));
    const stat = lstatSync(place, { throwIfNoEntry: false });
    const base = before.get(path);
    if (stat === undefined || base === undefined) return stat === undefined && base === undefined;
    return stat.isFile() && contentOf(place, base, base).oid === base;
  });
}

/** The files of the working tree, and the id that git gives to each. */
export interface IdentifiedFiles {
  readonly entries: readonly ManifestEntry[];
  readonly oids: ReadonlyMap<string, string>;
}

/** Throws GIT_FAILED where git does not know the commit. */
export async function changesSince(git: Git, oid: string, appRoot: string, files: IdentifiedFiles): Promise<Base> {
  const root = appRoot.replace(/^(\.\/)+|\/+$/g, "") || ".";
  const listed = await git(["ls-tree", "-r", "-z", "--full-tree", oid, ...onlyBelow(root)]);
  const before = new Map(parseTracked(listed, root).files.map((f) => [f.path, f]));
  const now = new Set<string>();
  const changed: string[] = [];
  for (const { path, mode } of files.entries) {
    now.add(path);
    const base = before.get(path);
    if (base === undefined || base.mode !== mode || base.oid !== files.oids.get(path)) changed.push(path);
  }
  for (const path of before.keys()) if (!now.has(path)) changed.push(path);
  return { oid, has: (path) => before.has(path), changed: changed.sort() };
}
