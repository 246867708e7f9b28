/**
 * Python environments in the store, one per digest of lock, project, interpreter and uv. Built beside their place and renamed into it, so that
 * two runs at once and a kill in the middle leave either a whole environment or none. Never changed afterwards.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { PipelineError } from "../../errors.ts";
import type { Clock } from "../../ports.ts";
import { lockOf, refuseOtherPython, wheelOf } from "../environment-trees.ts";
import type { HostEntry, HostTree } from "../host-tree.ts";
import { layOut } from "../lay-out.ts";
import { type BlobStore, STORE_FOLDERS } from "../store.ts";
import type { Interpreter } from "./interpreters.ts";
import { linkTree } from "./link-tree.ts";
import { makeOwnFolder, removeOwnFolder } from "./run-folder.ts";
import { SharedWork } from "./shared-work.ts";
import { moveIntoPlace, type Uv } from "./uv.ts";

/** Part of every digest: raise it when environments are built in another way. */
const FORMAT = "1";

export interface EnvironmentSetup {
  readonly storeRoot: string;
  readonly blobs: BlobStore;
  readonly windows: boolean;
  readonly uvVersion: () => Promise<string>;
  readonly uv: (signal: AbortSignal) => Promise<Uv>;
  readonly clock: Clock;
}

export interface EnvironmentRequest {
  readonly name: string;
  readonly lock: HostTree;
  readonly project?: HostTree;
  readonly precompiled: boolean;
  readonly interpreter: Interpreter;
}

export class Environments {
  readonly #setup: EnvironmentSetup;
  readonly #root: string;
  readonly #building = new SharedWork<string>();

  constructor(setup: EnvironmentSetup) {
    this.#setup = setup;
    this.#root = path.join(setup.storeRoot, STORE_FOLDERS.environments);
  }

  /** The folder of the environment, built if it is not there. Throws ENVIRONMENT_FAILED, or the signal's reason. */
  async provide(request: EnvironmentRequest, signal: AbortSignal): Promise<string> {
    const lock = lockOf(request.name, request.lock);
    const base = await this.#base(request);
    if (request.project === undefined) {
      return this.#once(base, signal, (folder, abort) => this.#buildBase(request, lock, folder, abort));
    }
    const wheel = wheelOf(request.name, request.project);
    const whole = digest([base, path.posix.basename(wheel.path), wheel.sha256]);
    return this.#once(whole, signal, async (folder, abort) => {
      const below = await this.#once(base, abort, (f, a) => this.#buildBase(request, lock, f, a));
      await this.#addProject(request, request.project ?? request.lock, wheel, below, folder, abort);
    });
  }

  /** The digest of an environment's locked part, and whether that is in the store. Builds nothing. Throws ENVIRONMENT_FAILED for a lock that is none. */
  async look(request: EnvironmentRequest): Promise<{ readonly digest: string; readonly ready: boolean }> {
    const name = await this.#base(request);
    return { digest: name, ready: await isWhole(path.join(this.#root, name)) };
  }

  /** A program of an environment. Throws ENVIRONMENT_FAILED where it has none of that name. */
  async program(folder: string, name: string): Promise<string> {
    const names = this.#setup.windows ? [`${name}.exe`, name] : [name];
    for (const candidate of names) {
      const file = path.join(this.binFolder(folder), candidate);
      if ((await fs.stat(file).catch(() => undefined)) !== undefined) return file;
    }
    throw new PipelineError("ENVIRONMENT_FAILED", `the environment has no program ${name}; its lock does not bring it`);
  }

  binFolder(folder: string): string {
    return path.join(folder, this.#setup.windows ? "Scripts" : "bin");
  }

  async #base(request: EnvironmentRequest): Promise<string> {
    const uv = await this.#setup.uvVersion();
    const { executable, version, implementation, libc } = request.interpreter;
    const basis = [FORMAT, uv, executable, version, implementation, libc];
    return digest([...basis, lockOf(request.name, request.lock).sha256, String(request.precompiled)]);
  }

  #once(
    name: string,
    signal: AbortSignal,
    build: (folder: string, signal: AbortSignal) => Promise<void>,
  ): Promise<string> {
    const place = path.join(this.#root, name);
    return this.#building.join(name, signal, async (abort) => {
      if (!(await isWhole(place))) {
        const temporary = await makeOwnFolder(path.join(this.#setup.storeRoot, "runs"));
        await fs.mkdir(this.#root, { recursive: true });
        try {
          const folder = path.join(temporary, "env");
          await build(folder, abort);
          await moveIntoPlace(folder, place);
        } finally {
          await removeOwnFolder(temporary);
        }
      }
      // The store's trimming goes by the time of last use.
      // A store that can only be read does not cost the environment.
      await fs.writeFile(path.join(place, ".used"), this.#setup.clock.now().toISOString()).catch(() => undefined);
      return place;
    });
  }

  async #buildBase(request: EnvironmentRequest, lock: HostEntry, folder: string, signal: AbortSignal): Promise<void> {
    const uv = await this.#setup.uv(signal);
    const what = `build environment ${request.name} for Python ${request.interpreter.version}`;
    const made = ["venv", "--relocatable", "--no-project", "--no-config", "--python", request.interpreter.executable];
    await uv.run([...made, folder], what, signal);
    const laidOut = `${folder}-lock`;
    await layOut(request.lock, laidOut, this.#setup.blobs);
    const file = path.join(laidOut, ...lock.path.split("/"));
    if (!/^\s*[^#\s]/m.test(await fs.readFile(file, "utf8"))) return;
    const compile = request.precompiled ? ["--compile-bytecode"] : [];
    const install = ["pip", "install", "--python", folder, "--require-hashes", ...compile, "-r", file];
    await uv.run(install, what, signal);
  }

  /** The locked packages are shared with the environment below by hard links: an app changes far more often than its lock. */
  async #addProject(
    request: EnvironmentRequest,
    project: HostTree,
    wheel: HostEntry,
    below: string,
    folder: string,
    signal: AbortSignal,
  ): Promise<void> {
    refuseOtherPython(path.posix.basename(wheel.path), request.interpreter.version);
    await linkTree(below, folder);
    const laidOut = `${folder}-project`;
    await layOut(project, laidOut, this.#setup.blobs);
    const file = path.join(laidOut, ...wheel.path.split("/"));
    const uv = await this.#setup.uv(signal);
    const install = ["pip", "install", "--python", folder, "--no-deps", "--no-index", "--no-cache", file];
    await uv.run(install, `install ${path.basename(file)} into environment ${request.name}`, signal);
  }
}

async function isWhole(place: string): Promise<boolean> {
  return (await fs.stat(path.join(place, "pyvenv.cfg")).catch(() => undefined)) !== undefined;
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 40);
}
