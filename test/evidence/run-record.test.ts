import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PipelineError } from "../../src/errors.ts";
import { loadRun } from "../../src/evidence/run-record.ts";
import { writeRecord } from "./record-folder.ts";
import { redRecord } from "./records.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-record-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function problems(): Promise<string> {
  const error = await loadRun(folder).catch((e: unknown) => e);
  if (!(error instanceof PipelineError)) throw new Error("it was loaded");
  expect(error.code).toBe("EVIDENCE_INVALID");
  return error.problems
    .map((p) => `${[p.file, p.line].filter((x) => x !== undefined).join(":")} ${p.message}`)
    .join("\n");
}

test("a run is read as its folder holds it", async () => {
  const { plan, verdict } = await writeRecord(folder, redRecord);
  const record = await loadRun(folder);
  expect(record.plan).toEqual(plan);
  expect(record.verdict).toEqual(verdict);
  expect(record.steps.map((s) => [s.key, s.title, s.judgement])).toEqual(
    redRecord.steps.map((s) => [s.key, s.title, s.judgement]),
  );
  expect(record.actions).toEqual(redRecord.actions);
});

test("what a later version adds to a verdict is handed on", async () => {
  const [first, ...rest] = redRecord.steps;
  if (first === undefined) throw new Error("no step");
  const added = { ...first, verdict: { ...first.verdict, later: 1 } };
  await writeRecord(folder, { ...redRecord, steps: [added, ...rest] });
  expect((await loadRun(folder)).steps[0]?.verdict).toHaveProperty("later", 1);
});

test("what an application says can look like an event without being taken for one", async () => {
  await writeRecord(folder, redRecord);
  const line = {
    type: "step-finished",
    at: "2020-01-02T03:04:05.000Z",
    step: "x",
    verdict: { detail: '"action-finished"' },
  };
  await appendFile(join(folder, "journal.jsonl"), `${JSON.stringify(line)}\n`);
  expect((await loadRun(folder)).actions).toEqual(redRecord.actions);
});

describe("evidence that does not hold together is refused:", () => {
  beforeEach(() => writeRecord(folder, redRecord));

  const changed = async (name: string, change: (text: string) => string): Promise<void> => {
    const file = join(folder, name);
    const text = await readFile(file, "utf8");
    const next = change(text);
    expect(next).not.toBe(text);
    await writeFile(file, next);
  };

  test("a document that is missing", async () => {
    await rm(join(folder, "verdict.json"));
    expect(await problems()).toBe("verdict.json cannot be read");
  });

  test("a document that was cut short", async () => {
    await changed("verdict.json", (text) => text.slice(0, -1));
    expect(await problems()).toContain("verdict.json it:");
  });

  test("a verdict with an outcome that there is not", async () => {
    await changed("verdict.json", (text) => text.replace('"outcome":"failed"', '"outcome":"fine"'));
    expect(await problems()).toContain("verdict.json outcome:");
  });

  test("a plan that was changed after the run", async () => {
    await changed("plan.json", (text) => text.replace("fixtures/voice-app", "fixtures/other-app"));
    expect(await problems()).toBe("plan.json is not the plan that the verdict is about");
  });

  test("a judgement that was changed after the run, and one that is gone", async () => {
    const file = "steps/lint/judgement.json";
    await changed(file, (text) => text.replace("undefined name", "Undefined name"));
    expect(await problems()).toBe(`${file} is not the file that the verdict names`);
    await rm(join(folder, file));
    expect(await problems()).toBe(`${file} cannot be read`);
  });

  test("lines of the journal that are no events, each with its number", async () => {
    await appendFile(join(folder, "journal.jsonl"), '{"type":"action-finished","at":"yesterday"}\nnot json\n');
    expect(await problems()).toMatch(/^journal.jsonl:\d+ is not an event of a run\njournal.jsonl:\d+ is not an event/);
  });
});
