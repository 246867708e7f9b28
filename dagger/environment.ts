/**
 * Python environments as container layers: uv from its locked file, then one environment per image and lock, at a stable path. Only what a lock
 * names goes in; an application's own wheel is installed beside the command. The engine's cache keeps them, and no cache volume takes part:
 * a volume belongs to one caller of an engine, and nothing that was built with it would be found by another.
 */
import { availableParallelism } from "node:os";
import type { Client, Container, Directory } from "@dagger.io/dagger";
import { Semaphore } from "../src/plan/semaphore.ts";
import { byId } from "./by-id.ts";
import { UV } from "./layout.ts";

export interface EnvironmentOptions {
  readonly dag: Client;
  /** The text of the pipeline's own lock of uv. */
  readonly uvLock: () => Promise<string>;
  /** Variables of installers (a package index, a proxy), by name; treated as secret, because index addresses carry passwords. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Where environments are built; they can be moved, as on the host. */
const BUILT = "/build/environment";

/** A lock that lacks a dependency is an error, as on the host: `--require-hashes` refuses what it does not pin. */
export const BUILD_SCRIPT = `set -eu
uv=${UV}/bin/uv
"$uv" venv --quiet --relocatable --no-project --python "$(command -v python3)" ${BUILT}
if [ -s /build/lock.txt ]; then
  "$uv" pip install --quiet --python ${BUILT} --require-hashes --no-cache $1 -r /build/lock.txt
fi`;

/** The environments of one engine session. Each is evaluated once, however many actions stand on it. */
export class Environments {
  readonly #options: EnvironmentOptions;
  readonly #made = new Map<string, Promise<Directory>>();
  /** As many builds at once as there are processors, whoever waits for them. */
  readonly #places = new Semaphore(availableParallelism());
  readonly #never = new AbortController().signal;

  constructor(options: EnvironmentOptions) {
    this.#options = options;
  }

  /** The environment of a lock's text, for containers of this image and no others. */
  environment(image: string, lock: string, precompiled: boolean): Promise<Directory> {
    const text = withoutRemarks(lock);
    return this.#once(`${image} ${precompiled} ${text}`, async () =>
      this.#builder(image)
        .withMountedDirectory(UV, await this.uv(image), { readOnly: true })
        .withNewFile("/build/lock.txt", text)
        .withExec(["sh", "-c", BUILD_SCRIPT, "environment", precompiled ? "--compile-bytecode" : ""])
        .directory(BUILT),
    );
  }

  /** The folder that is to stand at `UV`. */
  uv(image: string): Promise<Directory> {
    return this.#once(`${image} uv`, async () =>
      this.#builder(image)
        .withNewFile("/build/uv.txt", await this.#options.uvLock())
        .withExec([
          ...["python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"],
          ...["--root-user-action=ignore", "--require-hashes", "--no-deps", "--target", UV, "-r", "/build/uv.txt"],
        ])
        .directory(UV),
    );
  }

  #once(key: string, make: () => Promise<Directory>): Promise<Directory> {
    let made = this.#made.get(key);
    if (made === undefined) {
      made = make().then((directory) => this.#built(directory));
      made.catch(() => undefined);
      this.#made.set(key, made);
    }
    return made;
  }

  /** Evaluated by itself: an engine that evaluates a container may leave its mounts for later, and then a lock would fail as the command. */
  async #built(directory: Directory): Promise<Directory> {
    const release = await this.#places.acquire(0, false, this.#never);
    try {
      return byId<Directory>(await (await directory.sync()).id());
    } finally {
      release();
    }
  }

  #builder(image: string): Container {
    const { dag, settings } = this.#options;
    const container = baseContainer(dag, image)
      .withEnvVariable("UV_LINK_MODE", "copy")
      .withEnvVariable("UV_NO_CONFIG", "1")
      .withEnvVariable("UV_PYTHON_DOWNLOADS", "never");
    return withSettings(dag, container, settings);
  }
}

/** Whole-line comments and empty lines say nothing to an installer; without them locks that mean the same are the same. */
function withoutRemarks(lock: string): string {
  const lines = lock.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
  return lines.map((line) => `${line}\n`).join("");
}

export function baseContainer(dag: Client, image: string): Container {
  return dag.container({ platform: "linux/amd64" as never }).from(image);
}

export function withSettings(dag: Client, container: Container, settings: Readonly<Record<string, string>>): Container {
  return Object.entries(settings).reduce(
    (c, [name, value]) => c.withSecretVariable(name, dag.setSecret(`setting ${name}`, value)),
    container,
  );
}
