import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { place, REPOSITORY, type RepositoryFile, repositoryFiles } from "../files.ts";
import { syntaxOf, walk } from "./syntax.ts";

/** Every type that the SDK's generated client exports is a bare name that Dagger resolves over all of src/. */
function daggerNames(): Set<string> {
  const client = "node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts";
  const tree = syntaxOf({ path: client, text: readFileSync(path.join(REPOSITORY, client), "utf8") });
  // The language's own, and the words that the SDK reserves, are taken too.
  const names = new Set([
    "Error",
    "Function",
    "Object",
    "String",
    "Number",
    "Boolean",
    "Void",
    "Promise",
    "Map",
    "Set",
    "Date",
  ]);
  for (const statement of tree.statements) {
    if (ts.isClassDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isEnumDeclaration(statement)) {
      if (statement.name !== undefined) names.add(statement.name.text);
    }
  }
  return names;
}

function named(file: RepositoryFile, taken: ReadonlySet<string>): string[] {
  const found: string[] = [];
  walk(syntaxOf(file), (node) => {
    if (
      !(
        ts.isClassDeclaration(node) ||
        ts.isInterfaceDeclaration(node) ||
        ts.isTypeAliasDeclaration(node) ||
        ts.isEnumDeclaration(node)
      )
    )
      return;
    if (node.name !== undefined && taken.has(node.name.text))
      found.push(`${place(file, node.getStart())} ${node.name.text}`);
  });
  return found;
}

const taken = daggerNames();

test("the SDK's client was understood", () => {
  for (const name of [
    "Container",
    "Directory",
    "File",
    "Secret",
    "Service",
    "Platform",
    "Check",
    "Host",
    "Port",
    "Terminal",
  ]) {
    expect(taken.has(name), name).toBe(true);
  }
});

test("nothing in src/ is called like a Dagger core type", () => {
  expect(repositoryFiles(/^src\/.+\.ts$/).flatMap((f) => named(f, taken))).toEqual([]);
});

test.each([
  "class Container {}",
  "export type Secret = string;",
  "enum Port { A }",
  "interface Directory { a: 1 }",
  "function f() { class File {} }",
])("the rule sees %s", (text) => {
  expect(named({ path: "src/x.ts", text }, taken)).toHaveLength(1);
});
