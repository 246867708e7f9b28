/**
 * The Dagger executor: an action as a container. It knows images, mounts and engine caches; it knows nothing of steps, gates or verdicts,
 * and hashes nothing: what counts as the same is decided in shared code from exported files.
 */
import { mkdir } from "node:fs/promises";
import type { Client, Container, Directory } from "@dagger.io/dagger";
import { ReturnType } from "@dagger.io/dagger";
import { PipelineError } from "../src/errors.ts";
import type { Action } from "../src/exec/action.ts";
import type { ActionResult, Executor, LeafRef, Refusal, ResolvedTrees, RunOptions } from "../src/exec/executor.ts";
import { settingsSecrets } from "../src/exec/host/child-env.ts";
import type { Clock, Secrets } from "../src/ports.ts";
import { imageReference } from "../src/toolchains/images.ts";
import { environment, withCaches, withSettings } from "./environment.ts";
import * as layout from "./layout.ts";
import { dropLeavingLinks } from "./links.ts";
import { asked, bounded, parseRecord, redacted, statusOf, unlessAborted } from "./outcome.ts";
import { LeafTrees, type TreeOptions } from "./trees.ts";

export interface DaggerOptions extends TreeOptions {
  readonly dag: Client;
  /** Replacements of catalogue images, by key. */
  readonly images: Readonly<Record<string, string>>;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Differs from run to run: tells a result of this run from one that the engine kept. */
  readonly run: string;
  /**
   * Cut the network of actions that declare none. Needs an engine that grants `insecureRootCapabilities`; the command itself
   * gets none of them. Off: the network stays open, and the evidence says so.
   */
  readonly cutNetwork: boolean;
  /** Variables of installers and of actions with network (a package index), by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** A folder of the machine that this code runs on, as a Directory. */
  readonly load: (folder: string) => Promise<Directory>;
}

export class DaggerExecutor implements Executor<Directory> {
  readonly where = "dagger";
  readonly #options: DaggerOptions;
  readonly #leaves: LeafTrees;

  constructor(options: DaggerOptions) {
    this.#options = options;
    this.#leaves = new LeafTrees(options);
  }

