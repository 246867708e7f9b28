import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { steps } from "../../src/steps/index.ts";
import { place, REPOSITORY, readRepositoryFile, repositoryFiles } from "../files.ts";
import { alone } from "../steps/alone.ts";
import { syntaxOf, walk } from "./syntax.ts";

/** `unit-tests` → `unitTests`, as Dagger's own command line spells it back. */
const camel = (id: string) => id.replace(/-(\w)/g, (_whole, letter: string) => letter.toUpperCase());

/** Methods of the façade that Dagger shows, each with the text of its decorators. */
function facadeFunctions(): Map<string, string> {
  const found = new Map<string, string>();
  walk(syntaxOf({ path: "src/index.ts", text: readRepositoryFile("src/index.ts") }), (node) => {
    if (!ts.isMethodDeclaration(node)) return;
    const decorators = (ts.getDecorators(node) ?? []).map((d) => d.getText()).join(" ");
    if (/@func\b/.test(decorators)) found.set(node.name.getText(), decorators);
  });
  return found;
}

const functions = facadeFunctions();
const measuring = await alone();
const docs = readRepositoryFile("docs/checks.md");

/** Requirement ids that a docs table row must be linked to; the README's traceability table cites the same. */
const row = (id: string) => docs.split("\n").find((line) => line.startsWith(`| [\`${id}\`](#${id}) |`));

test("there are steps, and no two have one id", () => {
  const ids = steps.map((s) => s.id);
  expect(ids.length).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(ids.length);
});

describe.each(steps.map((step) => ({ id: step.id, step })))("the step $id", ({ id, step }) => {
  test("has an id that can be a file, a command-line name and an anchor", () => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  test("stands in its own file", () => {
    expect(
      existsSync(path.join(REPOSITORY, `src/steps/${id}.ts`)) ||
        existsSync(path.join(REPOSITORY, `src/steps/${id}/index.ts`)),
    ).toBe(true);
  });

  test("has a function of the façade, which is a check unless the step wants the machine to itself", () => {
    const decorators = functions.get(camel(id));
    expect(decorators, `@func() ${camel(id)} in src/index.ts`).toBeDefined();
    expect(/@check\(\)/.test(decorators ?? "")).toBe(!measuring.has(id));
  });

  test("has a test file", () => {
    expect(existsSync(path.join(REPOSITORY, `test/steps/${id}.test.ts`)), `test/steps/${id}.test.ts`).toBe(true);
  });

  test("has a poison folder for each tripwire, a tripwire for each folder, and at least one", () => {
    const folder = path.join(REPOSITORY, `src/steps/${id}/poison`);
    const folders = existsSync(folder) ? readdirSync(folder).sort() : [];
    expect(step.tripwires.map((t) => t.id).sort()).toEqual(folders);
    expect(step.tripwires.length, "a gate without poison proves nothing").toBeGreaterThan(0);
  });

  test("has a row and a section in docs/checks.md that name its requirements and its poisons", () => {
    for (const requirement of step.requirements) expect(row(id), requirement).toContain(requirement);
    const section = docs.split(/^## /m).find((part) => part.startsWith(`${id}\n`)) ?? "";
    for (const tripwire of step.tripwires) expect(section, tripwire.id).toContain(`\`${tripwire.id}\``);
  });

  test("needs only steps that stand before it", () => {
    const before = steps.slice(0, steps.indexOf(step)).map((s) => s.id);
    expect(step.needs.filter((needed) => !before.includes(needed))).toEqual([]);
  });

  test("serves a requirement and a goal", () => {
    expect(step.requirements.length).toBeGreaterThan(0);
    expect(step.requirements.filter((r) => !/^[A-Z]\d+$/.test(r))).toEqual([]);
    expect(step.goals.length).toBeGreaterThan(0);
  });
});

test("docs/checks.md describes no step that is not there", () => {
  const ids = new Set(steps.map((s) => s.id));
  const described = [...docs.matchAll(/^\| \[`([^`]+)`\]/gm)].map((m) => m[1] ?? "");
  expect(described.filter((id) => !ids.has(id))).toEqual([]);
});

test("the list of steps is the only place that knows the steps one by one", () => {
  const own = new Set(steps.flatMap((s) => [`src/steps/${s.id}.ts`]));
  const importers = repositoryFiles(/^(src|dagger)\/.+\.ts$/).flatMap((f) => {
    if (f.path === "src/steps/index.ts") return [];
    return [...f.text.matchAll(/from "([^"]+)"/g)]
      .map((m) => ({ at: place(f, m.index), to: path.posix.join(path.posix.dirname(f.path), m[1] ?? "") }))
      .filter(({ to }) => own.has(to) && !f.path.startsWith("src/steps/"))
      .map(({ at, to }) => `${at} imports ${to}`);
  });
  expect(importers).toEqual([]);
});
