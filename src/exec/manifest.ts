/**
 * The source manifest: which files the application consists of, by content. It is the part of the plan digest that speaks of the source,
 * and must come out the same on every machine and through both doors: no times, no owners, no engine's digest.
 */
import { createHash } from "node:crypto";
import picomatch from "picomatch";

/** Modes as git writes them: plain file, executable, symbolic link, submodule link. */
export type FileMode = "100644" | "100755" | "120000" | "160000";

export interface ManifestEntry {
  /** Relative to the app's root, forward slashes, NFC is not applied: bytes as git has them. */
  readonly path: string;
  readonly mode: FileMode;
  /** Bytes; 0 for a submodule link. */
  readonly size: number;
  /** Lower-case hex SHA-256 of the content (of the target for a link, of the commit id for a submodule link). */
  readonly sha256: string;
}

export interface SourceManifest {
  /** Sorted by path (code-unit order), without duplicates. */
  readonly entries: readonly ManifestEntry[];
}

/** `sha256:<hex>` over the entries, one line each: mode, size, hash, path. */
export function manifestDigest(manifest: SourceManifest): string {
  const hash = createHash("sha256");
  for (const e of manifest.entries) hash.update(`${e.mode} ${e.size} ${e.sha256} ${e.path}\n`);
  return `sha256:${hash.digest("hex")}`;
}

export function sortEntries(entries: readonly ManifestEntry[]): ManifestEntry[] {
  return [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Whether a path is selected by globs: one includes it, and none that starts with `!` excludes it. */
export function globMatcher(globs: readonly string[]): (path: string) => boolean {
  // Without "s" a name with a line break in it is matched by no wildcard, and the file would silently be nobody's.
  const options = { dot: true, flags: "s" };
  const include = globs.filter((g) => !g.startsWith("!")).map((g) => picomatch(g, options));
  const exclude = globs.filter((g) => g.startsWith("!")).map((g) => picomatch(g.slice(1), options));
  return (path) => include.some((m) => m(path)) && !exclude.some((m) => m(path));
}

export function selectEntries(manifest: SourceManifest, globs: readonly string[]): ManifestEntry[] {
  const matches = globMatcher(globs);
  return manifest.entries.filter((e) => matches(e.path));
}
