import { expect, it } from "vitest";
import { parse } from "yaml";
import { fileSchema } from "../../src/config/schema.ts";
import { readRepositoryFile } from "../files.ts";

const text = readRepositoryFile("docs/speech.md");
const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((m) => m[1] ?? "");

it("docs/speech.md shows the three forms of the speech check", () => {
  expect(blocks("yaml")).toHaveLength(3);
});

it.each(blocks("yaml"))("a config of docs/speech.md has the form that the schema asks for: %s", (yaml) => {
  expect(fileSchema.safeParse(parse(yaml)).error?.issues ?? []).toEqual([]);
});

it("the list of recordings in docs/speech.md has exactly the keys that its table explains", () => {
  const entries = JSON.parse(blocks("json")[0] ?? "") as Record<string, unknown>[];
  const shown = [...new Set(entries.flatMap((e) => Object.keys(e)))].sort();
  expect(shown).toEqual([...text.matchAll(/^\| `(\w+)` \|/gm)].map((m) => m[1]).sort());
  expect(shown).toEqual(["expect", "file", "kind", "speech_end_ms", "text"]);
});
