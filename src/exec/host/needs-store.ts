/** A blob store that keeps nothing: for telling what an action would read without making a cache folder. It can give nothing back. */
import { sha256Hex } from "../../digest.ts";
import { hashFile } from "../hash-file.ts";
import type { BlobStore } from "../store.ts";

export function openHashingStore(): BlobStore {
  return {
    put: hashFile,
    putBytes: async (bytes) => ({ sha256: sha256Hex(bytes), size: bytes.byteLength }),
    get: async () => undefined,
  };
}
