/**
 * Folders of this process in the store (`<pid>-<random>`), and the removal of those whose process is gone. A folder says who owns it, so that
 * a process of another machine or container that shares the store is not taken for dead.
 */
import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { messageOf, PipelineError } from "../../errors.ts";

/** Beside the folder of the same name; its text is the owner's machine and process namespace. */
const OWNER_SUFFIX = ".owner";
/** A folder of an owner that cannot be asked is removed when it has not changed for this long. */
const FOREIGN_MS = 48 * 3600 * 1000;

/** Makes an empty folder below `root`. Throws STORE_UNUSABLE. */
export async function makeOwnFolder(root: string): Promise<string> {
  const folder = path.join(root, `${process.pid}-${randomBytes(6).toString("hex")}`);
  try {
    await fs.mkdir(root, { recursive: true });
    await fs.writeFile(folder + OWNER_SUFFIX, machine());
    await fs.mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const words = messageOf(error);
    throw new PipelineError("STORE_UNUSABLE", `cannot make a work folder: ${words}`, { cause: error });
  }
  return folder;
}

/** Removes a folder of makeOwnFolder, also where a command took its own rights away. Never rejects: what stays is swept by a later run. */
export async function removeOwnFolder(folder: string): Promise<void> {
  const remove = () => fs.rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  await remove()
    .catch(() => makeRemovable(folder).then(remove))
    .catch(() => undefined);
  await fs.rm(folder + OWNER_SUFFIX, { force: true }).catch(() => undefined);
}

/** Removes the folders below `root` whose process is gone. `now` in milliseconds since 1970. */
export async function sweepOwnFolders(root: string, now: number): Promise<void> {
  const names = await fs.readdir(root).catch(() => []);
  const owners = new Set(names.map((n) => (n.endsWith(OWNER_SUFFIX) ? n.slice(0, -OWNER_SUFFIX.length) : n)));
  for (const name of owners) {
    const pid = Number(/^(\d+)-[0-9a-f]{12}$/.exec(name)?.[1]);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const folder = path.join(root, name);
    if (await isAbandoned(folder, pid, now)) await removeOwnFolder(folder);
  }
}

async function isAbandoned(folder: string, pid: number, now: number): Promise<boolean> {
  const owner = await fs.readFile(folder + OWNER_SUFFIX, "utf8").catch(() => undefined);
  if (owner === machine()) return !isAlive(pid);
  const stat = await fs.stat(folder).catch(() => undefined);
  return stat !== undefined && now - stat.mtimeMs > FOREIGN_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function machine(): string {
  try {
    return `${os.hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return os.hostname();
  }
}

async function makeRemovable(folder: string): Promise<void> {
  await fs.chmod(folder, 0o700);
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeRemovable(path.join(folder, entry.name));
  }
}
