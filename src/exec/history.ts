/**
 * The git history up to a commit as a tree: a bare repository that holds exactly what the commit reaches, and no settings, tags or hooks of the original.
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { digestOf } from "../digest.ts";
import type { Git } from "../ports.ts";
import { capture } from "./capture.ts";
import type { HostTree } from "./host-tree.ts";
import type { BlobStore } from "./store.ts";

const REF = "refs/heads/history";
const CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = false\n\tbare = true\n";

/**
 * HEAD of the bare repository is a branch at `oid`. The digest is made of the id alone, because packs differ between machines.
 * `workFolder` exists, is on this machine and writable by git; what is made in it is removed again. Throws GIT_FAILED where the commit is not there,
 * and in a repository whose objects are not named by SHA-1.
 */
export async function historyTree(git: Git, oid: string, blobs: BlobStore, workFolder: string): Promise<HostTree> {
  const bare = path.resolve(workFolder, `history-${randomUUID()}`);
  try {
    const from = (await git(["rev-parse", "--path-format=absolute", "--git-common-dir"])).toString("utf8").trim();
    await git(["init", "--quiet", "--bare", "--template=", bare]);
    // One pack, also for a short history: thousands of loose objects would be thousands of files of the tree.
    const fetch = ["-c", "fetch.unpackLimit=1", "fetch", "--quiet", "--no-tags", "--update-shallow"];
    await git([`--git-dir=${bare}`, ...fetch, from, `${oid}:${REF}`]);
    await fs.rm(path.join(bare, "FETCH_HEAD"), { force: true });
    await fs.writeFile(path.join(bare, "HEAD"), `ref: ${REF}\n`);
    await fs.writeFile(path.join(bare, "config"), CONFIG);
    const { entries } = await capture(bare, blobs);
    return { entries, digest: digestOf({ history: oid }) };
  } finally {
    await fs.rm(bare, { recursive: true, force: true });
  }
}
