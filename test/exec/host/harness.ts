/** A host executor over a small repository of its own, and everything that a test needs to look around it. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll } from "vitest";
import type { ConformanceHarness } from "../../../src/exec/conformance.ts";
import { hostGit } from "../../../src/exec/git.ts";
import type { Guard } from "../../../src/exec/host/guarded.ts";
import { HostExecutor } from "../../../src/exec/host/host-executor.ts";
import { Interpreters } from "../../../src/exec/host/interpreters.ts";
import type { HostExecutorOptions } from "../../../src/exec/host/options.ts";
import type { HostTree } from "../../../src/exec/host-tree.ts";
import { clock } from "./clock.ts";
import { optionsIn, PACKAGE_ROOT, SECRET } from "./make-options.ts";

export { clock, PACKAGE_ROOT };

const folders: string[] = [];

export async function temporary(): Promise<string> {
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "voicekey-host-")));
  folders.push(folder);
  return folder;
}

/** Call at the top of a test file. */
export function removeTemporaryFolders(): void {
  afterAll(async () => {
    for (const folder of folders.splice(0)) await fs.rm(folder, { recursive: true, force: true });
  });
}

export async function repository() {
  const folder = await temporary();
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.invalid", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();
  git("init", "-q", "-b", "main");
  await fs.writeFile(path.join(folder, "first.txt"), "first\n");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  const first = git("rev-parse", "HEAD");
  await fs.writeFile(path.join(folder, "second.txt"), "second\n");
  git("add", ".");
  git("commit", "-q", "-m", "second");
  return { folder, first, second: git("rev-parse", "HEAD"), addedBySecond: "second.txt" };
}

export async function optionsFor(
  storeRoot: string,
  more: Partial<HostExecutorOptions> = {},
): Promise<HostExecutorOptions> {
  return { ...(await optionsIn(storeRoot, (await repository()).folder)), ...more };
}

export async function harnessFor(
  storeRoot: string,
  more: Partial<HostExecutorOptions> = {},
): Promise<ConformanceHarness<HostTree> & { readonly executor: HostExecutor }> {
  const repo = await repository();
  return {
    executor: new HostExecutor({ ...(await optionsIn(storeRoot, repo.folder)), ...more }),
    freshFolder: temporary,
    secret: SECRET,
    history: repo,
    gitFailure: () =>
      hostGit(
        repo.folder,
        process.env,
      )(["show", "HEAD:no-such-file"]).then(
        () => "it did not fail",
        (error: Error) => error.message,
      ),
    foreignVariable: "FOREIGN_VARIABLE",
    nonce: "test",
  };
}

/** A guard on an interpreter of this machine, and the paths that it needs in a sandbox. */
export async function someGuard() {
  const host = path.join(PACKAGE_ROOT, "src/exec/host");
  const search = { windows: false, env: process.env, probe: path.join(host, "probe.py"), managed: "/nonexistent" };
  const found = await new Interpreters(search).find("any");
  if (found === undefined) throw new Error("these tests need Python 3.10 or newer");
  const guard: Guard = {
    python: found.executable,
    folder: host,
    windows: false,
    env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
  };
  return { guard, paths: { hidden: ["/tmp"], readable: [host, found.prefix], writable: [] } };
}
