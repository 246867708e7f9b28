/** The options of a host executor over a repository. Imports no test framework: scripts of their own process use it, too. */
import { fileURLToPath } from "node:url";
import { hostGit } from "../../../src/exec/git.ts";
import type { HostExecutorOptions } from "../../../src/exec/host/options.ts";
import { readSource } from "../../../src/exec/source.ts";
import { openBlobStore } from "../../../src/exec/store.ts";
import { clock } from "./clock.ts";

export const PACKAGE_ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export const SECRET = { name: "upload-token", value: 's3cr3t-Val+ue/with=odd "chars"' };

export async function optionsIn(storeRoot: string, repository: string): Promise<HostExecutorOptions> {
  const git = hostGit(repository, process.env);
  return {
    packageRoot: PACKAGE_ROOT,
    snapshot: await readSource(git, repository, "."),
    appRoot: ".",
    base: (await git(["rev-list", "--max-parents=0", "HEAD"])).toString().trim(),
    git,
    blobs: await openBlobStore(storeRoot),
    storeRoot,
    secrets: { get: async (name) => (name === SECRET.name ? SECRET.value : undefined) },
    clock,
    hostEnv: { ...process.env, FOREIGN_VARIABLE: "must not be seen" },
  };
}
