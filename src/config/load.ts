/**
 * Finds and loads the config of an application: file, pointer, schema, the app's folder, defaults. All problems of a file are told at once.
 * Reads files only; never runs anything of the app.
 */
import { lstat, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { PipelineError, type Problem } from "../errors.ts";
import { assemble } from "./assemble.ts";
import { gapProblems, pathProblems, reporter } from "./checks.ts";
import { type Detected, detect } from "./detect.ts";
import type { Config } from "./model.ts";
import { leadsTo } from "./packages.ts";
import { isWithin, normalPath, pathProblem, pathTextProblem, relativeTo } from "./paths.ts";
import { fileSchema, pointerSchema } from "./schema.ts";
import { schemaProblems, valueAt } from "./schema-problems.ts";
import { printable, shown } from "./shown.ts";
import { readText } from "./text-file.ts";
import { parseYaml, type YamlText } from "./yaml-document.ts";

/** Places that are looked at, in this order, relative to the source folder. */
export const CONFIG_FILES = ["pipeline.yaml", "pipeline.yml", ".github/pipeline.yaml", ".github/pipeline.yml"] as const;

const MAX_PROBLEMS = 100;

export interface LoadOptions {
  /** The folder that the user named. */
  readonly sourceDir: string;
  /** Top folder of the git repository that `sourceDir` is in. */
  readonly repository: string;
  /** Absolute, or relative to `sourceDir`. */
  readonly configFile?: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute, below `repository`. */
  readonly appFolder: string;
  /** The file that the config came from, a pointer followed: relative to the repository with forward slashes, absolute when it stands outside. */
  readonly configFile: string;
  /** What was not in the file and where it was found, one line each. */
  readonly notes: readonly string[];
}

/** The config file's absolute path; one at the top of `repository` is only pointed at. Errors: SOURCE_NOT_FOUND, CONFIG_NOT_FOUND. */
export async function findConfig(sourceDir: string, explicit?: string, repository = sourceDir): Promise<string> {
  if (!(await isFolder(sourceDir)))
    throw new PipelineError("SOURCE_NOT_FOUND", `${printable(sourceDir)} is not a folder.`);
  const firstIn = async (folder: string, names: readonly string[]): Promise<string | undefined> => {
    for (const name of names) {
      const file = path.resolve(folder, name);
      if ((await lstat(file).catch(() => undefined)) !== undefined) return file;
    }
    return undefined;
  };
  const found = await firstIn(sourceDir, explicit === undefined ? CONFIG_FILES : [explicit]);
  if (found !== undefined) return found;
  const looked =
    explicit === undefined ? `none of ${CONFIG_FILES.join(", ")} is in ${sourceDir}` : `${explicit} does not exist`;
  const above = explicit === undefined ? await firstIn(repository, CONFIG_FILES) : undefined;
  const top = printable(path.relative(sourceDir, repository), 500);
  const problems =
    above === undefined
      ? []
      : [{ message: "the top of the repository has one", file: above, remedy: `Use it with \`--source ${top}\`.` }];
  throw new PipelineError("CONFIG_NOT_FOUND", `${printable(looked, 500)}.`, { problems });
}

/** Errors: SOURCE_NOT_FOUND, CONFIG_NOT_FOUND, and CONFIG_INVALID with every problem. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const found = await findConfig(options.sourceDir, options.configFile, options.repository);
  const repository = await realpath(options.repository);
  const first = await open(found, options, repository);
  const { text, file, shownFile, base } = await follow(first, repository);
  const report = reporter(text, shownFile);
  const parsed = fileSchema.safeParse(text.value);
  const problems = [...text.problems];
  if (!parsed.success) problems.push(...schemaProblems(parsed.error.issues, fileSchema, text, shownFile));

  const rootText = valueAt(text.value, ["app", "root"]) ?? ".";
  let app: string | undefined;
  let detected: Detected | undefined;
  if (typeof rootText === "string" && pathTextProblem(rootText) === undefined) {
    const problem = await pathProblem(base, rootText, "folder");
    if (problem === undefined) app = await realpath(path.join(base, ...rootText.split("/")));
    else
      problems.push(
        report(
          ["app", "root"],
          `\`app.root\`: ${shown(rootText)} ${problem}`,
          "Name the app's folder, relative to the folder of the config.",
        ),
      );
  }
  if (app !== undefined) {
    detected = await detect(app, relativeTo(repository, app), givenIn(text));
    problems.push(
      ...(await pathProblems(app, text, report)),
      ...detected.problems,
      ...gapProblems(text, detected, report),
    );
  }
  if (!parsed.success || app === undefined || detected === undefined || problems.length > 0)
    throw invalid(shownFile, problems);
  const root = relativeTo(repository, app);
  const config = assemble(parsed.data, detected, root);
  const notes = [...(await shadowed(found, options)), ...(await notesOf(app, text, detected, config))];
  return {
    config,
    appFolder: path.join(path.resolve(options.repository), root),
    configFile: relativeName(repository, file),
    notes,
  };
}

interface OpenConfig {
  /** Real path. */
  readonly file: string;
  readonly shownFile: string;
  /** Folder that the paths in it are relative to; real path, in the repository. */
  readonly base: string;
  readonly text: YamlText;
}

