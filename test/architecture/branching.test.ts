import ts from "typescript";
import { expect, test } from "vitest";
import { place, type RepositoryFile, repositoryFiles } from "../files.ts";
import { syntaxOf, walk } from "./syntax.ts";

const EQUALITY = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);

/** `.id`, `.stepId` or a variable of such a name, `executor.where`, `step.key`: what says which step or which executor it is. */
const IDENTITY = /(?:^|[.?!])(?:id|stepId|actionId)$|(?:executor|verdict|step)[?!]?\.(?:where|key)$/i;

/** A name that decides what happens, in the shapes that it can take: comparison, switch, test of a prefix, membership of a list. */
function branchesOnNames(file: RepositoryFile): string[] {
  const found: string[] = [];
  const add = (node: ts.Node) => found.push(`${place(file, node.getStart())} ${node.getText().split("\n")[0]}`);
  walk(syntaxOf(file), (node) => {
    if (ts.isBinaryExpression(node) && EQUALITY.has(node.operatorToken.kind)) {
      const sides = [node.left, node.right];
      if (sides.some(isIdentity) && sides.some((side) => ts.isStringLiteralLike(side) && side.text !== "")) add(node);
    }
    if (ts.isSwitchStatement(node) && isIdentity(node.expression)) add(node);
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: on, name } = node.expression;
      if (/^(startsWith|endsWith)$/.test(name.text) && isIdentity(on) && node.arguments.some(ts.isStringLiteralLike))
        add(node);
      if (name.text === "includes" && ts.isArrayLiteralExpression(on) && node.arguments.some(isIdentity)) add(node);
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) {
      if (/Executor$/.test(node.right.getText())) add(node);
    }
  });
  return found;
}

function isIdentity(node: ts.Node): boolean {
  return (ts.isPropertyAccessExpression(node) || ts.isIdentifier(node)) && IDENTITY.test(node.getText());
}

test("no code asks which step or which executor it has before it", () => {
  expect(repositoryFiles(/^(src|dagger)\/.+\.ts$/).flatMap(branchesOnNames)).toEqual([]);
});

test.each([
  'if (step.id === "lint") {}',
  'const a = "lint" !== step?.id;',
  'switch (step.id) { case "lint": }',
  'if (planned.id.startsWith("unit-")) {}',
  'if (["lint", "types"].includes(step.id)) {}',
  'if (executor.where === "host") {}',
  "if (executor instanceof HostExecutor) {}",
])("the rule sees %s", (text) => {
  expect(branchesOnNames({ path: "src/x.ts", text })).toHaveLength(1);
});

test.each([
  "if (a.id === b.id) {}",
  'if (ref.kind === "source") {}',
  "if (ids.includes(step.id)) {}",
  'if (id === "") {}',
  'if (imported.where === "source") {}',
  "if (e instanceof PipelineError) {}",
])("the rule lets %s be", (text) => {
  expect(branchesOnNames({ path: "src/x.ts", text })).toEqual([]);
});
