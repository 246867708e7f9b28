/**
 * Where a finding is, as other tools must be told: relative to the repository's root, not to the application's. Pure.
 */
import { posix } from "node:path";
import { plain } from "./text.ts";

/** A path of the application as one of the repository, forward slashes; undefined for one that leaves the repository or is none. */
export function repositoryPath(root: string, path: string | undefined): string | undefined {
  if (path === undefined || path === "" || path.startsWith("/") || /[\n\t]/.test(path)) return undefined;
  const joined = posix.normalize(posix.join(root, plain(path)));
  return joined === "." || joined === ".." || joined.startsWith("../") ? undefined : joined;
}

/** The same as a relative URI reference (RFC 3986), as SARIF wants it. */
export function asUri(path: string): string {
  return path
    .split("/")
    .map((part) => encodeURIComponent(part))
    .join("/");
}
