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
import type { ResolvedTrees } from "../src/exec/executor.ts";
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

  /** Environments built, inputs there. */
  async container(action: Action, trees: ResolvedTrees<HostTree>): Promise<Container> {
    const { dag, settings } = this.#options;
    this.#contain ??= readFile(join(this.#options.packageRoot, "dagger/contain.py"), "utf8");
    await this.#pulled(action);
    let container = baseContainer(dag, this.#image(action)).withNewFile(layout.CONTAIN, await this.#contain);
    // All of them at once, so that what has to be brought to the engine is brought together.
    const mounts = await Promise.all([...this.#environmentMounts(action, trees), ...this.#inputMounts(trees)]);
    for (const { path, directory, options } of mounts)
      container = container.withMountedDirectory(path, directory, options);
    if (action.network) container = withSettings(dag, container, settings);
    for (const [variable, name] of Object.entries(action.secrets))
      container = container.withSecretVariable(
        variable,
        dag.setSecret(name, await secretOf(this.#options.secrets, name)),
      );
    const fresh = this.#freshness(action);
    return fresh === undefined ? container : container.withEnvVariable("VOICEKEY_FRESH", fresh);
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

  #environmentMounts(action: Action, trees: ResolvedTrees<HostTree>): Promise<Mount>[] {
    const image = this.#image(action);
    const mounts = Object.entries(action.toolchain.environments).map(async ([name, { precompiled = false }]) => {
      const { lock, project } = treesOf(action, name, trees);
      const text = (await readFileOf(lockOf(name, lock), this.#options.blobs)).toString("utf8");
      const directory = await this.#installing(`cannot build environment ${name}`, () =>
        this.#environments.environment(image, text, precompiled),
      );
      // A project is installed in it, in a layer above that is this container's own.
      return { path: layout.environmentFolder(name), directory, options: { readOnly: project === undefined } };
    });
    const projects = layout.withProject(action).map(async (name) => {
      const { project } = treesOf(action, name, trees);
      if (project === undefined) throw new PipelineError("PLAN_INVALID", `${action.id} was run without a project`);
      refuseOtherPython(posix.basename(wheelOf(name, project).path), action.toolchain.python);
      const directory = await this.#uploads.directory(project);
      return { path: layout.projectFolder(name), directory, options: { readOnly: true } };
    });
    if (projects.length === 0) return mounts;
    const uv = this.#installing("cannot install uv", () => this.#environments.uv(image));
    return [
      ...mounts,
      ...projects,
      uv.then((directory) => ({ path: layout.UV, directory, options: { readOnly: true } })),
    ];
  }

  #inputMounts(trees: ResolvedTrees<HostTree>): Promise<Mount>[] {
    return Object.entries(trees.inputs).map(async ([name, tree]) => ({
      path: layout.inputFolder(name),
      directory: await this.#uploads.directory(tree),
      options: { owner: layout.OWNER },
    }));
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

interface Mount {
  readonly path: string;
  readonly directory: Directory;
  readonly options: { readonly readOnly?: boolean; readonly owner?: string };
}

function treesOf(action: Action, environment: string, trees: ResolvedTrees<HostTree>) {
  const found = trees.environments[environment];
  if (found === undefined)
    throw new PipelineError("PLAN_INVALID", `${action.id} was run without the trees of ${environment}`);
  return found;
}
