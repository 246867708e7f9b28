import * as fs from "node:fs/promises";
import * as path from "node:path";
import { expect, it } from "vitest";
import type { ExitStatus } from "../../src/exec/executor.ts";
import { at, base, executor, exited, how, run, storeFiles, trees } from "./cached-executor-setting.ts";

const passed: ExitStatus = { kind: "exited", code: 0 };
const fresh = { fresh: true } as const;

it("fresh work is done although a result is kept, and takes its place", async () => {
  await run();
  at.behave = async () => ({ status: passed });
  const anew = await (await executor()).run(base, trees, { ...how(), ...fresh });
  expect(anew).toMatchObject({ cached: false, status: passed });
  expect(at.runs).toHaveLength(2);
  expect(await run()).toMatchObject({ cached: true, status: passed });
});

it.each<ExitStatus>([
  { kind: "timed-out", afterSeconds: 60 },
  { kind: "signalled", signal: "SIGKILL" },
])("nothing is kept any more when fresh work ended by $kind, so the next run does it again", async (status) => {
  await run();
  at.behave = async () => ({ status });
  await (await executor()).run(base, trees, { ...how(), ...fresh });
  expect(await storeFiles("actions")).toEqual([]);
  at.behave = async () => ({ status: passed });
  expect(await run()).toMatchObject({ cached: false, status: passed });
});

it("nothing is kept any more when fresh work was cancelled", async () => {
  await run();
  const stop = new AbortController();
  at.behave = () => Promise.reject(new Error("stop"));
  await expect((await executor()).run(base, trees, { ...how(stop.signal), ...fresh })).rejects.toThrow("stop");
  expect(await storeFiles("actions")).toEqual([]);
});

it("fresh work waits for the same work that is under way, and its own result stays", async () => {
  const cached = await executor();
  let finish: () => void = () => undefined;
  at.behave = () => new Promise((resolve) => (finish = () => resolve({ status: exited })));
  const works = cached.run(base, trees, how());
  await expect.poll(() => at.runs).toHaveLength(1);
  const anew = cached.run({ ...base, id: "anew" }, trees, { ...how(), ...fresh });
  at.behave = async () => ({ status: passed });
  finish();
  expect((await works).status).toEqual(exited);
  expect(await anew).toMatchObject({ cached: false, status: passed });
  expect(await run()).toMatchObject({ cached: true, status: passed });
});

it("without writing, fresh work leaves the store as it is", async () => {
  await run();
  const [entry = ""] = await storeFiles("actions");
  const before = await fs.readFile(entry, "utf8");
  const reading = await executor({ read: true, write: false });
  expect((await reading.run(base, trees, { ...how(), ...fresh })).cached).toBe(false);
  expect(await fs.readFile(path.resolve(entry), "utf8")).toBe(before);
});
