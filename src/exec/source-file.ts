/**
 * Content of one file of the working tree, hashed by our own code. Knows git only as far as it must to recognise a checkout
 * whose line endings git converted: then the converted-back form is the content, as it is on every other machine.
 */
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { sha256Hex } from "../digest.ts";
import { chunksWithLf, crlfCounter, withLf } from "./line-endings.ts";

export interface FileContent {
  /** Bytes, after conversion where there was one. */
  readonly size: number;
  readonly sha256: string;
  /** The id that git gives to this content. */
  readonly oid: string;
  /** Set: the content is the file with every CR LF made LF. */
  readonly normalizeCrlf?: true;
}

/** Git looks for a NUL in as many bytes to call a file binary, and then converts nothing. */
const BINARY_SAMPLE = 8000;

/**
 * For files that fit into memory. `blob` is the git object id of the index, for a tracked file; `like` is any id of the repository, whose length
 * tells the hash in use. Throws the file system's error.
 */
export function contentOf(place: string, blob: string | undefined, like: string): FileContent {
  const raw = readFileSync(place);
  const oid = blobId(raw, like);
  const content = { size: raw.length, sha256: sha256Hex(raw), oid };
  if (blob === undefined || oid === blob || !raw.includes("\r\n") || isBinary(raw)) return content;
  const lf = withLf(raw);
  const converted = blobId(lf, blob) === blob;
  return converted ? { size: lf.length, sha256: sha256Hex(lf), oid: blob, normalizeCrlf: true } : content;
}

/** The same in constant memory. */
export async function contentOfLarge(place: string, blob: string | undefined, like: string): Promise<FileContent> {
  const pairs = crlfCounter();
  const hash = createHash("sha256");
  const id = blobHash(statSync(place).size, like);
  let size = 0;
  let binary = false;
  for await (const chunk of chunksOf(place)) {
    if (size === 0) binary = isBinary(chunk);
    if (!binary) pairs.add(chunk);
    hash.update(chunk);
    id.update(chunk);
    size += chunk.length;
  }
  const content = { size, sha256: hash.digest("hex"), oid: id.digest("hex") };
  if (blob === undefined || content.oid === blob || pairs.count === 0) return content;
  const lf = createHash("sha256");
  const lfId = blobHash(size - pairs.count, blob);
  for await (const chunk of chunksWithLf(chunksOf(place))) {
    lf.update(chunk);
    lfId.update(chunk);
  }
  return lfId.digest("hex") === blob
    ? { size: size - pairs.count, sha256: lf.digest("hex"), oid: blob, normalizeCrlf: true }
    : content;
}

/** The id that git gives to this content; `like` is an id of the same repository, whose length tells the hash in use. */
export function blobId(content: Uint8Array, like: string): string {
  return blobHash(content.length, like).update(content).digest("hex");
}

function blobHash(size: number, like: string) {
  return createHash(like.length === 64 ? "sha256" : "sha1").update(`blob ${size}\0`);
}

function isBinary(start: Buffer): boolean {
  return start.subarray(0, BINARY_SAMPLE).includes(0);
}

function chunksOf(place: string): AsyncIterable<Buffer> {
  return createReadStream(place, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
}
