/**
 * Opens a run inside a Dagger module: the source exported for shared code to hash, git in a container, the executor over `dag`.
 * What the run is for is the caller's business.
 */
import { chmod, cp, mkdtemp } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Directory, Secret } from "@dagger.io/dagger";
import { dag } from "@dagger.io/dagger";
import { type LoadedConfig, loadConfig } from "../src/config/load.ts";
import { PipelineError } from "../src/errors.ts";
import { openBlobStore } from "../src/exec/store.ts";
import { type Prepared, prepare } from "../src/plan/prepare.ts";
import type { Clock } from "../src/ports.ts";
import { DaggerExecutor } from "./executor.ts";
import { gitPort, historyMaker, type RepositoryOptions } from "./git.ts";
import { questionsOf } from "./git-script.ts";
import { type Images, imagesOf, needImage } from "./images.ts";
import { type HostEnv, hostEnvironment, systemClock } from "./ports.ts";

/** What the façade holds. */
export interface ModuleSettings {
  readonly source: Directory;
  readonly config?: string | undefined;
  /** `KEY=NAME@sha256:…` of container images to use instead of the config's and the pipeline's own. */
  readonly images?: readonly string[] | undefined;
  readonly packageIndex?: Secret | undefined;
  readonly openNetwork: boolean;
}

export interface Selection {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly base?: string | undefined;
  readonly prove?: boolean;
  readonly proofsOnly?: boolean;
  readonly changed?: boolean;
}

export interface ModuleRun {
  readonly prepared: Prepared;
  readonly executor: DaggerExecutor;
}

/** Where the package lies in the runtime: this file stands in its `dagger` folder. */
export const packageRoot = (): string => fileURLToPath(new URL("..", import.meta.url));

/** The folder that `CurrentModule.workdir` can read back. */
export const workdir = (): string => process.cwd();

/** A folder of the runtime for files of one kind, open to whoever exports it: `mkdtemp` makes folders for their owner alone. */
export async function freshFolder(kind: string): Promise<string> {
  const folder = await mkdtemp(join(workdir(), `voicekey-${kind}-`));
  await chmod(folder, 0o755);
  return folder;
}

export async function openModule(settings: ModuleSettings, selection: Selection = {}): Promise<ModuleRun> {
  const clock = systemClock();
  const images = imagesOf(settings.images ?? []);
  const { folder, repository } = await openSource(settings, images, selection.base);
  const git = gitPort(repository);
  const prepared = await prepare({
    source: folder,
    ...(settings.config === undefined ? {} : { configFile: join(folder, settings.config) }),
    ...(selection.base === undefined ? {} : { base: selection.base }),
    images,
    goal: "pr-checks",
    only: selection.only ?? [],
    skip: selection.skip ?? [],
    prove: selection.prove ?? true,
    proofsOnly: selection.proofsOnly ?? false,
    changed: selection.changed ?? false,
    git,
    packageRoot: packageRoot(),
  });
  const storeRoot = await freshFolder("store");
  const blobs = await openBlobStore(storeRoot);
  const executor = new DaggerExecutor({
    dag,
    snapshot: prepared.snapshot,
    appRoot: relative(prepared.repository, prepared.appFolder) || ".",
    base: prepared.base,
    git: prepared.git,
    history: historyMaker(repository, blobs),
    blobs,
    storeRoot,
    packageRoot: packageRoot(),
    images: prepared.config.images,
    secrets: { get: async () => undefined },
    clock,
    run: sessionName(hostEnvironment(), clock),
    cutNetwork: !settings.openNetwork,
    settings: await indexSettings(settings.packageIndex),
    workFolder: workdir(),
    load: loadFolder,
  });
  return { prepared, executor };
}

interface OpenedSource {
  /** A copy of the source in the runtime, without its `.git`. */
  readonly folder: string;
  readonly repository: RepositoryOptions;
}

/** The source for shared code to read, and its repository for git to read. Images are the config's where the call names none. */
async function openSource(settings: ModuleSettings, images: Images, base?: string): Promise<OpenedSource> {
  const { source, config } = settings;
  // The name never changes, because it enters the containers that git runs in, and with it the engine's cache.
  const folder = join(workdir(), "voicekey-source");
  await source.withoutDirectory(".git").export(folder, { wipe: true });
  let loaded: Promise<LoadedConfig> | undefined;
  const configOf = () => {
    loaded ??= loadConfig({
      sourceDir: folder,
      repository: folder,
      ...(config === undefined ? {} : { configFile: join(folder, config) }),
    });
    return loaded;
  };
  return {
    folder,
    repository: {
      dag,
      source,
      at: folder,
      workFolder: workdir(),
      image: async () => images["git"] ?? needImage("git", (await configOf()).config.images),
      expected: async () => {
        const { app, baseBranch, baseline } = (await configOf()).config;
        return questionsOf({ root: app.root, base, baseBranch, baseline });
      },
    },
  };
}

/**
 * The same for all functions that one call starts (`dagger check` starts ten), and another for the next call: what they do alike is then one
 * piece of work to the engine. Without a trace it is a name that no other run has: two do not begin in the same microsecond.
 */
function sessionName(env: HostEnv, clock: Clock): string {
  const [, trace] = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(env["TRACEPARENT"] ?? "") ?? [];
  return trace ?? `${clock.now().toISOString()} ${clock.monotonic()}`;
}

/** A folder of the runtime as a Directory; one outside the working folder is copied into it first. */
export async function loadFolder(folder: string): Promise<Directory> {
  const inside = relative(workdir(), folder);
  if (!inside.startsWith("..") && !isAbsolute(inside)) return dag.currentModule().workdir(inside || ".");
  const copy = await freshFolder("part");
  await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
  return dag.currentModule().workdir(relative(workdir(), copy));
}

/** Both installers are told of the index, each in its own word. */
async function indexSettings(index: Secret | undefined): Promise<Record<string, string>> {
  if (index === undefined) return {};
  const address = (await index.plaintext()).trim();
  if (!/^https?:\/\/\S+$/.test(address))
    throw new PipelineError("USAGE", "--package-index does not hold the address of an index");
  return { UV_DEFAULT_INDEX: address, PIP_INDEX_URL: address };
}
