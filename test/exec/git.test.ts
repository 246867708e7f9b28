import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { hostGit } from "../../src/exec/git.ts";
import { readSource } from "../../src/exec/source.ts";
import { repository, tempFolder, write } from "./exec-helpers.ts";

const asRoot = it.skipIf(process.getuid?.() !== 0);

describe("git on this machine", () => {
  it("says GIT_FAILED with the command and git's words", async () => {
    const repo = await repository();
    await expect(repo.git(["show", "nothing"])).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringMatching(/`git show nothing`.*ambiguous argument 'nothing'/s),
    });
  });

  it("says GIT_FAILED where git is missing, and SOURCE_NOT_FOUND where the folder is", async () => {
    const empty = await tempFolder();
    await expect(hostGit(empty, { PATH: empty })(["version"])).rejects.toMatchObject({ code: "GIT_FAILED" });
    const gone = hostGit(path.join(empty, "gone"), process.env);
    await expect(gone(["version"])).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
  });

  it("is not led to another repository by variables of the caller (a git hook)", async () => {
    const repo = await repository();
    const other = await repository();
    await repo.commit({ mine: "" });
    await other.commit({ theirs: "" });
    const hook = { ...process.env, GIT_DIR: path.join(other.folder, ".git"), GIT_WORK_TREE: other.folder };
    const { entries } = await readSource(hostGit(repo.folder, hook), repo.folder, ".");
    expect(entries.map((e) => e.path)).toEqual(["mine"]);
  });

  it("does not heed what the user ignores everywhere, so that the same folder has the same files on every machine", async () => {
    const repo = await repository();
    const home = await tempFolder();
    await write(repo.folder, { a: "", "b.tmp": "" });
    await write(home, { ".config/git/ignore": "*.tmp\n", ".gitconfig": "[core]\n\tquotePath = true\n" });
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: path.join(home, ".config") };
    const { entries } = await readSource(hostGit(repo.folder, env), repo.folder, ".");
    expect(entries.map((e) => e.path)).toEqual(["a", "b.tmp"]);
  });

  it("does not start the monitor program that a checked repository names", async () => {
    const repo = await repository();
    await write(repo.folder, { "monitor.sh": "#!/bin/sh\ntouch started\n" });
    await fs.chmod(path.join(repo.folder, "monitor.sh"), 0o755);
    repo.run("config", "core.fsmonitor", "./monitor.sh");
    await readSource(repo.git, repo.folder, ".");
    await expect(fs.access(path.join(repo.folder, "started"))).rejects.toThrow("ENOENT");
  });

  it("passes on every byte of an answer", async () => {
    const repo = await repository();
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256));
    await repo.commit({ bin: bytes });
    expect((await repo.git(["cat-file", "blob", "HEAD:bin"])).equals(bytes)).toBe(true);
  });

  asRoot("reads a repository that belongs to somebody else, also from a folder in it", async () => {
    const repo = await repository();
    await repo.commit({ "app/a": "" });
    const everything = await fs.readdir(repo.folder, { recursive: true });
    for (const file of [".", ...everything]) await fs.lchown(path.join(repo.folder, file), 12345, 12345);
    const from = path.join(repo.folder, "app");
    expect((await hostGit(from, process.env)(["ls-files"])).toString()).toBe("a\n");
  });
});
