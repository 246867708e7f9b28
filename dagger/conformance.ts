/**
 * The executor conformance suite on a real engine, through the same executor that the checks use. The cases are in src/exec.
 */

import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Container, Directory } from "@dagger.io/dagger";
import { dag } from "@dagger.io/dagger";
import { messageOf } from "../src/errors.ts";
import { type ConformanceHarness, conformanceCases } from "../src/exec/conformance.ts";
import { IMAGES } from "../src/toolchains/images.ts";
import { DaggerExecutor } from "./executor.ts";
import { bundle, loadFolder, type ModuleSettings, packageRoot, runName } from "./module.ts";
import { systemClock } from "./ports.ts";
import { gitContainer, gitPort } from "./repository.ts";

/** Cases at once: an engine starts a container in about a second, so one after another would take minutes. */
const AT_ONCE = 4;

/** Two commits, the same ids each time. */
const SAMPLE_SCRIPT = `set -eu
git init --quiet --initial-branch=main /sample && cd /sample
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.invalid GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.invalid
export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
echo one > one.txt && git add -A && git commit --quiet -m first
echo two > two.txt && git add -A && git commit --quiet -m second`;

/** One line per case; throws the lines when one failed. */
export async function conformance(settings: ModuleSettings): Promise<string> {
  const git = gitContainer(dag, settings.gitImage ?? IMAGES.git);
  const harness = await makeHarness(settings, git);
  const lines: string[] = [];
  let failed = 0;
  const waiting = [...conformanceCases];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await next.run(harness);
        lines.push(`ok      ${next.title}`);
      } catch (error) {
        failed += 1;
        lines.push(`FAILED  ${next.title}\n        ${messageOf(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const text = `${lines.join("\n")}\n${conformanceCases.length - failed} of ${conformanceCases.length} cases hold`;
  if (failed > 0) throw new Error(text);
  return text;
}

async function makeHarness(settings: ModuleSettings, git: Container): Promise<ConformanceHarness<Directory>> {
  const sample = git.withExec(["sh", "-c", SAMPLE_SCRIPT]).directory("/sample");
  const ask = gitPort(git, sample, "/sample");
  const oid = async (ref: string) => (await ask(["rev-parse", ref])).toString("utf8").trim();
  const clock = systemClock();
  const run = runName(clock);
  const secret = { name: "conformance-secret", value: `secret-${run.replace(/\W/g, "")}` };
  const executor = new DaggerExecutor({
    dag,
    app: dag.directory(),
    entries: [],
    appRoot: ".",
    repository: sample.directory(".git"),
    base: null,
    git: ask,
    gitContainer: () => git,
    packageRoot: packageRoot(),
    bundle: bundle(),
    readText: () => Promise.reject(new Error("no case reads a source")),
    images: {},
    secrets: { get: async (name) => (name === secret.name ? secret.value : undefined) },
    clock,
    run,
    cutNetwork: !settings.openNetwork,
    settings: {},
    load: loadFolder,
  });
  return {
    executor,
    freshFolder: () => mkdtemp(join(process.cwd(), "voicekey-conformance-")),
    secret,
    history: { first: await oid("HEAD~1"), second: await oid("HEAD"), addedBySecond: "two.txt" },
    // The engine gives it to this very process.
    foreignVariable: "DAGGER_SESSION_TOKEN",
    nonce: run,
  };
}
