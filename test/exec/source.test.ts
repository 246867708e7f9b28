import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/digest.ts";
import { layOut } from "../../src/exec/lay-out.ts";
import { manifestDigest } from "../../src/exec/manifest.ts";
import { readSource } from "../../src/exec/source.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import type { Git } from "../../src/ports.ts";
import { repository, tempFolder, write } from "./exec-helpers.ts";

const onPosix = it.skipIf(path.sep === "\\");
const paths = (snapshot: { entries: readonly { path: string }[] }) => snapshot.entries.map((e) => e.path);

describe("reading the source", () => {
  it("takes tracked and new files, and neither ignored nor deleted ones", async () => {
    const repo = await repository();
    await repo.commit({ "a.py": "a", gone: "g", ".gitignore": "*.log\nbuild/\n", "d/kept.log": "" });
    repo.run("add", "--force", "d/kept.log");
    await write(repo.folder, { "new.py": "n", "x.log": "", "build/out": "" });
    await fs.rm(path.join(repo.folder, "gone"));
    const snapshot = await readSource(repo.git, repo.folder, ".");
    expect(paths(snapshot)).toEqual([".gitignore", "a.py", "d/kept.log", "new.py"]);
    expect(snapshot.head).toBe(repo.run("rev-parse", "HEAD"));
    expect(snapshot.manifest.entries[1]).toEqual({ path: "a.py", mode: "100644", size: 1, sha256: sha256Hex("a") });
  });

  it("takes what stands on the disk, not what was committed", async () => {
    const repo = await repository();
    await repo.commit({ a: "old" });
    await write(repo.folder, { a: "new" });
    expect((await readSource(repo.git, repo.folder, ".")).manifest.entries[0]?.sha256).toBe(sha256Hex("new"));
  });

  onPosix(
    "takes only what is below the app's root, with paths relative to it and its name taken literally",
    async () => {
      const repo = await repository();
      await repo.commit({ "apps/[v]*/a": "1", "apps/v/a": "2", "apps/[v]*2/a": "3", top: "4" });
      await write(repo.folder, { "apps/[v]*/sub/new": "5", "apps/v/new": "6" });
      for (const root of ["apps/[v]*", "./apps/[v]*/"]) {
        expect(paths(await readSource(repo.git, repo.folder, root))).toEqual(["a", "sub/new"]);
      }
      await write(repo.folder, { ":(apps)/b": "7" });
      expect(paths(await readSource(repo.git, repo.folder, ":(apps)"))).toEqual(["b"]);
    },
  );

  it("gives the same digest for a clone, whatever its times and place", async () => {
    const repo = await repository();
    await repo.commit({ a: "a", "d/b": "b" });
    const first = await readSource(repo.git, repo.folder, ".");
    const other = await repository();
    await other.commit({ "d/b": "b", a: "a" });
    await fs.utimes(path.join(other.folder, "a"), 1, 1);
    expect(manifestDigest((await readSource(other.git, other.folder, ".")).manifest)).toBe(
      manifestDigest(first.manifest),
    );
  });

  it("works before the first commit", async () => {
    const repo = await repository();
    await write(repo.folder, { a: "a" });
    expect(await readSource(repo.git, repo.folder, ".")).toMatchObject({ head: null, entries: [{ path: "a" }] });
  });

  onPosix("takes names with spaces, quotes, line breaks and letters of any script", async () => {
    const repo = await repository();
    const names = ['"q" \\', "-dash", "a b", "line\nbreak", "tab\t", "über", "文件"];
    await repo.commit({ [names[0] ?? ""]: "", [names[3] ?? ""]: "", [names[5] ?? ""]: "", [names[6] ?? ""]: "" });
    await write(repo.folder, { [names[1] ?? ""]: "", [names[2] ?? ""]: "", [names[4] ?? ""]: "" });
    expect(paths(await readSource(repo.git, repo.folder, "."))).toEqual(names);
  });

  onPosix("leaves names that are not UTF-8 out and says so", async () => {
    const repo = await repository();
    await write(repo.folder, { a: "" });
    await fs.writeFile(Buffer.concat([Buffer.from(`${repo.folder}/`), Buffer.from([0x66, 0xe9])]), "");
    const snapshot = await readSource(repo.git, repo.folder, ".");
    expect(paths(snapshot)).toEqual(["a"]);
    expect(snapshot.notes).toEqual([expect.stringContaining("not UTF-8")]);
  });
});

