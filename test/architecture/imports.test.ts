import { describe, expect, test } from "vitest";
import { place, type RepositoryFile, repositoryFiles } from "../files.ts";
import { importsOf, packageOf, target } from "./syntax.ts";

const code = repositoryFiles(/^(src|dagger)\/.+\.ts$/);
const FACADE = "src/index.ts";

/**
 * Libraries that a file under src/ may import at its top. All of src/ is loaded on each `dagger call`, so this list is short on purpose;
 * any other library stands behind `import()`.
 */
const LIGHT = new Set([
  "fast-xml-parser",
  "fastest-levenshtein",
  "picocolors",
  "picomatch",
  "semver",
  "smol-toml",
  "write-file-atomic",
  "yaml",
  "zod",
]);

/** Where a library is what the file is for. */
const LIGHT_THERE: Readonly<Record<string, RegExp>> = { execa: /^src\/exec\/(host\/|git\.ts$)/ };

function daggerOutsideTheFacade(file: RepositoryFile): string[] {
  if (!file.path.startsWith("src/") || file.path === FACADE) return [];
  return importsOf(file)
    .filter((i) => packageOf(i.specifier) === "@dagger.io/dagger" || target(file, i.specifier)?.startsWith("dagger/"))
    .map((i) => `${place(file, i.offset)} imports ${i.specifier}`);
}

function heavyAtTheTop(file: RepositoryFile): string[] {
  if (!file.path.startsWith("src/") || file.path === FACADE) return [];
  return importsOf(file)
    .filter((i) => i.how === "static")
    .map((i) => ({ ...i, library: packageOf(i.specifier) }))
    .filter(({ library }) => library !== undefined && !LIGHT.has(library) && !LIGHT_THERE[library]?.test(file.path))
    .map((i) => `${place(file, i.offset)} imports ${i.specifier}`);
}

/** Each cycle once, from its alphabetically first file: `a.ts → b.ts → a.ts`. Type imports count: a circle of meanings is one too. */
function cycles(files: readonly RepositoryFile[]): string[] {
  const edges = new Map(
    files.map((f) => [f.path, importsOf(f).flatMap((i) => (i.how === "lazy" ? [] : (target(f, i.specifier) ?? [])))]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const follow = (at: string, trail: readonly string[]): void => {
    const back = trail.indexOf(at);
    if (back >= 0) {
      const circle = trail.slice(back);
      const first = circle.indexOf([...circle].sort()[0] ?? at);
      const turned = [...circle.slice(first), ...circle.slice(0, first)];
      found.add([...turned, turned[0]].join(" → "));
      return;
    }
    if (done.has(at)) return;
    for (const next of edges.get(at) ?? []) follow(next, [...trail, at]);
    done.add(at);
  };
  for (const file of files) follow(file.path, []);
  return [...found].sort();
}

function missing(files: readonly RepositoryFile[]): string[] {
  const known = new Set(files.map((f) => f.path));
  return files.flatMap((f) =>
    importsOf(f)
      .filter((i) => /\.ts$/.test(i.specifier) && !known.has(target(f, i.specifier) ?? ""))
      .map((i) => `${place(f, i.offset)} imports ${i.specifier}`),
  );
}

test("there is code to look at", () => {
  expect(code.length).toBeGreaterThan(10);
});

test("under src/ only the façade knows Dagger", () => {
  expect(code.flatMap(daggerOutsideTheFacade)).toEqual([]);
});

test("a heavy library is loaded only when it is needed", () => {
  expect(code.flatMap(heavyAtTheTop)).toEqual([]);
});

test("no module imports itself through others", () => {
  expect(cycles(code)).toEqual([]);
});

test("every imported file of the repository exists in src/ or dagger/", () => {
  expect(missing(code)).toEqual([]);
});

test("nothing that ships imports tests, scripts or fixtures", () => {
  const outside = (f: RepositoryFile) =>
    importsOf(f)
      .filter((i) => /^(test|scripts|fixtures)\//.test(target(f, i.specifier) ?? ""))
      .map((i) => place(f, i.offset));
  expect(code.flatMap(outside)).toEqual([]);
});

describe("the rules see", () => {
  const file = (path: string, text: string): RepositoryFile => ({ path, text });

  test.each([
    ['import { dag } from "@dagger.io/dagger";'],
    ['import type { Directory } from "@dagger.io/dagger";'],
    ['export * from "../../dagger/executor.ts";'],
    ['const x = () => import("../../dagger/executor.ts");'],
  ])("Dagger in %s", (text) => {
    expect(daggerOutsideTheFacade(file("src/plan/x.ts", text))).toHaveLength(1);
    expect(daggerOutsideTheFacade(file("src/index.ts", text.replace("../../", "../")))).toEqual([]);
  });

  test("a heavy library at the top, and not behind import() or in a type", () => {
    expect(heavyAtTheTop(file("src/x.ts", 'import { a } from "@sigstore/sign";'))).toHaveLength(1);
    expect(heavyAtTheTop(file("src/x.ts", 'import "execa";'))).toHaveLength(1);
    expect(heavyAtTheTop(file("src/x.ts", 'import type { A } from "@sigstore/sign";'))).toEqual([]);
    expect(heavyAtTheTop(file("src/x.ts", 'const a = () => import("@sigstore/sign");'))).toEqual([]);
  });

  test("a cycle of three files, once", () => {
    const ring = [
      file("src/a.ts", 'import "./b/b.ts";'),
      file("src/b/b.ts", 'import type { C } from "../c.ts";'),
      file("src/c.ts", 'export { a } from "./a.ts";'),
      file("src/d.ts", 'import "./a.ts";'),
    ];
    expect(cycles(ring)).toEqual(["src/a.ts → src/b/b.ts → src/c.ts → src/a.ts"]);
  });

  test("a file that is not there", () => {
    expect(missing([file("src/a.ts", 'import "./gone.ts";')])).toEqual(["src/a.ts:1 imports ./gone.ts"]);
  });
});
