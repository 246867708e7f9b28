/**
 * Makes a tree of a folder that a command wrote: the reverse of lay-out.ts. The folder is not trusted. Reads nothing outside of it.
 */
import { readlinkSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { sha256Hex } from "../digest.ts";
import { PipelineError } from "../errors.ts";
import { mapLimited } from "./concurrency.ts";
import { type HostEntry, type HostTree, hostTree } from "./host-tree.ts";
import { leavingLinks } from "./links.ts";
import type { BlobStore } from "./store.ts";

const AT_ONCE = 8;

interface Found {
  readonly files: { readonly path: string; readonly place: string; readonly executable: boolean }[];
  readonly links: { readonly path: string; readonly target: string }[];
}

/**
 * Puts every file below `folder` into the store and returns the tree. Left out: sockets, pipes, devices, empty folders, names that are not UTF-8,
 * and links that lead out of the folder. Files and folders that their owner made unreadable are made readable first.
 * Throws MACHINE_FAILED where something stays unreadable, STORE_UNUSABLE where the store cannot take it.
 */
export async function capture(folder: string, blobs: BlobStore): Promise<HostTree> {
  const found: Found = { files: [], links: [] };
  await walk(folder, "", found);
  const leaving = leavingLinks(found.links);
  const links = found.links
    .filter((l) => !leaving.has(l.path))
    .map((l): HostEntry => {
      const target = Buffer.from(l.target, "utf8");
      return {
        path: l.path,
        mode: "120000",
        size: target.length,
        sha256: sha256Hex(target),
        from: { kind: "text", text: l.target },
      };
    });
  const files = await mapLimited(found.files, AT_ONCE, async (f): Promise<HostEntry> => {
    const blob = await readable(f.place, 0o600, () => blobs.put(f.place));
    return { path: f.path, mode: f.executable ? "100755" : "100644", ...blob, from: { kind: "blob" } };
  });
  return hostTree([...files, ...links]);
}

async function walk(folder: string, prefix: string, found: Found): Promise<void> {
  const names = await readable(folder, 0o700, () => fs.readdir(folder, { encoding: "buffer" }));
  for (const bytes of names) {
    const name = bytes.toString("utf8");
    if (!Buffer.from(name, "utf8").equals(bytes)) continue;
    const place = path.join(folder, name);
    const relative = `${prefix}${name}`;
    const stat = await readable(folder, 0o700, () => fs.lstat(place));
    if (stat.isDirectory()) await walk(place, `${relative}/`, found);
    else if (stat.isSymbolicLink()) found.links.push({ path: relative, target: readlinkSync(place) });
    else if (stat.isFile()) found.files.push({ path: relative, place, executable: isExecutable(stat.mode) });
  }
}

function isExecutable(mode: number): boolean {
  return path.sep === "/" && (mode & 0o100) !== 0;
}

/** Tries, and tries once more after giving the owner the rights that reading needs. */
async function readable<T>(place: string, mode: number, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (first) {
    if (first instanceof PipelineError) throw first;
    try {
      await fs.chmod(place, mode);
      return await read();
    } catch (error) {
      if (error instanceof PipelineError || !(error instanceof Error)) throw error;
      throw new PipelineError("MACHINE_FAILED", `cannot read what the command wrote: ${error.message}`, {
        cause: error,
      });
    }
  }
}
