/**
 * The executor conformance suite on a real engine, through the same executor that the checks use. The cases are in src/exec.
 */
import { join } from "node:path";
import { dag } from "@dagger.io/dagger";
import { loadConfig } from "../src/config/load.ts";
import { messageOf, PipelineError } from "../src/errors.ts";
import { type ConformanceHarness, conformanceCases } from "../src/exec/conformance.ts";
import type { HostTree } from "../src/exec/host-tree.ts";
import { openBlobStore } from "../src/exec/store.ts";
import { DaggerExecutor } from "./executor.ts";
import { gitContainer, gitPort, historyMaker } from "./git.ts";
import { type Images, imagesOf, needImage } from "./images.ts";
import { freshFolder, loadFolder, type ModuleSettings, packageRoot, workdir } from "./module.ts";
import { systemClock } from "./ports.ts";
import { speaking } from "./speaking.ts";

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
export function conformance(settings: ModuleSettings): Promise<string> {
  return speaking(() => tried(settings));
}

async function tried(settings: ModuleSettings): Promise<string> {
  const harness = await makeHarness(settings, await imagesHere(settings));
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

async function makeHarness(settings: ModuleSettings, images: Images): Promise<ConformanceHarness<HostTree>> {
  const gitImage = needImage("git", images);
  const sample = gitContainer(dag, gitImage).withExec(["sh", "-c", SAMPLE_SCRIPT]).directory("/sample");
  const repository = { dag, source: sample, at: "/sample", workFolder: workdir(), image: async () => gitImage };
  const git = gitPort(repository);
  const oid = async (ref: string) => (await git(["rev-parse", ref])).toString("utf8").trim();
  const status = async (args: readonly string[]) =>
    git(args).then(
      () => "it did not fail",
      (error: unknown) => messageOf(error),
    );
  const clock = systemClock();
  // Unlike a check's: what an earlier call of the suite left in the engine must not answer.
  const run = `${clock.now().toISOString()} ${clock.monotonic()}`;
  const secret = { name: "conformance-secret", value: `secret-${run.replace(/\W/g, "")}` };
  const storeRoot = await freshFolder("store");
  const blobs = await openBlobStore(storeRoot);
  const executor = new DaggerExecutor({
    dag,
    snapshot: { manifest: { entries: [] }, entries: [], oids: new Map(), head: null, notes: [] },
    appRoot: ".",
    base: null,
    git,
    history: historyMaker(repository, blobs),
    blobs,
    storeRoot,
    packageRoot: packageRoot(),
    images,
    secrets: { get: async (name) => (name === secret.name ? secret.value : undefined) },
    clock,
    run,
    cutNetwork: !settings.openNetwork,
    settings: {},
    workFolder: workdir(),
    load: loadFolder,
  });
  return {
    executor,
    freshFolder: () => freshFolder("conformance"),
    secret,
    history: { first: await oid("HEAD~1"), second: await oid("HEAD"), addedBySecond: "two.txt" },
    gitFailure: () => status(["show", "HEAD:no-such-file"]),
    // The engine gives it to this very process.
    foreignVariable: "DAGGER_SESSION_TOKEN",
    nonce: run,
  };
}

/** As a check would have them; a source without a config leaves the catalogue's. */
async function imagesHere(settings: ModuleSettings): Promise<Images> {
  const given = imagesOf(settings.images ?? []);
  const folder = await freshFolder("config");
  await settings.source.withoutDirectory(".git").export(folder, { wipe: true });
  const configFile = settings.config === undefined ? undefined : join(folder, settings.config);
  try {
    const { config } = await loadConfig({ sourceDir: folder, repository: folder, ...(configFile && { configFile }) });
    return { ...config.images, ...given };
  } catch (error) {
    const none = error instanceof PipelineError && error.code === "CONFIG_NOT_FOUND";
    if (none && settings.config === undefined) return given;
    throw error;
  }
}
