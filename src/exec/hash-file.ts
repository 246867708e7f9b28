/** SHA-256 of files of any size, in constant memory. Reads regular files only as they are: line endings are line-endings.ts's business. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** Rejects with the file system's own error. */
export async function hashFile(file: string): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}
