import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FetchAttempts } from "../../../src/exec/host/fetch-attempts.ts";

let folder: string;
let now: number;
const clock = { now: () => new Date(now), monotonic: () => now };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vkp-attempts-"));
  now = Date.parse("2020-01-01T00:00:00Z");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a failed attempt is remembered for ten minutes, for its own version only", async () => {
  const attempts = new FetchAttempts(join(folder, "python"), clock);
  expect(await attempts.recent("3.12")).toBeUndefined();
  await attempts.failed("3.12", "no network");
  expect(await attempts.recent("3.12")).toContain("no network (tried at 2020-01-01T00:00:00.000Z");
  expect(await attempts.recent("3.13")).toBeUndefined();
  now += 10 * 60 * 1000;
  expect(await attempts.recent("3.12")).toBeUndefined();
});

it("a record that is damaged, or from the future, counts as never tried", async () => {
  const attempts = new FetchAttempts(folder, clock);
  writeFileSync(join(folder, ".not-fetched-3.12.json"), "{");
  expect(await attempts.recent("3.12")).toBeUndefined();
  await attempts.failed("3.12", "no network");
  now -= 1;
  expect(await attempts.recent("3.12")).toBeUndefined();
});
