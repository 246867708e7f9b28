/**
 * Leaf references as Directories of the engine. Which files belong to the application is decided by the manifest, never by the engine.
 */
import { stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import type { Client, Container, Directory } from "@dagger.io/dagger";
import { PipelineError } from "../src/errors.ts";
import type { BundledRef, SourceRef } from "../src/exec/action.ts";
import type { LeafRef } from "../src/exec/executor.ts";
import type { HostEntry } from "../src/exec/host-tree.ts";
import { globMatcher } from "../src/exec/manifest.ts";
import type { Git } from "../src/ports.ts";
import { commitHistory, commitTree } from "./repository.ts";

export interface TreeOptions {
  readonly dag: Client;
  /** The application's folder: at least the files of `entries`. */
  readonly app: Directory;
  /** The snapshot's entries, relative to the app's root. */
  readonly entries: readonly HostEntry[];
  /** The app's folder in the repository, forward slashes, `.` for its top. */
  readonly appRoot: string;
  /** Content of the git directory, and the merge base; without them `base` and `history` references are refused. */
  readonly repository?: Directory;
  readonly base: string | null;
  readonly git: Git;
  /** Makes the container that reads the repository. */
  readonly gitContainer: () => Container;
  /** The pipeline's own package: as a folder of this machine, and in the engine. */
  readonly packageRoot: string;
  readonly bundle: Directory;
  /** Text of a file of this machine, for entries whose line endings a checkout changed. */
  readonly readText: (path: string) => Promise<string>;
}

/** Makes each leaf tree once, as an evaluated Directory, so that later queries carry an id and not a list of paths. */
export class LeafTrees {
  readonly #options: TreeOptions;
  readonly #made = new Map<string, Promise<Directory>>();
  #basePaths: Promise<readonly string[]> | undefined;

  constructor(options: TreeOptions) {
    this.#options = options;
  }

  tree(ref: LeafRef): Promise<Directory> {
    const key = JSON.stringify(ref);
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(ref).then((directory) => directory.sync());
      this.#made.set(key, made);
    }
    return made;
  }

  async #make(ref: LeafRef): Promise<Directory> {
    const { dag } = this.#options;
    if (ref.kind === "source") return ref.at === "head" ? this.#head(ref) : this.#base(ref);
    if (ref.kind === "bundled") return this.#bundled(ref);
    if (ref.kind === "history")
      return commitHistory(this.#options.gitContainer(), this.#repository("a history"), ref.oid);
    return Object.entries(ref.files).reduce((d, [path, text]) => d.withNewFile(path, text), dag.directory());
  }

  async #head(ref: SourceRef): Promise<Directory> {
    const { app, dag, entries, readText } = this.#options;
    const matches = globMatcher(ref.globs);
    const wanted = entries.filter((e) => e.mode !== "160000" && matches(e.path));
    let tree = only(
      dag,
      app,
      wanted.map((e) => e.path),
    );
    for (const { path, mode, from } of wanted) {
      if (from.kind !== "file" || from.normalizeCrlf !== true) continue;
      const text = (await readText(from.path)).replaceAll("\r\n", "\n");
      tree = tree.withNewFile(path, text, { permissions: mode === "100755" ? 0o755 : 0o644 });
    }
    return tree;
  }

  async #base(ref: SourceRef): Promise<Directory> {
    const { dag, base, appRoot, gitContainer } = this.#options;
    if (base === null) throw new PipelineError("BASE_NOT_FOUND", "an action reads the merge base, and there is none");
    this.#basePaths ??= this.#listBase(base);
    const matches = globMatcher(ref.globs);
    const wanted = (await this.#basePaths).filter((path) => matches(path));
    if (wanted.length === 0) return dag.directory();
    const whole = commitTree(gitContainer(), this.#repository("the merge base"), base);
    return only(dag, appRoot === "." ? whole : whole.directory(appRoot), wanted);
  }

  async #listBase(base: string): Promise<string[]> {
    const prefix = this.#options.appRoot === "." ? "" : `${this.#options.appRoot}/`;
    const listed = await this.#options.git(["ls-tree", "-r", "-z", "--full-tree", base]);
    return listed
      .toString("utf8")
      .split("\0")
      .filter((line) => line !== "" && !line.startsWith("160000 "))
      .map((line) => line.slice(line.indexOf("\t") + 1))
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  async #bundled(ref: BundledRef): Promise<Directory> {
    const { dag, bundle, packageRoot } = this.#options;
    const to = ref.to ?? ".";
    const kind = await stat(join(packageRoot, ref.path)).catch(() => undefined);
    if (kind === undefined) throw new PipelineError("PLAN_INVALID", `the pipeline ships no ${ref.path}`);
    return kind.isDirectory()
      ? dag.directory().withDirectory(to, bundle.directory(ref.path))
      : dag.directory().withFile(posix.join(to, basename(ref.path)), bundle.file(ref.path));
  }

  #repository(what: string): Directory {
    const { repository } = this.#options;
    if (repository === undefined)
      throw new PipelineError("NOT_A_REPOSITORY", `${what} is asked for, and the source has no .git`);
    return repository;
  }
}

/** Exactly these files. An empty list of patterns would mean all files to the engine. */
function only(dag: Client, directory: Directory, paths: readonly string[]): Directory {
  return paths.length === 0 ? dag.directory() : directory.filter({ include: paths.map(literal) });
}

/**
 * A path as an engine pattern that matches nothing else. Engines compare a plain pattern as text and anything with a special character as a
 * regular expression; they also trim white space and take a leading `!` as a negation.
 */
export function literal(path: string): string {
  const plain = !/[\\*?[\]]|^!|^\s|\s$/.test(path);
  return plain ? path : path.replace(/[\\*?[\](){}+^|$!]/g, "\\$&").replace(/^\s|\s$/g, "[$&]");
}
