import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { hostGit } from "../../src/exec/git.ts";
import { hostTree } from "../../src/exec/host-tree.ts";
import { layOut } from "../../src/exec/lay-out.ts";
import { baseTree, historyTree, readSource, resolveBase } from "../../src/exec/source.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import type { Git } from "../../src/ports.ts";
import { type Repository, repository, tempFolder, write } from "./exec-helpers.ts";

/** `main` with two commits, and a branch from the first one that is checked out. */
async function forked(): Promise<Repository & { fork: string; tip: string }> {
  const repo = await repository();
  const fork = await repo.commit({ a: "1" });
  const tip = await repo.commit({ a: "2" });
  repo.run("checkout", "--quiet", "-b", "change", fork);
  await repo.commit({ b: "3" });
  return { ...repo, fork, tip };
}

describe("the base", () => {
  it("is the merge base with the ref that was asked for", async () => {
    const repo = await forked();
    for (const ref of ["main", repo.tip, "refs/heads/main"]) {
      expect(await resolveBase(repo.git, ref, "nonsense")).toBe(repo.fork);
    }
  });

  it("falls back to the configured branch, of the remote first", async () => {
    const repo = await forked();
    repo.run("update-ref", "refs/remotes/origin/stable", repo.fork);
    repo.run("branch", "stable", "change");
    expect(await resolveBase(repo.git, undefined, "stable")).toBe(repo.fork);
  });

  it("takes a branch that only the remote has", async () => {
    const repo = await forked();
    repo.run("update-ref", "refs/remotes/origin/next", repo.tip);
    expect(await resolveBase(repo.git, "next", undefined)).toBe(repo.fork);
  });

  it("looks for the default branch: origin/HEAD, origin/main, main, origin/master, master", async () => {
    const repo = await repository();
    const oids: string[] = [];
    for (let i = 0; i < 5; i += 1) oids.push(await repo.commit({ a: String(i) }));
    repo.run("checkout", "--quiet", "--detach");
    const refs = ["remotes/origin/HEAD", "remotes/origin/main", "heads/main", "remotes/origin/master", "heads/master"];
    for (const [i, ref] of refs.entries()) repo.run("update-ref", `refs/${ref}`, oids[i] ?? "");
    for (const [i, ref] of refs.entries()) {
      expect(await resolveBase(repo.git, undefined, undefined)).toBe(oids[i]);
      repo.run("update-ref", "-d", `refs/${ref}`);
    }
    expect(await resolveBase(repo.git, undefined, undefined)).toBeNull();
  });

  it("is null before the first commit", async () => {
    const repo = await repository();
    expect(await resolveBase(repo.git, undefined, undefined)).toBeNull();
  });

  it.each([
    ["nowhere", undefined],
    [undefined, "nowhere"],
    ["--all", undefined],
    ["HEAD:a", undefined],
  ])(
    "that somebody named and that is not a commit is BASE_NOT_FOUND (--base %s, baseBranch %s)",
    async (requested, configured) => {
      const repo = await forked();
      await expect(resolveBase(repo.git, requested, configured)).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
    },
  );

  it("that shares no history is BASE_NOT_FOUND when named, and passed over when guessed", async () => {
    const repo = await repository();
    await repo.commit({ a: "1" });
    repo.run("checkout", "--quiet", "--orphan", "island");
    await repo.commit({ a: "2" });
    await expect(resolveBase(repo.git, "main", undefined)).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
    expect(await resolveBase(repo.git, undefined, undefined)).toBeNull();
  });

  it("is not said to be missing when git itself does not answer", async () => {
    const empty = await tempFolder();
    await expect(resolveBase(hostGit(empty, { PATH: empty }), "main", undefined)).rejects.toMatchObject({
      code: "GIT_FAILED",
    });
  });
});

