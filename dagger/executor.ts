/**
 * The Dagger executor: an action as a container. It knows images, mounts and how results are fetched; it knows nothing of steps, gates or
 * verdicts. Trees are those of the host executor, by content: what an action reads is brought to the engine, what it leaves is taken back and
 * hashed in shared code. So the cache wrapper fits around it as around the host's.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Container, Directory } from "@dagger.io/dagger";
import type { Action } from "../src/exec/action.ts";
import { capture } from "../src/exec/capture.ts";
import type { ActionResult, Executor, LeafRef, Refusal, ResolvedTrees, RunOptions } from "../src/exec/executor.ts";
import { settingsSecrets } from "../src/exec/host/child-env.ts";
import { leafTrees } from "../src/exec/host/leaf-trees.ts";
import { type HostTree, overlayTrees } from "../src/exec/host-tree.ts";
import { layOut } from "../src/exec/lay-out.ts";
import { Containers, secretOf } from "./containers.ts";
import { Downloads } from "./downloads.ts";
import { imageOf, needImage, noImage } from "./images.ts";
import * as layout from "./layout.ts";
import type { DaggerOptions } from "./options.ts";
import { asked, bounded, type ContainRecord, parseRecord, redacted, statusOf, unlessAborted } from "./outcome.ts";

export class DaggerExecutor implements Executor<HostTree> {
  readonly where = "dagger";
  /** Results are fetched together, and what an engine has kept it gives at once: the more are under way, the fewer exports. */
  readonly ahead = 32;
  /** The tree of a leaf reference. */
  readonly tree: (ref: LeafRef) => Promise<HostTree>;
  readonly #options: DaggerOptions;
  readonly #containers: Containers;
  readonly #downloads: Downloads;

  constructor(options: DaggerOptions) {
    this.#options = options;
    this.tree = leafTrees(options);
    this.#containers = new Containers(options);
    this.#downloads = new Downloads(options.dag, options.workFolder);
  }

  async refuses(action: Action): Promise<Refusal | undefined> {
    if (action.platform !== "linux/amd64")
      return {
        reason: `containers are linux/amd64, and ${action.id} needs ${action.platform}`,
        remedy: "run it through the host door on such a machine",
      };
    const { image } = action.toolchain;
    if (imageOf(image, this.#options.images) === undefined) return noImage(image);
    for (const name of Object.values(action.secrets))
      if ((await this.#options.secrets.get(name)) === undefined)
        return { reason: `the secret ${name} was not given`, remedy: `provide a secret named ${name}` };
    return undefined;
  }

  /** What of the engine decides a result, beside the action itself. */
  async identity(action: Action): Promise<Record<string, string>> {
    return { door: "dagger", image: this.#image(action), network: this.#cuts(action) ? "cut" : "as the engine's" };
  }

  async overlay(lower: HostTree, upper: HostTree): Promise<HostTree> {
    return overlayTrees(lower, upper);
  }

  /** Aborting rejects at once; the engine ends the container when the session closes. */
  async run(action: Action, trees: ResolvedTrees<HostTree>, options: RunOptions): Promise<ActionResult<HostTree>> {
    options.signal.throwIfAborted();
    const prepared = await unlessAborted(options.signal, this.#containers.container(action, trees));
    const ended = await unlessAborted(options.signal, this.#execute(action, prepared, options, options.fresh === true));
    return unlessAborted(options.signal, this.#result(action, prepared, ended, options));
  }

  async export(tree: HostTree, folder: string): Promise<void> {
    await layOut(tree, folder, this.#options.blobs);
  }

  import(folder: string): Promise<HostTree> {
    return capture(folder, this.#options.blobs);
  }

  /** The container for a person to look around in: its terminal is a shell in the command's place. */
  async container(action: Action, trees: ResolvedTrees<HostTree>): Promise<Container> {
    const command = ["python3", "-I", "-S", layout.CONTAIN, "--shell", this.#work(action)];
    const options = { insecureRootCapabilities: this.#cuts(action) };
    return (await this.#containers.container(action, trees)).withDefaultTerminalCmd(command, options);
  }

  /** The folder of the result, in the engine. Holds a place while the command runs, and not while its result is fetched. */
  async #execute(action: Action, prepared: Container, options: RunOptions, again: boolean): Promise<Ended> {
    const { run, clock } = this.#options;
    let container = prepared.withVolatileVariable("VOICEKEY_RUN", run);
    if (again) container = container.withEnvVariable("VOICEKEY_AGAIN", `${run} ${clock.monotonic()}`);
    const done = container.withExec(["python3", "-I", "-S", layout.CONTAIN, this.#work(action)], {
      insecureRootCapabilities: this.#cuts(action),
    });
    const release = await options.admit();
    try {
      return { again, result: await this.#asking(action, () => done.directory(layout.RESULT).sync()) };
    } finally {
      release();
    }
  }

  async #result(
    action: Action,
    prepared: Container,
    ended: Ended,
    options: RunOptions,
  ): Promise<ActionResult<HostTree>> {
    const folder = await this.#asking(action, () => this.#downloads.folder(ended.result));
    try {
      const record = parseRecord(await readFile(join(folder, "record.json"), "utf8"), action.id);
      const cached = record.run !== this.#options.run;
      if (!cached || record.status.kind !== "timed-out" || ended.again)
        return await this.#read(action, record, cached, folder, options);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    // What the engine kept of a timeout is no result: it says how busy the machine was.
    return this.#result(action, prepared, await this.#execute(action, prepared, options, true), options);
  }

  async #read(
    action: Action,
    record: ContainRecord,
    cached: boolean,
    folder: string,
    options: RunOptions,
  ): Promise<ActionResult<HostTree>> {
    const status = statusOf(record, action);
    const hidden = await this.#secretValues(action);
    const text = async (name: string) => redacted(await readFile(join(folder, name), "utf8"), hidden);
    const streams = { stdout: bounded(await text("stdout")), stderr: bounded(await text("stderr")) };
    if (!cached) replay(options, streams);
    const outputs: Record<string, HostTree> = {};
    for (const name of action.outputs) {
      const output = join(folder, "out", name);
      await mkdir(output, { recursive: true });
      outputs[name] = await capture(output, this.#options.blobs);
    }
    return {
      status,
      outputs,
      ...streams,
      durationMs: record.durationMs,
      cached,
      enforced: { network: action.network ? "allowed" : record.network, filesystem: "isolated" },
      toolchain: { python: record.python, platform: action.platform, image: this.#image(action) },
    };
  }

  async #asking<T>(action: Action, body: () => Promise<T>): Promise<T> {
    const own = await Promise.all(Object.values(action.secrets).map((name) => secretOf(this.#options.secrets, name)));
    const secrets = [...own, ...Object.values(this.#options.settings)];
    return asked("MACHINE_FAILED", `${action.id} could not be run`, body, secrets);
  }

  /** The engine hides a secret as a whole; of an index's address the host and the password must not be printed either. */
  async #secretValues(action: Action): Promise<string[]> {
    const own = await Promise.all(Object.values(action.secrets).map((name) => secretOf(this.#options.secrets, name)));
    return action.network ? [...own, ...settingsSecrets(this.#options.settings)] : own;
  }

  #image(action: Action): string {
    return needImage(action.toolchain.image, this.#options.images);
  }

  #cuts(action: Action): boolean {
    return this.#options.cutNetwork && !action.network;
  }

  #work(action: Action): string {
    const settings = action.network ? Object.keys(this.#options.settings) : [];
    return layout.workOf(action, [...Object.keys(action.secrets), ...settings], this.#cuts(action));
  }
}

/** A command that ended: the folder of its result, and whether it was asked for afresh. */
interface Ended {
  readonly result: Directory;
  readonly again: boolean;
}

function replay(options: RunOptions, streams: Readonly<Record<"stdout" | "stderr", string>>): void {
  for (const name of ["stdout", "stderr"] as const)
    for (const line of streams[name].split("\n").filter((l) => l !== "")) options.onLine(name, line);
}
