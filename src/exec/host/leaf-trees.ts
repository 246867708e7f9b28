/** The host executor's trees of leaf references. Reads the source through the snapshot and git, never by walking the working tree. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { sha256Hex } from "../../digest.ts";
import { PipelineError } from "../../errors.ts";
import { type Bundle, loadBundle } from "../../plan/bundle.ts";
import type { Git } from "../../ports.ts";
import type { BundledRef, InlineRef, SourceRef } from "../action.ts";
import type { LeafRef } from "../executor.ts";
import { type HostEntry, type HostTree, hostTree } from "../host-tree.ts";
import { globMatcher } from "../manifest.ts";
import { baseTree, historyTree, type SourceSnapshot } from "../source.ts";
import type { BlobStore } from "../store.ts";
import { makeOwnFolder, removeOwnFolder } from "./run-folder.ts";

export interface LeafSources {
  /** The pipeline's own package, for bundled references. */
  readonly packageRoot: string;
  readonly snapshot: SourceSnapshot;
  /** Relative to the repository, `.` for its root. */
  readonly appRoot: string;
  /** The merge base, or null where there is none. */
  readonly base: string | null;
  readonly git: Git;
  readonly blobs: BlobStore;
  readonly storeRoot: string;
  /** Makes the history up to a commit, where git cannot write on this machine. */
  readonly history?: (oid: string) => Promise<HostTree>;
}

/** Each reference is resolved once in the life of the returned function. */
export function leafTrees(sources: LeafSources): (ref: LeafRef) => Promise<HostTree> {
  let bundle: Promise<Bundle> | undefined;
  const made = new Map<string, Promise<HostTree>>();
  const make = async (ref: LeafRef): Promise<HostTree> => {
    switch (ref.kind) {
      case "source":
        return ref.at === "head" ? headTree(sources.snapshot, ref) : baseFiles(sources, ref);
      case "history":
        return (sources.history ?? ((oid) => history(sources, oid)))(ref.oid);
      case "bundled":
        bundle ??= loadBundle(sources.packageRoot);
        return bundledTree(await bundle, sources.packageRoot, ref);
      case "inline":
        return inlineTree(ref);
    }
  };
  return (ref) => {
    const key = JSON.stringify(ref);
    const known = made.get(key);
    if (known !== undefined) return known;
    const making = make(ref);
    made.set(key, making);
    return making;
  };
}

function headTree(snapshot: SourceSnapshot, ref: SourceRef): HostTree {
  const matches = globMatcher(ref.globs);
  return hostTree(snapshot.entries.filter((e) => matches(e.path)));
}

async function baseFiles(sources: LeafSources, ref: SourceRef): Promise<HostTree> {
  if (sources.base === null) {
    throw new PipelineError("BASE_NOT_FOUND", "an action reads files of the merge base, and there is none");
  }
  const { entries, oids } = sources.snapshot;
  const byOid = new Map(entries.map((e) => [oids.get(e.path), e]));
  return baseTree(sources.git, sources.base, sources.appRoot, ref.globs, sources.blobs, (oid) => byOid.get(oid));
}

async function history(sources: LeafSources, oid: string): Promise<HostTree> {
  const folder = await makeOwnFolder(path.join(sources.storeRoot, "runs"));
  try {
    return await historyTree(sources.git, oid, sources.blobs, folder);
  } finally {
    await removeOwnFolder(folder);
  }
}

/** Uses the plan's own list of bundled files, so that what is laid out is what the plan's digest covers. */
async function bundledTree(bundle: Bundle, packageRoot: string, ref: BundledRef): Promise<HostTree> {
  const place = path.join(packageRoot, ...ref.path.split("/"));
  const isFolder = (await fs.stat(place)).isDirectory();
  const entries = bundle.entries(ref.path).map((e): HostEntry => {
    const to = ref.to === undefined ? e.path : path.posix.join(ref.to, e.path);
    return { ...e, path: to, from: { kind: "file", path: isFolder ? path.join(place, ...e.path.split("/")) : place } };
  });
  return hostTree(entries);
}

function inlineTree(ref: InlineRef): HostTree {
  return hostTree(
    Object.entries(ref.files).map(([name, text]): HostEntry => {
      const bytes = Buffer.from(text, "utf8");
      return { path: name, mode: "100644", size: bytes.length, sha256: sha256Hex(bytes), from: { kind: "text", text } };
    }),
  );
}
