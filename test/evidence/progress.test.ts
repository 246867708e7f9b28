import colors from "picocolors";
import { describe, expect, test } from "vitest";
import { hostWords } from "../../src/command-words.ts";
import type { RunEvent } from "../../src/evidence/events.ts";
import { liveLines, stepLines } from "../../src/evidence/progress-lines.ts";
import { advance, NO_PROGRESS, type Progress } from "../../src/evidence/progress-model.ts";
import { step } from "./verdicts.ts";

const paint = colors.createColors(false);
const T0 = "2020-01-02T03:04:05.000Z";
const at = (seconds: number) => new Date(Date.parse(T0) + seconds * 1000).toISOString();
const started: RunEvent = {
  type: "run-started",
  at: T0,
  goal: "pr-checks",
  plan: "sha256:1",
  where: "host",
  steps: ["lint", "types"],
  actions: 3,
};
const start = (action: string, seconds: number): RunEvent => ({ type: "action-started", at: at(seconds), action });
const finish = (action: string, cached = false): RunEvent => ({
  type: "action-finished",
  at: at(9),
  action,
  status: { kind: "exited", code: 0 },
  cached,
  durationMs: 1,
  enforced: { network: "cut", filesystem: "isolated" },
  toolchain: {},
});
const stateAfter = (...events: RunEvent[]): Progress => events.reduce(advance, NO_PROGRESS);

describe("the progress of a run", () => {
  test("knows what runs since when, in the order of the start", () => {
    expect(stateAfter(started, start("lint/run", 1), start("types/run", 2)).running).toEqual([
      { action: "lint/run", since: Date.parse(at(1)) },
      { action: "types/run", since: Date.parse(at(2)) },
    ]);
  });

  test("forgets an action that ended, and no other", () => {
    const state = stateAfter(started, start("a", 1), start("b", 2), finish("a"));
    expect(state.running.map((r) => r.action)).toEqual(["b"]);
  });

  test("counts what ran, what came from the cache, what was refused and what was left out", () => {
    const state = stateAfter(started, start("a", 1), finish("a"), finish("b", true), {
      type: "action-refused",
      at: T0,
      action: "c",
      reason: "no",
    });
    expect(state).toMatchObject({ ended: 3, cached: 1, running: [] });
    expect(advance(state, { type: "action-not-run", at: T0, action: "d", reason: "no" }).ended).toBe(3);
  });

  test("keeps the verdicts of steps by their keys", () => {
    const verdict = step("lint");
    expect(stateAfter(started, { type: "step-finished", at: T0, step: "lint", verdict }).verdicts).toEqual({
      lint: verdict,
    });
  });

  test("starts anew with each run and shows nothing after its end", () => {
    const end: RunEvent = { type: "run-finished", at: T0, outcome: "passed", proved: true };
    const state = stateAfter(started, start("a", 1), end);
    expect(state).toMatchObject({ finished: true, running: [] });
    expect(liveLines(state, 0, { columns: 80, rows: 10 }, paint)).toEqual([]);
    expect(advance(state, started)).toMatchObject({ finished: false, ended: 0 });
  });

  test("does not change by live output, and never changes the state that it was given", () => {
    const state = Object.freeze(stateAfter(started, start("a", 1)));
    expect(advance(state, { type: "action-output", at: T0, action: "a", stream: "stdout", line: "x" })).toBe(state);
    advance(state, finish("a"));
    expect(state.running).toHaveLength(1);
  });
});

describe("the block that is redrawn", () => {
  const red = step("lint", { outcome: "failed" });
  const state = stateAfter(
    started,
    finish("lint/run", true),
    { type: "step-finished", at: T0, step: "lint", verdict: red },
    start("types/run", 2),
    start("types/proof/wrong/run", 8),
  );

  test("says what is done, what failed, and what runs with its seconds", () => {
    expect(liveLines(state, Date.parse(at(12)), { columns: 80, rows: 10 }, paint).join("\n")).toMatchInlineSnapshot(`
      "12.0 s · 1/2 steps · 1/3 actions (1 cached) · 1 failed
        10 s  types/run
         4 s  types/proof/wrong/run"
    `);
  });

  test("is never wider or higher than it may be", () => {
    const busy = Array.from({ length: 30 }, (_, i) => start(`a-rather-long-action-name/${i}`, i)).reduce(
      advance,
      state,
    );
    const lines = liveLines(busy, Date.parse(at(40)), { columns: 30, rows: 6 }, paint);
    expect(lines).toHaveLength(5);
    expect(lines.every((l) => l.length <= 30)).toBe(true);
    expect(lines.at(-1)).toBe("        and 29 more");
  });

  test("is empty before the run has started", () => {
    expect(liveLines(NO_PROGRESS, 0, { columns: 80, rows: 10 }, paint)).toEqual([]);
  });
});

describe("the lines that stay", () => {
  test("one for a green step, with its time or that it was cached", () => {
    expect(stepLines("lint", step("lint"), paint, hostWords())).toEqual(["passed   lint (1.2 s)"]);
    expect(stepLines("lint", step("lint", { cached: true }), paint, hostWords())).toEqual(["passed   lint (cached)"]);
  });

  test("for a red one the reason and the first five lines of why", () => {
    const red = step("lint", { outcome: "failed", reason: "7 findings", detail: "1\n2\n3\n4\n5\n6\n7" });
    expect(stepLines("lint", red, paint, hostWords())).toEqual([
      "failed   lint (1.2 s): 7 findings",
      "    1",
      "    2",
      "    3",
      "    4",
      "    5",
      "    … 2 more lines",
    ]);
  });

  test("for a refused one the reason and the remedy", () => {
    const refused = step("types", { outcome: "refused", reason: "no Python 3.12", remedy: "install it" });
    expect(stepLines("types@3.12", refused, paint, hostWords())).toEqual([
      "refused  types@3.12: no Python 3.12",
      "    → install it",
    ]);
  });
});
