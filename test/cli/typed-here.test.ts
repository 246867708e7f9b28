import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Here, programHere, wordsHere } from "../../dagger/cli/typed-here.ts";

let folder = "";
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "typed-here-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

const NPX = "npx --no voicekey-pipeline";

/** A package with its built command, at a place below the test's folder. */
function packageAt(place: string): Pick<Here, "packageRoot" | "script"> {
  const packageRoot = join(folder, place);
  const script = join(packageRoot, "dist", "voicekey-pipeline.mjs");
  mkdirSync(dirname(script), { recursive: true });
  writeFileSync(join(packageRoot, "package.json"), "{}");
  writeFileSync(script, "");
  return { packageRoot, script };
}

/** The link that npm makes to an installed command. */
function linked(bin: string, { script }: { script: string }): string {
  const link = join(folder, bin, "voicekey-pipeline");
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(script, link);
  return link;
}

function workingFolder(place: string): string {
  const cwd = join(folder, place);
  mkdirSync(cwd, { recursive: true });
  return cwd;
}

test("an installation in the working folder or above it is typed through npx", () => {
  const installed = packageAt("app/node_modules/voicekey-pipeline");
  const script = linked("app/node_modules/.bin", installed);
  for (const cwd of ["app", "app/src/deep"])
    expect(programHere({ ...installed, script, cwd: workingFolder(cwd), env: {} })).toBe(NPX);
});

test("the repository of the command itself is typed through npx, and its command elsewhere by its path", () => {
  const own = packageAt("pipeline");
  expect(programHere({ ...own, cwd: workingFolder("pipeline/docs"), env: {} })).toBe(NPX);
  expect(programHere({ ...own, cwd: workingFolder("app"), env: {} })).toBe(`node ${own.script}`);
});

test("another installation than the one that runs is not taken for it", () => {
  linked("app/node_modules/.bin", packageAt("app/node_modules/voicekey-pipeline"));
  const runs = packageAt("tools/voicekey-pipeline");
  expect(programHere({ ...runs, cwd: workingFolder("app"), env: {} })).toBe(`node ${runs.script}`);
});

test("what PATH leads to is typed by its name, unless another command of that name comes first", () => {
  const runs = packageAt("lib/node_modules/voicekey-pipeline");
  linked("bin", runs);
  const cwd = workingFolder("app");
  const bin = join(folder, "bin");
  expect(programHere({ ...runs, cwd, env: { PATH: `/nonexistent:${bin}` } })).toBe("voicekey-pipeline");
  linked("other", packageAt("stranger"));
  expect(programHere({ ...runs, cwd, env: { PATH: `${join(folder, "other")}:${bin}` } })).toBe(`node ${runs.script}`);
});

test("a path below the working folder is short, and one with a blank is quoted", () => {
  const runs = packageAt("my app/tools");
  expect(programHere({ ...runs, cwd: join(folder, "my app"), env: {} })).toBe("node tools/dist/voicekey-pipeline.mjs");
  expect(programHere({ ...runs, cwd: workingFolder("elsewhere"), env: {} })).toBe(`node "${runs.script}"`);
});

test("the disk is looked at once, and only when words are asked for", () => {
  let looked = 0;
  const words = wordsHere(() => {
    looked += 1;
    return { ...packageAt("pipeline"), cwd: folder, env: {} };
  });
  expect(looked).toBe(0);
  expect(words().typed({ name: "list" })).toBe("node pipeline/dist/voicekey-pipeline.mjs list");
  words();
  expect(looked).toBe(1);
});
