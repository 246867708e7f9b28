/**
 * Opens a run inside a Dagger module: the source exported for shared code to hash, git in a container, the executor over `dag`.
 * What the run is for is the caller's business.
 */
import { cp, mkdtemp, readFile } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Directory, Secret } from "@dagger.io/dagger";
import { dag } from "@dagger.io/dagger";
import { PipelineError } from "../src/errors.ts";
import { type Prepared, prepare } from "../src/plan/prepare.ts";
import type { Clock } from "../src/ports.ts";
import { IMAGES } from "../src/toolchains/images.ts";
import { DaggerExecutor } from "./executor.ts";
import { systemClock } from "./ports.ts";
import { gitContainer, gitPort } from "./repository.ts";

/** What the façade holds. */
export interface ModuleSettings {
  readonly source: Directory;
  readonly config?: string | undefined;
  /** Image that git runs in before there is a config; `images.git` of the config counts for everything after. */
  readonly gitImage?: string | undefined;
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

/** Our own files without the code: a change of code must not change what an action reads. */
export const bundle = (): Directory =>
  dag
    .currentModule()
    .source()
    .filter({ exclude: ["**/*.ts", "**/__pycache__", "node_modules", "sdk"] });

/** The folder that `CurrentModule.workdir` can read back. */
const workdir = (): string => process.cwd();

export async function openModule(settings: ModuleSettings, selection: Selection = {}): Promise<ModuleRun> {
  const { source, config, openNetwork } = settings;
  const clock = systemClock();
  // The name never changes, because it enters the containers that git runs in, and with it the engine's cache.
  const folder = join(workdir(), "voicekey-source");
  await source.withoutDirectory(".git").export(folder, { wipe: true });
  const gitImage = settings.gitImage ?? IMAGES.git;
  const git = gitPort(gitContainer(dag, gitImage), source, folder);
  const prepared = await prepare({
    source: folder,
    ...(config === undefined ? {} : { configFile: join(folder, config) }),
    ...(selection.base === undefined ? {} : { base: selection.base }),
    goal: "pr-checks",
    only: selection.only ?? [],
    skip: selection.skip ?? [],
    prove: selection.prove ?? true,
    proofsOnly: selection.proofsOnly ?? false,
    changed: selection.changed ?? false,
    git,
    packageRoot: packageRoot(),
  });
  const appRoot = relative(prepared.repository, prepared.appFolder) || ".";
  const executor = new DaggerExecutor({
    dag,
    app: appRoot === "." ? source : source.directory(appRoot),
    entries: prepared.snapshot.entries,
    appRoot,
    repository: source.directory(".git"),
    base: prepared.base,
    git: prepared.git,
    gitContainer: () => gitContainer(dag, settings.gitImage ?? prepared.config.images["git"] ?? IMAGES.git),
    packageRoot: packageRoot(),
    bundle: bundle(),
    readText: (path) => readFile(path, "utf8"),
    images: prepared.config.images,
    secrets: { get: async () => undefined },
    clock,
    run: runName(clock),
    cutNetwork: !openNetwork,
    settings: await indexSettings(settings.packageIndex),
    load: loadFolder,
  });
  return { prepared, executor };
}

/** A name that no other run has: two runs do not begin in the same microsecond. */
export const runName = (clock: Clock): string => `${clock.now().toISOString()} ${clock.monotonic()}`;

/** A folder of the runtime as a Directory; one outside the working folder is copied into it first. */
export async function loadFolder(folder: string): Promise<Directory> {
  const inside = relative(workdir(), folder);
  if (!inside.startsWith("..") && !isAbsolute(inside)) return dag.currentModule().workdir(inside || ".");
  const copy = await mkdtemp(join(workdir(), "voicekey-part-"));
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
