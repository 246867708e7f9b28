/**
 * The engine knows a folder of the host, and of a module's workdir, by its content, not by its path; so are its subfolders. This is how the
 * stand-in knows them: read when they are loaded.
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import type { Call } from "./graph.ts";

/** Digests of a folder and of all that is in it, by path below it; those of files begin with `file `. */
type Digests = ReadonlyMap<string, string>;

export class Contents {
  readonly #known = new Map<string, Digests>();
  readonly #cwd: string;

  /** `cwd`: where the client stands. */
  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  /** Reads the folder that these calls load, if they load one that is there. */
  note(calls: readonly Call[]): void {
    const path = loadedPath(calls);
    // A relative path of the host is told of by the test, and may be as large as it likes.
    if (path === undefined || calls.length !== 2 || (calls[0]?.field === "host" && !isAbsolute(path))) return;
    const folder = resolve(this.#cwd, path);
    if (!(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false)) return;
    const digests = new Map<string, string>();
    digestOf(folder, "", digests);
    this.#known.set(path, digests);
  }

  /** What stood at a path of a folder when it was loaded; undefined where nothing was loaded. A folder that is removed later is still known. */
  kindAt(folder: string, path: string): "file" | "directory" | "absent" | undefined {
    const digests = this.#known.get(folder);
    if (digests === undefined) return undefined;
    const below = join(path);
    const found = digests.get(below === "." ? "" : below);
    if (found === undefined) return "absent";
    return found.startsWith("file ") ? "file" : "directory";
  }

  /** How many of the calls lead to an object that is known by content, and its digest. */
  find(calls: readonly Call[]): { readonly calls: number; readonly digest: string } | undefined {
    const digests = this.#known.get(loadedPath(calls) ?? "");
    const whole = digests?.get("");
    if (digests === undefined || whole === undefined) return undefined;
    let [length, at, digest] = [2, "", whole];
    for (const call of calls.slice(2)) {
      if (call.field !== "sync" && call.field !== "directory") break;
      if (call.field === "directory") {
        at = join(at, String(call.args["path"]));
        const below = digests.get(at);
        if (below === undefined || below.startsWith("file ")) break;
        digest = below;
      }
      length += 1;
    }
    return { calls: length, digest };
  }
}

function loadedPath([root, at]: readonly Call[]): string | undefined {
  const loads =
    (root?.field === "host" && at?.field === "directory") ||
    (root?.field === "currentModule" && at?.field === "workdir");
  return loads ? String(at?.args["path"]) : undefined;
}

function digestOf(top: string, at: string, digests: Map<string, string>): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(join(top, at)).sort()) {
    const path = join(at, name);
    const stat = lstatSync(join(top, path));
    const content = stat.isDirectory()
      ? digestOf(top, path, digests)
      : stat.isSymbolicLink()
        ? readlinkSync(join(top, path))
        : createHash("sha256")
            .update(readFileSync(join(top, path)))
            .digest("hex");
    if (!stat.isDirectory()) digests.set(path, `file ${content}`);
    hash.update(`${name}\0${stat.isDirectory() ? "folder" : stat.mode & 0o111}\0${content}\0`);
  }
  const digest = hash.digest("hex");
  digests.set(at, digest);
  return digest;
}
