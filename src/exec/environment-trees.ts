/** What the trees of a Python environment must hold: one lock, and for a project one wheel that fits. The same for all executors; builds nothing. */
import { PipelineError } from "../errors.ts";
import type { HostEntry, HostTree } from "./host-tree.ts";

/** Throws ENVIRONMENT_FAILED where there is none, or more than one. */
export function lockOf(environment: string, lock: HostTree): HostEntry {
  return onlyFile(lock, /\.(txt|lock)$/i, `the lock of environment ${environment}`, "requirement file");
}

/** Throws ENVIRONMENT_FAILED where there is none, or more than one. */
export function wheelOf(environment: string, project: HostTree): HostEntry {
  return onlyFile(project, /\.whl$/i, `the project of environment ${environment}`, "wheel");
}

/**
 * The wheel is built once, so one that is compiled for a single Python fits no other; the installer's words would not say what to do.
 * `wheel` is its file name, `version` the interpreter's, at least `MAJOR.MINOR`. Throws ENVIRONMENT_FAILED.
 */
export function refuseOtherPython(wheel: string, version: string): void {
  const [, major, minor] = /-cp\d+-cp(\d)(\d+)-[^-]+\.whl$/.exec(wheel) ?? [];
  const only = `${major}.${minor}`;
  if (major === undefined || `${version}.`.startsWith(`${only}.`)) return;
  const message = `${wheel} is compiled for Python ${only} alone, and cannot be installed for Python ${version}`;
  const remedy = `The wheel is built once, for all versions: name ${only} alone in \`python.versions\`, or compile for the stable ABI (abi3).`;
  throw new PipelineError("ENVIRONMENT_FAILED", message, {
    problems: [{ message: "the application has a compiled extension", remedy }],
  });
}

function onlyFile(tree: HostTree, name: RegExp, what: string, kind: string): HostEntry {
  const found = tree.entries.filter((e) => name.test(e.path) && e.mode !== "120000" && e.mode !== "160000");
  const [file] = found;
  if (file !== undefined && found.length === 1) return file;
  const names = found.map((e) => e.path).join(", ");
  throw new PipelineError("ENVIRONMENT_FAILED", `${what} must hold exactly one ${kind}, found ${names || "none"}`);
}
