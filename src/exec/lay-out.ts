/**
 * Lays a tree out as real files: copies that a command may change, never links to the store or to the source.
 * Every content is checked against its hash on the way. Does not know what the folder is for and never deletes anything.
 */
import { chmodSync, constants, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { sha256Hex } from "../digest.ts";
import { PipelineError, type Problem } from "../errors.ts";
import { mapLimited } from "./concurrency.ts";
import { hashFile } from "./hash-file.ts";
import type { HostEntry, HostTree } from "./host-tree.ts";
import { chunksWithLf, withLf } from "./line-endings.ts";
import { leavingLinks } from "./links.ts";
import type { BlobStore } from "./store.ts";

/** A file of the tree that was not written, and why. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** Files up to this many bytes are copied through memory; larger ones are cloned or streamed. */
const SMALL = 1 << 20;
/** On a busy disk eight writers make files several times as fast as one. */
const SMALL_AT_ONCE = 8;
const LARGE_AT_ONCE = 4;
/** So few are written at once, like the outputs of most actions: the way to a writer's thread and back takes longer than the writing. */
const FEW = 32;

/**
 * Writes the files of `tree` below `folder`, which is made if missing; files with mode 0644 or 0755, a submodule link as an empty folder.
 * Returns what was left out: links that lead out of the tree or that this machine cannot make, and names that cannot stand beside another.
 * Throws SOURCE_UNREADABLE with every source file that changed since it was hashed, MACHINE_FAILED for a lost blob or a full disk.
 */
export async function layOut(tree: HostTree, folder: string, blobs: BlobStore): Promise<readonly LeftOut[]> {
  const leftOut: LeftOut[] = [];
  const problems: Problem[] = [];
  const { files, links, modules } = sorted(tree, leftOut);
  const at = (entry: HostEntry) => path.join(folder, ...entry.path.split("/"));
  await writing(folder, async () => {
    const folders = new Set(files.concat(links).map((e) => path.dirname(at(e))));
    for (const made of [folder, ...folders, ...modules.map(at)]) mkdirSync(made, { recursive: true });

    const blobAt = new Map<HostEntry, string>();
    const stored = files.filter((e) => e.from.kind === "blob");
    await mapLimited(stored, SMALL_AT_ONCE, async (e) => blobAt.set(e, await blobPath(e, blobs)));
    const placeOf = (e: HostEntry) => (e.from.kind === "file" ? e.from.path : blobAt.get(e));

    const copied = (entry: HostEntry, whole: boolean) => {
      if (whole) return;
      if (entry.from.kind !== "file") throw lost(entry);
      problems.push({ file: entry.from.path, message: NOT_AS_READ });
    };
    await mapLimited(
      files.filter((e) => e.size <= SMALL),
      SMALL_AT_ONCE,
      async (e) => copied(e, await copySmall(e, placeOf(e), at(e), files.length <= FEW)),
    );
    await mapLimited(
      files.filter((e) => e.size > SMALL),
      LARGE_AT_ONCE,
      async (e) => copied(e, await copyLarge(e, placeOf(e), at(e))),
    );
    // Links come last: nothing that is written above may be led astray by one.
    for (const e of links) makeLink(e, at(e), leftOut);
  });
  if (problems.length > 0) throw changed(problems);
  return leftOut;
}

/** The content of one file of a tree. Throws SOURCE_UNREADABLE for a source file that changed since it was hashed, MACHINE_FAILED for a lost blob. */
export async function readFileOf(entry: HostEntry, blobs: BlobStore): Promise<Buffer> {
  const place = entry.from.kind === "file" ? entry.from.path : undefined;
  const bytes = bytesOf(entry, entry.from.kind === "blob" ? await blobPath(entry, blobs) : place);
  if (bytes !== undefined && sha256Hex(bytes) === entry.sha256) return bytes;
  if (place === undefined) throw lost(entry);
  throw changed([{ file: place, message: NOT_AS_READ }]);
}

function sorted(tree: HostTree, leftOut: LeftOut[]) {
  const folders = new Set(tree.entries.flatMap((e) => parents(e.path)));
  const leaving = leavingLinks(
    tree.entries.filter((e) => e.mode === "120000").map((e) => ({ path: e.path, target: linkTarget(e) })),
  );
  const groups = { files: [] as HostEntry[], links: [] as HostEntry[], modules: [] as HostEntry[] };
  for (const e of tree.entries) {
    if (!isPlainPath(e.path)) leftOut.push({ path: e.path, reason: "its path is not plainly relative" });
    else if (folders.has(e.path)) leftOut.push({ path: e.path, reason: "other files stand below its path" });
    else if (leaving.has(e.path)) leftOut.push({ path: e.path, reason: `it leads out of the tree: ${linkTarget(e)}` });
    else if (e.mode === "120000") groups.links.push(e);
    else if (e.mode === "160000") groups.modules.push(e);
    else groups.files.push(e);
  }
  return groups;
}

function parents(file: string): string[] {
  const found: string[] = [];
  for (let at = file.lastIndexOf("/"); at > 0; at = file.lastIndexOf("/", at - 1)) found.push(file.slice(0, at));
  return found;
}

function isPlainPath(file: string): boolean {
  const odd = path.sep === "\\" ? /[\\:]/ : /\0/;
  return !odd.test(file) && file.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** The text of a link's target; links always carry it themselves. */
function linkTarget(entry: HostEntry): string {
  return entry.from.kind === "text" ? entry.from.text : "";
}

const NOT_AS_READ = "its content is not what it was when the source was read";

function changed(problems: readonly Problem[]): PipelineError {
  return new PipelineError("SOURCE_UNREADABLE", "files changed or vanished since they were hashed", { problems });
}

const modeOf = (entry: HostEntry) => (entry.mode === "100755" ? 0o755 : 0o644);

/** The tree's bytes of a small file. */
function bytesOf(entry: HostEntry, place: string | undefined): Buffer | undefined {
  if (entry.from.kind === "text") return Buffer.from(entry.from.text, "utf8");
  if (place === undefined) return undefined;
  try {
    const raw = readFileSync(place);
    return entry.from.kind === "file" && entry.from.normalizeCrlf === true ? withLf(raw) : raw;
  } catch {
    return undefined;
  }
}

async function copySmall(entry: HostEntry, place: string | undefined, to: string, few = false): Promise<boolean> {
  const bytes = bytesOf(entry, place);
  if (bytes === undefined || sha256Hex(bytes) !== entry.sha256) return false;
  if (few) {
    writeFileSync(to, bytes, { flag: "wx" });
    chmodSync(to, modeOf(entry));
  } else {
    await fs.writeFile(to, bytes, { flag: "wx" });
    await fs.chmod(to, modeOf(entry));
  }
  return true;
}

async function copyLarge(entry: HostEntry, place: string | undefined, to: string): Promise<boolean> {
  if (place === undefined) return copySmall(entry, place, to);
  try {
    await fs.access(place, constants.R_OK);
  } catch {
    return false;
  }
  if (entry.from.kind === "file" && entry.from.normalizeCrlf === true) {
    const original = await fs.open(place);
    await fs.writeFile(to, chunksWithLf(original.createReadStream()), { flag: "wx" });
  } else {
    await fs.copyFile(place, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  }
  await fs.chmod(to, modeOf(entry));
  return (await hashFile(to)).sha256 === entry.sha256;
}

function makeLink(entry: HostEntry, to: string, leftOut: LeftOut[]): void {
  try {
    symlinkSync(linkTarget(entry), to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) throw error;
    leftOut.push({ path: entry.path, reason: "this machine does not let us make symbolic links" });
  }
}

async function blobPath(entry: HostEntry, blobs: BlobStore): Promise<string> {
  const found = await blobs.get(entry.sha256);
  if (found === undefined) throw lost(entry);
  return found;
}

function lost(entry: HostEntry): PipelineError {
  return new PipelineError(
    "MACHINE_FAILED",
    `the stored content of ${entry.path} (${entry.sha256}) is lost or damaged`,
  );
}

async function writing(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PipelineError || !(error instanceof Error)) throw error;
    throw new PipelineError("MACHINE_FAILED", `cannot lay files out in ${folder}: ${error.message}`, { cause: error });
  }
}
