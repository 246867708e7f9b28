import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { changesSince, readSource } from "../../src/exec/source.ts";
import { type Repository, repository, write } from "./exec-helpers.ts";

const onPosix = it.skipIf(path.sep === "\\");

async function changed(repo: Repository, oid: string, root = "."): Promise<readonly string[]> {
  return (await changesSince(repo.git, oid, root, await readSource(repo.git, repo.folder, root))).changed;
}

describe("what changed since the base", () => {
  it("is nothing where the working tree holds what the base holds", async () => {
    const repo = await repository();
    const base = await repo.commit({ a: "1", "d/ü b": "2", big: "x".repeat(3 << 20) });
    await repo.commit({ a: "changed" });
    await repo.commit({ a: "1" });
    expect(await changed(repo, base)).toEqual([]);
  });

  it("names files that were added, changed, removed and renamed, committed or not", async () => {
    const repo = await repository();
    const base = await repo.commit({ a: "1", b: "2", c: "3", "old name": "4", same: "5", big: "x".repeat(3 << 20) });
    repo.run("mv", "old name", "文件");
    await repo.commit({ a: "committed" });
    await write(repo.folder, { b: "not committed", untracked: "", "sub/staged": "", big: "y".repeat(3 << 20) });
    repo.run("add", "sub/staged");
    await fs.rm(path.join(repo.folder, "c"));
    expect(await changed(repo, base)).toEqual(["a", "b", "big", "c", "old name", "sub/staged", "untracked", "文件"]);
  });

  it("does not believe the index: neither flags that hide a change nor a file that was only taken out of it", async () => {
    const repo = await repository();
    const base = await repo.commit({ hidden: "1", skipped: "1", kept: "1" });
    repo.run("update-index", "--assume-unchanged", "hidden");
    repo.run("update-index", "--skip-worktree", "skipped");
    repo.run("rm", "--quiet", "--cached", "kept");
    await write(repo.folder, { hidden: "2", skipped: "2" });
    expect(await changed(repo, base)).toEqual(["hidden", "skipped"]);
  });

  it("starts no filter that the repository names, and compares the content as it stands on the disk", async () => {
    const repo = await repository();
    const base = await repo.commit({ ".gitattributes": "*.f filter=own\n", "a.f": "stored" });
    const trace = path.join(repo.folder, ".git", "started");
    repo.run("config", "filter.own.clean", `touch '${trace}'; echo stored`);
    await write(repo.folder, { "a.f": "smudged" });
    expect(await changed(repo, base)).toEqual(["a.f"]);
    await expect(fs.stat(trace)).rejects.toThrow("ENOENT");
  });

  it("is not fooled by line endings that a checkout converted", async () => {
    const repo = await repository();
    const big = "line\n".repeat(400_000);
    const base = await repo.commit({ ".gitattributes": "*.txt text\n", "a.txt": "1\n2\n", "big.txt": big });
    await write(repo.folder, { "a.txt": "1\r\n2\r\n", "big.txt": big.replaceAll("\n", "\r\n") });
    expect(await changed(repo, base)).toEqual([]);
  });

  onPosix("counts a new mode, a link that points elsewhere, and a file that became a link", async () => {
    const repo = await repository();
    await fs.symlink("one", path.join(repo.folder, "link"));
    await fs.symlink("one", path.join(repo.folder, "kept"));
    const base = await repo.commit({ script: "1", one: "one", file: "one" });
    await fs.chmod(path.join(repo.folder, "script"), 0o755);
    for (const name of ["link", "file"]) await fs.rm(path.join(repo.folder, name));
    await fs.symlink("two", path.join(repo.folder, "link"));
    await fs.symlink("one", path.join(repo.folder, "file"));
    expect(await changed(repo, base)).toEqual(["file", "link", "script"]);
  });

  it("counts a submodule that points to another commit", async () => {
    const repo = await repository();
    const first = await repo.commit({ a: "1" });
    const point = (oid: string) => repo.run("update-index", "--add", "--cacheinfo", `160000,${oid},module`);
    const link = () => {
      repo.run("commit", "--quiet", "--message=link");
      return repo.run("rev-parse", "HEAD");
    };
    point(first);
    const base = link();
    expect(await changed(repo, base)).toEqual([]);
    point(base);
    link();
    expect(await changed(repo, base)).toEqual(["module"]);
  });

  onPosix("looks only below the app's root, whose name is taken literally", async () => {
    const repo = await repository();
    const base = await repo.commit({ "apps/[v]*/a": "1", "apps/v/a": "1", ":(top)x/a": "1" });
    await write(repo.folder, { "apps/[v]*/a": "2", "apps/v/a": "2" });
    expect(await changed(repo, base, "apps/[v]*")).toEqual(["a"]);
    expect(await changed(repo, base, ":(top)x")).toEqual([]);
  });

  it("is every file where the app was not there at the base", async () => {
    const repo = await repository();
    const base = await repo.commit({ other: "1" });
    await repo.commit({ "app/a": "1" });
    expect(await changed(repo, base, "app")).toEqual(["a"]);
  });

  it("knows which files the base has", async () => {
    const repo = await repository();
    const oid = await repo.commit({ a: "1", "d/b": "2" });
    await fs.rm(path.join(repo.folder, "a"));
    await write(repo.folder, { c: "" });
    const base = await changesSince(repo.git, oid, ".", await readSource(repo.git, repo.folder, "."));
    expect(["a", "d/b", "c", "d"].map(base.has)).toEqual([true, true, false, false]);
    expect(base.oid).toBe(oid);
  });

  it("works in a repository whose objects are named by SHA-256", async () => {
    const repo = await repository();
    await fs.rm(path.join(repo.folder, ".git"), { recursive: true });
    repo.run("init", "--quiet", "--initial-branch=main", "--object-format=sha256");
    const base = await repo.commit({ a: "1", b: "1" });
    repo.run("rm", "--quiet", "--cached", "-r", ".");
    await write(repo.folder, { b: "2" });
    expect(await changed(repo, base)).toEqual(["b"]);
  });
});
