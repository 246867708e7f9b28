import { describe, expect, it } from "vitest";
import type { ExitStatus } from "../../src/exec/executor.ts";
import { at, base, executor, exited, how, trees } from "./cached-executor-setting.ts";

describe("the same work asked for twice at once", () => {
  it("is done once", async () => {
    const cached = await executor();
    const results = await Promise.all(["a", "b", "c"].map((id) => cached.run({ ...base, id }, trees, how())));
    expect(at.runs).toEqual(["a"]);
    expect(results.map((r) => r.cached)).toEqual([false, true, true]);
  });

  it("is done by the next when the first is cancelled", async () => {
    const cached = await executor();
    const first = new AbortController();
    at.behave = (signal) =>
      new Promise((_resolve, reject) => {
        const fail = () => reject(signal.reason);
        signal.addEventListener("abort", fail);
      });
    const cancelled = cached.run({ ...base, id: "first" }, trees, how(first.signal));
    const waiting = cached.run({ ...base, id: "second" }, trees, how());
    await expect.poll(() => at.runs).toEqual(["first"]);
    at.behave = async () => ({ status: exited });
    first.abort(new Error("stop"));
    await expect(cancelled).rejects.toThrow("stop");
    expect((await waiting).cached).toBe(false);
    expect(at.runs).toEqual(["first", "second"]);
  });

  it.each<ExitStatus>([
    { kind: "timed-out", afterSeconds: 60 },
    { kind: "signalled", signal: "SIGKILL" },
  ])("is done by the next when the first ended by $kind", async (status) => {
    const cached = await executor();
    at.behave = async () => {
      at.behave = async () => ({ status: exited });
      return { status };
    };
    const results = await Promise.all(["a", "b"].map((id) => cached.run({ ...base, id }, trees, how())));
    expect(results.map((r) => [r.status.kind, r.cached])).toEqual([
      [status.kind, false],
      ["exited", false],
    ]);
  });

  it("can be given up by one that waits, without harm to the one that works", async () => {
    const cached = await executor();
    let finish: () => void = () => undefined;
    at.behave = () => new Promise((resolve) => (finish = () => resolve({ status: exited })));
    const works = cached.run(base, trees, how());
    await expect.poll(() => at.runs).toHaveLength(1);
    const second = new AbortController();
    const waits = cached.run(base, trees, how(second.signal));
    second.abort(new Error("stop"));
    await expect(waits).rejects.toThrow("stop");
    finish();
    expect((await works).cached).toBe(false);
  });

  it("is not shared where the action says never", async () => {
    const cached = await executor();
    const never = { ...base, cache: "never" as const };
    await Promise.all([cached.run(never, trees, how()), cached.run(never, trees, how())]);
    expect(at.runs).toHaveLength(2);
  });
});
