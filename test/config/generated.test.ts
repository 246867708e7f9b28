import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { generated } from "../../scripts/schema.ts";
import { fileSchema } from "../../src/config/schema.ts";
import { jsonSchema, type SchemaNode } from "../../src/config/schema-problems.ts";

function undescribed(node: SchemaNode, at: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, inside]) => [
    ...((inside.description ?? "").length > 10 ? [] : [`${at}${name}`]),
    ...undescribed(inside, `${at}${name}.`),
  ]);
}

describe("the files that are generated from the schema", () => {
  it.each(Object.keys(generated()))("are up to date: %s (else run `npm run schema`)", async (file) => {
    const committed = await readFile(new URL(`../../${file}`, import.meta.url), "utf8");
    expect(committed).toBe(generated()[file]);
  });

  it("describe every key", () => {
    expect(undescribed(jsonSchema(fileSchema), "")).toEqual([]);
  });

  it("allow the pointer form and the whole form, and no unknown key", () => {
    const schema = JSON.parse(generated()["schema/pipeline.schema.json"] ?? "");
    expect(
      schema.anyOf.map((s: { required: string[]; additionalProperties: boolean }) => [
        s.required,
        s.additionalProperties,
      ]),
    ).toEqual([
      [["schema"], false],
      [["use"], false],
    ]);
  });
});
