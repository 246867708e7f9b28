import { describe, expect, test } from "vitest";
import { timeline } from "../../src/evidence/timeline.ts";
import { action } from "../plan/fakes.ts";
import { judged, ran, recordOf, redRecord } from "./records.ts";
import { plan, planned, step } from "./verdicts.ts";

const lines = timeline(redRecord);
const bars = lines.lanes.flatMap((l) => l.bars.map((b) => ({ lane: l.name, ...b })));

describe("the timeline of a run", () => {
  test("has a lane for each step that did something, and one for what several share", () => {
    expect(lines.lanes.map((l) => l.name)).toEqual([
      "shared by several checks",
      "format",
      "lint",
      "unit-tests@3.11",
      "asr-smoke",
    ]);
    expect(bars.find((b) => b.id === "project/wheel")?.lane).toBe("shared by several checks");
  });

  test("draws what ran from its start to its end, and what was replayed as a moment", () => {
    expect(bars.find((b) => b.id === "lint/run")).toMatchObject({ start: 200, end: 1200, label: "run", proof: false });
    expect(lines.lanes.find((l) => l.name === "format")).toMatchObject({
      bars: [],
      replayed: [{ id: "format/run", at: 100 }],
    });
  });

  test("knows proofs by their names", () => {
    expect(bars.find((b) => b.id === "unit-tests@3.11/proof/dies/run")).toMatchObject({ label: "dies", proof: true });
  });

  test("shows a wait from the end of what an action reads", () => {
    expect(bars.find((b) => b.id === "asr-smoke/run")).toMatchObject({ ready: 9000, start: 12_000 });
  });

  test("names the longest chain of actions that had to follow each other, and its length", () => {
    expect(lines.critical).toEqual({
      ms: 56_700,
      actions: [
        { id: "project/wheel", ms: 8700 },
        { id: "asr-smoke/run", ms: 48_000 },
      ],
    });
    expect(bars.filter((b) => b.critical).map((b) => b.id)).toEqual(["project/wheel", "asr-smoke/run"]);
  });

  test("lays no bar over another", () => {
    const shape = recordOf([{ key: "lint", verdict: step("lint"), judgement: judged() }]);
    const ids = ["a", "b", "c"];
    const own = plan([planned(step("lint"), { actions: Object.fromEntries(ids.map((id) => [id, id])) })], {
      actions: ids.map((id) => action(id)),
    });
    const lane = timeline({ ...shape, plan: own, actions: [ran("a", 0, 10), ran("b", 5, 20), ran("c", 12, 15)] })
      .lanes[0];
    expect(lane?.bars.map((b) => [b.id, b.row])).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 0],
    ]);
    expect(lane?.rows).toBe(2);
    // Where its row was busy, a wait is drawn from the end of what was there.
    expect(lane?.bars.find((b) => b.id === "c")?.ready).toBe(10);
  });

  test("of a run that was replayed whole has no critical path", () => {
    const replayed = redRecord.actions.map((a) => (a.kind === "ran" ? { ...a, cached: true } : a));
    expect(timeline({ ...redRecord, actions: replayed }).critical).toEqual({ ms: 0, actions: [] });
  });
});
