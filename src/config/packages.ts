/**
 * Where a project's import packages are: from the build backend's settings, from the project's name, else from the folders. Looks, never imports.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { normalPath, pathProblem, pathTextProblem } from "./paths.ts";
import type { PackageHints } from "./project-metadata.ts";
import { isImportName } from "./values.ts";

export interface FoundPackage {
  /** As it is imported. */
  readonly name: string;
  /** Folder or module file, relative to the app's root. */
  readonly path: string;
  /** The folder that it is imported from, `.` for the app's root. */
  readonly root: string;
}

/** Folders that are often there and are not the app, even with an `__init__.py`. */
const NOT_THE_APP = new Set(
  "tests test testing docs doc examples example samples scripts tools benchmarks benches build dist venv node_modules".split(
    " ",
  ),
);
const USUAL_ROOTS = ["src", ".", "lib", "python"];

/** The packages of these import names, as far as they are found. */
export async function locatePackages(
  app: string,
  names: readonly string[],
  hints: PackageHints,
): Promise<FoundPackage[]> {
  const found: FoundPackage[] = [];
  for (const name of names) {
    const place = await locate(app, name, hints);
    if (place !== undefined) found.push(place);
  }
  return found;
}

/** The app's packages, by the first of the ways that finds any. */
export async function findPackages(
  app: string,
  hints: PackageHints,
  projectName: string | undefined,
): Promise<FoundPackage[]> {
  const ways = [
    () => byPath(app, hints.paths),
    () => locatePackages(app, topLevel(hints.names), hints),
    () => scanAll(app, hints.roots),
    () =>
      locatePackages(app, projectName === undefined ? [] : [projectName.toLowerCase().replace(/[-_.]+/g, "_")], hints),
    () => scanAll(app, ["src"]),
    () => scanAll(app, ["."]),
  ];
  for (const way of ways) {
    const found = await way();
    if (found.length > 0) return found;
  }
  return [];
}

/** Whether a path of the app leads to a folder or file of it, links out of it excluded. Never throws on foreign text. */
export async function leadsTo(app: string, value: string, kind: "file" | "folder"): Promise<boolean> {
  return pathTextProblem(value) === undefined && (await pathProblem(app, value, kind)) === undefined;
}

async function byPath(app: string, paths: readonly string[]): Promise<FoundPackage[]> {
  const found: FoundPackage[] = [];
  for (const value of paths.map(normalPath)) {
    const name = path.posix.basename(value, ".py");
    const there = (await leadsTo(app, value, "folder")) || (await leadsTo(app, value, "file"));
    if (there && isImportName(name)) found.push({ name, path: value, root: path.posix.dirname(value) });
  }
  return found;
}

async function locate(app: string, name: string, hints: PackageHints): Promise<FoundPackage | undefined> {
  if (!isImportName(name)) return undefined;
  const inside = name.replaceAll(".", "/");
  for (const root of [
    ...hints.roots.map(normalPath),
    ...hints.paths.map((p) => path.posix.dirname(normalPath(p))),
    ...USUAL_ROOTS,
  ]) {
    for (const [candidate, kind] of [
      [inside, "folder"],
      [`${inside}.py`, "file"],
    ] as const) {
      const value = root === "." ? candidate : `${root}/${candidate}`;
      if (await leadsTo(app, value, kind)) return { name, path: value, root };
    }
  }
  return undefined;
}

async function scanAll(app: string, roots: readonly string[]): Promise<FoundPackage[]> {
  const found: FoundPackage[] = [];
  for (const root of new Set(roots.map(normalPath)))
    if (await leadsTo(app, root, "folder")) found.push(...(await scan(app, root)));
  return found;
}

/** Packages directly below a folder; below the app's own root only those with an `__init__.py`, since any folder could be there. */
async function scan(app: string, root: string): Promise<FoundPackage[]> {
  const below = (name: string): string => (root === "." ? name : `${root}/${name}`);
  const packages: FoundPackage[] = [];
  const modules: FoundPackage[] = [];
  for (const name of (await readdir(path.join(app, root))).sort()) {
    const value = below(name);
    if (isImportName(name) && !NOT_THE_APP.has(name) && (await leadsTo(app, value, "folder"))) {
      if (await holdsPython(app, value, root !== ".")) packages.push({ name, path: value, root });
    } else if (
      root !== "." &&
      name.endsWith(".py") &&
      isImportName(name.slice(0, -3)) &&
      (await leadsTo(app, value, "file"))
    ) {
      modules.push({ name: name.slice(0, -3), path: value, root });
    }
  }
  return packages.length > 0 ? packages : modules;
}

async function holdsPython(app: string, folder: string, namespaces: boolean): Promise<boolean> {
  if (await leadsTo(app, `${folder}/__init__.py`, "file")) return true;
  if (!namespaces) return false;
  const names = await readdir(path.join(app, folder));
  if (names.some((n) => n.endsWith(".py"))) return true;
  for (const name of names) if (await leadsTo(app, `${folder}/${name}/__init__.py`, "file")) return true;
  return false;
}

/** `["a", "a.b", "c"]` → `["a", "c"]`. */
function topLevel(names: readonly string[]): string[] {
  return names.filter((name) => !names.some((other) => name.startsWith(`${other}.`)));
}
