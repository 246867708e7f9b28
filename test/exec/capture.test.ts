import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { capture } from "../../src/exec/capture.ts";
import { layOut } from "../../src/exec/lay-out.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import { tempFolder, write } from "./exec-helpers.ts";

const onPosix = it.skipIf(path.sep === "\\");

async function place() {
  const root = await tempFolder();
  const out = path.join(root, "out");
  await fs.mkdir(out);
  return { root, out, blobs: await openBlobStore(path.join(root, "store")) };
}

describe("capturing what a command wrote", () => {
  it("comes back the same when it is laid out and captured again", async () => {
    const { root, out, blobs } = await place();
    await write(out, { "a b/naïve 文.txt": "x", "z\nz": "", big: Buffer.alloc(2 << 20, "b"), "empty/e": "" });
    const first = await capture(out, blobs);
    await fs.rm(out, { recursive: true });
    await layOut(first, path.join(root, "again"), blobs);
    const second = await capture(path.join(root, "again"), blobs);
    expect(first.entries.map((e) => e.path)).toEqual(["a b/naïve 文.txt", "big", "empty/e", "z\nz"]);
    expect(second).toEqual(first);
  });

  it("gives equal trees for equal files, whatever their times and places", async () => {
    const { root, out, blobs } = await place();
    await write(root, { "out/a": "1", "out/b/c": "2", "other/b/c": "2", "other/a": "1" });
    await fs.utimes(path.join(out, "a"), 1, 1);
    expect((await capture(out, blobs)).digest).toBe((await capture(path.join(root, "other"), blobs)).digest);
  });

  onPosix("keeps executable bits", async () => {
    const { out, blobs } = await place();
    await write(out, { run: "#!" });
    await fs.chmod(path.join(out, "run"), 0o700);
    expect((await capture(out, blobs)).entries[0]?.mode).toBe("100755");
  });

  onPosix("keeps links that stay inside and drops those that leave; loops do not trouble it", async () => {
    const { out, blobs } = await place();
    await write(out, { "d/file": "f" });
    const links = { in: "d/file", loop: "d/back", "d/back": "../loop", "d/self": "..", abs: out, up: "../store" };
    for (const [name, target] of Object.entries(links)) await fs.symlink(target, path.join(out, name));
    const tree = await capture(out, blobs);
    expect(tree.entries.map((e) => [e.path, e.mode])).toEqual([
      ["d/back", "120000"],
      ["d/file", "100644"],
      ["d/self", "120000"],
      ["in", "120000"],
      ["loop", "120000"],
    ]);
  });

  onPosix("passes over pipes, sockets and names that are not UTF-8", async () => {
    const { out, blobs } = await place();
    await write(out, { file: "f" });
    execFileSync("mkfifo", [path.join(out, "pipe")]);
    await fs.writeFile(Buffer.concat([Buffer.from(`${out}/`), Buffer.from([0x66, 0xe9])]), "latin-1 name");
    const server = net.createServer();
    // A socket's path may have about a hundred bytes only: it is made from inside the folder.
    const here = process.cwd();
    process.chdir(out);
    await new Promise<void>((resolve) => server.listen("socket", resolve));
    process.chdir(here);
    try {
      expect((await capture(out, blobs)).entries.map((e) => e.path)).toEqual(["file"]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  onPosix("reads files and folders that the command made unreadable", async () => {
    const { out, blobs } = await place();
    await write(out, { "shut/file": "f", secret: "s" });
    await fs.chmod(path.join(out, "secret"), 0);
    await fs.chmod(path.join(out, "shut"), 0);
    expect((await capture(out, blobs)).entries.map((e) => e.path)).toEqual(["secret", "shut/file"]);
  });

  it("says MACHINE_FAILED where the folder is gone, and STORE_UNUSABLE where the store is", async () => {
    const { root, out, blobs } = await place();
    await expect(capture(path.join(root, "gone"), blobs)).rejects.toMatchObject({ code: "MACHINE_FAILED" });
    await write(out, { file: "f" });
    await fs.rm(path.join(root, "store"), { recursive: true });
    await fs.writeFile(path.join(root, "store"), "");
    await expect(capture(out, blobs)).rejects.toMatchObject({ code: "STORE_UNUSABLE" });
  });
});
