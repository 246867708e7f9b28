/** SHA-256 of files of any size, in constant memory. Takes the bytes as they are: line endings are line-endings.ts's business. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import * as fs from "node:fs/promises";
import { sha256Hex } from "../digest.ts";

const SMALL = 1 << 20;

/** Rejects with the file system's own error. */
export async function hashFile(file: string): Promise<{ readonly sha256: string; readonly size: number }> {
  // A warm run hashes hundreds of small files: handing each to a thread and back costs many times what reading it does.
  if (statSync(file).size <= SMALL) {
    const bytes = readFileSync(file);
    return { sha256: sha256Hex(bytes), size: bytes.length };
  }
  const handle = await fs.open(file);
  try {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of handle.createReadStream({ highWaterMark: SMALL, autoClose: false })) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    return { sha256: hash.digest("hex"), size };
  } finally {
    await handle.close();
  }
}
