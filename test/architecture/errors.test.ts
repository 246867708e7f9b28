import ts from "typescript";
import { expect, test } from "vitest";
import { DAGGER_WORDS, hostWords } from "../../src/command-words.ts";
import { CATALOGUE, type ErrorCode, EXIT, remedyOf } from "../../src/errors.ts";
import { place, type RepositoryFile, repositoryFiles } from "../files.ts";
import { syntaxOf, walk } from "./syntax.ts";

const code = repositoryFiles(/^(src|dagger)\/.+\.ts$/).filter((f) => f.path !== "src/errors.ts");

/** String literals, wherever they stand: a code may travel through a table or a parameter before it is thrown. */
function literals(file: RepositoryFile): Set<string> {
  const found = new Set<string>();
  walk(syntaxOf(file), (node) => {
    if (ts.isStringLiteralLike(node)) found.add(node.text);
  });
  return found;
}

test("every code of the error catalogue is used", () => {
  const used = new Set(code.flatMap((f) => [...literals(f)]));
  expect(Object.keys(CATALOGUE).filter((c) => !used.has(c))).toEqual([]);
});

test("every code that is thrown is in the catalogue", () => {
  const thrown: string[] = [];
  for (const file of code) {
    walk(syntaxOf(file), (node) => {
      if (!ts.isNewExpression(node) || node.expression.getText() !== "PipelineError") return;
      const [first] = node.arguments ?? [];
      if (first !== undefined && ts.isStringLiteralLike(first) && !(first.text in CATALOGUE))
        thrown.push(`${place(file, node.getStart())} ${first.text}`);
    });
  }
  expect(thrown).toEqual([]);
});

test("every error says what to do about it, and ends the process in its own way", () => {
  for (const [name, entry] of Object.entries(CATALOGUE)) {
    expect(name).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    for (const text of [entry.cause, ...[hostWords(), DAGGER_WORDS].map((words) => remedyOf(name as ErrorCode, words))])
      expect(text, name).toMatch(/^\S.*[.)]$/s);
    expect([EXIT.badInput, EXIT.cannot], name).toContain(entry.exit);
  }
});
