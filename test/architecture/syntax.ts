/**
 * TypeScript files as syntax trees, and what the architecture rules ask of them: which modules a file names and how.
 * Reads nothing; a rule gets path and text, so that each rule can also be tried on a planted text.
 */
import path from "node:path";
import ts from "typescript";
import type { RepositoryFile } from "../files.ts";

export interface Import {
  /** As written: `../exec/action.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
  /** `type`: erased before it runs. `lazy`: behind `import()`. */
  readonly how: "static" | "type" | "lazy";
  readonly offset: number;
  /** Imported names (before renaming); `*` for a namespace, `default` for a default import. */
  readonly names: readonly string[];
}

const parsed = new WeakMap<RepositoryFile, ts.SourceFile>();

export function syntaxOf(file: RepositoryFile): ts.SourceFile {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  parsed.set(file, tree);
  return tree;
}

/** Calls `visit` for every node, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export function importsOf(file: RepositoryFile): Import[] {
  const found: Import[] = [];
  walk(syntaxOf(file), (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const specifier = node.moduleSpecifier;
      if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
      found.push({
        specifier: specifier.text,
        how: isTypeOnly(node) ? "type" : "static",
        offset: node.getStart(),
        names: namesOf(node),
      });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      const specifier = argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : "(computed)";
      found.push({ specifier, how: "lazy", offset: node.getStart(), names: ["*"] });
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      found.push({ specifier: node.argument.literal.text, how: "type", offset: node.getStart(), names: ["*"] });
    }
  });
  return found;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function namesOf(node: ts.ImportDeclaration | ts.ExportDeclaration): string[] {
  if (ts.isExportDeclaration(node)) return ["*"];
  const clause = node.importClause;
  if (clause === undefined) return [];
  const names = clause.name === undefined ? [] : ["default"];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, "*"];
  return [...names, ...bindings.elements.map((e) => (e.propertyName ?? e.name).text)];
}

/** The repository path behind a relative specifier, or undefined for a package. */
export function target(file: RepositoryFile, specifier: string): string | undefined {
  return specifier.startsWith(".") ? path.posix.join(path.posix.dirname(file.path), specifier) : undefined;
}

/** `zod` of `zod/v4`, `@dagger.io/dagger` of `@dagger.io/dagger/telemetry`; undefined for relative and `node:` specifiers. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
