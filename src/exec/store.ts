/**
 * The blob store: files by the SHA-256 of their content, on this machine's disk. Safe under concurrent runs and a kill at any moment,
 * since a blob appears under its name only when it is whole. It does not know what the blobs are for; trim.ts decides what goes.
 */
import { randomUUID } from "node:crypto";
import { constants, statSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { sha256Hex } from "../digest.ts";
import { PipelineError } from "../errors.ts";
import { hashFile } from "./hash-file.ts";

export interface StoredBlob {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

export interface BlobStore {
  /** Stores the content of a file, which may change or vanish afterwards. A file that cannot be read rejects with the file system's own error. */
  put(file: string): Promise<StoredBlob>;
  putBytes(bytes: Uint8Array): Promise<StoredBlob>;
  /**
   * The path of the blob, to be read and never to be written or linked, or undefined where it is not there.
   * Its content is checked the first time that this process asks; a damaged blob is removed and counts as not there.
   */
  get(sha256: string): Promise<string | undefined>;
}

/** Files up to this many bytes go through memory. */
const SMALL = 1 << 20;

/** Folders of a store, in one place for everything that keeps something there. */
export const STORE_FOLDERS = { blobs: "blobs", actions: "actions", environments: "envs", temporary: "tmp" } as const;

/** Opens the store under `root`, making the folders. Throws STORE_UNUSABLE where that is not possible; so does every later write. */
export async function openBlobStore(root: string): Promise<BlobStore> {
  const blobs = path.join(root, STORE_FOLDERS.blobs);
  const temporary = path.join(root, STORE_FOLDERS.temporary);
  await storing(root, async () => {
    await fs.mkdir(blobs, { recursive: true });
    await fs.mkdir(temporary, { recursive: true });
  });
  const place = (sha256: string) => path.join(blobs, sha256.slice(0, 2), sha256);
  /** Size of each blob whose content this process has seen to be right. */
  const verified = new Map<string, number>();

  const get = async (sha256: string): Promise<string | undefined> => {
    const file = place(sha256);
    const size = sizeOf(file);
    if (size === undefined) return undefined;
    if (verified.get(sha256) === size) return file;
    if ((await hashFile(file)).sha256 === sha256) {
      verified.set(sha256, size);
      return file;
    }
    verified.delete(sha256);
    await fs.rm(file, { force: true });
    return undefined;
  };

  /** A blob that is there already is replaced: that mends a damaged one, and its new mtime keeps it from being trimmed while it is in use. */
  const keep = async (whole: string, blob: StoredBlob): Promise<StoredBlob> => {
    const file = place(blob.sha256);
    try {
      await renameInto(whole, file);
      verified.set(blob.sha256, blob.size);
    } catch (error) {
      await fs.rm(whole, { force: true });
      // Windows does not replace a file that somebody reads; the same content is there, which is all that counts.
      if ((await get(blob.sha256)) === undefined) throw error;
    }
    return blob;
  };

  const throughTemporary = (write: (whole: string) => Promise<StoredBlob>) =>
    storing(root, async () => {
      const whole = path.join(temporary, randomUUID());
      const blob = await write(whole).catch(async (error: unknown) => {
        await fs.rm(whole, { force: true }).catch(() => undefined);
        throw error;
      });
      return keep(whole, blob);
    });
  const putBytes = (bytes: Uint8Array) =>
    throughTemporary(async (whole) => {
      await fs.writeFile(whole, bytes);
      return { sha256: sha256Hex(bytes), size: bytes.byteLength };
    });

  return {
    get,
    put: async (file) => {
      const small = await bytesOfSmall(file);
      if (small !== undefined) return putBytes(small);
      return throughTemporary(async (whole) => {
        await fs.copyFile(file, whole, constants.COPYFILE_FICLONE);
        await fs.chmod(whole, 0o644);
        // The copy is hashed, not the original: what is hashed is then what is kept, whatever happens to the original meanwhile.
        return hashFile(whole);
      });
    },
    putBytes,
  };
}

/** Runs a piece of work in the store; a failure of the file system becomes STORE_UNUSABLE with the system's words. */
export async function storing<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PipelineError || !(error instanceof Error)) throw error;
    throw new PipelineError("STORE_UNUSABLE", `cannot write to ${root}: ${error.message}`, { cause: error });
  }
}

/** The file's bytes where they are few; undefined for a large file, which is then known to be readable. */
async function bytesOfSmall(file: string): Promise<Buffer | undefined> {
  const handle = await fs.open(file);
  try {
    return (await handle.stat()).size <= SMALL ? await handle.readFile() : undefined;
  } finally {
    await handle.close();
  }
}

async function renameInto(from: string, to: string): Promise<void> {
  try {
    await fs.rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    await fs.mkdir(path.dirname(to), { recursive: true });
    await fs.rename(from, to);
  }
}

function sizeOf(file: string): number | undefined {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat?.isFile() === true ? stat.size : undefined;
  } catch {
    return undefined;
  }
}