  async refuses(action: Action): Promise<Refusal | undefined> {
    if (action.platform !== "linux/amd64")
      return {
        reason: `containers are linux/amd64, and ${action.id} needs ${action.platform}`,
        remedy: "run it through the host door on such a machine",
      };
    const { image } = action.toolchain;
    if (imageReference(image, this.#options.images) === undefined)
      return {
        reason: `there is no container image ${image}`,
        remedy: `name one in the config: images: { ${image}: NAME@sha256:… }`,
      };
    for (const name of Object.values(action.secrets))
      if ((await this.#options.secrets.get(name)) === undefined)
        return { reason: `the secret ${name} was not given`, remedy: `provide a secret named ${name}` };
    return undefined;
  }

  tree(ref: LeafRef): Promise<Directory> {
    return asked("MACHINE_FAILED", `the files of a ${ref.kind} could not be had`, () => this.#leaves.tree(ref));
  }

  async overlay(lower: Directory, upper: Directory): Promise<Directory> {
    return this.#options.dag.directory().withDirectory(".", lower).withDirectory(".", upper);
  }

  /** Aborting rejects at once; the engine ends the container when the session closes. */
  async run(action: Action, trees: ResolvedTrees<Directory>, options: RunOptions): Promise<ActionResult<Directory>> {
    options.signal.throwIfAborted();
    const prepared = await unlessAborted(options.signal, this.#prepare(action, trees));
    const release = await options.admit();
    try {
      return await unlessAborted(options.signal, this.#execute(action, prepared, options, options.fresh));
    } finally {
      release();
    }
  }

  async export(tree: Directory, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await asked("MACHINE_FAILED", `a tree could not be written to ${folder}`, () => tree.export(folder));
    await dropLeavingLinks(folder);
  }

  import(folder: string): Promise<Directory> {
    return this.#options.load(folder);
  }

  /** The container as the command would find it, for a person to look around in. */
  async container(action: Action, trees: ResolvedTrees<Directory>): Promise<Container> {
    return (await this.#assemble(action, trees)).withEnvVariable("PATH", layout.searchPath(action));
  }

  /** The container but for the command's search path, which is not for the wrapper. */
  async #assemble(action: Action, trees: ResolvedTrees<Directory>): Promise<Container> {
    const { dag, clock, run, settings } = this.#options;
    let container = this.#image(action);
    for (const [name, built] of await this.#environments(action, trees))
      container = container.withMountedDirectory(`${layout.ENVIRONMENTS}/${name}`, built, { readOnly: true });
    // Open to the command's own user: the engine's default lets only root enter a new folder.
    const folders = ["home", "tmp", ...action.outputs.map((name) => `out/${name}`)];
    const skeleton = folders.reduce((d, path) => d.withNewDirectory(path, { permissions: 0o755 }), dag.directory());
    container = container.withDirectory(layout.WORK, skeleton, { owner: layout.OWNER });
    for (const [name, tree] of Object.entries(trees.inputs))
      container = container.withMountedDirectory(layout.inputFolder(name), tree, { owner: layout.OWNER });
    if (action.network) container = withSettings(dag, withCaches(dag, container, layout.OWNER), settings);
    for (const [name, value] of Object.entries({ ...layout.baseVariables(), ...withoutPath(action.env) }))
      container = container.withEnvVariable(name, value);
    for (const [variable, name] of Object.entries(action.secrets))
      container = container.withSecretVariable(variable, dag.setSecret(name, await this.#secret(name)));
    const fresh = freshness(action, run, clock);
    if (fresh !== undefined) container = container.withEnvVariable("VOICEKEY_FRESH", fresh);
    return container.withWorkdir(layout.workFolder(action));
  }

  /** Image pulled, environments built, inputs there. */
  async #prepare(action: Action, trees: ResolvedTrees<Directory>): Promise<Container> {
    return asked("ENVIRONMENT_FAILED", action.id, async () => (await this.#assemble(action, trees)).sync());
  }

  /** Each evaluated by itself: an engine that evaluates a container may leave its mounts for later, and then a lock would fail as the command. */
  #environments(action: Action, trees: ResolvedTrees<Directory>): Promise<(readonly [string, Directory])[]> {
    return Promise.all(
      Object.entries(trees.environments).map(async ([name, of]) => {
        const precompiled = action.toolchain.environments[name]?.precompiled === true;
        const built = environment(this.#image(action), name, of, precompiled, this.#options);
        return [
          name,
          await asked("ENVIRONMENT_FAILED", `cannot build environment ${name}`, () => built.sync()),
        ] as const;
      }),
    );
  }

  async #execute(
    action: Action,
    prepared: Container,
    options: RunOptions,
    again = false,
  ): Promise<ActionResult<Directory>> {
    const { bundle, cutNetwork, run } = this.#options;
    const cut = cutNetwork && !action.network;
    const contained = prepared
      .withFile(`${layout.CONTAIN}/contain.py`, bundle.file("dagger/contain.py"))
      .withVolatileVariable("VOICEKEY_RUN", run);
    // What the engine kept of a timeout is no result: it says how busy the machine was.
    // Fresh work is none that this run has done already, not even in place of a kept timeout.
    const anew = options.fresh === true ? `${run} fresh` : run;
    const fresh = again ? contained.withEnvVariable("VOICEKEY_AGAIN", anew) : contained;
    const done = fresh.withExec(this.#wrapped(action, cut), {
      expect: ReturnType.Any,
      ...(cut ? { insecureRootCapabilities: true } : {}),
    });
    // Run once, before anything is asked of it: its three answers must be those of one run.
    const [ended, text, ...streams] = await asked("MACHINE_FAILED", `${action.id} could not be run`, async () => {
      const end = await done.sync();
      return Promise.all([end, end.file(layout.RESULT).contents(), end.stdout(), end.stderr()]);
    });
    const hidden = await this.#secretValues(action);
    const [stdout, stderr] = streams.map((s) => redacted(s, hidden)) as [string, string];
    const record = parseRecord(text, action.id);
    const cached = record.run !== run;
    if (cached && record.status.kind === "timed-out" && !again) return this.#execute(action, prepared, options, true);
    if (!cached) replay(options, { stdout, stderr });
    return {
      status: statusOf(record, action),
      outputs: Object.fromEntries(action.outputs.map((name) => [name, ended.directory(layout.outputFolder(name))])),
      stdout: bounded(stdout),
      stderr: bounded(stderr),
      durationMs: record.durationMs,
      cached,
      enforced: { network: action.network ? "allowed" : record.network, filesystem: "isolated" },
      toolchain: {
        python: record.python,
        platform: action.platform,
        image: imageReference(action.toolchain.image, this.#options.images) ?? action.toolchain.image,
      },
    };
  }

  async #secret(name: string): Promise<string> {
    const value = await this.#options.secrets.get(name);
    if (value === undefined) throw new PipelineError("SECRET_MISSING", `the secret ${name} was not given`);
    return value;
  }

  /** The engine hides a secret as a whole; of an index's address the host and the password must not be printed either. */
  async #secretValues(action: Action): Promise<string[]> {
    const own = await Promise.all(Object.values(action.secrets).map((name) => this.#secret(name)));
    return action.network ? [...own, ...settingsSecrets(this.#options.settings)] : own;
  }

  #image(action: Action): Container {
    const reference = imageReference(action.toolchain.image, this.#options.images);
    if (reference === undefined)
      throw new PipelineError("PLAN_INVALID", `there is no container image ${action.toolchain.image}`);
    return this.#options.dag.container({ platform: "linux/amd64" as never }).from(reference);
  }

  #wrapped(action: Action, cut: boolean): string[] {
    const given = action.network ? [...Object.keys(this.#options.settings), "PIP_CACHE_DIR", "UV_CACHE_DIR"] : [];
    const keep = [
      ...new Set([
        ...Object.keys(layout.baseVariables()),
        ...Object.keys(withoutPath(action.env)),
        ...Object.keys(action.secrets),
        ...given,
      ]),
    ];
    return [
      ...["python3", "-I", "-S", `${layout.CONTAIN}/contain.py`, "--result", layout.RESULT],
      ...["--timeout", String(action.timeoutSeconds), "--keep", keep.join(","), "--uid", String(layout.UID)],
      ...["--path", layout.searchPath(action), ...action.outputs.flatMap((o) => ["--output", layout.outputFolder(o)])],
      ...(cut ? ["--cut-network"] : []),
      "--",
      ...layout.commandLine(action),
    ];
  }
}

/** What makes an engine run the same work again: this run, or the time bucket that the action allows. */
export function freshness(action: Action, run: string, clock: Clock): string | undefined {
  if (action.cache === "never") return run;
  if (action.cache === "by-inputs") return undefined;
  return String(Math.floor(clock.now().getTime() / 1000 / action.cache.maxAgeSeconds));
}

function withoutPath({ PATH: _, ...others }: Action["env"]): Action["env"] {
  return others;
}

function replay(options: RunOptions, streams: Readonly<Record<"stdout" | "stderr", string>>): void {
  for (const name of ["stdout", "stderr"] as const)
    for (const line of streams[name].split("\n").filter((l) => l !== "")) options.onLine(name, line);
}
