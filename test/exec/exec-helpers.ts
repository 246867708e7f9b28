/** Temporary folders, git repositories and a clock that tests decide. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach } from "vitest";
import { sha256Hex } from "../../src/digest.ts";
import { hostGit } from "../../src/exec/git.ts";
import { type HostEntry, type HostTree, hostTree } from "../../src/exec/host-tree.ts";
import type { Clock, Git } from "../../src/ports.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await fs.rm(folder, { recursive: true, force: true });
});

/** A new empty folder with a space and a letter outside of ASCII in its name; removed after the test. */
export async function tempFolder(): Promise<string> {
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "vkp é ")));
  folders.push(folder);
  return folder;
}

export async function write(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await fs.writeFile(path.join(folder, name), content);
  }
}

export function textEntry(file: string, text: string, mode: HostEntry["mode"] = "100644"): HostEntry {
  return {
    path: file,
    mode,
    size: Buffer.byteLength(text),
    sha256: sha256Hex(text),
    from: { kind: "text", text },
  };
}

export function fileEntry(file: string, place: string, content: string | Buffer): HostEntry {
  return {
    path: file,
    mode: "100644",
    size: Buffer.byteLength(content),
    sha256: sha256Hex(content),
    from: { kind: "file", path: place },
  };
}

export function textTree(files: Readonly<Record<string, string>>): HostTree {
  return hostTree(Object.entries(files).map(([name, text]) => textEntry(name, text)));
}

export interface Repository {
  readonly folder: string;
  /** The port under test. */
  readonly git: Git;
  /** Git as a user would call it, for setting things up. Returns stdout without the last line break. */
  readonly run: (...args: string[]) => string;
  readonly commit: (files: Readonly<Record<string, string | Buffer>>) => Promise<string>;
}

export async function repository(): Promise<Repository> {
  const folder = await tempFolder();
  const env = { ...process.env, GIT_CONFIG_GLOBAL: os.devNull, GIT_CONFIG_NOSYSTEM: "1" };
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"];
  const run = (...args: string[]) =>
    execFileSync("git", [...who, ...args], { cwd: folder, env, encoding: "utf8", stdio: "pipe" }).replace(/\n$/, "");
  run("init", "--quiet", "--initial-branch=main");
  const commit = async (files: Readonly<Record<string, string | Buffer>>) => {
    await write(folder, files);
    run("add", "--all");
    run("commit", "--quiet", "--allow-empty", "--message=change");
    return run("rev-parse", "HEAD");
  };
  return { folder, git: hostGit(folder, process.env), run, commit };
}

/** Starts at the real time, because file times are real, and moves only when told to. */
export function movableClock(): Clock & { forward(seconds: number): void } {
  let now = Date.now();
  return {
    now: () => new Date(now),
    monotonic: () => now,
    forward: (seconds) => {
      now += seconds * 1000;
    },
  };
}