describe("line endings", () => {
  const lf = "one\ntwo\n";
  const crlf = "one\r\ntwo\r\n";
  const filler = Buffer.alloc(2 << 20, "x").toString();

  it.each([
    ["a small file", lf, crlf],
    ["a large file", lf + filler, crlf + filler],
  ])("sees through a checkout that git converted: %s", async (_what, committed, onDisk) => {
    const repo = await repository();
    await repo.commit({ a: committed });
    await write(repo.folder, { a: onDisk });
    const { entries } = await readSource(repo.git, repo.folder, ".");
    expect(entries[0]).toMatchObject({
      size: committed.length,
      sha256: sha256Hex(committed),
      from: { normalizeCrlf: true },
    });
    const to = path.join(repo.folder, "laid out");
    await layOut({ entries, digest: "" }, to, await openBlobStore(path.join(repo.folder, "store")));
    expect(await fs.readFile(path.join(to, "a"), "utf8")).toBe(committed);
  });

  it("gives an autocrlf checkout the digest of the plain one", async () => {
    const repo = await repository();
    await repo.commit({ a: lf, "mixed.txt": "a\r\nb\n", bin: Buffer.from("\0\r\n\n") });
    const plain = await readSource(repo.git, repo.folder, ".");
    repo.run("config", "core.autocrlf", "true");
    repo.run("rm", "--quiet", "--cached", "-r", ".");
    repo.run("reset", "--quiet", "--hard");
    expect(await fs.readFile(path.join(repo.folder, "a"), "utf8")).toBe(crlf);
    expect((await readSource(repo.git, repo.folder, ".")).manifest).toEqual(plain.manifest);
  });

  it.each([
    ["it was committed with CR LF", crlf, crlf],
    ["it was changed beyond its line endings", lf, `${crlf}three\r\n`],
    ["it is binary", "\0one\ntwo\n", "\0one\r\ntwo\r\n"],
    ["a large one was committed with CR LF", crlf + filler, crlf + filler],
    ["a large one is binary", `\0\n${filler}`, `\0\r\n${filler}`],
  ])("takes the bytes as they are when %s", async (_why, committed, onDisk) => {
    const repo = await repository();
    await repo.commit({ a: committed });
    await write(repo.folder, { a: onDisk });
    const { entries } = await readSource(repo.git, repo.folder, ".");
    expect(entries[0]?.sha256).toBe(sha256Hex(onDisk));
    expect(entries[0]?.from).toEqual({ kind: "file", path: path.join(repo.folder, "a") });
  });

  it("takes an untracked file as it is", async () => {
    const repo = await repository();
    await write(repo.folder, { a: crlf });
    expect((await readSource(repo.git, repo.folder, ".")).entries[0]?.sha256).toBe(sha256Hex(crlf));
  });
});

describe("modes", () => {
  onPosix("come from the disk where git trusts it, and from the index where it does not", async () => {
    const repo = await repository();
    await write(repo.folder, { "index-x": "", "disk-x": "", "new-x": "" });
    repo.run("add", "index-x", "disk-x");
    repo.run("update-index", "--chmod=+x", "index-x");
    for (const name of ["disk-x", "new-x"]) await fs.chmod(path.join(repo.folder, name), 0o755);
    const modes = async () =>
      Object.fromEntries((await readSource(repo.git, repo.folder, ".")).entries.map((e) => [e.path, e.mode]));
    expect(await modes()).toEqual({ "index-x": "100644", "disk-x": "100755", "new-x": "100755" });
    repo.run("config", "core.fileMode", "false");
    expect(await modes()).toEqual({ "index-x": "100755", "disk-x": "100644", "new-x": "100644" });
  });

  onPosix("of links: by the text of their target, dangling, looping or leaving the tree", async () => {
    const repo = await repository();
    const links = { dangling: "nowhere", loop: "loop", out: "../../outside", dir: "." };
    for (const [name, target] of Object.entries(links)) await fs.symlink(target, path.join(repo.folder, name));
    repo.run("add", "dangling", "loop");
    const { entries } = await readSource(repo.git, repo.folder, ".");
    expect(Object.fromEntries(entries.map((e) => [e.path, e.from.kind === "text" && e.from.text]))).toEqual(links);
    expect(entries.every((e) => e.mode === "120000" && e.sha256 !== "")).toBe(true);
  });

  onPosix("of links stay links where git had to write them as plain files", async () => {
    const repo = await repository();
    await fs.symlink("target", path.join(repo.folder, "l"));
    repo.run("add", "l");
    const before = await readSource(repo.git, repo.folder, ".");
    repo.run("config", "core.symlinks", "false");
    await fs.rm(path.join(repo.folder, "l"));
    await fs.writeFile(path.join(repo.folder, "l"), "target");
    expect(await readSource(repo.git, repo.folder, ".")).toEqual(before);
  });

  onPosix("nothing behind a link that took the place of a tracked folder is read", async () => {
    const repo = await repository();
    const outside = await tempFolder();
    await repo.commit({ "d/sub/file": "mine" });
    await write(outside, { "sub/file": "theirs" });
    await fs.rm(path.join(repo.folder, "d"), { recursive: true });
    await fs.symlink(outside, path.join(repo.folder, "d"));
    expect(paths(await readSource(repo.git, repo.folder, "."))).toEqual(["d"]);
  });

  onPosix("a pipe in the place of a file is left out, and waited for by nobody", async () => {
    const repo = await repository();
    await repo.commit({ a: "", pipe: "" });
    await fs.rm(path.join(repo.folder, "pipe"));
    execFileSync("mkfifo", [path.join(repo.folder, "pipe")]);
    const snapshot = await readSource(repo.git, repo.folder, ".");
    expect(paths(snapshot)).toEqual(["a"]);
    expect(snapshot.notes).toEqual([expect.stringContaining("pipe")]);
  });
});

