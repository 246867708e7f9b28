/**
 * What a schema cannot know of a config: whether the paths are there, stay in the app and are of the right kind, and whether what it leaves out could be found.
 * Works on the raw data of the file, so that these problems are told together with those of the schema.
 */
import type { Problem } from "../errors.ts";
import { type Detected, lockProblem } from "./detect.ts";
import { type PathKind, pathProblem, pathTextProblem } from "./paths.ts";
import { allowsPython } from "./python-versions.ts";
import { valueAt } from "./schema-problems.ts";
import { dotted, shown } from "./shown.ts";
import { SUPPORTED_PYTHONS } from "./values.ts";
import type { KeyPath, YamlText } from "./yaml-document.ts";

/** Checks of files and folders; those that read code come first. */
const CODE_CHECKS = ["format", "lint", "types", "dependencies-declared"] as const;
const PATH_CHECKS = [...CODE_CHECKS, "unit-tests", "integration-smoke"] as const;

/** Where a problem stands and how it is cured. */
type Report = (at: KeyPath, message: string, remedy: string) => Problem;

export function reporter(text: YamlText, file: string): Report {
  return (at, message, remedy) => ({ message, file, ...text.place(at), remedy });
}

/** Problems of the paths that the file names. Texts that the schema refuses are left to it. */
export async function pathProblems(app: string, text: YamlText, report: Report): Promise<Problem[]> {
  const problems: Problem[] = [];
  const check = async (at: KeyPath, kind: PathKind): Promise<string | undefined> => {
    const value = valueAt(text.value, at);
    if (typeof value !== "string" || pathTextProblem(value) !== undefined) return undefined;
    const problem = await pathProblem(app, value, kind);
    if (problem === undefined) return value;
    const remedy =
      problem === "does not exist"
        ? "Paths are relative to `app.root`: mend the path, or add the file."
        : "Name a path of the app itself.";
    problems.push(report(at, `${dotted(at)}: ${shown(value)} ${problem}`, remedy));
    return undefined;
  };
  const lists = [...PATH_CHECKS.map((id) => ["checks", id, "paths"]), ["checks", "asr-smoke", "tests"]];
  for (const at of lists) {
    const paths = valueAt(text.value, at);
    if (Array.isArray(paths)) for (const index of paths.keys()) await check([...at, index], "any");
  }
  await check(["checks", "asr-smoke", "app", "expected"], "file");
  for (const key of ["lock", "build-lock"]) {
    const at = ["python", key];
    const value = await check(at, "file");
    const problem = value === undefined ? undefined : await lockProblem(app, value);
    if (problem === undefined) continue;
    const remedy =
      "Make it with `uv pip compile --generate-hashes`, or remove the key: the dependencies are then resolved first.";
    problems.push(report(at, `${dotted(at)}: ${shown(value)} ${problem}`, remedy));
  }
  return [...problems, ...(await baselineProblems(app, text, report))];
}

/** A baseline that is not there yet excuses nothing, so it is no problem; one that is something else is. */
async function baselineProblems(app: string, text: YamlText, report: Report): Promise<Problem[]> {
  const value = valueAt(text.value, ["baseline"]);
  if (typeof value !== "string" || pathTextProblem(value) !== undefined) return [];
  const problem = await pathProblem(app, value, "file");
  if (problem === undefined || problem === "does not exist") return [];
  return [report(["baseline"], `\`baseline\`: ${shown(value)} ${problem}`, "Name a file of the app itself.")];
}

/** Problems of what the file leaves out and detection could not find, and of versions that the project does not admit. */
export function gapProblems(text: YamlText, found: Detected, report: Report): Problem[] {
  const problems: Problem[] = [];
  const given = (...at: string[]): boolean => valueAt(text.value, at) !== undefined;
  if (!given("app", "name") && found.name === undefined) {
    problems.push(
      report(
        ["app"],
        "the app's name cannot be found: no pyproject.toml or setup.cfg names it",
        "Write `app: { name: … }`, or, where the app is in a folder of its own, `app: { root: FOLDER }`.",
      ),
    );
  }
  if (!given("python", "packages") && found.packages.length === 0) {
    const message =
      "the app's import packages cannot be found: not by pyproject.toml or setup.cfg, nor below src, nor as a folder with __init__.py";
    problems.push(report(["python"], message, "Write `python: { packages: [NAME] }`, or mend `app.root`."));
  } else if (found.code.length === 0) {
    const open = CODE_CHECKS.filter((id) => !given("checks", id, "paths") && !given("checks", id, "skip"));
    const message = `no folder of the packages in \`python.packages\` is found, and ${open.map((id) => `\`${id}\``).join(", ")} would have nothing to check`;
    if (open.length > 0)
      problems.push(report(["python", "packages"], message, "Mend the names, or write `paths` for these checks."));
  }
  if (
    !given("checks", "unit-tests", "paths") &&
    !given("checks", "unit-tests", "skip") &&
    found.unitTests.length === 0
  ) {
    const message = "no tests are found: there is no folder tests or test";
    problems.push(
      report(
        ["checks", "unit-tests"],
        message,
        "Write `checks: { unit-tests: { paths: […] } }`, or a `skip` with the reason.",
      ),
    );
  }
  if (
    given("checks", "perf-smoke") &&
    !given("checks", "perf-smoke", "skip") &&
    !given("checks", "asr-smoke", "app", "listen")
  )
    problems.push(
      report(
        ["checks", "perf-smoke"],
        "`checks.perf-smoke` has nothing to measure: `checks.asr-smoke.app.listen` is missing",
        "Name the command that recognises speech on stdin, or remove `perf-smoke`.",
      ),
    );
  const versions = valueAt(text.value, ["python", "versions"]);
  if (Array.isArray(versions)) {
    versions.forEach((version, index) => {
      const supported = SUPPORTED_PYTHONS.find((v) => v === version);
      if (supported === undefined || allowsPython(found.requires, supported)) return;
      const at = ["python", "versions", index];
      problems.push(
        report(
          at,
          `${dotted(at)}: ${shown(version)} is not allowed by the project's requires-python ${shown(found.requires)}`,
          "Remove it here, or widen requires-python.",
        ),
      );
    });
  }
  return problems;
}
