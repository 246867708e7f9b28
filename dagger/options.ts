/** What a Dagger executor is made of. Everything of the engine and of the caller's machine that it may use comes in here. */
import type { Client, Directory } from "@dagger.io/dagger";
import type { LeafSources } from "../src/exec/host/leaf-trees.ts";
import type { Clock, Secrets } from "../src/ports.ts";
import type { Images } from "./images.ts";

export interface DaggerOptions extends LeafSources {
  readonly dag: Client;
  /** Replacements of catalogue images, by key. */
  readonly images: Images;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** The same for all that runs in one session of the engine, and for nothing else: tells a result of this session from one that was kept. */
  readonly run: string;
  /**
   * Cut the network of actions that declare none. Needs an engine that grants `insecureRootCapabilities`; the command itself
   * gets none of them. Off: the network stays open, and the evidence says so.
   */
  readonly cutNetwork: boolean;
  /** Variables of installers and of actions with network (a package index), by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** A folder of this machine that `load` can read; what is made in it is removed again. */
  readonly workFolder: string;
  /** A folder of this machine as a Directory that the engine knows by its content. */
  readonly load: (folder: string) => Promise<Directory>;
}
