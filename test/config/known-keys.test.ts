import { describe, expect, it } from "vitest";
import { fileSchema } from "../../src/config/schema.ts";
import { jsonSchema, nearest, type SchemaNode } from "../../src/config/schema-problems.ts";
import { IMAGES } from "../../src/toolchains/images.ts";
import { APP, complaint } from "./repository.ts";

interface Group {
  readonly at: readonly string[];
  readonly keys: readonly string[];
}

/** Each mapping of the schema with the keys that it knows. */
function groups(node: SchemaNode, at: readonly string[] = []): Group[] {
  const properties = Object.entries(node.properties ?? {});
  const names = node.propertyNames?.enum?.map(String) ?? properties.map(([name]) => name);
  const own = names.length === 0 ? [] : [{ at, keys: names }];
  return [...own, ...properties.flatMap(([name, inside]) => groups(inside, [...at, name]))];
}

/** Every word that differs from `word` by one letter left out, added, replaced, or swapped with its neighbour. */
function typos(word: string): Set<string> {
  const made = new Set<string>();
  for (let i = 0; i <= word.length; i++) {
    const [before, after] = [word.slice(0, i), word.slice(i)];
    for (const letter of "xaes-") {
      made.add(before + letter + after);
      if (after !== "") made.add(before + letter + after.slice(1));
    }
    if (after !== "") made.add(before + after.slice(1));
    if (after.length > 1 && word.length > 3) made.add(before + after.charAt(1) + after.charAt(0) + after.slice(2));
  }
  made.delete("");
  return made;
}

const all = groups(jsonSchema(fileSchema));
/** Images differ by a version's digit, so that a wrong digit may mean either; the words are the schema's own. */
const words = all.filter((g) => g.at[0] !== "images");

describe("a misspelt key", () => {
  it.each(words.map((g) => [g.at.join(".") || "the top", g] as const))(
    "is answered by the key that was meant, at %s",
    (_name, { keys }) => {
      for (const key of keys) {
        for (const typo of typos(key))
          if (!keys.includes(typo)) expect([typo, nearest(typo, keys)]).toEqual([typo, key]);
      }
    },
  );

  it("covers every mapping of the schema, images included", () => {
    expect(all.map((g) => g.at.join("."))).toEqual(
      expect.arrayContaining(["", "app", "python", "checks", "checks.unit-tests", "images"]),
    );
    expect(all.find((g) => g.at[0] === "images")?.keys).toEqual(Object.keys(IMAGES));
  });

  it("is found in other ways of writing, and not guessed at when nothing is near", () => {
    expect(nearest("buildLock", ["lock", "build-lock"])).toBe("build-lock");
    expect(nearest("BUILD_LOCK", ["lock", "build-lock"])).toBe("build-lock");
    expect(nearest("deployment", ["lock", "build-lock"])).toBeUndefined();
    expect(nearest("x", [])).toBeUndefined();
  });

  it.each([
    ["schema: 1\npyhton: {}\n", "unknown key `pyhton`", "Did you mean `python`?"],
    [
      "schema: 1\nchecks: { unit-tests: { covrage: 1 } }\n",
      "unknown key `covrage` in `checks.unit-tests`",
      "Did you mean `coverage`?",
    ],
    ["schema: 1\nimages: { pyton-3.12: x }\n", "unknown key `pyton-3.12` in `images`", "Did you mean `python-3.12`?"],
    ["schema: 1\nextras: [test]\n", "unknown key `extras`", "It belongs elsewhere: `python.extras`."],
  ])("is told at its place: %j", async (text, message, remedy) => {
    const said = await complaint({ ...APP, "pipeline.yaml": text });
    expect(said).toContain(message);
    expect(said).toContain(`    → ${remedy}`);
    expect(said).toContain("has 1 problem:");
  });
});
