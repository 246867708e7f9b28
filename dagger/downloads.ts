/** Directories of the engine as folders of this machine: one export for all that are ready at the same time. Knows nothing of what they hold. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Client, Directory } from "@dagger.io/dagger";
import { Together } from "./together.ts";

export class Downloads {
  readonly #dag: Client;
  readonly #workFolder: string;
  readonly #together = new Together<Directory, string>((directories) => this.#download(directories));

  constructor(dag: Client, workFolder: string) {
    this.#dag = dag;
    this.#workFolder = workFolder;
  }

  /** A folder below the work folder, for the caller to remove. */
  folder(directory: Directory): Promise<string> {
    return this.#together.add(directory);
  }

  async #download(directories: readonly Directory[]): Promise<readonly string[]> {
    const folder = await mkdtemp(join(this.#workFolder, "voicekey-download-"));
    const merged = directories.reduce((all, d, index) => all.withDirectory(String(index), d), this.#dag.directory());
    await merged.export(folder);
    return directories.map((_, index) => join(folder, String(index)));
  }
}
