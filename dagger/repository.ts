/**
 * The repository behind a source, read by git in a container: the Git port, the tree of a commit, a history as a bare repository.
 * It never writes to the source, and knows nothing of plans.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client, Container, Directory } from "@dagger.io/dagger";
import { ReturnType } from "@dagger.io/dagger";
import { PipelineError } from "../src/errors.ts";
import type { Git } from "../src/ports.ts";
import { asked } from "./outcome.ts";

/** As for a git that nobody configured, like the host's side of the port: no prompts, no locks, no programs that the repository names; any owner. */
const SETTINGS = {
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_CONFIG_COUNT: "3",
  GIT_CONFIG_KEY_0: "safe.directory",
  GIT_CONFIG_VALUE_0: "*",
  GIT_CONFIG_KEY_1: "core.quotePath",
  GIT_CONFIG_VALUE_1: "false",
  GIT_CONFIG_KEY_2: "core.fsmonitor",
  GIT_CONFIG_VALUE_2: "false",
} as const;

/** The id of git's empty tree: attributes read from it are none, so a checkout gives the blobs' own bytes. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

const TREE_SCRIPT = `set -eu
export GIT_DIR=/repository GIT_INDEX_FILE=/tmp/index GIT_ATTR_SOURCE=${EMPTY_TREE}
git read-tree "$1"
mkdir -p /tree
git -c core.autocrlf=false -c core.symlinks=true --work-tree=/tree checkout-index --all --force --prefix=/tree/`;

const HISTORY_SCRIPT = `set -eu
git init --quiet --bare --template= --initial-branch=history /history
git --git-dir=/history -c fetch.unpackLimit=1 fetch --quiet --no-tags --update-shallow /repository "$1:refs/heads/history"
rm -f /history/FETCH_HEAD`;

/** A container with git: the image's own, else the package of its distribution. */
export function gitContainer(dag: Client, image: string): Container {
  let container = dag
    .container({ platform: "linux/amd64" as never })
    .from(image)
    .withExec(["sh", "-c", "command -v git >/dev/null || apk add --no-cache git"]);
  for (const [name, value] of Object.entries(SETTINGS)) container = container.withEnvVariable(name, value);
  return container;
}

/** All files of a commit, byte for byte as git stores them. `repository` is the content of a git directory. */
export function commitTree(git: Container, repository: Directory, oid: string): Directory {
  return withRepository(git, repository).withExec(["sh", "-c", TREE_SCRIPT, "tree", oid]).directory("/tree");
}

/** A bare repository holding the history up to a commit, as its branch `history`. */
export function commitHistory(git: Container, repository: Directory, oid: string): Directory {
  return withRepository(git, repository).withExec(["sh", "-c", HISTORY_SCRIPT, "history", oid]).directory("/history");
}

/**
 * The Git port over a source folder that holds its `.git`. The source is mounted at `at`, the path where the caller has a copy of it,
 * so that the paths which git prints are the caller's own.
 */
export function gitPort(git: Container, source: Directory, at: string): Git {
  const mounted = git.withMountedDirectory(at, source, { readOnly: true }).withWorkdir(at);
  return async (args) => {
    const done = mounted.withExec(["git", ...args], {
      expect: ReturnType.Any,
      redirectStdout: "/tmp/stdout",
    });
    const failed = "git could not be run in a container";
    const code = await asked("MACHINE_FAILED", failed, () => done.exitCode());
    if (code !== 0) {
      const words = (await asked("MACHINE_FAILED", failed, () => done.stderr())).trim();
      if (/not a git repository: /.test(words)) throw elsewhere(words);
      throw new PipelineError("GIT_FAILED", `git ${args.join(" ")} ended with ${code}: ${words}`);
    }
    // Through a file, because a container's stdout is text and git's may be any bytes.
    const folder = await mkdtemp(join(tmpdir(), "voicekey-git-"));
    try {
      await asked("MACHINE_FAILED", failed, () => done.file("/tmp/stdout").export(join(folder, "stdout")));
      return await readFile(join(folder, "stdout"));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** A `.git` that is a file names a folder of the machine that it was made on: a worktree's, or a submodule's. */
function elsewhere(words: string): PipelineError {
  return new PipelineError("NOT_A_REPOSITORY", "the source's .git is a file that points to a folder outside of it", {
    problems: [
      {
        message: words,
        remedy: "Call it on a clone instead of a worktree or submodule, or use the voicekey-pipeline command.",
      },
    ],
  });
}

const withRepository = (git: Container, repository: Directory): Container =>
  git.withMountedDirectory("/repository", repository, { readOnly: true });
