/**
 * Which of the supported Python versions a project is for, from its own metadata (PEP 440 specifiers, Poetry's caret and tilde, classifiers).
 * Decides by `MAJOR.MINOR`; which patch release runs is the toolchain's business.
 */
import { DEFAULT_PYTHONS, SUPPORTED_PYTHONS } from "./values.ts";

const CLASSIFIER = /^Programming Language :: Python :: (\d+\.\d+)$/;
/** A version counts as allowed when one of its patch releases 1 … 99 is: nobody runs a .0 for long. */
const PATCHES = Array.from({ length: 99 }, (_, i) => i + 1);

/**
 * The supported versions that the project names, ascending: those of its classifiers (or, without any, the usual ones) that `requires` allows.
 * Empty when `requires` allows none. A `requires` that cannot be understood limits nothing; `understood` says so.
 */
export function pythonVersions(
  requires: string | undefined,
  classifiers: readonly string[],
): { readonly versions: readonly string[]; readonly understood: boolean } {
  const allowed = SUPPORTED_PYTHONS.filter((version) => allowsPython(requires, version));
  const listed = classifiers.map((c) => CLASSIFIER.exec(c)?.[1]);
  const classified = SUPPORTED_PYTHONS.filter((v) => listed.includes(v));
  const wanted: readonly string[] = classified.length > 0 ? classified : DEFAULT_PYTHONS;
  const both = allowed.filter((v) => wanted.includes(v));
  return {
    versions: both.length > 0 ? both : allowed,
    understood: requires === undefined || parseSpecifier(requires) !== undefined,
  };
}

/** Whether requires-python lets a `MAJOR.MINOR` in. One that cannot be understood lets every version in. */
export function allowsPython(requires: string | undefined, version: string): boolean {
  const clauses = parseSpecifier(requires ?? "") ?? [];
  return PATCHES.some((patch) => clauses.every((c) => holds(c, [...numbers(version), patch])));
}

interface Clause {
  readonly operator: string;
  readonly release: readonly number[];
}

/** The clauses, all of which must hold; undefined when one cannot be understood. */
function parseSpecifier(text: string): readonly Clause[] | undefined {
  const clauses: Clause[] = [];
  for (const part of text.split(",").map((p) => p.trim())) {
    if (part === "" || part === "*") continue;
    const found = /^(~=|===?|!=|<=|>=|<|>|\^|~)?\s*v?(\d+(?:\.\d+){0,3})(\.\*)?$/.exec(part);
    if (found?.[2] === undefined) return undefined;
    const operator = found[1] ?? "==";
    const wild = found[3] !== undefined;
    if (wild && operator !== "==" && operator !== "!=") return undefined;
    clauses.push({ operator: wild ? `${operator}*` : operator, release: numbers(found[2]) });
  }
  return clauses;
}

function holds({ operator, release }: Clause, version: readonly number[]): boolean {
  const order = compare(version, release);
  const within = (parts: number): boolean => release.slice(0, parts).every((n, i) => version[i] === n);
  switch (operator) {
    case "==*":
      return within(release.length);
    case "!=*":
      return !within(release.length);
    case "==":
    case "===":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "^":
      return order >= 0 && within(1);
    case "~":
      return order >= 0 && within(Math.min(release.length, 2));
    default:
      return order >= 0 && within(Math.max(release.length - 1, 1));
  }
}

function numbers(version: string): number[] {
  return version.split(".").map(Number);
}

/** Missing parts count as 0, as PEP 440 has it. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
