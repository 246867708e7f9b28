/**
 * Everything before a run: find the repository, read config, source, base and baseline, make the plan.
 * The same for both doors; only the Git port and the folder differ. It runs no action.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { parseBaseline } from "../config/baseline.ts";
import { CONFIG_FILES, loadConfig } from "../config/load.ts";
import type { Baseline, Config } from "../config/model.ts";
import { PipelineError } from "../errors.ts";
import type { TargetPlatform } from "../exec/action.ts";
import type { SourceSnapshot } from "../exec/source.ts";
import { changesSince, readSource, resolveBase, unchangedSince } from "../exec/source.ts";
import type { Git } from "../ports.ts";
import { steps } from "../steps/index.ts";
import type { Goal } from "../steps/step.ts";
import { IMAGES } from "../toolchains/images.ts";
import { shortId } from "./affected.ts";
import { loadBundle } from "./bundle.ts";
import type { Runnable } from "./check-step.ts";
import { makePlan } from "./make-plan.ts";

export interface PrepareOptions {
  /** The folder that is checked: the repository's root or a folder in it, absolute or relative to the working folder. */
  readonly source: string;
  readonly configFile?: string;
  /** A ref to compare with; it must exist. */
  readonly base?: string;
  readonly goal: Goal;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly prove: boolean;
  readonly proofsOnly?: boolean;
  /** Leave out what the change since the base cannot affect. */
  readonly changed?: boolean;
  /** Container images, by key, that count before the config's. */
  readonly images?: Config["images"];
  readonly platform?: TargetPlatform;
  /** Runs git in `source`. */
  readonly git: Git;
  /** The folder of the pipeline's own package. */
  readonly packageRoot: string;
}

export interface Prepared extends Runnable {
  readonly config: Config;
  readonly configFile: string;
  /** Absolute folder of the repository's root, and of the app in it. */
  readonly repository: string;
  readonly appFolder: string;
  readonly snapshot: SourceSnapshot;
  readonly base: string | null;
  readonly baseline: { readonly head: Baseline; readonly base?: Baseline } | undefined;
  /** Git in the repository's root. */
  readonly git: Git;
  /** What was noticed and is no problem. */
  readonly notes: readonly string[];
}

export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const source = resolve(options.source);
  const { repository, git } = await repositoryOf(source, options.git);
  const loaded = await loadConfig({
    sourceDir: source,
    repository,
    ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
  });
  const { appFolder, configFile } = loaded;
  const config: Config = { ...loaded.config, images: { ...loaded.config.images, ...options.images } };
  const root = relative(repository, appFolder).split(sep).join(posix.sep) || ".";
  const [snapshot, base, bundle, pipeline] = await Promise.all([
    readSource(git, repository, root),
    resolveBase(git, options.base, config.baseBranch),
    loadBundle(options.packageRoot),
    identity(options.packageRoot),
  ]);
  assertTracked(config, configFile, appFolder, snapshot);
  const [baseline, compared] = await Promise.all([
    readBaseline(config, appFolder, root, base, git),
    base === null ? null : changesSince(git, base, root, snapshot),
  ]);
  const whole =
    options.changed === true ? await whyWhole(options, source, repository, loaded.configFile, base, git) : "";
  const made = makePlan({
    goal: options.goal,
    pipeline,
    config,
    steps,
    platform: options.platform ?? "linux/amd64",
    manifest: snapshot.manifest,
    base: compared,
    ...(baseline === undefined ? {} : { baseline }),
    bundle,
    images: IMAGES,
    only: options.only,
    skip: options.skip,
    prove: options.prove,
    proofsOnly: options.proofsOnly ?? false,
    changed: options.changed === true && whole === undefined,
  });
  const notes = [
    ...loaded.notes,
    ...snapshot.notes,
    ...(options.changed === true && whole !== undefined ? [`every step runs in spite of --changed: ${whole}`] : []),
  ];
  return { ...made, steps, config, configFile, repository, appFolder, snapshot, base, baseline, git, notes };
}

