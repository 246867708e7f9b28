/**
 * Keeps the store within its bound: what was not used for longest goes first, what a live run may be using never goes.
 * The last use of a cached action is the mtime of its entry, that of an environment the mtime of `.used` in its folder.
 */
import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Clock } from "../ports.ts";
import { neededBlobs, readEntry } from "./action-entry.ts";
import { mapLimited } from "./concurrency.ts";
import { STORE_FOLDERS, storing } from "./store.ts";

export interface TrimOptions {
  /** Bytes. Default: 5 GiB. */
  readonly maxBytes?: number;
  /** Whatever was used or made within this time stays, even above the bound. Default: two hours, longer than a run. */
  readonly graceSeconds?: number;
  /** Does nothing when the last trim is younger than this; measuring a store is not free. Default: 0, always. */
  readonly everySeconds?: number;
  readonly clock: Clock;
}

export interface Trimmed {
  /** Bytes before and after. Both 0 when nothing was due. */
  readonly before: number;
  readonly after: number;
  readonly removed: { readonly actions: number; readonly blobs: number; readonly environments: number };
}

export const DEFAULT_MAX_BYTES = 5 * 2 ** 30;
const DEFAULT_GRACE_SECONDS = 2 * 3600;
const AT_ONCE = 16;

interface Item {
  readonly place: string;
  /** Milliseconds since the epoch. */
  readonly used: number;
  readonly bytes: number;
}

/** Throws STORE_UNUSABLE where the store cannot be written. Safe beside running pipelines and other trims: whatever vanishes meanwhile is passed over. A missing store is an empty one. */
export async function trim(root: string, options: TrimOptions): Promise<Trimmed> {
  const now = options.clock.now();
  const removed = { actions: 0, blobs: 0, environments: 0 };
  if (!(await isDue(root, now, options.everySeconds ?? 0))) return { before: 0, after: 0, removed };
  const keepSince = now.getTime() - (options.graceSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  await removeLeftovers(path.join(root, STORE_FOLDERS.temporary), keepSince);

  const entries = await itemsOf(path.join(root, STORE_FOLDERS.actions));
  const blobs = new Map((await itemsOf(path.join(root, STORE_FOLDERS.blobs))).map((b) => [path.basename(b.place), b]));
  const environments = await environmentsOf(path.join(root, STORE_FOLDERS.environments));
  const needs = new Map<Item, Set<string>>();
  const users = new Map<string, number>();
  await mapLimited(entries, AT_ONCE, async (item) => {
    const entry = await readEntry(item.place);
    const needed = entry === undefined ? new Set<string>() : neededBlobs(entry);
    needs.set(item, needed);
    for (const sha256 of needed) users.set(sha256, (users.get(sha256) ?? 0) + 1);
  });

  const before = [...entries, ...blobs.values(), ...environments].reduce((sum, item) => sum + item.bytes, 0);
  let total = before;
  const drop = async (item: Item, kind: keyof typeof removed, stamp = item.place): Promise<boolean> => {
    // Looked at again: a run may have taken it into use since the store was listed.
    const stat = await statOf(stamp);
    if (item.used >= keepSince || (stat !== undefined && stat.mtimeMs >= keepSince)) return false;
    if (!(await discard(root, item.place))) return false;
    total -= item.bytes;
    removed[kind] += 1;
    return true;
  };
  const dropUnneeded = async (sha256: string) => {
    const blob = blobs.get(sha256);
    if (blob !== undefined && (users.get(sha256) ?? 0) === 0 && (await drop(blob, "blobs"))) blobs.delete(sha256);
  };

  for (const sha256 of [...blobs.keys()]) await dropUnneeded(sha256);
  const isEnvironment = new Set(environments);
  const byUse = [...entries, ...environments].sort((a, b) => a.used - b.used);
  for (const item of byUse) {
    if (total <= (options.maxBytes ?? DEFAULT_MAX_BYTES)) break;
    if (isEnvironment.has(item)) {
      await drop(item, "environments", path.join(item.place, ".used"));
    } else if (await drop(item, "actions")) {
      for (const sha256 of needs.get(item) ?? []) {
        users.set(sha256, (users.get(sha256) ?? 1) - 1);
        await dropUnneeded(sha256);
      }
    }
  }
  return { before, after: total, removed };
}

async function isDue(root: string, now: Date, everySeconds: number): Promise<boolean> {
  const stamp = path.join(root, ".trimmed");
  const last = (await statOf(stamp))?.mtimeMs;
  if (last !== undefined && Math.abs(now.getTime() - last) < everySeconds * 1000) return false;
  if ((await statOf(root)) === undefined) return false;
  await storing(root, async () => {
    await fs.writeFile(stamp, "");
    await fs.utimes(stamp, now, now);
  });
  return true;
}

/** The files two levels below a folder: `ab/<name>`. */
async function itemsOf(folder: string): Promise<Item[]> {
  const found: Item[] = [];
  for (const shard of await namesIn(folder)) {
    const places = (await namesIn(path.join(folder, shard))).map((name) => path.join(folder, shard, name));
    const stats = await mapLimited(places, AT_ONCE, statOf);
    for (const [index, place] of places.entries()) {
      const stat = stats[index];
      if (stat?.isFile()) found.push({ place, used: stat.mtimeMs, bytes: stat.size });
    }
  }
  return found;
}

async function environmentsOf(folder: string): Promise<Item[]> {
  const found: Item[] = [];
  for (const name of await namesIn(folder)) {
    const place = path.join(folder, name);
    const stamp = (await statOf(path.join(place, ".used"))) ?? (await statOf(place));
    if (stamp !== undefined) found.push({ place, used: stamp.mtimeMs, bytes: await sizeOf(place) });
  }
  return found;
}

async function sizeOf(place: string): Promise<number> {
  const stat = await statOf(place);
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.size;
  const inside = (await namesIn(place)).map((name) => path.join(place, name));
  return (await mapLimited(inside, AT_ONCE, sizeOf)).reduce((sum, bytes) => sum + bytes, 0);
}

/** What a killed run left half-written. */
async function removeLeftovers(folder: string, keepSince: number): Promise<void> {
  for (const name of await namesIn(folder)) {
    const place = path.join(folder, name);
    const stat = await statOf(place);
    if (stat !== undefined && stat.mtimeMs < keepSince) await fs.rm(place, { recursive: true, force: true });
  }
}

/** Out of sight in one step, so that nobody ever finds half of it; then removed. */
async function discard(root: string, place: string): Promise<boolean> {
  const aside = path.join(root, STORE_FOLDERS.temporary, randomUUID());
  try {
    await fs.rename(place, aside);
  } catch {
    return false;
  }
  await fs.rm(aside, { recursive: true, force: true });
  return true;
}

function namesIn(folder: string): Promise<string[]> {
  return fs.readdir(folder).catch(() => []);
}

function statOf(place: string): Promise<Stats | undefined> {
  return fs.lstat(place).catch(() => undefined);
}
