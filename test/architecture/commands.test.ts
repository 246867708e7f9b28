import { expect, test } from "vitest";
import { place, type RepositoryFile, repositoryFiles } from "../files.ts";

/** Where a command of ours may be spelt: how it is typed depends on where it is read. */
const SPELLING = "src/command-words.ts";

const NAMES = "pr-checks|plan|list|explain|selfproof|debug|doctor|baseline|help|--\\w";
const spelt = new RegExp(`\\bvoicekey-pipeline (?:${NAMES})|\\bnpx\\b[^\\n]{0,20}\\bvoicekey-pipeline`, "g");

const commandsIn = (file: RepositoryFile) =>
  [...file.text.matchAll(spelt)].map((m) => `${place(file, m.index)} ${m[0]}`);

test("a command of ours is spelt in one place", () => {
  const others = repositoryFiles(/^(src|dagger)\//).filter((f) => f.path !== SPELLING);
  expect(others.flatMap(commandsIn)).toEqual([]);
});

test("no page and no script has npx look for the command on a registry", () => {
  const fetching = /\bnpx (?!--no )[^\n]{0,30}\bvoicekey-pipeline/;
  const own = "test/architecture/commands.test.ts";
  const found = repositoryFiles(/./).filter((f) => f.path !== own && fetching.test(f.text));
  expect(found.map((f) => f.path)).toEqual([]);
});

test.each([
  "see `voicekey-pipeline doctor`",
  "voicekey-pipeline --help",
  "npx voicekey-pipeline",
  "npx --no -- voicekey-pipeline",
])("the rule sees %s", (text) => {
  expect(commandsIn({ path: "src/x.ts", text })).toHaveLength(1);
});

test.each(["the voicekey-pipeline command", "a bug in voicekey-pipeline: report it", "voicekey-pipeline-pip"])(
  "the rule lets %s be",
  (text) => {
    expect(commandsIn({ path: "src/x.ts", text })).toEqual([]);
  },
);
