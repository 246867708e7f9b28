/** Copies a folder that nobody will write to by hard links, and by real copies where the file system has none. Follows no symbolic link. */
import * as fs from "node:fs/promises";
import * as path from "node:path";

/** `to` must not exist. The stamp of last use is the copy's own matter and is left out. */
export async function linkTree(from: string, to: string): Promise<void> {
  await fs.mkdir(to, { recursive: true });
  const entries = (await fs.readdir(from, { withFileTypes: true })).filter((e) => e.name !== ".used");
  await Promise.all(
    entries.map(async (entry) => {
      const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
      if (entry.isDirectory()) return linkTree(source, target);
      if (entry.isSymbolicLink()) return fs.symlink(await fs.readlink(source), target);
      return fs.link(source, target).catch(() => fs.copyFile(source, target));
    }),
  );
}
