/**
 * What the action cache keeps of one run, and its form on disk: JSON that carries its own hash, so that any damage is noticed.
 * Knows nothing of keys or of when an entry may be used.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { sha256Hex } from "../digest.ts";
import { mapLimited } from "./concurrency.ts";
import type { ActionResult, Enforcement, ExitStatus } from "./executor.ts";
import { type HostEntry, type HostTree, hostTree } from "./host-tree.ts";
import type { FileMode } from "./manifest.ts";
import { type BlobStore, STORE_FOLDERS, storing } from "./store.ts";

/** Path, mode, size, hash; the text itself where the content is not a blob (links). */
type StoredFile = readonly [string, FileMode, number, string, string?];

const BLOBS_AT_ONCE = 8;

/** Raised when the form changes; entries of another version are misses. */
export const ENTRY_VERSION = 1;

export interface ActionEntry {
  readonly version: typeof ENTRY_VERSION;
  /** RFC 3339, UTC: when the run ended. */
  readonly storedAt: string;
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly enforced: Enforcement;
  readonly toolchain: Readonly<Record<string, string>>;
  /** The digest stands beside the files, since that of a history is not made of them. */
  readonly outputs: Readonly<Record<string, { readonly digest: string; readonly files: readonly StoredFile[] }>>;
}

export function entryFile(root: string, key: string): string {
  return path.join(root, STORE_FOLDERS.actions, key.slice(0, 2), `${key}.json`);
}

/** Makes the entry of a result; contents that are not in the store yet go there. */
export async function entryOf(result: ActionResult<HostTree>, storedAt: Date, blobs: BlobStore): Promise<ActionEntry> {
  const outputs: Record<string, ActionEntry["outputs"][string]> = {};
  for (const [name, tree] of Object.entries(result.outputs)) {
    const files: StoredFile[] = [];
    for (const e of tree.entries) files.push(await storedFile(e, blobs));
    outputs[name] = { digest: tree.digest, files };
  }
  const { status, stdout, stderr, durationMs, enforced, toolchain } = result;
  const at = storedAt.toISOString();
  return { version: ENTRY_VERSION, storedAt: at, status, stdout, stderr, durationMs, enforced, toolchain, outputs };
}

async function storedFile(entry: HostEntry, blobs: BlobStore): Promise<StoredFile> {
  const { path: file, mode, size, sha256, from } = entry;
  const isLink = mode === "120000" || mode === "160000";
  if (isLink && from.kind === "text") return [file, mode, size, sha256, from.text];
  if (from.kind === "text") await blobs.putBytes(Buffer.from(from.text, "utf8"));
  if (from.kind === "file") await blobs.put(from.path);
  return [file, mode, size, sha256];
}

/** The result that the entry stands for, or undefined where a content that it needs is lost or damaged. */
export async function replay(entry: ActionEntry, blobs: BlobStore): Promise<ActionResult<HostTree> | undefined> {
  const outputs: Record<string, HostTree> = {};
  for (const [name, { digest, files }] of Object.entries(entry.outputs)) {
    const places = await mapLimited(blobsOf(files), BLOBS_AT_ONCE, (sha256) => blobs.get(sha256));
    if (places.includes(undefined)) return undefined;
    const entries = files.map(([file, mode, size, sha256, text]): HostEntry => {
      const from = text === undefined ? { kind: "blob" as const } : { kind: "text" as const, text };
      return { path: file, mode, size, sha256, from };
    });
    outputs[name] = { ...hostTree(entries), digest };
  }
  const { status, stdout, stderr, durationMs, enforced, toolchain } = entry;
  return { status, outputs, stdout, stderr, durationMs, cached: true, enforced, toolchain };
}

/** Every blob that the entry cannot do without. */
export function neededBlobs(entry: ActionEntry): Set<string> {
  return new Set(Object.values(entry.outputs).flatMap((o) => blobsOf(o.files)));
}

function blobsOf(files: readonly StoredFile[]): string[] {
  return files.filter((f) => f[4] === undefined).map((f) => f[3]);
}

const OPEN = '{"sha256":"';
const MIDDLE = '","entry":';

/** Written whole or not at all. Throws STORE_UNUSABLE. */
export async function writeEntry(root: string, key: string, entry: ActionEntry): Promise<void> {
  const body = JSON.stringify(entry);
  const whole = path.join(root, STORE_FOLDERS.temporary, randomUUID());
  await storing(root, async () => {
    try {
      await fs.writeFile(whole, `${OPEN}${sha256Hex(body)}${MIDDLE}${body}}\n`);
      await fs.mkdir(path.dirname(entryFile(root, key)), { recursive: true });
      await fs.rename(whole, entryFile(root, key)).catch(async (error: unknown) => {
        // Windows does not replace a file that somebody reads; an entry of the same key is as good as ours.
        if ((await readEntry(entryFile(root, key))) === undefined) throw error;
      });
    } finally {
      await fs.rm(whole, { force: true });
    }
  });
}

/** Takes an entry away; one that is not there is as good. Throws STORE_UNUSABLE. */
export async function removeEntry(root: string, key: string): Promise<void> {
  await storing(root, () => fs.rm(entryFile(root, key), { force: true }));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The entry in a file, or undefined where there is none, it is damaged, or it is of another version. */
export async function readEntry(file: string): Promise<ActionEntry | undefined> {
  const text = textOf(file);
  const bodyAt = OPEN.length + 64 + MIDDLE.length;
  const body = text.slice(bodyAt, -2);
  if (text.slice(OPEN.length, OPEN.length + 64) !== sha256Hex(body)) return undefined;
  // The hash vouches for the form: whatever wrote this body wrote an entry.
  const entry = JSON.parse(body) as ActionEntry;
  return entry.version === ENTRY_VERSION ? entry : undefined;
}
