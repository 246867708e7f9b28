import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY } from "../files.ts";

const a = `sha256:${"a".repeat(64)}`;
const b = `sha256:${"b".repeat(64)}`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "voicekey-same-plan-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function compare(...contents: unknown[]): { status: number | null; text: string } {
  const files = contents.map((content, i) => {
    const file = path.join(folder, `${i}.json`);
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(REPOSITORY, "scripts/same-plan.mjs"), ...files],
    { encoding: "utf8" },
  );
  return { status, text: stdout + stderr };
}

test("a plan and a verdict of the same plan are one plan", () => {
  expect(compare({ digest: a }, { plan: a })).toMatchObject({ status: 0, text: expect.stringContaining("one plan") });
});

test("different plans are said to be different", () => {
  expect(compare({ digest: a }, { digest: a }, { plan: b })).toMatchObject({
    status: 1,
    text: expect.stringContaining("2 different plans"),
  });
});

test.each([["{}"], ["not JSON"], ['{"digest":"sha256:abc"}'], ['{"digest":["x"]}'], ["null"]])(
  "%s names no plan, and nothing equals it",
  (content) => {
    expect(compare(content, content).status).toBe(2);
  },
);

test("one file alone cannot be compared", () => {
  expect(compare({ digest: a }).status).toBe(2);
});
