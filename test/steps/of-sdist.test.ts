/** The action that hands the sdist's wheel on, where there is one. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { REPOSITORY } from "../files.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "of-sdist-"));
  for (const name of ["report", "made", "target"]) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true }));

function handOn(builds: object, wheels: readonly string[]) {
  writeFileSync(join(folder, "report/dist.json"), JSON.stringify({ builds }));
  for (const name of wheels) writeFileSync(join(folder, "made", name), "wheel");
  const script = join(REPOSITORY, "src/steps/project/of_sdist.py");
  const argv = ["-I", script, ...["report", "made", "target"].map((name) => join(folder, name))];
  const { status, stderr } = spawnSync("python3", argv, { encoding: "utf8" });
  return { status, stderr, target: readdirSync(join(folder, "target")) };
}

const good = { exit: 0, made: 1, said: "" };

it("hands on the one wheel", () => {
  const done = handOn({ sdist: good, "wheel of the sdist": good }, ["a-1-py3-none-any.whl"]);
  expect(done).toEqual({ status: 0, stderr: "", target: ["a-1-py3-none-any.whl"] });
});

it.each([
  ["the sdist cannot be built", { sdist: { exit: 1, made: 0, said: "FileNotFoundError: no VERSION\n" } }],
  [
    "the sdist does not build",
    { sdist: good, "wheel of the sdist": { exit: 1, made: 0, said: "FileNotFoundError: no VERSION\n" } },
  ],
])("says that %s, in the back end's words, the last lines of them", (words, builds) => {
  const { status, stderr, target } = handOn(builds, []);
  expect({ status, target }).toEqual({ status: 1, target: [] });
  expect(stderr).toContain(words);
  expect(stderr.trimEnd().split("\n").at(-1)).toBe("FileNotFoundError: no VERSION");
});
