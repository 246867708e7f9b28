/**
 * Whether every place gives the same version, and whether a tag can say it. Versions were read and put into normal form by `packaging`.
 */
import { VERSION_STAND_IN } from "../project.ts";
import type { Finding } from "../step.ts";
import type { ArchiveChecks, VersionPlace } from "./records.ts";

export interface JudgedVersion {
  readonly findings: readonly Finding[];
  /** What people read: the version, and the tag of its release. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Tools that read a version from the history. */
const FROM_TAGS =
  /^(?:setuptools[-_.]scm|hatch[-_.]vcs|versioningit|versioneer|dunamai|poetry[-_.]dynamic[-_.]versioning)\b/i;
const PRE = { a: "alpha", b: "beta", rc: "rc" } as const;

export function judgeVersions(checks: ArchiveChecks): JudgedVersion {
  // Places of the archives themselves have no line.
  const archives = checks.versions.filter((p) => p.file === undefined);
  const [built] = archives;
  const fromTags =
    built?.normal === VERSION_STAND_IN &&
    checks.versions.length === archives.length &&
    checks.requires.some((name) => FROM_TAGS.test(name));
  const places = fromTags ? archives : checks.versions;
  const findings = disagreement(places);
  if (fromTags) return { findings, facts: { version: "given by the tag of a release" } };
  const tag = tagOf(checks.parts);
  return {
    findings: [
      ...findings,
      ...("problem" in tag
        ? [{ rule: "no-tag", message: `the version ${built?.text ?? ""} fits no tag vX.Y.Z: ${tag.problem}` }]
        : []),
      ...ahead(checks, built?.text ?? ""),
    ],
    facts: { version: built?.text ?? "", ...("tag" in tag ? { tag: tag.tag } : {}) },
  };
}

/** The semver tag of a PEP 440 version: `1.2.0rc1` → `v1.2.0-rc.1`. */
export function tagOf(parts: ArchiveChecks["parts"]): { readonly tag: string } | { readonly problem: string } {
  if (parts === null) return { problem: "it is no version in the sense of PEP 440" };
  const { epoch, release, pre, post, dev, local } = parts;
  if (epoch !== 0) return { problem: "it has an epoch" };
  if (release.slice(3).some((n) => n !== 0)) return { problem: "it has more than three numbers" };
  if (post !== null) return { problem: "semver has no post-releases; raise the last number instead" };
  if (local !== null) return { problem: "a local version (after `+`) is never published" };
  if (pre !== null && dev !== null) return { problem: "it is a development release of a pre-release" };
  const numbers = [0, 1, 2].map((index) => release[index] ?? 0).join(".");
  if (pre !== null) return { tag: `v${numbers}-${PRE[pre[0]]}.${pre[1]}` };
  return { tag: dev === null ? `v${numbers}` : `v${numbers}-dev.${dev}` };
}

/** One finding that names all places, at the first of them that has a line and does not say what the metadata says. */
function disagreement(places: readonly VersionPlace[]): Finding[] {
  const unreadable = places.some((p) => p.normal === undefined);
  const different = new Set(places.map((p) => p.normal)).size > 1;
  if (!unreadable && !different) return [];
  const meta = places[1]?.normal;
  const at = places.find((p) => p.line !== undefined && p.normal !== meta) ?? places.find((p) => p.line !== undefined);
  const all = places.map((p) => {
    const where = p.file === undefined ? p.where : `${p.where} (${p.file}:${p.line})`;
    return `${where} ${p.text === "" ? "none" : p.text}${p.normal === undefined ? ", which is no version" : ""}`;
  });
  return [
    {
      rule: "versions-differ",
      message: `the version is not the same everywhere: ${all.join("; ")}`,
      ...(at?.file === undefined ? {} : { path: at.file }),
      ...(at?.line === undefined ? {} : { line: at.line }),
    },
  ];
}

/** A changelog may be behind, since the next release is not written down yet; one that is ahead tells of a version that nobody raised. */
function ahead({ changelog }: ArchiveChecks, version: string): Finding[] {
  if (changelog === null || !changelog.newer) return [];
  return [
    {
      rule: "changelog-ahead",
      message: `the changelog's newest release is ${changelog.text}, and the version is ${version}`,
      ...(changelog.file === undefined ? {} : { path: changelog.file }),
      ...(changelog.line === undefined ? {} : { line: changelog.line }),
    },
  ];
}
