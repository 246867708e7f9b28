/**
 * What a config need not say: name, versions, packages, extras, locks and paths, as the app's folder shows them.
 * Every value comes with a note of where it was found. What cannot be found is left open; whether that matters is decided in checks.ts.
 */
import { lstat } from "node:fs/promises";
import path from "node:path";
import type { Problem } from "../errors.ts";
import { readMetadata } from "./metadata.ts";
import { type FoundPackage, findPackages, leadsTo, locatePackages } from "./packages.ts";
import { normalPath } from "./paths.ts";
import type { Metadata } from "./project-metadata.ts";
import { pythonVersions } from "./python-versions.ts";
import { printable } from "./shown.ts";
import { readText } from "./text-file.ts";
import { DEFAULT_FILES, nameProblem, SUPPORTED_PYTHONS } from "./values.ts";

export interface Detected {
  readonly name?: string;
  readonly versions: readonly string[];
  readonly packages: readonly string[];
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  readonly lock?: string;
  readonly buildLock?: string;
  readonly baseline?: string;
  /** Folders (or files) that hold the packages. */
  readonly code: readonly string[];
  /** `code` and the folders of all tests. */
  readonly checked: readonly string[];
  readonly unitTests: readonly string[];
  readonly integrationTests: readonly string[];
  /** The requires-python that every version has to agree with. */
  readonly requires?: string;
  /** What is wrong with the project's own files. */
  readonly problems: readonly Problem[];
  /** By key of the config: where its value came from. */
  readonly notes: Readonly<Record<string, string>>;
}

/** What the config says itself and detection depends on. */
export interface Given {
  readonly name: boolean;
  readonly versions: boolean;
  readonly packages?: readonly string[];
}

export async function detect(app: string, shownRoot: string, given: Given): Promise<Detected> {
  const exists = async (name: string): Promise<boolean> =>
    (await lstat(path.join(app, name)).catch(() => undefined)) !== undefined;
  const { metadata, problems } = await readMetadata(app, shownRoot, exists);
  const hints = metadata.packages;
  const packages =
    given.packages === undefined
      ? await findPackages(app, hints, metadata.name?.value)
      : await locatePackages(app, given.packages, hints);
  const names = [...new Set(packages.map((p) => p.name))];
  const { versions, understood } = pythonVersions(metadata.requiresPython?.value, metadata.classifiers);
  const code = outermost(packages.map((p) => (p.root === "." ? p.path : p.root)));
  const tests = await testFolders(app, packages);
  const lock = await lockFile(app, DEFAULT_FILES.lock);
  const buildLock = await lockFile(app, DEFAULT_FILES["build-lock"]);
  const baseline = (await leadsTo(app, DEFAULT_FILES.baseline, "file")) ? DEFAULT_FILES.baseline : undefined;
  const name = metadata.name?.value ?? (names.length === 1 ? names[0] : undefined);
  const { extras, groups } = testRequirements(metadata);
  const requires = metadata.requiresPython;
  const notes: Record<string, string> = {
    "app.name": `${name} (${metadata.name?.where ?? "the only package"})`,
    "python.versions": `${versions.join(", ")} (${requires === undefined ? "no requires-python" : printable(`${requires.where} ${requires.value}`)}${understood ? "" : ", which is not understood"})`,
    "python.packages": names.join(", "),
    "python.extras": extras.join(", "),
    "python.groups": groups.join(", "),
    "python.lock": lock.note,
    "python.build-lock": buildLock.note,
    baseline: baseline ?? "",
    "checks.unit-tests.paths": tests.unit.join(", "),
    "checks.integration-smoke.paths": tests.integration.join(", "),
    "checks.types.paths": code.join(", "),
  };
  return {
    ...(name === undefined ? {} : { name }),
    versions,
    packages: names,
    extras,
    groups,
    ...(lock.path === undefined ? {} : { lock: lock.path }),
    ...(buildLock.path === undefined ? {} : { buildLock: buildLock.path }),
    ...(baseline === undefined ? {} : { baseline }),
    code,
    checked: outermost([...code, ...tests.all]),
    unitTests: tests.unit,
    integrationTests: tests.integration,
    ...(requires === undefined ? {} : { requires: requires.value }),
    problems: [...problems, ...metadataProblems(metadata, versions, given)],
    notes,
  };
}

