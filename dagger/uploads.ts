/**
 * Trees of this machine as Directories of the engine, by content: the same files are the same Directory, whoever the caller and whatever they
 * were made from, so that an engine's cache answers by what a command reads. Knows nothing of actions.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Directory } from "@dagger.io/dagger";
import type { HostTree } from "../src/exec/host-tree.ts";
import { layOut } from "../src/exec/lay-out.ts";
import type { BlobStore } from "../src/exec/store.ts";
import { byId } from "./by-id.ts";
import { asked } from "./outcome.ts";
import { Together } from "./together.ts";

export interface UploadOptions {
  readonly blobs: BlobStore;
  /** A folder of this machine that `load` can read. */
  readonly workFolder: string;
  /** A folder of this machine as a Directory that the engine knows by its content. */
  readonly load: (folder: string) => Promise<Directory>;
}

export class Uploads {
  readonly #options: UploadOptions;
  readonly #known = new Map<string, Promise<Directory>>();
  readonly #together = new Together<HostTree, Directory>((trees) =>
    asked("MACHINE_FAILED", "files could not be brought to the engine", () => this.#upload(trees)),
  );

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** To be used as an argument. */
  directory(tree: HostTree): Promise<Directory> {
    let known = this.#known.get(tree.digest);
    if (known === undefined) {
      known = this.#together.add(tree);
      known.catch(() => undefined);
      this.#known.set(tree.digest, known);
    }
    return known;
  }

  async #upload(trees: readonly HostTree[]): Promise<readonly Directory[]> {
    const { workFolder, blobs, load } = this.#options;
    // A name that no caller had before: an engine may remember what a folder of a name held.
    const folder = await mkdtemp(join(workFolder, "voicekey-upload-"));
    try {
      for (const [index, tree] of trees.entries()) await layOut(tree, join(folder, String(index)), blobs);
      const whole = await (await load(folder)).sync();
      return await Promise.all(trees.map(async (_, index) => byId<Directory>(await whole.directory(`${index}`).id())));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
