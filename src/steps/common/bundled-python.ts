/** The Python project of a bundled application: it needs no package, so that proofs need no network, and one empty lock serves tests and build. */
import type { Config } from "../../config/model.ts";

export function bundledPython({ python }: Config, name: string): Config["python"] {
  return {
    versions: python.versions,
    packages: [name],
    extras: [],
    groups: [],
    lock: "requirements.lock",
    buildLock: "requirements.lock",
  };
}
