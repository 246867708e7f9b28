/**
 * What a project says about itself in pyproject.toml and setup.cfg, whichever build backend it uses. Read only, never run: a setup.py is not looked into.
 * Values are foreign and unchecked here, but for their types.
 */
import path from "node:path";
import { parse, TomlError } from "smol-toml";
import type { Problem } from "../errors.ts";
import type { Declared, Metadata, PackageHints } from "./project-metadata.ts";
import { readSetupCfg } from "./setup-cfg.ts";
import { readText } from "./text-file.ts";

/** Reads both files where they exist; what is wrong with them comes back as problems, `shownRoot` in front of the file's name. */
export async function readMetadata(
  appFolder: string,
  shownRoot: string,
  exists: (name: string) => Promise<boolean>,
): Promise<{ metadata: Metadata; problems: readonly Problem[] }> {
  const shownName = (name: string): string => (shownRoot === "." ? name : `${shownRoot}/${name}`);
  const problems: Problem[] = [];
  const read = async (name: string): Promise<string> => {
    if (!(await exists(name))) return "";
    const found = await readText(path.join(appFolder, name));
    if ("text" in found) return found.text;
    problems.push({ message: `the project file ${found.message}`, file: shownName(name), remedy: found.remedy });
    return "";
  };
  const cfg = readSetupCfg(await read("setup.cfg"), shownName("setup.cfg"));
  const text = await read("pyproject.toml");
  try {
    return { metadata: merge(fromPyproject(text, parse(text), shownName("pyproject.toml")), cfg), problems };
  } catch (error) {
    if (!(error instanceof TomlError) && !(error instanceof RangeError)) throw error;
    const place = error instanceof TomlError ? { line: error.line, column: error.column } : {};
    const message = `not valid TOML: ${error.message.split("\n")[0]?.replace("Invalid TOML document: ", "")}`;
    problems.push({
      message,
      file: shownName("pyproject.toml"),
      ...place,
      remedy: "Mend the TOML there or on the line before.",
    });
    return { metadata: cfg, problems };
  }
}

function merge(first: Metadata, second: Metadata): Metadata {
  const or = <T>(a: readonly T[], b: readonly T[]): readonly T[] => (a.length > 0 ? a : b);
  const name = first.name ?? second.name;
  const requiresPython = first.requiresPython ?? second.requiresPython;
  const { paths, names, roots } = first.packages;
  return {
    ...(name === undefined ? {} : { name }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    classifiers: or(first.classifiers, second.classifiers),
    extras: or(first.extras, second.extras),
    groups: first.groups,
    packages: paths.length + names.length + roots.length === 0 ? second.packages : first.packages,
  };
}

function fromPyproject(text: string, data: unknown, file: string): Metadata {
  const declared = (...at: string[]): Declared | undefined => {
    const value = lookup(data, ...at);
    const where = `${at.join(".")} in pyproject.toml`;
    return typeof value === "string" ? { value, where, file, line: lineOf(text, at.at(-1) ?? "") } : undefined;
  };
  const name = declared("project", "name") ?? declared("tool", "poetry", "name");
  const requiresPython = declared("project", "requires-python") ?? declared("tool", "poetry", "dependencies", "python");
  const classifiers = [
    ...texts(lookup(data, "project", "classifiers")),
    ...texts(lookup(data, "tool", "poetry", "classifiers")),
  ];
  return {
    ...(name === undefined ? {} : { name }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    classifiers,
    extras: [
      ...keysOf(lookup(data, "project", "optional-dependencies")),
      ...keysOf(lookup(data, "tool", "poetry", "extras")),
    ],
    groups: keysOf(lookup(data, "dependency-groups")),
    packages: hintsOf(data),
  };
}

function hintsOf(data: unknown): PackageHints {
  const setuptools = lookup(data, "tool", "setuptools");
  const flit = lookup(data, "tool", "flit", "module", "name");
  const poetry = lookup(data, "tool", "poetry", "packages");
  const poetryPackages = Array.isArray(poetry) ? poetry : [];
  const hatch = texts(lookup(data, "tool", "hatch", "build", "targets", "wheel", "packages"));
  const names = [
    ...texts(lookup(setuptools, "packages")),
    ...texts(lookup(setuptools, "py-modules")),
    ...(typeof flit === "string" ? [flit] : []),
    ...poetryPackages.flatMap((p) => texts([lookup(p, "include")])).filter((n) => !n.includes("*")),
  ];
  const roots = [
    ...texts(lookup(setuptools, "packages", "find", "where")),
    ...Object.values(record(lookup(setuptools, "package-dir"))).flatMap((v) => texts([v])),
    ...poetryPackages.flatMap((p) => texts([lookup(p, "from")])),
  ];
  return { paths: hatch, names: names.map((n) => n.replaceAll("/", ".")), roots };
}

/** 1-based line of the first `key =`, as a TOML parser gives no places for values; 1 where it is written in another way. */
function lineOf(text: string, key: string): number {
  const index = text.split("\n").findIndex((line) => new RegExp(`^\\s*"?${key}"?\\s*=`).test(line));
  return index + 1 || 1;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function lookup(value: unknown, ...at: string[]): unknown {
  return at.reduce<unknown>((v, key) => (Object.hasOwn(record(v), key) ? record(v)[key] : undefined), value);
}

function keysOf(value: unknown): string[] {
  return Object.keys(record(value));
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === "string") : [];
}
