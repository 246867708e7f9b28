import { describe, expect, it } from "vitest";
import type { Samples } from "../../src/steps/perf-smoke/records.ts";
import type { StepContext } from "../../src/steps/step.ts";
import { alone, contextOf, judgeChanged, judgeSamples, rules, simulated } from "./perf-smoke-samples.ts";

const context = await contextOf();
const good = (): Samples => structuredClone(simulated(context));
const judged = (change: (samples: Samples) => void, own: StepContext = context) => judgeChanged(own, change);

describe("samples that cannot be trusted", () => {
  it.each<[string, (s: Samples) => void, string]>([
    ["a pair is missing", (s) => s.pairs.pop(), "11 pairs were measured"],
    ["pairs are in another order", (s) => s.pairs.reverse(), "12 pairs"],
    ["a repetition is missing", (s) => s.pairs[3]?.change.ms[1]?.pop(), "does not hold each recording 2 times"],
    ["a time of waiting is missing", (s) => s.pairs[3]?.base.waited_ms[1]?.pop(), "does not hold each recording"],
    ["a recording is missing from a pair", (s) => s.pairs[3]?.base.ms.pop(), "does not hold each recording"],
    [
      "another recording was played",
      (s) => Object.assign(s.recordings[0] ?? {}, { file: "wind.wav" }),
      "other recordings",
    ],
    [
      "a recording had other content",
      (s) => Object.assign(s.recordings[0] ?? {}, { sha256: "0".repeat(64) }),
      "up.wav was played with other content",
    ],
    ["the change heard nothing", (s) => s.change.heard.splice(0), "not every recording was heard by the change"],
    [
      "the base heard nothing",
      (s) => s.base?.heard.splice(1, 1, []),
      "not every recording was heard by the merge base",
    ],
    ["the base was not measured", (s) => Object.assign(s, alone(s)), "the merge base was to be measured and was not"],
  ])("fail the check where %s", (_, change, said) => {
    const judgement = judged(change);
    expect(new Set(rules(judgement))).toEqual(new Set(["report-not-trusted"]));
    expect(judgement.detail).toContain(said);
  });

  it.each<[string, (s: Samples) => void]>([
    ["is negative", (s) => s.pairs[0]?.change.ms.splice(0, 1, [-1, 5])],
    ["is zero", (s) => s.rounds.splice(0, 1, [0, 100])],
    ["is not a number", (s) => s.pairs[0]?.change.ms.splice(0, 1, [Number.NaN, 5])],
    ["is infinite", (s) => s.rounds.splice(0, 1, [Number.POSITIVE_INFINITY, 100, 100])],
  ])("fail the check where one %s", (_, change) => {
    // JSON turns what it cannot say into null: in a round that stands for a recording without an answer, which here is a contradiction.
    expect(["no-report", "report-not-trusted"]).toContain(rules(judged(change))[0]);
  });

  it("fail the check where another list was read than the application's", () => {
    const entry = (m: StepContext["manifest"]) => m.entries.map((e) => ({ ...e, sha256: "0".repeat(64) }));
    const judgement = judgeSamples({ ...context, manifest: { entries: entry(context.manifest) } }, good());
    expect(judgement.detail).toContain("audio/expected.json was read with other content");
  });

  it("fail the check where they are missing, empty, no JSON or of another form", () => {
    for (const samples of [undefined, "", "{", "[]", '{"schema": 2}'])
      expect(
        rules(judgeSamples(context, good(), { read: (_, path) => (path === "samples.json" ? samples : "[]") })),
      ).toEqual(["no-report"]);
  });

  it("fail the check where the command failed or was ended", () => {
    expect(rules(judgeSamples(context, good(), { status: { kind: "exited", code: 1 } }))).toEqual([
      "report-not-trusted",
    ]);
    expect(rules(judgeSamples(context, good(), { status: { kind: "timed-out", afterSeconds: 9 } }))).toEqual([
      "no-report",
    ]);
  });
});
