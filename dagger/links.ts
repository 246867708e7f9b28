/**
 * Keeps an exported tree inside its folder: an engine writes symbolic links as they are, wherever they lead.
 */
import { readdir, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { leavingLinks, type TreeLink } from "../src/exec/links.ts";

/** Removes the links below `folder` by which one could leave it. */
export async function dropLeavingLinks(folder: string): Promise<void> {
  const links = await linksBelow(folder, "");
  for (const path of leavingLinks(links)) await rm(join(folder, path));
}

async function linksBelow(folder: string, prefix: string): Promise<TreeLink[]> {
  const found: TreeLink[] = [];
  for (const item of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = `${prefix}${item.name}`;
    if (item.isSymbolicLink()) found.push({ path, target: await readlink(join(folder, path)) });
    else if (item.isDirectory()) found.push(...(await linksBelow(folder, `${path}/`)));
  }
  return found;
}
