import { existsSync, utimesSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { entryFile, entryOf, writeEntry } from "../../src/exec/action-entry.ts";
import { hostTree } from "../../src/exec/host-tree.ts";
import { type BlobStore, openBlobStore } from "../../src/exec/store.ts";
import { trim } from "../../src/exec/trim.ts";
import { movableClock, tempFolder, write } from "./exec-helpers.ts";

const KIB = 1024;
let root: string;
let blobs: BlobStore;
let clock: ReturnType<typeof movableClock>;

beforeEach(async () => {
  root = await tempFolder();
  blobs = await openBlobStore(root);
  clock = movableClock();
});

/** A cached action with one output file per content, last used `hoursAgo`. Returns the blobs' hashes. */
async function action(key: string, contents: readonly string[], hoursAgo: number): Promise<string[]> {
  const stored = [];
  for (const content of contents) stored.push(await blobs.putBytes(Buffer.from(content)));
  const tree = hostTree(
    stored.map((blob, i) => ({ path: `f${i}`, mode: "100644", ...blob, from: { kind: "blob" as const } })),
  );
  const result = {
    status: { kind: "exited" as const, code: 0 },
    outputs: { o: tree },
    stdout: "",
    stderr: "",
    durationMs: 1,
    cached: false,
    enforced: { network: "cut" as const, filesystem: "isolated" as const },
    toolchain: {},
  };
  await writeEntry(root, key, await entryOf(result, clock.now(), blobs));
  const files = [entryFile(root, key), ...(await Promise.all(stored.map((b) => blobs.get(b.sha256))))];
  for (const file of files) if (file !== undefined) await age(file, hoursAgo);
  return stored.map((b) => b.sha256);
}

async function environment(name: string, bytes: number, hoursAgo: number): Promise<string> {
  const place = path.join(root, "envs", name);
  await write(place, { "lib/big": Buffer.alloc(bytes), ".used": "" });
  await age(path.join(place, ".used"), hoursAgo);
  return place;
}

async function age(file: string, hoursAgo: number): Promise<void> {
  const time = new Date(clock.now().getTime() - hoursAgo * 3600_000);
  await fs.utimes(file, time, time);
}

const big = (letter: string) => letter.repeat(100 * KIB);
const has = async (sha256: string | undefined) => (await blobs.get(sha256 ?? "")) !== undefined;

describe("trimming the store", () => {
  it("removes what was not used for longest until the rest fits", async () => {
    const [old] = await action("aa", [big("a")], 30);
    const [middle] = await action("bb", [big("b")], 20);
    const env = await environment("env", 100 * KIB, 25);
    const [fresh] = await action("cc", [big("c")], 10);
    const done = await trim(root, { maxBytes: 250 * KIB, clock });
    expect(done.removed).toEqual({ actions: 1, blobs: 1, environments: 1 });
    expect([await has(old), existsSync(env), await has(middle), await has(fresh)]).toEqual([false, false, true, true]);
    expect(existsSync(entryFile(root, "aa"))).toBe(false);
    expect(existsSync(entryFile(root, "bb"))).toBe(true);
    expect(done.before).toBeGreaterThan(400 * KIB);
    expect(done.after).toBeLessThanOrEqual(250 * KIB);
    expect((await trim(root, { maxBytes: 250 * KIB, clock })).before).toBe(done.after);
  });

  it("keeps a blob that a younger action needs too", async () => {
    const [shared, own] = await action("aa", [big("s"), big("o")], 30);
    await action("bb", [big("s")], 5);
    await trim(root, { maxBytes: 150 * KIB, clock });
    expect([await has(shared), await has(own)]).toEqual([true, false]);
  });

  it("goes by an environment's stamp, not by the age of its files", async () => {
    const used = await environment("used", 100 * KIB, 3);
    await age(path.join(used, "lib/big"), 300);
    const unused = await environment("unused", 100 * KIB, 10);
    await trim(root, { maxBytes: 150 * KIB, clock });
    expect([existsSync(used), existsSync(unused)]).toEqual([true, false]);
  });

  it("never touches what was used within the grace period, even above the bound", async () => {
    const [hash] = await action("aa", [big("a")], 1);
    const env = await environment("env", 100 * KIB, 1);
    const { sha256: loose } = await blobs.putBytes(Buffer.from("not in any entry yet"));
    expect((await trim(root, { maxBytes: 0, clock })).removed).toEqual({ actions: 0, blobs: 0, environments: 0 });
    expect([await has(hash), existsSync(env), await has(loose)]).toEqual([true, true, true]);
    clock.forward(3 * 3600);
    await trim(root, { maxBytes: 0, clock });
    expect([await has(hash), existsSync(env), await has(loose)]).toEqual([false, false, false]);
  });

  it("keeps the contents of an entry that a run has just used, however old they are", async () => {
    const [hash] = await action("aa", [big("a")], 300);
    await age(entryFile(root, "aa"), 0);
    await trim(root, { maxBytes: 0, clock });
    expect(await has(hash)).toBe(true);
  });

  it("keeps what a run takes into use while the trim is under way", async () => {
    const [hash] = await action("aa", [big("a")], 30);
    const env = await environment("env", 100 * KIB, 20);
    const options = {
      clock,
      // Asked for after the store was listed and before anything is removed.
      get maxBytes() {
        for (const used of [entryFile(root, "aa"), path.join(env, ".used")]) utimesSync(used, clock.now(), clock.now());
        return 0;
      },
    };
    expect((await trim(root, options)).removed).toEqual({ actions: 0, blobs: 0, environments: 0 });
    expect([await has(hash), existsSync(env)]).toEqual([true, true]);
  });

  it("removes blobs that no entry needs, also when everything would fit", async () => {
    const [kept] = await action("aa", ["kept"], 30);
    const { sha256: loose } = await blobs.putBytes(Buffer.from("loose"));
    await age((await blobs.get(loose)) ?? "", 30);
    expect((await trim(root, { clock })).removed).toEqual({ actions: 0, blobs: 1, environments: 0 });
    expect([await has(kept), await has(loose)]).toEqual([true, false]);
  });

  it("frees the contents of a damaged entry", async () => {
    const [hash] = await action("aa", [big("a")], 30);
    await fs.writeFile(entryFile(root, "aa"), "damaged");
    await age(entryFile(root, "aa"), 30);
    await trim(root, { clock });
    expect(await has(hash)).toBe(false);
  });

  it("removes what a killed run left half-written, once it is old", async () => {
    await write(root, { "tmp/old/x": "", "tmp/new": "" });
    await age(path.join(root, "tmp/old"), 30);
    await trim(root, { clock });
    expect(await fs.readdir(path.join(root, "tmp"))).toEqual(["new"]);
  });

  it("does nothing when the last trim is young enough", async () => {
    await trim(root, { clock });
    await action("aa", [big("a")], 30);
    clock.forward(60);
    expect(await trim(root, { maxBytes: 0, everySeconds: 3600, clock })).toMatchObject({ before: 0 });
    clock.forward(3600);
    expect((await trim(root, { maxBytes: 0, everySeconds: 3600, clock })).removed.actions).toBe(1);
  });

  it("takes a store that is not there, and one that is trimmed by two at once", async () => {
    expect((await trim(path.join(root, "nowhere"), { clock })).before).toBe(0);
    expect(existsSync(path.join(root, "nowhere"))).toBe(false);
    for (const key of ["aa", "bb", "cc"]) await action(key, [big(key)], 30);
    await Promise.all([trim(root, { maxBytes: 0, clock }), trim(root, { maxBytes: 0, clock })]);
    expect(existsSync(entryFile(root, "bb"))).toBe(false);
  });
});