describe("repositories in the repository", () => {
  const oid = "1234567890123456789012345678901234567890";

  it.each([true, false])(
    "a git link that leads nowhere is an entry by its commit (its folder is there: %s)",
    async (there) => {
      const repo = await repository();
      await repo.commit({ a: "" });
      repo.run("update-index", "--add", "--cacheinfo", `160000,${oid},vendor/lib`);
      if (there) await fs.mkdir(path.join(repo.folder, "vendor/lib"), { recursive: true });
      const snapshot = await readSource(repo.git, repo.folder, ".");
      expect(snapshot.manifest.entries[1]).toEqual({
        path: "vendor/lib",
        mode: "160000",
        size: 0,
        sha256: sha256Hex(oid),
      });
      expect(snapshot.notes).toEqual([expect.stringContaining("vendor/lib")]);
    },
  );

  it("does not enter an untracked one, and says so", async () => {
    const repo = await repository();
    await repo.commit({ a: "" });
    await write(repo.folder, { "inner/b": "" });
    repo.run("init", "--quiet", "inner");
    repo.run("-C", "inner", "add", "b");
    repo.run("-C", "inner", "commit", "--quiet", "--message=inner");
    const snapshot = await readSource(repo.git, repo.folder, ".");
    expect(paths(snapshot)).toEqual(["a"]);
    expect(snapshot.notes).toEqual([expect.stringContaining("inner/")]);
  });

  it("an unmerged file counts once", async () => {
    const repo = await repository();
    await repo.commit({ a: "base" });
    repo.run("checkout", "--quiet", "-b", "other");
    await repo.commit({ a: "other" });
    repo.run("checkout", "--quiet", "main");
    await repo.commit({ a: "main" });
    expect(() => repo.run("merge", "other")).toThrow();
    expect(paths(await readSource(repo.git, repo.folder, "."))).toEqual(["a"]);
  });
});

describe("what cannot be read", () => {
  it("a folder without git is NOT_A_REPOSITORY", async () => {
    const repo = await repository();
    await fs.rm(path.join(repo.folder, ".git"), { recursive: true });
    await write(repo.folder, { a: "" });
    await expect(readSource(repo.git, repo.folder, ".")).rejects.toMatchObject({ code: "NOT_A_REPOSITORY" });
  });

  it("a repository without a working tree is NOT_A_REPOSITORY", async () => {
    const repo = await repository();
    repo.run("config", "core.bare", "true");
    await expect(readSource(repo.git, repo.folder, ".")).rejects.toMatchObject({ code: "NOT_A_REPOSITORY" });
  });

  it("an empty repository is SOURCE_EMPTY, and so is one where everything is ignored", async () => {
    const repo = await repository();
    await expect(readSource(repo.git, repo.folder, ".")).rejects.toMatchObject({ code: "SOURCE_EMPTY" });
    await write(repo.folder, { "app/.gitignore": "*\n", "app/a": "" });
    await expect(readSource(repo.git, repo.folder, "app")).rejects.toMatchObject({ code: "SOURCE_EMPTY" });
  });

  it("an app root that is not there is SOURCE_NOT_FOUND", async () => {
    const repo = await repository();
    await repo.commit({ a: "" });
    for (const root of ["nowhere", "a"]) {
      await expect(readSource(repo.git, repo.folder, root)).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
    }
  });

  it("all unreadable files are named at once", async () => {
    const repo = await repository();
    await repo.commit({ a: "" });
    // No user can be relied on to be refused a file (root reads all), but no system takes a name this long.
    const long = ["x".repeat(300), "y".repeat(300)];
    const git: Git = async (args) => (args.includes("-o") ? Buffer.from(`${long.join("\0")}\0`) : await repo.git(args));
    await expect(readSource(git, repo.folder, ".")).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      problems: [{ file: long[0] }, { message: expect.stringContaining("ENAMETOOLONG") }],
    });
  });
});
