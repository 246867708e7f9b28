import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/digest.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import { tempFolder, write } from "./exec-helpers.ts";

const hello = sha256Hex("hello");

async function filesBelow(folder: string): Promise<string[]> {
  const all = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  return all.filter((e) => e.isFile()).map((e) => e.name);
}

describe("the blob store", () => {
  it("keeps a file by its content and hands it out", async () => {
    const root = await tempFolder();
    await write(root, { "from/a": "hello" });
    const blobs = await openBlobStore(path.join(root, "store"));
    expect(await blobs.put(path.join(root, "from/a"))).toEqual({ sha256: hello, size: 5 });
    const kept = await blobs.get(hello);
    expect(kept).toBe(path.join(root, "store", "blobs", hello.slice(0, 2), hello));
    expect(await fs.readFile(kept ?? "", "utf8")).toBe("hello");
  });

  it("does not share the bytes with the file that was put", async () => {
    const root = await tempFolder();
    await write(root, { a: "hello" });
    const blobs = await openBlobStore(path.join(root, "store"));
    await blobs.put(path.join(root, "a"));
    await fs.appendFile(path.join(root, "a"), " changed");
    const later = await openBlobStore(path.join(root, "store"));
    expect(await fs.readFile((await later.get(hello)) ?? "", "utf8")).toBe("hello");
  });

  it("knows nothing of what was never put", async () => {
    const blobs = await openBlobStore(await tempFolder());
    expect(await blobs.get(hello)).toBeUndefined();
  });

  it.each(["hellO", "hello and more", ""])(
    "removes a blob that was damaged to %j, and takes it anew",
    async (damage) => {
      const root = await tempFolder();
      const first = await openBlobStore(root);
      await first.putBytes(Buffer.from("hello"));
      const place = path.join(root, "blobs", hello.slice(0, 2), hello);
      await fs.writeFile(place, damage);
      const second = await openBlobStore(root);
      expect(await second.get(hello)).toBeUndefined();
      await expect(fs.access(place)).rejects.toThrow("ENOENT");
      await second.putBytes(Buffer.from("hello"));
      expect(await second.get(hello)).toBe(place);
    },
  );

  it("mends a damaged blob when the same content is put again", async () => {
    const root = await tempFolder();
    const blobs = await openBlobStore(root);
    await blobs.putBytes(Buffer.from("hello"));
    await fs.writeFile(path.join(root, "blobs", hello.slice(0, 2), hello), "other");
    await blobs.putBytes(Buffer.from("hello"));
    const fresh = await openBlobStore(root);
    expect(await fresh.get(hello)).toBeDefined();
  });

  it("notices that a blob which it already checked was cut or removed since", async () => {
    const root = await tempFolder();
    const blobs = await openBlobStore(root);
    await blobs.putBytes(Buffer.from("hello"));
    const place = path.join(root, "blobs", hello.slice(0, 2), hello);
    await fs.truncate(place, 2);
    expect(await blobs.get(hello)).toBeUndefined();
    await blobs.putBytes(Buffer.from("hello"));
    await fs.rm(place);
    expect(await blobs.get(hello)).toBeUndefined();
  });

  it("takes files larger than its read buffer whole", async () => {
    const root = await tempFolder();
    const bytes = Buffer.alloc(5 * 1024 * 1024 + 3, "0123456789abcdef!");
    await write(root, { big: bytes });
    const blobs = await openBlobStore(path.join(root, "store"));
    const stored = await blobs.put(path.join(root, "big"));
    expect(stored).toEqual({ sha256: sha256Hex(bytes), size: bytes.length });
    const fresh = await openBlobStore(path.join(root, "store"));
    expect(await fresh.get(stored.sha256)).toBeDefined();
  });

  it("takes the same content from many at once and leaves nothing temporary", async () => {
    const root = await tempFolder();
    const stores = await Promise.all([openBlobStore(root), openBlobStore(root), openBlobStore(root)]);
    await Promise.all(stores.flatMap((s) => Array.from({ length: 20 }, () => s.putBytes(Buffer.from("hello")))));
    expect(await filesBelow(root)).toEqual([hello]);
  });

  it("is not confused by the half-written file of a killed run", async () => {
    const root = await tempFolder();
    await openBlobStore(root);
    await write(root, { "tmp/left-over": "hel" });
    const blobs = await openBlobStore(root);
    await blobs.putBytes(Buffer.from("hello"));
    expect(await blobs.get(hello)).toBeDefined();
  });

  it("says STORE_UNUSABLE where its folder cannot be made", async () => {
    const root = await tempFolder();
    await write(root, { file: "" });
    await expect(openBlobStore(path.join(root, "file", "store"))).rejects.toMatchObject({
      code: "STORE_UNUSABLE",
      message: expect.stringContaining(path.join(root, "file", "store")),
    });
  });

  it("says STORE_UNUSABLE where it can no longer write", async () => {
    const root = await tempFolder();
    const blobs = await openBlobStore(root);
    await fs.rm(path.join(root, "tmp"), { recursive: true });
    await fs.writeFile(path.join(root, "tmp"), "");
    await expect(blobs.putBytes(Buffer.from("hello"))).rejects.toMatchObject({ code: "STORE_UNUSABLE" });
  });
});
