/**
 * The application's files as they are in the working tree: tracked and not ignored, by content. What git's own settings or times on this machine
 * say never enters, so the manifest is the same on every machine. Reads only; the base and the history stand in base.ts and history.ts.
 */
import { lstatSync } from "node:fs";
import * as path from "node:path";
import { PipelineError } from "../errors.ts";
import type { Git } from "../ports.ts";
import { eachInTurns } from "./concurrency.ts";
import { type ListedFile, onlyBelow, parseTracked, parseUntracked } from "./git-listing.ts";
import { type HostEntry, hostTree } from "./host-tree.ts";
import type { SourceManifest } from "./manifest.ts";
import { type Trust, WorkTreeReader } from "./work-tree.ts";

export { baseTree, resolveBase } from "./base.ts";
export { type Base, changesSince, unchangedSince } from "./changes.ts";
export { historyTree } from "./history.ts";

/** Stands for the ids of a repository that holds none yet. */
const SHA1_ID = "0".repeat(40);

export interface SourceSnapshot {
  readonly manifest: SourceManifest;
  /** The manifest's entries with the places of their bytes; same order. */
  readonly entries: readonly HostEntry[];
  /** Path → the id that git gives to the content as it is on the disk (for a submodule link: its commit). */
  readonly oids: ReadonlyMap<string, string>;
  /** The commit that is checked out, or null before the first one. */
  readonly head: string | null;
  /** What was left out or not entered, one line each, for the report. */
  readonly notes: readonly string[];
}

/**
 * `repository` is the folder that `git` works in, absolute; `appRoot` is relative to it, forward slashes, `.` for itself.
 * Throws NOT_A_REPOSITORY, SOURCE_NOT_FOUND, SOURCE_EMPTY, and SOURCE_UNREADABLE with every file that cannot be read.
 */
export async function readSource(git: Git, repository: string, appRoot: string): Promise<SourceSnapshot> {
  await mustBeWorkTree(git, repository);
  const root = appRoot.replace(/^(\.\/)+|\/+$/g, "") || ".";
  const folder = path.join(repository, ...root.split("/"));
  if (!(lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new PipelineError("SOURCE_NOT_FOUND", `the app's root ${root} is not a folder of ${repository}`);
  }
  const [index, others, head, { fileMode, symlinks }] = await Promise.all([
    git(["ls-files", "-z", "-s", ...onlyBelow(root)]),
    git(["ls-files", "-z", "-o", "--exclude-standard", ...onlyBelow(root)]),
    headOf(git),
    settings(git),
  ]);
  const tracked = parseTracked(index, root);
  const untracked = parseUntracked(others, root);
  const like = tracked.files[0]?.oid ?? head ?? SHA1_ID;
  const reader = new WorkTreeReader(folder, { fileMode: fileMode && path.sep === "/", symlinks }, like);
  const nested = untracked.files.filter((f) => f.endsWith("/"));
  const files: (ListedFile | { readonly path: string })[] = [
    ...tracked.files,
    ...untracked.files.filter((f) => !f.endsWith("/")).map((f) => ({ path: f })),
  ];
  await eachInTurns(files, (f) => reader.read(f));
  await reader.readLarge();
  if (reader.problems.length > 0) {
    throw new PipelineError("SOURCE_UNREADABLE", `${reader.problems.length} of the app's files cannot be read`, {
      problems: reader.problems,
    });
  }
  const { entries } = hostTree(reader.entries);
  if (!entries.some((e) => e.mode !== "160000")) {
    throw new PipelineError("SOURCE_EMPTY", `git knows no file below ${root} in ${repository}`);
  }
  const notes = [
    ...reader.notes,
    ...nested.map((f) => `${f} is a repository of its own: not entered`),
    ...[...tracked.notUtf8, ...untracked.notUtf8].map((f) => `${f}: left out, its name is not UTF-8`),
  ];
  return {
    manifest: { entries: entries.map(({ path, mode, size, sha256 }) => ({ path, mode, size, sha256 })) },
    entries,
    oids: reader.oids,
    head,
    notes,
  };
}

/** Both are true where nothing else is said. */
async function settings(git: Git): Promise<Trust> {
  // Of no match git says status 1; a setting that is no boolean has already stopped every other command.
  const said = await git(["config", "--type=bool", "--get-regexp", "^core\\.(filemode|symlinks)$"]).then(
    (out) => out.toString("utf8").trim().split("\n"),
    () => [],
  );
  const last = (name: string) => said.findLast((line) => line.startsWith(`core.${name} `));
  return { fileMode: last("filemode") !== "core.filemode false", symlinks: last("symlinks") !== "core.symlinks false" };
}

async function headOf(git: Git): Promise<string | null> {
  return git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).then(
    (out) => out.toString("utf8").trim(),
    () => null,
  );
}

async function mustBeWorkTree(git: Git, repository: string): Promise<void> {
  const answer = await git(["rev-parse", "--is-inside-work-tree"]).catch((error: unknown) => {
    if (!(error instanceof PipelineError) || !error.message.includes("not a git repository")) throw error;
    throw new PipelineError("NOT_A_REPOSITORY", `${repository} is not in a git repository`, { cause: error });
  });
  if (answer.toString("utf8").trim() !== "true") {
    throw new PipelineError("NOT_A_REPOSITORY", `${repository} is a repository without a working tree`);
  }
}
