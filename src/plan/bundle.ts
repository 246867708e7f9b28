/**
 * The files that ship with the pipeline and enter actions: harnesses, poisons, locks. Their content is part of the plan.
 * This module lists and hashes them; it lays nothing out.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { sha256Hex } from "../digest.ts";
import { PipelineError } from "../errors.ts";
import type { ManifestEntry, SourceManifest } from "../exec/manifest.ts";
import { sortEntries } from "../exec/manifest.ts";

/** Where bundled files may stand, relative to the package root. */
const ROOTS = ["src/steps", "src/toolchains", "src/exec"] as const;

export interface Bundle {
  /**
   * The files of a bundled path as they stand in a tree: a folder's files relative to it, a single file under its base name.
   * Unknown paths throw PLAN_INVALID: a plan must not name what does not ship.
   */
  entries(path: string, to?: string): readonly ManifestEntry[];
}

/** Reads every bundled file once. TypeScript and compiled Python are code of this machine, not content of a plan. */
export async function loadBundle(packageRoot: string): Promise<Bundle> {
  const files: ManifestEntry[] = [];
  for (const root of ROOTS) await walk(packageRoot, root, files);
  return bundleOf({ entries: sortEntries(files) });
}

export function bundleOf(manifest: SourceManifest): Bundle {
  return {
    entries(path, to) {
      const found = manifest.entries.flatMap((e) => {
        const inner =
          e.path === path
            ? posix.basename(path)
            : e.path.startsWith(`${path}/`)
              ? e.path.slice(path.length + 1)
              : undefined;
        return inner === undefined ? [] : [{ ...e, path: to === undefined ? inner : posix.join(to, inner) }];
      });
      if (found.length === 0) throw new PipelineError("PLAN_INVALID", `the pipeline ships no ${path}`);
      return found;
    },
  };
}

async function walk(root: string, folder: string, into: ManifestEntry[]): Promise<void> {
  for (const item of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = posix.join(folder, item.name);
    if (item.isDirectory() && item.name !== "__pycache__") await walk(root, path, into);
    else if (item.isFile() && !item.name.endsWith(".ts") && !item.name.endsWith(".pyc")) {
      const bytes = await readFile(join(root, path));
      into.push({ path, mode: "100644", size: bytes.length, sha256: sha256Hex(bytes) });
    }
  }
}
