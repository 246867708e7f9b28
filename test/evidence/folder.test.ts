import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PipelineError } from "../../src/errors.ts";
import { prepareEvidenceFolder } from "../../src/evidence/folder.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;
const me = { pid: 100, alive: (pid: number) => pid === 100 || pid === 200 };
let top = "";
let folder = "";

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), "evidence-"));
  folder = join(top, "evidence");
});
afterEach(() => rm(top, { recursive: true }));

/** Writes files; a name with a slash lies in a subfolder. */
async function fill(files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, "steps"), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

async function refused(): Promise<PipelineError> {
  const error = await prepareEvidenceFolder(folder, me).catch((e: unknown) => e);
  if (!(error instanceof PipelineError)) throw new Error("it was not refused");
  expect(error.code).toBe("EVIDENCE_UNWRITABLE");
  return error;
}

describe("a folder is made ready", () => {
  test("when it does not exist, parents included, and git ignores it", async () => {
    folder = join(top, "a b", "ewidencja ż");
    await prepareEvidenceFolder(folder, me);
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe("*\n");
  });

  test.each([
    ["a plan", { "plan.json": JSON.stringify({ schema: 1, digest: DIGEST }) }],
    ["a verdict", { "verdict.json": JSON.stringify({ schema: 1, plan: DIGEST }) }],
    ["a journal", { "journal.jsonl": `${JSON.stringify({ type: "run-started", plan: DIGEST })}\n{"type":"x` }],
    ["the lock of a run that was killed", { "plan.json": '{"sche', ".voicekey-pipeline-running": "300\n" }],
  ])("by clearing it when it holds %s of ours", async (_, files) => {
    await fill({ ...files, "report.md": "old", "steps/lint.txt": "old" });
    const release = await prepareEvidenceFolder(folder, me);
    await release();
    expect(await readdir(folder)).toEqual([".gitignore"]);
  });

  test("by clearing away what a killed run had not yet removed", async () => {
    const plan = JSON.stringify({ schema: 1, digest: DIGEST });
    await fill({ "plan.json": plan, "steps/lint.txt": "old" });
    await mkdir(join(folder, ".voicekey-pipeline-old", "lint"), { recursive: true });
    const release = await prepareEvidenceFolder(folder, me);
    expect(await readdir(folder)).not.toContain("steps");
    await release();
    expect(await readdir(folder)).toEqual([".gitignore"]);
  });

  test("when it is a link to a folder, without following links inside it", async () => {
    await mkdir(join(top, "real"));
    await mkdir(join(top, "precious"));
    await writeFile(join(top, "precious", "file"), "keep");
    await writeFile(join(top, "real", "plan.json"), JSON.stringify({ schema: 1, digest: DIGEST }));
    await symlink(join(top, "precious"), join(top, "real", "steps"));
    await symlink(join(top, "real"), folder);
    const release = await prepareEvidenceFolder(folder, me);
    expect(await readdir(join(top, "real"))).not.toContain("steps");
    await release();
    expect(await readFile(join(top, "precious", "file"), "utf8")).toBe("keep");
  });
});

describe("a folder is left exactly as it is", () => {
  test.each([
    [
      "holds a file that is not ours",
      { "plan.json": JSON.stringify({ schema: 1, digest: DIGEST }), "thesis.tex": "x" },
    ],
    ["holds files of our names that somebody else wrote", { "plan.json": '{"holiday":true}', "report.md": "mine" }],
    ["holds a verdict without a plan's digest", { "verdict.json": '{"schema":1,"plan":"sha256:short"}' }],
    ["holds only a report", { "report.md": "mine" }],
  ])("when it %s", async (_, files) => {
    await fill(files);
    const before = await readdir(folder);
    await refused();
    expect(await readdir(folder)).toEqual(before);
    for (const [name, text] of Object.entries(files)) expect(await readFile(join(folder, name), "utf8")).toBe(text);
  });

  test("and every foreign file is named", async () => {
    await fill({ "b.txt": "", "a.txt": "" });
    const error = await refused();
    expect(error.problems.map((p) => p.file)).toEqual([join(folder, "a.txt"), join(folder, "b.txt")]);
  });

  test("when it is a file", async () => {
    await writeFile(folder, "mine");
    await refused();
    expect(await readFile(folder, "utf8")).toBe("mine");
  });

  test.skipIf(process.getuid?.() === 0)("when it cannot be written", async () => {
    await mkdir(folder);
    await chmod(folder, 0o500);
    await refused();
  });
});

describe("two runs", () => {
  test("never write to one folder at once", async () => {
    const release = await prepareEvidenceFolder(folder, { ...me, pid: 200 });
    await writeFile(join(folder, "plan.json"), "of the other");
    expect((await refused()).message).toContain("another run (process 200)");
    expect(await readFile(join(folder, "plan.json"), "utf8")).toBe("of the other");
    await release();
  });

  test("follow each other: a released folder and one of a dead process are free", async () => {
    await (await prepareEvidenceFolder(folder, { ...me, pid: 200 }))();
    await prepareEvidenceFolder(folder, { ...me, pid: 300 });
    await expect(prepareEvidenceFolder(folder, me)).resolves.toBeTypeOf("function");
  });
});
