/**
 * What the schema found, as problems that a person can act on: in the file's words, with the place, and for a misspelt key or value the nearest known one.
 * Finds nothing itself.
 */
import { closest, distance } from "fastest-levenshtein";
import * as z from "zod";
import type { Problem } from "../errors.ts";
import { dotted, printable, shown } from "./shown.ts";
import type { KeyPath, YamlText } from "./yaml-document.ts";

type Issue = z.core.$ZodIssue;

/** The part of JSON Schema that the generated schema uses. */
export interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly propertyNames?: SchemaNode;
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly SchemaNode[];
}

/** The schema as JSON Schema (draft 7) of what stands in the file. */
export function jsonSchema(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { target: "draft-7", io: "input" }) as SchemaNode;
}

export function schemaProblems(issues: readonly Issue[], schema: z.ZodType, text: YamlText, file: string): Problem[] {
  const tree = jsonSchema(schema);
  const misspelt = new Set<string>();
  const problems: Problem[] = [];
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const at = keys(issue.path);
    for (const key of issue.keys) {
      if (key === "__proto__") continue; // told by the YAML reader, wherever it stands
      const { message, remedy, meant } = unknownKey(tree, at, key);
      if (meant !== undefined) misspelt.add(JSON.stringify([...at, meant]));
      problems.push({ message, file, ...text.keyPlace([...at, key]), remedy });
    }
  }
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") continue;
    const path = keys(issue.path);
    if (isMissing(text, path) && misspelt.has(JSON.stringify(path))) continue;
    problems.push(valueProblem(issue, path, tree, text, file));
  }
  return problems;
}

function keys(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((part) => (typeof part === "symbol" ? String(part) : part));
}

function unknownKey(tree: SchemaNode, at: KeyPath, key: string): { message: string; remedy: string; meant?: string } {
  const node = nodeAt(tree, at);
  const known = node?.propertyNames?.enum?.map(String) ?? Object.keys(node?.properties ?? {});
  const where = at.length === 0 ? "" : ` in ${dotted(at)}`;
  const message = `unknown key \`${printable(key)}\`${where}`;
  const meant = nearest(key, known);
  if (meant !== undefined) return { message, remedy: `Did you mean \`${meant}\`?`, meant };
  const elsewhere = homes(tree, key);
  if (elsewhere.length > 0) return { message, remedy: `It belongs elsewhere: ${elsewhere.map(dotted).join(", ")}.` };
  return { message, remedy: `Known keys here: ${known.map((k) => `\`${k}\``).join(", ")}.` };
}

/** The known word that was probably meant, or undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || word.length > 100) return undefined;
  const plain = (w: string): string =>
    w
      .replace(/([a-z])([A-Z])/g, "$1-$2")
      .toLowerCase()
      .replaceAll("_", "-");
  const best = closest(plain(word), [...known]);
  return distance(plain(word), best) <= (best.length < 4 ? 1 : Math.max(2, Math.floor(best.length / 3)))
    ? best
    : undefined;
}

/** Every place in the schema where a key of this name is known. */
function homes(node: SchemaNode, key: string, at: KeyPath = []): KeyPath[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, inside]) => [
    ...(name === key ? [[...at, name]] : []),
    ...homes(inside, key, [...at, name]),
  ]);
}

function nodeAt(tree: SchemaNode, path: KeyPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = tree;
  for (const part of path) {
    if (node === undefined) return undefined;
    const more: SchemaNode | boolean | undefined = node.additionalProperties;
    const named: SchemaNode | undefined = Object.hasOwn(node.properties ?? {}, part)
      ? node.properties?.[part]
      : undefined;
    node = typeof part === "number" ? node.items : (named ?? (typeof more === "object" ? more : undefined));
  }
  return node;
}

export function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (v, part) => (typeof v === "object" && v !== null && Object.hasOwn(v, part) ? Reflect.get(v, part) : undefined),
    value,
  );
}

function isMissing(text: YamlText, path: KeyPath): boolean {
  return path.length > 0 && valueAt(text.value, path) === undefined;
}

function valueProblem(issue: Issue, path: KeyPath, tree: SchemaNode, text: YamlText, file: string): Problem {
  const node = nodeAt(tree, path);
  const description = node?.description ?? nodeAt(tree, path.slice(0, -1))?.description;
  const place = issue.code === "invalid_key" ? text.keyPlace(path) : text.place(path);
  const said = say(issue, path, text);
  const fixed = node?.const === undefined ? undefined : `Write \`${path.at(-1)}: ${node.const}\`.`;
  const remedy = said.remedy ?? fixed ?? (description === undefined ? undefined : `${dotted(path)}: ${description}`);
  return { message: said.message, file, ...place, ...(remedy === undefined ? {} : { remedy }) };
}

interface Said {
  readonly message: string;
  readonly remedy?: string;
}

function say(issue: Issue, path: KeyPath, text: YamlText): Said {
  const name = dotted(path);
  const value = valueAt(text.value, path);
  if (isMissing(text, path)) return { message: `${name} is missing` };
  if (value === null)
    return { message: `${name} has no value`, remedy: "Write its value behind it, or remove the key." };
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "string"
        ? notText(name, value, text.written(path))
        : { message: `${name} must be ${kind(issue.expected)}, not ${shown(value)}` };
    case "invalid_value": {
      const allowed = issue.values.map(String);
      const written = text.written(path);
      if (typeof value !== "string" && issue.values.every((v) => typeof v === "string")) {
        const quoted = notText(name, value, written);
        if (written === undefined || allowed.includes(written)) return quoted;
        return { message: quoted.message, remedy: `Write one of ${allowed.map((a) => JSON.stringify(a)).join(", ")}.` };
      }
      const meant = typeof value === "string" ? nearest(value, allowed) : undefined;
      const list = issue.values.map((v) => JSON.stringify(v)).join(", ");
      const message = `${name} must be ${allowed.length === 1 ? "" : "one of "}${list}, not ${shown(value)}`;
      return meant === undefined || /\d/.test(meant) ? { message } : { message, remedy: `Did you mean \`${meant}\`?` };
    }
    case "too_small":
      return { message: `${name} ${bound(issue.origin, "at least", issue.minimum)}` };
    case "too_big":
      return { message: `${name} ${bound(issue.origin, "at most", issue.maximum)}` };
    case "invalid_key":
      return { message: `${name}: this name ${issue.issues.map((i) => i.message).join("; ")}` };
    default:
      return { message: `${name} ${issue.message}${typeof value === "object" ? "" : ` (it is ${shown(value)})`}` };
  }
}

/** YAML reads an unquoted 3.10 as the number 3.1: the commonest mistake in such files, so it is said outright. */
function notText(name: string, value: unknown, written: string | undefined): Said {
  if (written === undefined || typeof value === "object")
    return { message: `${name} must be text, not ${shown(value)}` };
  if (typeof value === "boolean") return { message: `${name} must be text, not the truth value ${shown(value)}` };
  const read = written === shown(value) ? "is a number" : `is read as the number ${shown(value)}`;
  return {
    message: `${name} must be text; without quotes ${printable(written)} ${read}`,
    remedy: `Write ${shown(written)}, in quotes.`,
  };
}

function kind(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    array: "a list",
    object: "a mapping of keys to values",
    record: "a mapping of names to values",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
  };
  return words[expected] ?? expected;
}

function bound(origin: string, which: string, limit: number | bigint): string {
  if (origin === "array") return `must hold ${which} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  if (origin === "string") return `must have ${which} ${limit} ${limit === 1 ? "character" : "characters"}`;
  return `must be ${which} ${limit}`;
}
