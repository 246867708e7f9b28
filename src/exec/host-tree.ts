/**
 * The host executor's tree: a sorted list of files by content, each with the place its bytes can be copied from.
 * Nothing is copied until a command needs the tree laid out; the digest never depends on places.
 */
import type { ManifestEntry } from "./manifest.ts";
import { manifestDigest, sortEntries } from "./manifest.ts";

/** Where the bytes are: a file of this machine (checked against the hash while copying), or a blob of the store, or text in memory. */
export type BytesFrom =
  | { readonly kind: "file"; readonly path: string; readonly normalizeCrlf?: boolean }
  | { readonly kind: "blob" }
  | { readonly kind: "text"; readonly text: string };

export interface HostEntry extends ManifestEntry {
  readonly from: BytesFrom;
}

export interface HostTree {
  /** Sorted by path, without duplicates. */
  readonly entries: readonly HostEntry[];
  /** `sha256:<hex>`, equal for equal paths, modes and contents. */
  readonly digest: string;
}

export function hostTree(entries: readonly HostEntry[]): HostTree {
  const sorted = sortEntries(entries) as HostEntry[];
  return { entries: sorted, digest: manifestDigest({ entries: sorted }) };
}

export function overlayTrees(lower: HostTree, upper: HostTree): HostTree {
  const byPath = new Map(lower.entries.map((e) => [e.path, e]));
  for (const e of upper.entries) byPath.set(e.path, e);
  return hostTree([...byPath.values()]);
}
