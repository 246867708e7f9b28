/**
 * The Git port of the module: a source that holds its `.git`, read by git in a container. What is known beforehand to be asked is asked in one
 * exec, whose answers are fetched as one folder; so is whatever else is asked at the same time. It never writes to the source, and knows
 * nothing of plans.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Client, Container, Directory } from "@dagger.io/dagger";
import { digestOf } from "../src/digest.ts";
import { PipelineError } from "../src/errors.ts";
import { capture } from "../src/exec/capture.ts";
import type { HostTree } from "../src/exec/host-tree.ts";
import type { BlobStore } from "../src/exec/store.ts";
import type { Git } from "../src/ports.ts";
import { Downloads } from "./downloads.ts";
import { baseContainer } from "./environment.ts";
import { ANSWERS, type Question, script, settled } from "./git-script.ts";
import { pullImage } from "./images.ts";
import { asked } from "./outcome.ts";
import { Together } from "./together.ts";

export interface RepositoryOptions {
  readonly dag: Client;
  /** An image with git, or with the means to install it. */
  readonly image: () => Promise<string>;
  readonly source: Directory;
  /** Where the caller has a copy of the source, so that the paths which git prints are the caller's own. */
  readonly at: string;
  readonly workFolder: string;
  /** What will be asked; asked with the first question. */
  readonly expected?: () => Promise<readonly Question[]>;
}

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

const HISTORY_SCRIPT = `set -eu
git init --quiet --bare --template= --initial-branch=history /history
git --git-dir=/history -c fetch.unpackLimit=1 fetch --quiet --no-tags --update-shallow /repository "$1:refs/heads/history"
rm -f /history/FETCH_HEAD`;

interface Answer {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const FAILED = "git could not be run in a container";

/** A container with git: the image's own, else the package of its distribution. */
export function gitContainer(dag: Client, image: string): Container {
  const container = baseContainer(dag, image).withExec([
    ...["sh", "-c", "command -v git >/dev/null || apk add --no-cache git"],
  ]);
  return Object.entries(SETTINGS).reduce((c, [name, value]) => c.withEnvVariable(name, value), container);
}

export function gitPort(options: RepositoryOptions): Git {
  const downloads = new Downloads(options.dag, options.workFolder);
  const known = new Map<string, Answer>();
  const keep = async (questions: readonly Question[]): Promise<void> => {
    const answers = await askAll(options, downloads, questions);
    for (const [index, args] of settled(questions, (at) => firstLine(answers[at])).entries()) {
      const answer = answers[index];
      if (args !== undefined && answer !== undefined) known.set(args.join("\0"), answer);
    }
  };
  const together = new Together<readonly string[], Answer>(async (commands) => {
    await keep(commands.map((args) => ({ args })));
    return commands.map((args) => known.get(args.join("\0")) ?? { status: 1, stdout: Buffer.of(), stderr: FAILED });
  });
  let expected: Promise<void> | undefined;
  return async (args) => {
    expected ??= options.expected === undefined ? Promise.resolve() : options.expected().then(keep);
    await expected;
    const answer = known.get(args.join("\0")) ?? (await together.add(args));
    if (answer.status === 0) return answer.stdout;
    const words = answer.stderr.trim();
    if (/not a git repository: /.test(words)) throw elsewhere(words);
    throw new PipelineError("GIT_FAILED", `git ${args.join(" ")} ended with ${answer.status}: ${words}`);
  };
}

/** The history up to a commit, of a source that holds its `.git`: as the host makes it, a bare repository with the branch `history`. */
export function historyMaker(options: RepositoryOptions, blobs: BlobStore): (oid: string) => Promise<HostTree> {
  const downloads = new Downloads(options.dag, options.workFolder);
  return async (oid) => {
    const folder = await asked("MACHINE_FAILED", FAILED, async () => {
      const made = gitContainer(options.dag, await options.image())
        .withMountedDirectory("/repository", options.source.directory(".git"), { readOnly: true })
        .withExec(["sh", "-c", HISTORY_SCRIPT, "history", oid])
        .directory("/history");
      return downloads.folder(await made.sync());
    });
    const { entries } = await capture(folder, blobs);
    await rm(folder, { recursive: true, force: true });
    return { entries, digest: digestOf({ history: oid }) };
  };
}

/** An answer is undefined where the question could not be put, since what it is about is not there. */
async function askAll(
  options: RepositoryOptions,
  downloads: Downloads,
  questions: readonly Question[],
): Promise<readonly (Answer | undefined)[]> {
  const { dag, image, source, at } = options;
  const reference = await image();
  await pullImage(dag, "git", reference);
  const folder = await asked("MACHINE_FAILED", FAILED, async () => {
    const done = gitContainer(dag, reference)
      .withMountedDirectory(at, source, { readOnly: true })
      .withWorkdir(at)
      .withExec(["sh", "-c", script(questions)]);
    return downloads.folder(await done.directory(ANSWERS).sync());
  });
  const file = (index: number, name: string) => readFile(join(folder, String(index), name)).catch(() => undefined);
  const answers = questions.map(async (_, index): Promise<Answer | undefined> => {
    const [status, stdout, stderr] = await Promise.all([file(index, "status"), file(index, "out"), file(index, "err")]);
    if (status === undefined || stdout === undefined) return undefined;
    return { status: Number(status.toString("utf8")), stdout, stderr: stderr?.toString("utf8") ?? "" };
  });
  const all = await Promise.all(answers);
  await rm(folder, { recursive: true, force: true });
  return all;
}

function firstLine(answer: Answer | undefined): string {
  return answer?.status === 0 ? (answer.stdout.toString("utf8").split("\n")[0] ?? "") : "";
}

/** A `.git` that is a file names a folder of the machine that it was made on: a worktree's, or a submodule's. */
function elsewhere(words: string): PipelineError {
  return new PipelineError("NOT_A_REPOSITORY", "the source's .git is a file that points to a folder outside of it", {
    problems: [
      {
        message: words,
        remedy: "Call it on a clone instead of a worktree or a submodule.",
      },
    ],
  });
}