/** The root of the repository that `source` is in, by git's own word relative to it, so that it holds in a container too. */
async function repositoryOf(source: string, git: Git): Promise<{ repository: string; git: Git }> {
  if (!existsSync(source)) throw new PipelineError("SOURCE_NOT_FOUND", `there is no folder ${source}`);
  const prefix = (await git(["rev-parse", "--show-prefix"]).catch(notARepository)).toString("utf8").replace(/\n$/, "");
  if (prefix === "") return { repository: source, git };
  const up = prefix
    .replace(/\/$/, "")
    .split("/")
    .map(() => "..")
    .join("/");
  return { repository: resolve(source, up), git: (args) => git(["-C", up, ...args]) };
}

/** Why a change may affect every step, or undefined: there is nothing to compare with, or the config itself changed. */
async function whyWhole(
  options: PrepareOptions,
  source: string,
  repository: string,
  configFile: string,
  base: string | null,
  git: Git,
): Promise<string | undefined> {
  if (base === null) return "there is no merge base";
  const named = options.configFile === undefined ? CONFIG_FILES : [options.configFile];
  // All places where a config is looked for count, and the file that a pointer leads to.
  const files = [...named.map((name) => resolve(source, name)), resolve(repository, configFile)];
  const paths = [...new Set(files.map((file) => relative(repository, file).split(sep).join(posix.sep)))];
  if (paths.some((path) => path.startsWith("../") || isAbsolute(path)))
    return "the config stands outside the repository";
  if (await unchangedSince(git, base, repository, paths)) return undefined;
  return `the config changed since ${shortId(base)}`;
}

/** A lock or baseline that git ignores exists on this machine only: with it the plan, or the verdict, would be another one elsewhere. */
function assertTracked(config: Config, configFile: string, appFolder: string, { manifest }: SourceSnapshot): void {
  const known = new Set(manifest.entries.map((e) => e.path));
  const { lock, buildLock } = config.python;
  const problems = [lock, buildLock, config.baseline]
    .filter((path) => path !== undefined && !known.has(path) && existsSync(join(appFolder, path)))
    .map((path) => ({
      message: `${path} is a file of the config, and git ignores it`,
      file: configFile,
      remedy: `Commit ${path}, or remove it.`,
    }));
  if (problems.length > 0)
    throw new PipelineError("CONFIG_INVALID", "a file of the config is not part of the source", { problems });
}

function notARepository(error: unknown): never {
  if (error instanceof PipelineError && error.code === "GIT_FAILED" && /not a git repository/i.test(error.message))
    throw new PipelineError("NOT_A_REPOSITORY", "the source is not in a git repository", { cause: error });
  throw error;
}

async function identity(packageRoot: string): Promise<{ name: string; version: string }> {
  const { name, version } = JSON.parse(await readFile(join(packageRoot, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  return { name, version };
}

/** The baseline of the working tree, and the one of the merge base where there is one. A named file that is missing is an empty baseline. */
async function readBaseline(
  config: Config,
  appFolder: string,
  root: string,
  base: string | null,
  git: Git,
): Promise<Prepared["baseline"]> {
  const file = config.baseline;
  if (file === undefined) return undefined;
  const text = await readFile(join(appFolder, file), "utf8").catch(() => undefined);
  const head = text === undefined ? {} : parseBaseline(text, file);
  if (base === null) return { head };
  const path = root === "." ? file : posix.join(root, file);
  try {
    return { head, base: parseBaseline((await git(["show", `${base}:${path}`])).toString("utf8"), `${base}:${path}`) };
  } catch (error) {
    // The merge base may have no baseline yet: then today's is the first one, and growth begins to count with it.
    if (error instanceof PipelineError && error.code === "GIT_FAILED") return { head };
    throw error;
  }
}
