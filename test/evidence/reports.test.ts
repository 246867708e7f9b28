import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareEvidenceFolder } from "../../src/evidence/folder.ts";
import { REPORTS } from "../../src/evidence/report-names.ts";
import { writeReports } from "../../src/evidence/reports.ts";
import { writeRecord } from "./record-folder.ts";
import { redRecord } from "./records.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "reports-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("every report is written beside the evidence, and the record is handed on", async () => {
  const { verdict } = await writeRecord(folder, redRecord);
  expect((await writeReports(folder)).verdict).toEqual(verdict);
  expect(await readdir(folder)).toEqual(expect.arrayContaining([...REPORTS]));
  const beginnings = await Promise.all(
    REPORTS.map(async (name) => [name, (await readFile(join(folder, name), "utf8")).slice(0, 14)]),
  );
  expect(Object.fromEntries(beginnings)).toEqual({
    "report.md": "## ❌ pr-checks",
    "report.html": "<!doctype html",
    "summary.md": "## ❌ pr-checks",
    "junit.xml": "<?xml version=",
    "results.sarif": '{"version":"2.',
  });
});

test("the next run clears them away", async () => {
  await writeRecord(folder, redRecord);
  await writeReports(folder);
  const release = await prepareEvidenceFolder(folder, { pid: 1, alive: () => false });
  await release();
  expect(await readdir(folder)).toEqual([".gitignore"]);
});

test("a report that cannot be written is an error that names it", async () => {
  await writeRecord(folder, redRecord);
  await mkdir(join(folder, "junit.xml"));
  await expect(writeReports(folder)).rejects.toMatchObject({
    code: "EVIDENCE_UNWRITABLE",
    message: expect.stringContaining("junit.xml"),
  });
});
