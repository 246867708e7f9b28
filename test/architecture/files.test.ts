import ts from "typescript";
import { describe, expect, test } from "vitest";
import { place, type RepositoryFile, repositoryFiles } from "../files.ts";
import { importsOf, syntaxOf, walk } from "./syntax.ts";

const LONGEST = 300;
const everything = repositoryFiles(/./);
const source = repositoryFiles(/^src\/.+\.ts$/);

const lines = (file: RepositoryFile) => file.text.split("\n").length - 1;

/** Whatever a module does merely by being imported: statements that are not declarations, and declarations that read or start something. */
function sideEffects(file: RepositoryFile): string[] {
  const reaching = new Set(
    importsOf(file).flatMap((i) =>
      /^(node:)?(fs|fs\/promises|child_process|os|worker_threads)$|^execa$/.test(i.specifier) ? i.names : [],
    ),
  );
  return syntaxOf(file).statements.flatMap((statement) => {
    const at = place(file, statement.getStart());
    if (ts.isImportDeclaration(statement) && statement.importClause === undefined) return `${at} imports for effect`;
    if (ts.isVariableStatement(statement)) {
      if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0) return `${at} keeps state`;
      return runsAtOnce(statement, reaching).map((what) => `${at} calls ${what}`);
    }
    return isDeclaration(statement) ? [] : `${at} runs on import`;
  });
}

function isDeclaration(node: ts.Statement): boolean {
  return (
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node)
  );
}

/** Calls in an initialiser, outside any function, of something that reaches the machine, and top-level await. */
function runsAtOnce(statement: ts.VariableStatement, reaching: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isAwaitExpression(node)) found.push("await");
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText();
      const root = callee.split(".")[0] ?? callee;
      if (reaching.has(root) || (reaching.has("*") && /^(fs|os|child_process)\./.test(callee)) || root === "console")
        found.push(callee);
    }
    ts.forEachChild(node, look);
  };
  look(statement);
  return found;
}

// In pieces, so that this file does not hold what it looks for.
const registries = [
  ["pypi", "org"],
  ["pythonhosted", "org"],
  ["npmjs", "org"],
  ["npmjs", "com"],
  ["yarnpkg", "com"],
  ["golang", "org"],
  ["crates", "io"],
  ["rubygems", "org"],
  ["debian", "org"],
  ["ubuntu", "com"],
].map((parts) => parts.join("."));
const registry = new RegExp(
  `(?<![\\w.-])(?:[\\w-]+\\.)*(?:${registries.map((r) => r.replace(".", "\\.")).join("|")})(?![\\w-])`,
  "gi",
);
const machinePath = new RegExp(`(?<![\\w.~*-])/(?:${["work", "root", "farm"].join("|")})/`, "g");

const matches = (file: RepositoryFile, pattern: RegExp) =>
  [...file.text.matchAll(pattern)].map((m) => `${place(file, m.index)} ${m[0]}`);

/** Ways to switch a check off in a file. In pieces, as above. */
const silenced = new RegExp(
  [`biome-${"ignore"}`, `@ts-${"(?:ignore|nocheck|expect-error)"}`, `\\b(?:TO${"DO"}|FIX${"ME"})\\b`].join("|"),
  "g",
);

test("a TypeScript file is one concept: fewer than 300 lines", () => {
  const long = everything.filter((f) => /\.(ts|mjs)$/.test(f.path) && lines(f) >= LONGEST);
  expect(long.map((f) => `${f.path}: ${lines(f)} lines`)).toEqual([]);
});

test("every module under src/ and dagger/ begins by saying what it is for", () => {
  const mute = repositoryFiles(/^(src|dagger)\/.+\.ts$/).filter((f) => !/^(?:#!.*\n)?\/\*\*/.test(f.text));
  expect(mute.map((f) => f.path)).toEqual([]);
});

test("nothing in src/ happens by being imported", () => {
  expect(source.flatMap(sideEffects)).toEqual([]);
});

test("no file names a package registry's host", () => {
  expect(everything.flatMap((f) => matches(f, registry))).toEqual([]);
});

test("no file names a path of the machine that it was written on", () => {
  expect(everything.flatMap((f) => matches(f, machinePath))).toEqual([]);
});

test("no check is switched off inside a file", () => {
  const code = everything.filter((f) => /\.(ts|mjs)$/.test(f.path));
  expect(code.flatMap((f) => matches(f, silenced))).toEqual([]);
});

test("no test is left out or left alone", () => {
  const alone = (f: RepositoryFile) => {
    const found: string[] = [];
    walk(syntaxOf(f), (node) => {
      if (ts.isPropertyAccessExpression(node) && /^(test|it|describe)\b.*\.(only|skip|todo)$/s.test(node.getText())) {
        found.push(`${place(f, node.getStart())} ${node.getText()}`);
      }
    });
    return found;
  };
  expect(repositoryFiles(/^test\/.+\.test\.ts$/).flatMap(alone)).toEqual([]);
});

describe("the rules see", () => {
  const file = (text: string): RepositoryFile => ({ path: "src/x.ts", text });

  test.each([
    'console.log("loaded");',
    "if (a) b();",
    "await ready();",
    "export let count = 0;",
    'import "./polyfill.ts";',
    'import { readFileSync } from "node:fs"; const a = readFileSync("x");',
    'import * as fs from "node:fs"; const a = { b: fs.readFileSync("x") };',
    "const a = await ready();",
    "export default start();",
  ])("a side effect in %s", (text) => {
    expect(sideEffects(file(text))).toHaveLength(1);
  });

  test.each([
    "export const a = z.object({ b: z.string() });",
    'import { readFileSync } from "node:fs"; const a = () => readFileSync("x");',
    "const KNOWN = new Set(list());",
  ])("none in %s", (text) => {
    expect(sideEffects(file(text))).toEqual([]);
  });

  test.each(registries)("the host %s, also below another name", (host) => {
    expect(matches(file(`see https://files.${host}/simple`), registry)).toHaveLength(1);
    expect(matches(file(`https://${host}`), registry)).toHaveLength(1);
    expect(matches(file(`my-${host}, ${host}x`), registry)).toEqual([]);
  });

  test("a path of a machine, and not a path that only looks like one", () => {
    const home = ["", "root", ".cache"].join("/");
    expect(matches(file(`"${home}"`), machinePath)).toHaveLength(1);
    expect(matches(file("a/root/b and ~/root/x"), machinePath)).toEqual([]);
  });
});