async function open(found: string, options: LoadOptions, repository: string): Promise<OpenConfig> {
  const folder = await realpath(path.dirname(found));
  const named = path.join(folder, path.basename(found));
  const shownFile = relativeName(repository, named);
  const inside = isWithin(repository, folder);
  const target = await realpath(named).catch(() => named);
  if (inside && !isWithin(repository, target)) {
    const message = "the config is a symbolic link that leaves the repository";
    throw invalid(shownFile, [{ message, file: shownFile, remedy: "Put the file itself there." }]);
  }
  const base = inside ? baseOf(named) : await realpath(options.sourceDir);
  return { file: named, shownFile, base, text: await read(named, shownFile) };
}

/** A config that stands outside the repository speaks of the source folder; any other one of the folder around it. */
function baseOf(file: string): string {
  const folder = path.dirname(file);
  return path.basename(folder) === ".github" ? path.dirname(folder) : folder;
}

async function read(file: string, shownFile: string): Promise<YamlText> {
  const found = await readText(file);
  if (!("text" in found))
    throw invalid(shownFile, [{ message: `the config ${found.message}`, file: shownFile, remedy: found.remedy }]);
  const text = parseYaml(found.text, shownFile);
  if (text.value === null && text.problems.length === 0) {
    throw invalid(shownFile, [
      { message: "the config is empty", file: shownFile, line: 1, remedy: "Write at least `schema: 1`." },
    ]);
  }
  if (text.value === undefined) throw invalid(shownFile, text.problems);
  if (typeof text.value !== "object" || Array.isArray(text.value)) {
    const message = `the config must be a mapping of keys to values, not ${shown(text.value)}`;
    throw invalid(shownFile, [{ message, file: shownFile, line: 1, remedy: "Write at least `schema: 1`." }]);
  }
  return text;
}

/** The config itself, or the one that it points at. */
async function follow(first: OpenConfig, repository: string): Promise<OpenConfig> {
  if (valueAt(first.text.value, ["use"]) === undefined) return first;
  const report = reporter(first.text, first.shownFile);
  const parsed = pointerSchema.safeParse(first.text.value);
  const problems = [...first.text.problems];
  if (!parsed.success)
    problems.push(...schemaProblems(parsed.error.issues, pointerSchema, first.text, first.shownFile));
  if (!parsed.success || problems.length > 0) throw invalid(first.shownFile, problems);
  const { use } = parsed.data;
  const wrong = await pathProblem(first.base, use, "file");
  if (wrong !== undefined)
    throw invalid(first.shownFile, [
      report(["use"], `\`use\`: ${shown(use)} ${wrong}`, "Name the config file of the app."),
    ]);
  const file = await realpath(path.join(first.base, ...normalPath(use).split("/")));
  const shownFile = relativeName(repository, file);
  const text = await read(file, shownFile);
  if (valueAt(text.value, ["use"]) !== undefined) {
    const loop = file === (await realpath(first.file));
    const message = loop ? "`use` points at its own file" : `\`use\`: ${shown(use)} is itself only a pointer`;
    throw invalid(first.shownFile, [
      report(["use"], message, "Point at the file that holds the config; a pointer may not lead to another."),
    ]);
  }
  return { file, shownFile, base: baseOf(file), text };
}

function givenIn(text: YamlText): { name: boolean; versions: boolean; packages?: readonly string[] } {
  const packages = valueAt(text.value, ["python", "packages"]);
  return {
    name: valueAt(text.value, ["app", "name"]) !== undefined,
    versions: valueAt(text.value, ["python", "versions"]) !== undefined,
    ...(Array.isArray(packages) ? { packages: packages.filter((p) => typeof p === "string") } : {}),
  };
}

async function notesOf(app: string, text: YamlText, found: Detected, config: Config): Promise<string[]> {
  const open = Object.entries(found.notes).filter(
    ([key, note]) => note !== "" && valueAt(text.value, key.split(".")) === undefined,
  );
  const lost = config.python.packages.filter((p) => !found.packages.includes(p));
  return [
    ...open.map(([key, note]) => `${key}: ${note}`),
    ...(config.baseline !== undefined && !(await leadsTo(app, config.baseline, "file"))
      ? [`baseline: ${config.baseline} does not exist, so nothing is excused`]
      : []),
    ...lost.map((name) => `python.packages: no folder of ${name} is found in the app`),
  ];
}

/** Other config files that would have been found too, had the first not been there. */
async function shadowed(found: string, options: LoadOptions): Promise<string[]> {
  if (options.configFile !== undefined) return [];
  const notes: string[] = [];
  for (const name of CONFIG_FILES) {
    const file = path.resolve(options.sourceDir, name);
    const there = (await lstat(file).catch(() => undefined)) !== undefined;
    if (there && file !== found)
      notes.push(`${name} is not read, since ${relativeTo(path.resolve(options.sourceDir), found)} stands before it`);
  }
  return notes;
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
}

function relativeName(repository: string, file: string): string {
  return isWithin(repository, file) ? relativeTo(repository, file) : file;
}

/** From top to bottom; the project's own files after the config. */
function invalid(shownFile: string, problems: readonly Problem[]): PipelineError {
  const rank = (p: Problem): number => (p.file === shownFile ? 0 : 1);
  const inOrder = [...problems].sort(
    (a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  const shownProblems = inOrder.slice(0, MAX_PROBLEMS);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const rest = problems.length > MAX_PROBLEMS ? `, of which the first ${MAX_PROBLEMS} follow` : "";
  return new PipelineError("CONFIG_INVALID", `${shownFile} has ${count}${rest}:`, { problems: shownProblems });
}
