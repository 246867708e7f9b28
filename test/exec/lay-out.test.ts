import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/digest.ts";
import { type HostEntry, hostTree } from "../../src/exec/host-tree.ts";
import { layOut } from "../../src/exec/lay-out.ts";
import { type BlobStore, openBlobStore } from "../../src/exec/store.ts";
import { fileEntry, tempFolder, textEntry, write } from "./exec-helpers.ts";

const onPosix = it.skipIf(path.sep === "\\");

async function place(): Promise<{ root: string; to: string; blobs: BlobStore }> {
  const root = await tempFolder();
  return { root, to: path.join(root, "out"), blobs: await openBlobStore(path.join(root, "store")) };
}

async function blobEntry(file: string, content: string | Buffer, blobs: BlobStore): Promise<HostEntry> {
  const blob = await blobs.putBytes(Buffer.from(content));
  return { path: file, mode: "100644", ...blob, from: { kind: "blob" } };
}

const link = (file: string, target: string) => textEntry(file, target, "120000");

describe("laying a tree out", () => {
  it("writes text, files and blobs where the tree says", async () => {
    const { root, to, blobs } = await place();
    await write(root, { "src/a.py": "a" });
    const tree = hostTree([
      textEntry("pkg/naïve file\n.txt", "text"),
      fileEntry("pkg/deep/a.py", path.join(root, "src/a.py"), "a"),
      await blobEntry("b", "blob", blobs),
    ]);
    expect(await layOut(tree, to, blobs)).toEqual([]);
    expect(await fs.readFile(path.join(to, "pkg/naïve file\n.txt"), "utf8")).toBe("text");
    expect(await fs.readFile(path.join(to, "pkg/deep/a.py"), "utf8")).toBe("a");
    expect(await fs.readFile(path.join(to, "b"), "utf8")).toBe("blob");
  });

  it("makes the folder also for a tree without files", async () => {
    const { to, blobs } = await place();
    await layOut(hostTree([]), to, blobs);
    expect(await fs.readdir(to)).toEqual([]);
  });

  it.each([10, 3 << 20])(
    "gives the command its own copy: writing to it changes neither source nor store (%i bytes)",
    async (size) => {
      const { root, to, blobs } = await place();
      const [one, two] = [Buffer.alloc(size, "1"), Buffer.alloc(size, "2")];
      await write(root, { one });
      const tree = hostTree([fileEntry("one", path.join(root, "one"), one), await blobEntry("two", two, blobs)]);
      await layOut(tree, to, blobs);
      await fs.appendFile(path.join(to, "one"), "x");
      await fs.appendFile(path.join(to, "two"), "x");
      expect((await fs.readFile(path.join(root, "one"))).equals(one)).toBe(true);
      expect((await fs.readFile((await blobs.get(sha256Hex(two))) ?? "")).equals(two)).toBe(true);
    },
  );

  onPosix("sets modes by the tree, not by the source's", async () => {
    const { root, to, blobs } = await place();
    const big = Buffer.alloc(2 << 20, "b");
    await write(root, { secret: "s", big });
    await fs.chmod(path.join(root, "secret"), 0o600);
    await fs.chmod(path.join(root, "big"), 0o777);
    const entries = [
      fileEntry("secret", path.join(root, "secret"), "s"),
      fileEntry("big", path.join(root, "big"), big),
      textEntry("run.sh", "#!", "100755"),
    ];
    await layOut(hostTree(entries), to, blobs);
    const mode = async (file: string) => (await fs.stat(path.join(to, file))).mode & 0o777;
    expect([await mode("secret"), await mode("big"), await mode("run.sh")]).toEqual([0o644, 0o644, 0o755]);
  });

  it.each([8, 3 << 20])("writes a file that git checked out with CR LF as LF (%i bytes)", async (size) => {
    const { root, to, blobs } = await place();
    // Odd lengths before each pair, so that some pair falls on the border of two chunks.
    const lf = Buffer.from("ab\ncde\n\rf\n".repeat(Math.ceil(size / 10)));
    const crlf = Buffer.from(lf.toString().replaceAll("\n", "\r\n"));
    await write(root, { a: crlf });
    const from = { kind: "file" as const, path: path.join(root, "a"), normalizeCrlf: true };
    await layOut(hostTree([{ ...fileEntry("a", from.path, lf), from }]), to, blobs);
    expect((await fs.readFile(path.join(to, "a"))).equals(lf)).toBe(true);
  });

  it("names every source file that changed or vanished since it was hashed", async () => {
    const { root, to, blobs } = await place();
    const big = Buffer.alloc(2 << 20, "b");
    await write(root, { same: "same", small: "other", big: Buffer.alloc(2 << 20, "c") });
    const at = (name: string) => path.join(root, name);
    const entries = [
      fileEntry("same", at("same"), "same"),
      fileEntry("small", at("small"), "small"),
      fileEntry("big", at("big"), big),
      fileEntry("gone", at("gone"), "gone"),
      fileEntry("big-gone", at("big-gone"), big),
    ];
    const failure = await layOut(hostTree(entries), to, blobs).catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: "SOURCE_UNREADABLE" });
    const { problems } = failure as { problems: { file: string }[] };
    expect(problems.map((p) => path.basename(p.file)).sort()).toEqual(["big", "big-gone", "gone", "small"]);
  });

  it("says which stored content is lost", async () => {
    const { to, blobs } = await place();
    const tree = hostTree([{ ...textEntry("report.xml", "lost"), from: { kind: "blob" } }]);
    await expect(layOut(tree, to, blobs)).rejects.toMatchObject({
      code: "MACHINE_FAILED",
      message: expect.stringContaining("report.xml"),
    });
  });

  it("never writes over a file that is there", async () => {
    const { to, blobs } = await place();
    await write(to, { a: "mine" });
    await expect(layOut(hostTree([textEntry("a", "theirs")]), to, blobs)).rejects.toMatchObject({
      code: "MACHINE_FAILED",
    });
    expect(await fs.readFile(path.join(to, "a"), "utf8")).toBe("mine");
  });

  onPosix("makes the links that stay inside, dangling and looping ones too", async () => {
    const { to, blobs } = await place();
    const links = { "d/up": "../file", dangling: "nowhere", loop: "loop", "d/here": "." };
    const entries = [textEntry("file", "f"), ...Object.entries(links).map(([name, target]) => link(name, target))];
    expect(await layOut(hostTree(entries), to, blobs)).toEqual([]);
    for (const [name, target] of Object.entries(links)) expect(await fs.readlink(path.join(to, name))).toBe(target);
    expect(await fs.readFile(path.join(to, "d/up"), "utf8")).toBe("f");
  });

  it.each([
    ["an absolute target", { bad: "/etc/passwd" }],
    ["a target above the tree", { "d/bad": "../../x" }],
    ["a target that leaves and comes back", { bad: "../out/file" }],
    ["a way out over another link", { "a/b/bad": "../../c/..", c: "." }],
    ["a drive letter", { bad: "C:\\Windows" }],
    ["backslashes that lead up", { bad: "..\\..\\x" }],
  ])("leaves a link out and names it: %s", async (_what, links: Record<string, string>) => {
    const { to, blobs } = await place();
    const entries = [textEntry("file", "f"), ...Object.entries(links).map(([name, target]) => link(name, target))];
    const leftOut = await layOut(hostTree(entries), to, blobs);
    const bad = Object.keys(links).find((name) => name.endsWith("bad")) ?? "";
    expect(leftOut.map((l) => l.path)).toEqual([bad]);
    await expect(fs.lstat(path.join(to, bad))).rejects.toThrow("ENOENT");
  });

  onPosix("never writes through a link of the tree itself", async () => {
    const { root, to, blobs } = await place();
    await fs.mkdir(path.join(root, "outside"));
    const tree = hostTree([link("d", "elsewhere"), textEntry("d/file", "f"), textEntry("elsewhere/x", "x")]);
    expect((await layOut(tree, to, blobs)).map((l) => l.path)).toEqual(["d"]);
    expect(await fs.readdir(path.join(to, "elsewhere"))).toEqual(["x"]);
  });

  it.each(["../escape", "/abs", "a//b", "./a", "a/../../b"])(
    "leaves out a path that is not plainly relative: %s",
    async (bad) => {
      const { root, to, blobs } = await place();
      expect((await layOut(hostTree([textEntry(bad, "x")]), to, blobs)).map((l) => l.path)).toEqual([bad]);
      await expect(fs.access(path.join(root, "escape"))).rejects.toThrow("ENOENT");
    },
  );

  it("makes an empty folder of a submodule link", async () => {
    const { to, blobs } = await place();
    await layOut(hostTree([textEntry("vendor/lib", "0".repeat(40), "160000")]), to, blobs);
    expect(await fs.readdir(path.join(to, "vendor/lib"))).toEqual([]);
  });
});
