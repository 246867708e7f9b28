/**
 * CR LF → LF, in memory and as a stream: the one conversion that git makes on checkout and that we undo.
 * Whether a file is to be converted is decided where it is read (source-file.ts).
 */
const CR = 0x0d;
const LF = 0x0a;

/** The bytes with every CR LF made LF; a CR that stands alone stays. */
export function withLf(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf("\r\n"); at !== -1; at = bytes.indexOf("\r\n", at + 2)) {
    parts.push(bytes.subarray(from, at));
    from = at + 1;
  }
  if (parts.length === 0) return bytes;
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts);
}

/** The same for a stream of chunks, whose borders may fall between CR and LF. */
export async function* chunksWithLf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let heldCr = false;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    const whole: Buffer = heldCr ? Buffer.concat([Buffer.of(CR), chunk]) : chunk;
    heldCr = whole[whole.length - 1] === CR;
    const out = withLf(heldCr ? whole.subarray(0, -1) : whole);
    if (out.length > 0) yield out;
  }
  if (heldCr) yield Buffer.of(CR);
}

/** Counts CR LF pairs over chunks given one after the other. */
export function crlfCounter(): { add(chunk: Buffer): void; readonly count: number } {
  let count = 0;
  let endsWithCr = false;
  return {
    add(chunk) {
      if (endsWithCr && chunk[0] === LF) count += 1;
      for (let at = chunk.indexOf("\r\n"); at !== -1; at = chunk.indexOf("\r\n", at + 2)) count += 1;
      if (chunk.length > 0) endsWithCr = chunk[chunk.length - 1] === CR;
    },
    get count() {
      return count;
    },
  };
}