describe("the files of the base", () => {
  it("are the selected ones below the app's root, as they were", async () => {
    const repo = await repository();
    const bytes = Buffer.from([0, 13, 10, 255, 10]);
    const oid = await repo.commit({
      "app/x.py": "old\r\n",
      "app/bin.py": bytes,
      "app/empty.py": "",
      "app/y.txt": "",
      "z.py": "",
    });
    await repo.commit({ "app/x.py": "new" });
    const blobs = await openBlobStore(path.join(await tempFolder(), "store"));
    const tree = await baseTree(repo.git, oid, "app", ["**/*.py"], blobs);
    const to = path.join(await tempFolder(), "base");
    await layOut(tree, to, blobs);
    expect((await fs.readdir(to)).sort()).toEqual(["bin.py", "empty.py", "x.py"]);
    expect(await fs.readFile(path.join(to, "x.py"), "utf8")).toBe("old\r\n");
    expect((await fs.readFile(path.join(to, "bin.py"))).equals(bytes)).toBe(true);
  });

  it("have the digest of the same files in the working tree, links and submodule links among them", async () => {
    const repo = await repository();
    await write(repo.folder, { a: "a", "x.sh": "#!", "d/ü\n": "" });
    await fs.chmod(path.join(repo.folder, "x.sh"), 0o755);
    await fs.symlink("a", path.join(repo.folder, "link"));
    repo.run("add", "--all");
    repo.run("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},sub`);
    repo.run("commit", "--quiet", "--message=x");
    const { entries } = await readSource(repo.git, repo.folder, ".");
    const blobs = await openBlobStore(path.join(await tempFolder(), "store"));
    expect((await baseTree(repo.git, "HEAD", ".", ["**"], blobs)).digest).toBe(hostTree(entries).digest);
  });

  it("come out right in more than one batch", async () => {
    const repo = await repository();
    const files = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`f${i}`, `content ${i}\n`]));
    await repo.commit(files);
    const blobs = await openBlobStore(path.join(await tempFolder(), "store"));
    const { entries } = await readSource(repo.git, repo.folder, ".");
    expect((await baseTree(repo.git, "HEAD", ".", ["**"], blobs)).digest).toBe(hostTree(entries).digest);
  });

  it("are taken from the working tree where it still holds them, under whatever name", async () => {
    const repo = await repository();
    await write(repo.folder, { moved: "m", target: "t", changed: "1" });
    await fs.symlink("t", path.join(repo.folder, "link"));
    const oid = await repo.commit({});
    const blobs = await openBlobStore(path.join(await tempFolder(), "store"));
    const whole = await baseTree(repo.git, oid, ".", ["**"], blobs);
    await fs.rename(path.join(repo.folder, "moved"), path.join(repo.folder, "new name"));
    await fs.chmod(path.join(repo.folder, "new name"), 0o755);
    await write(repo.folder, { changed: "2" });
    const { entries, oids } = await readSource(repo.git, repo.folder, ".");
    const shown: string[] = [];
    const counting: Git = (args) => {
      if (args[0] === "show") shown.push(...args.slice(2));
      return repo.git(args);
    };
    // Of the link, whose target is the other file's content, and of that file each has only the other at hand.
    const atHand = (id: string) => entries.findLast((e) => oids.get(e.path) === id);
    const tree = await baseTree(counting, oid, ".", ["**"], blobs, atHand);
    expect(tree.digest).toBe(whole.digest);
    expect(tree.entries.find((e) => e.path === "moved")).toMatchObject({
      mode: "100644",
      from: { kind: "file", path: path.join(repo.folder, "new name") },
    });
    expect(shown).toHaveLength(2);
    await layOut(tree, path.join(await tempFolder(), "base"), blobs);
  });

  it("are refused when git's answer does not match what it listed", async () => {
    const repo = await repository();
    await repo.commit({ a: "a", b: "b" });
    const blobs = await openBlobStore(path.join(await tempFolder(), "store"));
    const noisy: Git = async (args) => {
      const out = await repo.git(args);
      return args[0] === "show" ? Buffer.concat([Buffer.from("\n"), out]) : out;
    };
    await expect(baseTree(noisy, "HEAD", ".", ["**"], blobs)).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringMatching(/^git gave a of HEAD/),
    });
  });

  it("of an unknown commit are GIT_FAILED", async () => {
    const repo = await forked();
    const blobs = await openBlobStore(path.join(await tempFolder(), "store"));
    await expect(baseTree(repo.git, "1".repeat(40), ".", ["**"], blobs)).rejects.toMatchObject({ code: "GIT_FAILED" });
  });
});

describe("the history", () => {
  it("holds what the commit reaches and nothing else, and works as a repository", async () => {
    const repo = await forked();
    repo.run("tag", "v1", repo.fork);
    const work = await tempFolder();
    const blobs = await openBlobStore(path.join(work, "store"));
    const oid = repo.run("rev-parse", "change");
    const tree = await historyTree(repo.git, oid, blobs, work);
    const bare = path.join(work, "bare");
    await layOut(tree, bare, blobs);
    const ask = hostGit(bare, process.env);
    expect((await ask(["rev-list", "HEAD"])).toString().trim().split("\n")).toEqual([oid, repo.fork]);
    expect((await ask(["for-each-ref"])).toString().trim().split("\n")).toHaveLength(1);
    await expect(ask(["cat-file", "-e", repo.tip])).rejects.toMatchObject({ code: "GIT_FAILED" });
    expect((await fs.readdir(work)).sort()).toEqual(["bare", "store"]);
  });

  it("has a digest of the commit alone", async () => {
    const repo = await forked();
    const clone = await tempFolder();
    repo.run("clone", "--quiet", "--branch=main", repo.folder, path.join(clone, "c"));
    const blobs = await openBlobStore(path.join(clone, "store"));
    const here = await historyTree(repo.git, repo.tip, blobs, clone);
    const there = await historyTree(hostGit(path.join(clone, "c"), process.env), repo.tip, blobs, clone);
    expect(there.digest).toBe(here.digest);
    expect((await historyTree(repo.git, repo.fork, blobs, clone)).digest).not.toBe(here.digest);
  });

  it("of a shallow clone holds what there is", async () => {
    const repo = await forked();
    const work = await tempFolder();
    repo.run("clone", "--quiet", "--depth=1", "--branch=main", `file://${repo.folder}`, path.join(work, "c"));
    const blobs = await openBlobStore(path.join(work, "store"));
    const tree = await historyTree(hostGit(path.join(work, "c"), process.env), repo.tip, blobs, work);
    await layOut(tree, path.join(work, "bare"), blobs);
    const out = await hostGit(path.join(work, "bare"), process.env)(["rev-list", "HEAD"]);
    expect(out.toString().trim()).toBe(repo.tip);
  });

  it("of an unknown commit is GIT_FAILED and leaves nothing behind", async () => {
    const repo = await forked();
    const work = await tempFolder();
    const blobs = await openBlobStore(path.join(work, "store"));
    await expect(historyTree(repo.git, "1".repeat(40), blobs, work)).rejects.toMatchObject({ code: "GIT_FAILED" });
    expect(await fs.readdir(work)).toEqual(["store"]);
  });
});
