/** Reads a file that a command is still writing, piece by piece, until the command has ended. Interprets nothing. */
import * as fs from "node:fs/promises";
import { type CapturedStream, STREAM_CAP } from "./captured-stream.ts";

const EVERY_MS = 50;
const PIECE = 1 << 20;
/** Of what a command writes faster than it is read, only the newest part is read. */
const BACKLOG = 64 << 20;
const NEWEST = 8 << 20;
/** Bytes of one stream after which a command is ended, before it fills the disk. */
export const STREAM_LIMIT = 1 << 30;

/** Resolves when `ended` has settled and the rest of the file was read. `tooMuch` is called when the file is larger than STREAM_LIMIT. */
export async function follow(
  file: string,
  into: CapturedStream,
  ended: Promise<unknown>,
  tooMuch: () => void,
): Promise<void> {
  const handle = await fs.open(file, "r");
  let over = false;
  const settled = ended.then(
    () => undefined,
    () => undefined,
  );
  const noted = settled.then(() => {
    over = true;
  });
  let at = 0;
  const buffer = Buffer.allocUnsafe(PIECE);
  const readTo = async (end: number): Promise<void> => {
    while (at < end) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(PIECE, end - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      into.push(buffer.subarray(0, bytesRead));
    }
  };
  const drain = async (): Promise<void> => {
    const { size } = await handle.stat();
    // The head is kept, however fast the rest comes.
    await readTo(Math.min(size, STREAM_CAP / 2));
    if (size - at > BACKLOG) {
      into.skip(size - NEWEST - at);
      at = size - NEWEST;
    }
    await readTo(size);
    if (size > STREAM_LIMIT) tooMuch();
  };
  try {
    while (!over) {
      await drain();
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([noted, new Promise((wake) => (timer = setTimeout(wake, EVERY_MS)))]);
      clearTimeout(timer);
    }
    await drain();
  } finally {
    await handle.close();
  }
}
