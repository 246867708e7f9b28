/**
 * The judgement of what would be published: built twice alike, the sdist sufficient, the archives sound, one version everywhere.
 */
import { describeExit } from "../../exec/exit-status.ts";
import { differences, filesSchema } from "../common/observed.ts";
import { type Read, readJson, renderFindings, unusable } from "../common/report.ts";
import type { Finding, Judged, JudgedAction, Judgement, StepContext } from "../step.ts";
import { contentDifferences, differenceFindings, packingDifferences, sameArchive } from "./compare.ts";
import { sdistFindings, testsIn, wheelFindings } from "./members.ts";
import { type Archive, type ArchiveChecks, checksSchema, type DistRecord, distSchema } from "./records.ts";
import { contentsFindings, isUndescribed, twineFindings } from "./tools.ts";
import { judgeVersions } from "./versions.ts";

/**
 * What back ends are known to leave beside the source, and ignore themselves: setuptools its build and egg-info folders, and eggs of its own
 * requirements; PDM its build folder; meson-python its own; Python its bytecode.
 */
const USUAL = /(?:^|\/)(?:[^/]+\.egg-info|\.eggs|__pycache__)\/|^(?:build|dist|\.pdm-build|\.mesonpy-[^/]*)\//;

export function judgeDist({ context, results }: Judged): Judgement {
  const [built, looked] = [results["dist"], results["look"]];
  if (built === undefined || looked === undefined) throw new Error("build-dist is judged without its actions");
  const files = readJson(built, "files.json", filesSchema);
  const dist = readJson(built, "dist.json", distSchema);
  if (built.status.kind !== "exited" || built.status.code !== 0 || "problem" in files || "problem" in dist)
    return noReport(built, "the build", problemOf(files) ?? problemOf(dist));
  const { wheel, sdist } = dist.value;
  const checks = readJson(looked, "checks.json", checksSchema);
  if (looked.status.kind !== "exited" || looked.status.code !== 0 || "problem" in checks)
    return noReport(looked, "the look at the archives", problemOf(checks));

  const version = judgeVersions(checks.value);
  const offered = [wheel.offered, ...(sdist === null ? [] : [sdist.offered])];
  const findings: Finding[] = [
    ...doubts(context, files.value, built, dist.value, checks.value),
    ...builds(dist.value),
    ...differenceFindings(
      "not-reproducible",
      wheel.first.file,
      contentDifferences(wheel, ["the first build", "the second build"]),
    ),
    ...(sdist === null
      ? []
      : differenceFindings(
          "not-reproducible",
          sdist.first.file,
          contentDifferences(sdist, ["the first build", "the second build"]),
        )),
    ...(dist.value.derived === null
      ? []
      : differenceFindings(
          "sdist-differs",
          "the wheel that the sdist makes is another one",
          contentDifferences(dist.value.derived, ["the wheel of the source", "the wheel of the sdist"]),
        )),
    ...writes(dist.value),
    ...wheelFindings(wheel.first, context.config),
    ...(sdist === null ? [] : sdistFindings(sdist.first)),
    ...twineFindings(
      checks.value,
      offered.map((a) => a.file),
    ),
    ...contentsFindings(checks.value, wheel.offered.file, context.config),
    ...version.findings,
  ];
  const facts = { ...version.facts, ...factsOf(dist.value, checks.value, context) };
  if (findings.length === 0) return { outcome: "passed", findings, facts };
  return {
    outcome: "failed",
    reason: reasonOf(findings),
    detail: renderFindings(findings),
    findings,
    facts,
  };
}

function problemOf(read: Read<unknown>): string | undefined {
  return "problem" in read ? read.problem : undefined;
}

function noReport(action: JudgedAction, what: string, why = "it did not end"): Judgement {
  return unusable(action, "no-report", `${what} left no usable report: ${why} (${describeExit(action.status)})`);
}

/** Where the records do not fit the source, each other, or the files that are offered. */
function doubts(
  context: StepContext,
  files: Parameters<typeof differences>[2],
  built: JudgedAction,
  { builds: ends, wheel, sdist, derived }: DistRecord,
  checks: ArchiveChecks,
): Finding[] {
  const said = differences({ ...context, paths: ["."] }, ["**"], files, [], []);
  const offered = [wheel.offered, ...(sdist === null ? [] : [sdist.offered])];
  const sums = (built.read("dist", "SHA256SUMS") ?? "").split("\n").filter((line) => line !== "");
  const expected = offered.map((a) => `${a.sha256}  ${a.file}`);
  if (sums.join("\n") !== [...expected].sort(byFile).join("\n")) said.push("SHA256SUMS does not name what was built");
  const there = built.files("dist").join(" ");
  if (there !== ["SHA256SUMS", ...offered.map((a) => a.file)].sort().join(" "))
    said.push(`the folder dist holds ${there || "nothing"}`);
  for (const a of offered)
    if (checks.files[a.file] !== a.sha256) said.push(`${a.file} was another file when it was looked at`);
  for (const pair of [wheel, ...(sdist === null ? [] : [sdist])])
    if (!sameArchive(pair.offered, pair.first))
      said.push(`${pair.offered.file} is offered with other content than was built`);
  const made: Record<string, boolean> = { sdist: sdist !== null, "wheel again": wheel.second !== null };
  if (sdist !== null)
    Object.assign(made, { "sdist again": sdist.second !== null, "wheel of the sdist": derived !== null });
  for (const [name, isThere] of Object.entries(made))
    if (succeeded(ends[name]) !== isThere)
      said.push(`the record of the build "${name}" contradicts what is there of it`);
  return said.map((message) => ({ rule: "report-not-trusted", message }));
}

