/**
 * Reads the listed files of a working tree one after the other: what each is on this disk, and its content. Which files there are is git's word
 * and comes from outside; nothing outside the folder is read, nothing is waited for (pipes), nothing behind a link is entered.
 */
import { isUtf8 } from "node:buffer";
import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import * as path from "node:path";
import { sha256Hex } from "../digest.ts";
import type { Problem } from "../errors.ts";
import { mapLimited } from "./concurrency.ts";
import type { ListedFile } from "./git-listing.ts";
import type { HostEntry } from "./host-tree.ts";
import type { FileMode } from "./manifest.ts";
import { blobId, contentOf, contentOfLarge, type FileContent } from "./source-file.ts";

/** Files above this many bytes are streamed. */
const SMALL = 1 << 20;
const LARGE_AT_ONCE = 2;

/** Whether git trusts the working tree for executable bits and symbolic links; if not, the index has the say. */
export interface Trust {
  readonly fileMode: boolean;
  readonly symlinks: boolean;
}

/** Collects entries, problems and notes while it goes from file to file. */
export class WorkTreeReader {
  readonly entries: HostEntry[] = [];
  readonly problems: Problem[] = [];
  readonly notes: string[] = [];
  /** Path → the id that git gives to the content, or to the commit of a submodule. */
  readonly oids = new Map<string, string>();
  readonly #folder: string;
  readonly #trust: Trust;
  readonly #like: string;
  readonly #realFolders = new Map<string, boolean>([["", true]]);
  readonly #large: { readonly file: string; readonly mode: FileMode; readonly oid: string | undefined }[] = [];

  /** `like` is any object id of the repository: its length tells the hash in use. */
  constructor(folder: string, trust: Trust, like: string) {
    this.#folder = folder;
    this.#trust = trust;
    this.#like = like;
  }

  read(file: ListedFile | { readonly path: string }): void {
    const listed = "mode" in file ? file : undefined;
    if (listed?.mode === "160000") this.#submodule(listed);
    else this.#guard(file.path, () => this.#readOnDisk(file.path, listed));
  }

  #readOnDisk(file: string, listed: ListedFile | undefined): void {
    const place = this.#place(file);
    if (!this.#isRealFolder(parentOf(file))) return;
    const stat = statOf(place);
    if (stat === undefined || stat.isDirectory()) return;
    if (stat.isSymbolicLink()) this.#link(file, readlinkSync(place, { encoding: "buffer" }));
    else if (!stat.isFile()) this.notes.push(`${file}: left out, it is neither a file nor a link`);
    // Where git cannot make links it writes their target into a plain file.
    else if (listed?.mode === "120000" && !this.#trust.symlinks) this.#link(file, readFileSync(place));
    else if (stat.size > SMALL) this.#large.push({ file, mode: this.#modeOf(stat, listed), oid: listed?.oid });
    else this.#add(file, this.#modeOf(stat, listed), contentOf(place, listed?.oid, this.#like));
  }

  async readLarge(): Promise<void> {
    await mapLimited(this.#large, LARGE_AT_ONCE, async ({ file, mode, oid }) => {
      try {
        this.#add(file, mode, await contentOfLarge(this.#place(file), oid, this.#like));
      } catch (error) {
        this.#problem(file, error);
      }
    });
  }

  #place(file: string): string {
    return path.join(this.#folder, file);
  }

  /** Git does not look behind a link that took a folder's place; the link itself is an untracked file then. */
  #isRealFolder(folder: string): boolean {
    const known = this.#realFolders.get(folder);
    if (known !== undefined) return known;
    const real = this.#isRealFolder(parentOf(folder)) && (statOf(this.#place(folder))?.isDirectory() ?? false);
    this.#realFolders.set(folder, real);
    return real;
  }

  #modeOf(stat: Stats, listed: ListedFile | undefined): FileMode {
    if (this.#trust.fileMode) return (stat.mode & 0o100) === 0 ? "100644" : "100755";
    return listed?.mode === "100755" ? "100755" : "100644";
  }

  #add(file: string, mode: FileMode, content: FileContent): void {
    const { size, sha256, oid, normalizeCrlf } = content;
    this.oids.set(file, oid);
    const from = { kind: "file" as const, path: this.#place(file), ...(normalizeCrlf ? { normalizeCrlf } : {}) };
    this.entries.push({ path: file, mode, size, sha256, from });
  }

  #link(file: string, target: Buffer): void {
    if (!isUtf8(target)) {
      this.notes.push(`${file}: left out, its link target is not UTF-8`);
      return;
    }
    const text = target.toString("utf8");
    this.oids.set(file, blobId(target, this.#like));
    this.entries.push({
      path: file,
      mode: "120000",
      size: target.length,
      sha256: sha256Hex(target),
      from: { kind: "text", text },
    });
  }

  #submodule({ path: file, oid }: ListedFile): void {
    this.notes.push(`${file} is a submodule link: not entered`);
    this.oids.set(file, oid);
    this.entries.push({
      path: file,
      mode: "160000",
      size: 0,
      sha256: sha256Hex(oid),
      from: { kind: "text", text: oid },
    });
  }

  #guard(file: string, read: () => void): void {
    try {
      read();
    } catch (error) {
      this.#problem(file, error);
    }
  }

  #problem(file: string, error: unknown): void {
    if (!(error instanceof Error && "code" in error)) throw error;
    this.problems.push({ file, message: error.message });
  }
}

function parentOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : "";
}

function statOf(place: string): Stats | undefined {
  return lstatSync(place, { throwIfNoEntry: false });
}