/** Whether a requirement file pins by hash; one without requirements does. */
export async function lockProblem(app: string, value: string): Promise<string | undefined> {
  const found = await readText(path.join(app, ...value.split("/")));
  if (!("text" in found)) return found.message;
  const requires = found.text.split("\n").some((line) => /^[A-Za-z0-9]/.test(line));
  return requires && !found.text.includes("--hash=") ? "has no hashes" : undefined;
}

async function lockFile(app: string, name: string): Promise<{ path?: string; note: string }> {
  if (!(await leadsTo(app, name, "file"))) return { note: "" };
  const problem = await lockProblem(app, name);
  return problem === undefined ? { path: name, note: name } : { note: `none (${name} ${problem})` };
}

interface TestFolders {
  readonly unit: string[];
  readonly integration: string[];
  readonly all: string[];
}

/** A folder of unit tests alone is preferred for the unit tests; format and lint look at all tests. */
async function testFolders(app: string, packages: readonly FoundPackage[]): Promise<TestFolders> {
  const folder = async (value: string): Promise<string[]> => ((await leadsTo(app, value, "folder")) ? [value] : []);
  const own = [...(await folder("tests")), ...(await folder("test"))];
  const inside =
    own.length > 0
      ? []
      : (await Promise.all(packages.flatMap((p) => [folder(`${p.path}/tests`), folder(`${p.path}/test`)]))).flat();
  const unit = [...(await folder("tests/unit")), ...(await folder("test/unit"))];
  const integration = [...(await folder("tests/integration")), ...(await folder("test/integration"))];
  return {
    unit: [...unit, ...own, ...inside].slice(0, unit.length + own.length > 0 ? 1 : undefined),
    integration: integration.slice(0, 1),
    all: [...own, ...inside],
  };
}

function testRequirements(metadata: Metadata): { extras: string[]; groups: string[] } {
  const named = (list: readonly string[], names: readonly string[]): string[] =>
    list.filter((n) => names.includes(n.toLowerCase()));
  const pick = (names: readonly string[]) => ({
    extras: named(metadata.extras, names),
    groups: named(metadata.groups, names),
  });
  const tests = pick(["test", "tests", "testing"]);
  return tests.extras.length + tests.groups.length > 0 ? tests : pick(["dev"]);
}

function metadataProblems(metadata: Metadata, versions: readonly string[], given: Given): Problem[] {
  const problems: Problem[] = [];
  const { name, requiresPython } = metadata;
  const wrong = name === undefined || given.name ? undefined : nameProblem(name.value);
  if (name !== undefined && wrong !== undefined) {
    const message = `the project's name "${printable(name.value)}" ${wrong}`;
    problems.push({
      message,
      file: name.file,
      line: name.line,
      remedy: "Mend it, or write `app: { name: … }` in the config.",
    });
  }
  if (requiresPython !== undefined && versions.length === 0 && !given.versions) {
    const message = `requires-python "${printable(requiresPython.value)}" allows none of ${SUPPORTED_PYTHONS.join(", ")}`;
    const remedy = "The pipeline runs these versions only: widen requires-python.";
    problems.push({ message, file: requiresPython.file, line: requiresPython.line, remedy });
  }
  return problems;
}

/** Without those that lie inside another. */
function outermost(paths: readonly string[]): string[] {
  const all = [...new Set(paths.map(normalPath))];
  return all.filter((p) => !all.some((other) => other !== p && (other === "." || p.startsWith(`${other}/`))));
}