function byFile(a: string, b: string): number {
  return a.slice(66) < b.slice(66) ? -1 : 1;
}

function builds({ builds: ends }: DistRecord): Finding[] {
  return Object.entries(ends)
    .filter(([, end]) => !succeeded(end))
    .map(([name, end]) => ({
      rule: "build-failed",
      message: `${BUILDS[name] ?? name}: ${end.said.trim().split("\n").at(-1) ?? ""}`,
    }));
}

function succeeded(end: DistRecord["builds"][string] | undefined): boolean {
  return end?.exit === 0 && end.made === 1;
}

const BUILDS: Readonly<Record<string, string>> = {
  sdist: "the sdist cannot be built",
  "sdist again": "the sdist cannot be built in another folder, by another umask, at another time",
  "wheel again": "the wheel cannot be built in another folder, by another umask, at another time",
  "wheel of the sdist": "the sdist does not build",
};

/** A file that changes under a build changes the next build, or the next commit. What the project's settings name as generated is meant. */
function writes({ source }: DistRecord): Finding[] {
  const strange = source.added.filter((path) => !isUsual(path, source.added) && !source.named.includes(path));
  const found = [
    ...strange.map((path) => ({ path, what: `adds ${path}` })),
    ...source.changed.map((path) => ({ path, what: `changes ${path}` })),
    ...source.removed.map((path) => ({ path, what: `removes ${path}` })),
  ];
  const shown = found.slice(0, 10).map(({ what }) => what);
  if (found.length > shown.length) shown.push(`and ${found.length - shown.length} more`);
  if (found.length === 0) return [];
  const [path] = [...source.changed, ...source.removed];
  return [
    {
      rule: "writes-into-source",
      message: `the build ${shown.join(", ")} in the source; what is generated belongs into the back end's own folder, or named in pyproject.toml`,
      ...(path === undefined ? {} : { path }),
    },
  ];
}

function isUsual(path: string, added: readonly string[]): boolean {
  return USUAL.test(path) || isCompiled(path, added);
}

/** C made from a `.pyx`, or the extension that was compiled in place, as setuptools does it. */
function isCompiled(path: string, added: readonly string[]): boolean {
  return /\.(?:so|pyd)$/.test(path) || (/\.(?:c|cpp)$/.test(path) && added.some((p) => /\.(?:so|pyd|o)$/.test(p)));
}

function factsOf(dist: DistRecord, checks: ArchiveChecks, context: StepContext): Record<string, string | number> {
  const { wheel, sdist, source } = dist;
  const normalised = [...normal("wheel", wheel), ...(sdist === null ? [] : normal("sdist", sdist))].join(", ");
  const left = source.added.filter((path) => isUsual(path, source.added));
  const tests = sdist === null ? 0 : testsIn(sdist.first, context.config);
  return {
    "files in wheel": filesOf(wheel.first),
    ...(sdist === null
      ? {}
      : { "files in sdist": filesOf(sdist.first), "tests in sdist": tests === 0 ? "none" : tests }),
    ...(normalised === "" ? {} : { normalised }),
    ...(left.length === 0
      ? {}
      : {
          "left in source": [...new Set(left.map((p) => USUAL.exec(p)?.[0].replace(/^\/|\/$/g, "") ?? p))].join(", "),
        }),
    ...(source.named.length === 0 ? {} : { "generated in source": source.named.join(", ") }),
    ...(checks.contents.silenced === 0 ? {} : { silenced: checks.contents.silenced }),
    ...(isUndescribed(checks) ? { description: "none: the project names no readme" } : {}),
    twine: checks.twine.version,
  };
}

/** What the back end packs differently each time, where it is only that; what is offered was packed anew. */
function normal(name: string, pair: DistRecord["wheel"]): string[] {
  if (pair.offered.sha256 === pair.first.sha256) return [];
  return [`${name} (${packingDifferences(pair).join(", ")})`];
}

function filesOf(archive: Archive): number {
  return (archive.members ?? []).filter((m) => m.type !== "folder").length;
}

function reasonOf(findings: readonly Finding[]): string {
  const [first] = findings;
  const more = findings.length === 1 ? "" : ` (and ${findings.length - 1} more)`;
  return `${first?.message ?? ""}${more}`;
}
