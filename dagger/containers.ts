/**
 * Containers of the Dagger door with everything in them that an action reads: image pulled, environments built, inputs brought to the engine.
 * Nothing is run in them here.
 */
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Container, Directory } from "@dagger.io/dagger";
import { PipelineError } from "../src/errors.ts";
import type { Action } from "../src/exec/action.ts";
import { lockOf, refuseOtherPython, wheelOf } from "../src/exec/environment-trees.ts";
import type { ResolvedTrees, Work } from "../src/exec/executor.ts";
import type { HostTree } from "../src/exec/host-tree.ts";
import { readFileOf } from "../src/exec/lay-out.ts";
import type { Secrets } from "../src/ports.ts";
import { baseContainer, Environments, withSettings } from "./environment.ts";
import { needImage, pullImage } from "./images.ts";
import * as layout from "./layout.ts";
import type { DaggerOptions } from "./options.ts";
import { asked } from "./outcome.ts";
import { Uploads } from "./uploads.ts";

export class Containers {
  readonly #options: DaggerOptions;
  readonly #environments: Environments;
  readonly #uploads: Uploads;
  readonly #images = new Map<string, Promise<void>>();
  #contain: Promise<string> | undefined;

  constructor(options: DaggerOptions) {
    this.#options = options;
    const uvLock = () => readFile(join(options.packageRoot, "src/toolchains/uv.txt"), "utf8");
    this.#environments = new Environments({ dag: options.dag, uvLock, settings: options.settings });
    this.#uploads = new Uploads(options);
  }

  /**
   * Environments built, inputs there, of actions that want the same of a container. One whose environment cannot be built is left out, for that
   * reason by its place in `works`.
   */
  async container(works: readonly Pick<Work<HostTree>, "action" | "trees">[]): Promise<Furnished> {
    const [first] = works;
    if (first === undefined) throw new Error("a container is for at least one action");
    const { action } = first;
    const { dag, settings } = this.#options;
    this.#contain ??= readFile(join(this.#options.packageRoot, "dagger/contain.py"), "utf8");
    await this.#pulled(action);
    let container = baseContainer(dag, this.#image(action)).withNewFile(layout.CONTAIN, await this.#contain);
    // All of them at once, so that what has to be brought to the engine is brought together.
    const mounts = await Promise.allSettled(works.map((work, index) => this.#mounts(work, new layout.Seat(index))));
    const failed = new Map<number, PipelineError>();
    for (const [index, outcome] of mounts.entries()) {
      if (outcome.status === "fulfilled") container = mounted(container, outcome.value);
      else if (!(outcome.reason instanceof PipelineError) || outcome.reason.code !== "ENVIRONMENT_FAILED")
        throw outcome.reason;
      else failed.set(index, outcome.reason);
    }
    if (mounts.some((m) => m.status === "fulfilled" && m.value.some((mount) => mount.installs)))
      container = container.withMountedDirectory(layout.UV, await this.#uv(action), { readOnly: true });
    if (action.network) container = withSettings(dag, container, settings);
    for (const [variable, name] of Object.entries(action.secrets))
      container = container.withSecretVariable(
        variable,
        dag.setSecret(name, await secretOf(this.#options.secrets, name)),
      );
    const fresh = this.#freshness(action);
    if (fresh !== undefined) container = container.withEnvVariable("VOICEKEY_FRESH", fresh);
    return { container, failed };
  }

  async #mounts({ action, trees }: Pick<Work<HostTree>, "action" | "trees">, seat: layout.Seat): Promise<Mount[]> {
    return Promise.all([
      ...this.#environmentMounts(action, trees, seat),
      ...this.#projectMounts(action, trees, seat),
      ...this.#inputMounts(trees, seat),
    ]);
  }

  /** By itself, or a registry that does not answer would be told as the fault of whatever is run first. */
  #pulled(action: Action): Promise<void> {
    const image = this.#image(action);
    let pulled = this.#images.get(image);
    if (pulled === undefined) {
      pulled = pullImage(this.#options.dag, action.toolchain.image, image);
      pulled.catch(() => undefined);
      this.#images.set(image, pulled);
    }
    return pulled;
  }

  #environmentMounts(action: Action, trees: ResolvedTrees<HostTree>, seat: layout.Seat): Promise<Mount>[] {
    const image = this.#image(action);
    return Object.entries(action.toolchain.environments).map(async ([name, { precompiled = false }]) => {
      const { lock, project } = treesOf(action, name, trees);
      const text = (await readFileOf(lockOf(name, lock), this.#options.blobs)).toString("utf8");
      const directory = await this.#installing(`cannot build environment ${name}`, () =>
        this.#environments.environment(image, text, precompiled),
      );
      // A project is installed in it, in a layer above that is this container's own.
      return { path: seat.environment(name), directory, options: { readOnly: project === undefined } };
    });
  }

  #projectMounts(action: Action, trees: ResolvedTrees<HostTree>, seat: layout.Seat): Promise<Mount>[] {
    return layout.withProject(action).map(async (name) => {
      const { project } = treesOf(action, name, trees);
      if (project === undefined) throw new PipelineError("PLAN_INVALID", `${action.id} was run without a project`);
      refuseOtherPython(posix.basename(wheelOf(name, project).path), action.toolchain.python);
      const directory = await this.#uploads.directory(project);
      return { path: seat.project(name), directory, options: { readOnly: true }, installs: true };
    });
  }

  #inputMounts(trees: ResolvedTrees<HostTree>, seat: layout.Seat): Promise<Mount>[] {
    return Object.entries(trees.inputs).map(async ([name, tree]) => ({
      path: seat.input(name),
      directory: await this.#uploads.directory(tree),
      options: { owner: seat.owner },
    }));
  }

  #uv(action: Action): Promise<Directory> {
    return this.#installing("cannot install uv", () => this.#environments.uv(this.#image(action)));
  }

  #installing<T>(what: string, body: () => Promise<T>): Promise<T> {
    return asked("ENVIRONMENT_FAILED", what, body, Object.values(this.#options.settings));
  }

  #image(action: Action): string {
    return needImage(action.toolchain.image, this.#options.images);
  }

  /** What makes an engine run the same work again: this session, or the time bucket that the action allows. */
  #freshness({ cache }: Action): string | undefined {
    if (cache === "never") return this.#options.run;
    if (cache === "by-inputs") return undefined;
    return String(Math.floor(this.#options.clock.now().getTime() / 1000 / cache.maxAgeSeconds));
  }
}

/** Throws SECRET_MISSING. */
export async function secretOf(secrets: Secrets, name: string): Promise<string> {
  const value = await secrets.get(name);
  if (value === undefined) throw new PipelineError("SECRET_MISSING", `the secret ${name} was not given`);
  return value;
}

interface Furnished {
  readonly container: Container;
  readonly failed: ReadonlyMap<number, PipelineError>;
}

interface Mount {
  readonly path: string;
  readonly directory: Directory;
  readonly options: { readonly readOnly?: boolean; readonly owner?: string };
  /** A wheel, which is installed before the command starts. */
  readonly installs?: boolean;
}

function mounted(container: Container, mounts: readonly Mount[]): Container {
  return mounts.reduce(
    (c, { path, directory, options }) => c.withMountedDirectory(path, directory, options),
    container,
  );
}

function treesOf(action: Action, environment: string, trees: ResolvedTrees<HostTree>) {
  const found = trees.environments[environment];
  if (found === undefined)
    throw new PipelineError("PLAN_INVALID", `${action.id} was run without the trees of ${environment}`);
  return found;
}
