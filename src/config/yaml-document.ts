/**
 * YAML text as a plain value together with the place of each part of it, so that every problem can name line and column.
 * Knows nothing of what the keys mean.
 */
import type { LineCounter, Node } from "yaml";
import * as YAML from "yaml";
import type { Problem } from "../errors.ts";
import { printable } from "./shown.ts";

export type KeyPath = readonly (string | number)[];

/** 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlText {
  /** Plain data; undefined where the text is too broken for it to mean anything. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Place of the value at the path, or of the nearest part around it that exists. */
  place(path: KeyPath): Place;
  /** Place of the key itself, for problems of the key and not of its value. */
  keyPlace(path: KeyPath): Place;
  /** The scalar as it is written (`3.10`), or undefined. */
  written(path: KeyPath): string | undefined;
}

/** Expanding more aliases than this is an attack or an accident. */
const MAX_ALIASES = 50;
/** A file that is no YAML at all has an error on each line; the first ones tell. */
const MAX_SYNTAX_PROBLEMS = 20;

export function parseYaml(text: string, file: string): YamlText {
  try {
    return parse(text, file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return tooDeep(file);
  }
}

/** How deep is too deep depends on the machine's stack, so no place is told that would differ. */
function tooDeep(file: string): YamlText {
  const message = "the YAML is nested too deeply to be read";
  return broken([{ message, file, line: 1, column: 1, remedy: "Remove the surplus brackets." }]);
}

/** May throw RangeError on text that is nested thousands of levels deep. */
function parse(text: string, file: string): YamlText {
  const lines = new YAML.LineCounter();
  const document = YAML.parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  if (document.errors.some((e) => e.code === "RESOURCE_EXHAUSTION")) return tooDeep(file);
  const errors = [...document.errors, ...document.warnings];
  const problems = errors.slice(0, MAX_SYNTAX_PROBLEMS).map((e) => syntaxProblem(e, lines, file));
  if (document.errors.some((e) => e.code !== "DUPLICATE_KEY")) return broken(problems);
  const parts = places(document, lines);
  for (const path of protoKeys(document)) {
    const message = "the key `__proto__` is not allowed";
    problems.push({ message, file, ...parts.keyPlace(path), remedy: "Remove it." });
  }
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), problems, ...parts };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const message = `the aliases cannot be expanded: ${printable(error.message)}`;
    const remedy = "Write the values out instead of using `*` and `&`.";
    problems.push({ message, file, ...firstAlias(document, lines), remedy });
    return { ...parts, value: undefined, problems };
  }
}

function broken(problems: readonly Problem[]): YamlText {
  const top = { line: 1, column: 1 };
  return { value: undefined, problems, place: () => top, keyPlace: () => top, written: () => undefined };
}

function syntaxProblem(error: YAML.YAMLError, lines: LineCounter, file: string): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const remedy =
    error.code === "DUPLICATE_KEY"
      ? "Keep one of them."
      : error.code === "TAB_AS_INDENT"
        ? "Indent with spaces."
        : "Mend the YAML there or on the line before.";
  return { message: `not valid YAML: ${printable(error.message)}`, file, line, column: col, remedy };
}

function places(document: YAML.Document.Parsed, lines: LineCounter): Pick<YamlText, "place" | "keyPlace" | "written"> {
  const placeOf = (node: Node | null | undefined): Place | undefined => {
    const start = node?.range?.[0];
    if (start === undefined) return undefined;
    const { line, col } = lines.linePos(start);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const walk = (path: KeyPath): { value: Node | null; key: Node | null; found: boolean } => {
    let value: Node | null = document.contents;
    let key: Node | null = null;
    for (const part of path) {
      const inside = child(document, value, part);
      if (inside === undefined) return { value, key, found: false };
      ({ value, key } = inside);
    }
    return { value, key, found: true };
  };
  const top: Place = { line: 1, column: 1 };
  return {
    place(path) {
      const { value, key, found } = walk(path);
      return (found ? (placeOf(value) ?? placeOf(key)) : (placeOf(key) ?? placeOf(value))) ?? top;
    },
    keyPlace(path) {
      const { value, key } = walk(path);
      return placeOf(key) ?? placeOf(value) ?? top;
    },
    written(path) {
      const { value, found } = walk(path);
      return found && YAML.isScalar(value) ? value.source : undefined;
    },
  };
}

function child(
  document: YAML.Document.Parsed,
  parent: Node | null,
  part: string | number,
): { value: Node | null; key: Node | null } | undefined {
  const node = YAML.isAlias(parent) ? (parent.resolve(document) ?? null) : parent;
  if (YAML.isMap(node)) {
    const pair = node.items.find((item) => YAML.isScalar(item.key) && item.key.value === part);
    if (pair === undefined) return undefined;
    return { key: YAML.isNode(pair.key) ? pair.key : null, value: YAML.isNode(pair.value) ? pair.value : null };
  }
  if (YAML.isSeq(node) && typeof part === "number") {
    const item = node.items[part];
    return YAML.isNode(item) ? { key: item, value: item } : undefined;
  }
  return undefined;
}

/** Validators pass over `__proto__` in silence, so it is looked for here. */
function protoKeys(document: YAML.Document.Parsed): KeyPath[] {
  const found: KeyPath[] = [];
  const search = (node: unknown, path: KeyPath): void => {
    if (YAML.isMap(node)) {
      for (const pair of node.items) {
        const name = YAML.isScalar(pair.key) ? String(pair.key.value) : "";
        if (name === "__proto__") found.push([...path, name]);
        search(pair.value, [...path, name]);
      }
    } else if (YAML.isSeq(node)) {
      node.items.forEach((item, index) => {
        search(item, [...path, index]);
      });
    }
  };
  search(document.contents, []);
  return found;
}

function firstAlias(document: YAML.Document.Parsed, lines: LineCounter): Place {
  let offset = 0;
  YAML.visit(document, {
    Alias(_key, node) {
      offset = node.range?.[0] ?? 0;
      return YAML.visit.BREAK;
    },
  });
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
