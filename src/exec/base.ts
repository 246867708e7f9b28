/**
 * What a change is compared with: the merge base, and its files. Only git commands through the port, so both doors use it as it is.
 */

import { sha256Hex } from "../digest.ts";
import { PipelineError } from "../errors.ts";
import type { Git } from "../ports.ts";
import { mapLimited } from "./concurrency.ts";
import { type ListedFile, onlyBelow, parseTracked } from "./git-listing.ts";
import { type HostEntry, type HostTree, hostTree } from "./host-tree.ts";
import { globMatcher } from "./manifest.ts";
import { blobId } from "./source-file.ts";
import type { BlobStore } from "./store.ts";

/** Where the default branch is looked for when nobody names one, best first. */
export const DEFAULT_REFS = [
  "refs/remotes/origin/HEAD",
  "refs/remotes/origin/main",
  "refs/heads/main",
  "refs/remotes/origin/master",
  "refs/heads/master",
];

const WRITES_AT_ONCE = 8;

/** Git takes several objects in one call; a call is kept below this many of them and this many bytes. */
const BATCH = { objects: 400, bytes: 32 << 20 };

/**
 * The merge base of HEAD with `requested` (a ref as git takes it, or the name of a branch of `origin`), else with the branch `configured`,
 * else with the default branch; null where there is none of these, no commit yet, or no common history with the default branch.
 * A ref that somebody named and that is not there, or shares no history with HEAD, throws BASE_NOT_FOUND.
 */
export async function resolveBase(
  git: Git,
  requested: string | undefined,
  configured: string | undefined,
): Promise<string | null> {
  if (requested !== undefined) return namedBase(git, requested, [requested, `origin/${requested}`], "--base");
  if (configured !== undefined) {
    return namedBase(git, configured, [`origin/${configured}`, configured], "baseBranch");
  }
  const there = lines(await git(["for-each-ref", "--format=%(refname)", ...DEFAULT_REFS]));
  for (const ref of DEFAULT_REFS.filter((r) => there.includes(r))) {
    const base = await mergeBase(git, ref);
    if (base !== undefined) return base;
  }
  return null;
}

async function namedBase(git: Git, name: string, candidates: readonly string[], from: string): Promise<string> {
  // Git must answer at all before a failure below may be read as "no such ref".
  await git(["rev-parse", "--git-dir"]);
  for (const ref of candidates) {
    const oid = await answer(git, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]);
    if (oid === undefined) continue;
    const base = await mergeBase(git, oid);
    if (base !== undefined) return base;
    throw new PipelineError("BASE_NOT_FOUND", `${from} names ${name}, which shares no history with HEAD here`);
  }
  throw new PipelineError("BASE_NOT_FOUND", `${from} names ${name}, which is not a commit of this repository`);
}

function mergeBase(git: Git, ref: string): Promise<string | undefined> {
  return answer(git, ["merge-base", "HEAD", ref]);
}

/** First line of stdout, or undefined where git says no. */
async function answer(git: Git, args: readonly string[]): Promise<string | undefined> {
  try {
    return lines(await git(args))[0];
  } catch (error) {
    if (error instanceof PipelineError && error.code === "GIT_FAILED") return undefined;
    throw error;
  }
}

function lines(out: Buffer): string[] {
  return out
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
}

/**
 * The files of a commit below `appRoot` that the globs select (paths relative to the app's root). A content that `atHand` has under its git id is
 * taken from there, the others go into the store.
 * Throws GIT_FAILED where git does not know the commit or gives a content that does not match its id.
 */
export async function baseTree(
  git: Git,
  oid: string,
  appRoot: string,
  globs: readonly string[],
  blobs: BlobStore,
  atHand: (oid: string) => HostEntry | undefined = () => undefined,
): Promise<HostTree> {
  const root = appRoot.replace(/^(\.\/)+|\/+$/g, "") || ".";
  const listing = parseTracked(await git(["ls-tree", "-r", "-z", "-l", oid, ...onlyBelow(root)]), root);
  const matches = globMatcher(globs);
  const wanted = listing.files.filter((f) => matches(f.path));
  const contents = new Map<string, HostEntry>();
  const lacking = wanted.filter((f) => {
    const have = f.mode === "160000" ? moduleEntry(f) : atHand(f.oid);
    // A link's target and a file of the same bytes have one id, and are kept differently.
    if (have === undefined || (have.mode === "120000") !== (f.mode === "120000")) return true;
    contents.set(f.path, { ...have, path: f.path, mode: f.mode });
    return false;
  });
  for (const batch of batches(lacking)) {
    const bytes = await git(["show", "--no-textconv", ...batch.map((f) => f.oid)]);
    let at = 0;
    const pieces = batch.map((file) => {
      const content = bytes.subarray(at, at + (file.size ?? 0));
      at += content.length;
      return { file, content };
    });
    await mapLimited(pieces, WRITES_AT_ONCE, async ({ file, content }) => {
      if (blobId(content, file.oid) !== file.oid) {
        throw new PipelineError("GIT_FAILED", `git gave ${file.path} of ${oid} with a content that is not its own`);
      }
      contents.set(file.path, await entryOf(file, content, blobs));
    });
  }
  return hostTree(wanted.flatMap((f) => contents.get(f.path) ?? []));
}

async function entryOf({ path, mode }: ListedFile, content: Buffer, blobs: BlobStore): Promise<HostEntry> {
  if (mode !== "120000") return { path, mode, ...(await blobs.putBytes(content)), from: { kind: "blob" } };
  const from = { kind: "text" as const, text: content.toString("utf8") };
  return { path, mode, size: content.length, sha256: sha256Hex(content), from };
}

function moduleEntry({ path, oid }: ListedFile): HostEntry {
  return { path, mode: "160000", size: 0, sha256: sha256Hex(oid), from: { kind: "text", text: oid } };
}

function* batches(files: readonly ListedFile[]): Generator<readonly ListedFile[]> {
  let batch: ListedFile[] = [];
  let bytes = 0;
  for (const file of files) {
    const size = file.size ?? 0;
    if (batch.length > 0 && (batch.length === BATCH.objects || bytes + size > BATCH.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
