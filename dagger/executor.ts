/**
 * The Dagger executor: an action as a container. It knows images, mounts and how results are fetched; it knows nothing of steps, gates or
 * verdicts. Trees are those of the host executor, by content: what an action reads is brought to the engine, what it leaves is taken back and
 * hashed in shared code. So the cache wrapper fits around it as around the host's.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Container, Directory } from "@dagger.io/dagger";
import { PipelineError } from "../src/errors.ts";
import type { Action } from "../src/exec/action.ts";
import { capture } from "../src/exec/capture.ts";
import type {
  ActionResult,
  Executor,
  LeafRef,
  Refusal,
  ResolvedTrees,
  RunOptions,
  TogetherOptions,
  Work,
} from "../src/exec/executor.ts";
import { settingsSecrets } from "../src/exec/host/child-env.ts";
import { leafTrees } from "../src/exec/host/leaf-trees.ts";
import { type HostTree, overlayTrees } from "../src/exec/host-tree.ts";
import { layOut } from "../src/exec/lay-out.ts";
import { imageReference } from "../src/toolchains/images.ts";
import { Containers, secretOf } from "./containers.ts";
import { Downloads } from "./downloads.ts";
import { needImage, noImage } from "./images.ts";
import * as layout from "./layout.ts";
import type { DaggerOptions } from "./options.ts";
import { asked, bounded, type ContainRecord, parseRecord, redacted, statusOf, unlessAborted } from "./outcome.ts";

/** The image's own interpreter: a command's environment could put its code into the place of ours while it still has all rights. */
const COMMAND = ["python3", "-I", "-S", layout.CONTAIN];

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
    if (imageReference(image, this.#options.images) === undefined) return noImage(image);
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
    const [outcome] = await this.runTogether([{ action, trees, onLine: options.onLine }], options);
    if (outcome === undefined || outcome instanceof PipelineError) throw outcome;
    return outcome;
  }

  /** In one container, one after another, each with a user, folders and a network of its own: a container costs more than many a command. */
  readonly runTogether = async (works: readonly Work<HostTree>[], options: TogetherOptions): Promise<Outcome[]> => {
    const { signal } = options;
    signal.throwIfAborted();
    const { container, failed } = await unlessAborted(signal, this.#containers.container(works));
    const started = works.map((work, number) => ({ work, number })).filter(({ number }) => !failed.has(number));
    if (started.length === 0) return works.flatMap((_, index) => failed.get(index) ?? []);
    const folder = await unlessAborted(signal, this.#execute(container, started, options));
    try {
      return await Promise.all(
        works.map((work, index) => failed.get(index) ?? this.#outcome(work, join(folder, String(index)), options)),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  async export(tree: HostTree, folder: string): Promise<void> {
    await layOut(tree, folder, this.#options.blobs);
  }

  import(folder: string): Promise<HostTree> {
    return capture(folder, this.#options.blobs);
  }

  /** The container for a person to look around in: its terminal is a shell in the command's place. */
  async container(action: Action, trees: ResolvedTrees<HostTree>): Promise<Container> {
    const command = [...COMMAND, "--shell", this.#work(action, 0)];
    const { container, failed } = await this.#containers.container([{ action, trees }]);
    const problem = failed.get(0);
    if (problem !== undefined) throw problem;
    return container.withDefaultTerminalCmd(command, { insecureRootCapabilities: this.#cuts(action) });
  }

  /** The results as a folder of this machine. Holds a place while the commands run, and not while their results are fetched. */
  async #execute(container: Container, started: readonly Started[], options: TogetherOptions): Promise<string> {
    const { run, clock } = this.#options;
    const actions = started.map(({ work }) => work.action);
    let fresh = container.withVolatileVariable("VOICEKEY_RUN", run);
    if (options.fresh === true) fresh = fresh.withEnvVariable("VOICEKEY_AGAIN", `${run} ${clock.monotonic()}`);
    const works = started.map(({ work, number }) => this.#work(work.action, number));
    const clear = works.length > 1 ? ["--clear", layout.SHARED] : [];
    const done = fresh.withExec([...COMMAND, ...clear, ...works], {
      insecureRootCapabilities: actions.some((action) => this.#cuts(action)),
    });
    const release = await options.admit();
    let results: Directory;
    try {
      results = await this.#asking(actions, () => done.directory(layout.RESULTS).sync());
    } finally {
      release();
    }
    return this.#asking(actions, () => this.#downloads.folder(results));
  }

  async #outcome(work: Work<HostTree>, folder: string, options: TogetherOptions): Promise<Outcome> {
    const { action, trees, onLine } = work;
    const record = parseRecord(await readFile(join(folder, "record.json"), "utf8").catch(() => ""), action.id);
    const cached = record.run !== this.#options.run;
    // What the engine kept of a timeout is no result: it says how busy the machine was.
    if (cached && record.status.kind === "timed-out" && options.fresh !== true)
      return this.run(action, trees, { ...options, onLine, fresh: true });
    try {
      return await this.#read(work, record, cached, folder);
    } catch (error) {
      if (error instanceof PipelineError && error.code === "ENVIRONMENT_FAILED") return error;
      throw error;
    }
  }

  async #read(
    { action, onLine }: Work<HostTree>,
    record: ContainRecord,
    cached: boolean,
    folder: string,
  ): Promise<ActionResult<HostTree>> {
    const status = statusOf(record, action);
    const hidden = await this.#secretValues(action);
    const text = async (name: string) => redacted(await readFile(join(folder, name), "utf8"), hidden);
    const streams = { stdout: bounded(await text("stdout")), stderr: bounded(await text("stderr")) };
    if (!cached) replay(onLine, streams);
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

  async #asking<T>(actions: readonly Action[], body: () => Promise<T>): Promise<T> {
    const secrets = Object.values(this.#options.settings);
    for (const action of actions) secrets.push(...(await this.#ownSecrets(action)));
    return asked("MACHINE_FAILED", `${actions.map((a) => a.id).join(", ")} could not be run`, body, secrets);
  }

  /** The engine hides a secret as a whole; of an index's address the host and the password must not be printed either. */
  async #secretValues(action: Action): Promise<string[]> {
    const own = await this.#ownSecrets(action);
    return action.network ? [...own, ...settingsSecrets(this.#options.settings)] : own;
  }

  #ownSecrets(action: Action): Promise<string[]> {
    return Promise.all(Object.values(action.secrets).map((name) => secretOf(this.#options.secrets, name)));
  }

  #image(action: Action): string {
    return needImage(action.toolchain.image, this.#options.images);
  }

  #cuts(action: Action): boolean {
    return this.#options.cutNetwork && !action.network;
  }

  #work(action: Action, number: number): string {
    const settings = action.network ? Object.keys(this.#options.settings) : [];
    const keep = [...Object.keys(action.secrets), ...settings];
    return new layout.Seat(number).work(action, keep, this.#cuts(action));
  }
}

type Outcome = ActionResult<HostTree> | PipelineError;

/** An action of a container, and its number there. */
interface Started {
  readonly work: Work<HostTree>;
  readonly number: number;
}

function replay(onLine: RunOptions["onLine"], streams: Readonly<Record<"stdout" | "stderr", string>>): void {
  for (const name of ["stdout", "stderr"] as const)
    for (const line of streams[name].split("\n").filter((l) => l !== "")) onLine(name, line);
}
