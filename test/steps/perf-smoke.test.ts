import { describe, expect, it } from "vitest";
import type { Samples } from "../../src/steps/perf-smoke/records.ts";
import type { StepContext } from "../../src/steps/step.ts";
import {
  alone,
  contextOf,
  judgeChanged,
  judgeSamples,
  listeningConfig,
  rules,
  simulated,
} from "./perf-smoke-samples.ts";

const context = await contextOf();
const good = (): Samples => structuredClone(simulated(context));
const judged = (change: (samples: Samples) => void, own: StepContext = context) => judgeChanged(own, change);

describe("a measurement with a merge base", () => {
  it("passes where both versions work alike, and tells by how much they differ", () => {
    const judgement = judgeSamples(context, good());
    expect(judgement).toMatchObject({ outcome: "passed", findings: [] });
    expect(judgement.facts).toMatchObject({
      "against the merge base": "no regression",
      pairs: 12,
      "recordings in each sample": "2, each 2 times",
      "latencies measured": 2,
      load: "load average 0.4 to 1.1, 7 % of the cores' time used by others, 0.0 % stolen",
      "measured on": "A processor, 2 cores",
      "ratio of CPU time": "1.00",
    });
    expect(Number(judgement.facts["ratio"])).toBeCloseTo(1, 1);
    expect(judgement.measures?.map((m) => [m.id, m.groups.map((g) => [g.name, g.values.length])])).toEqual([
      ["latency", [["clean", 2]]],
      [
        "work",
        [
          ["merge base", 12],
          ["change", 12],
        ],
      ],
    ]);
    expect(judgement.measures?.[0]?.limits.map((l) => l.value)).toEqual([200, 350]);
  });

  it("fails where the change is slower, with medians, ratio, interval and p", () => {
    const judgement = judgeSamples(context, simulated(context, { change: 100 }));
    expect(judgement).toMatchObject({ outcome: "failed", findings: [{ rule: "slower" }] });
    expect(judgement.reason).toMatch(
      /^\d+\.\d ms of work per recording at the merge base, \d+\.\d ms now: ratio 1\.2\d\d, 95 % interval 1\.\d+ to 1\.\d+, p < 0\.001; a regression is a ratio above 1\.100 at p < 0\.01$/,
    );
    expect(judgement.measures).toHaveLength(2);
  });

  it("judges by the configured percentage", async () => {
    const own = await contextOf(listeningConfig({ regression: 40 }));
    expect(judgeSamples(own, simulated(own, { change: 100 })).outcome).toBe("passed");
  });

  it("says that the change is faster", () => {
    const judgement = judgeSamples(context, simulated(context, { change: 40 }));
    expect(judgement.facts["against the merge base"]).toBe("faster");
  });

  it("is not red by noise, and says that it could not tell", () => {
    const judgement = judgeSamples(context, simulated(context, { noise: 1.8 }));
    expect(judgement.outcome).toBe("passed");
    expect(judgement.facts["against the merge base"]).toMatch(/^inconclusive: this machine was too noisy/);
  });

  it("compares the recordings that both understand, and says how many it leaves out", () => {
    const judgement = judged((s) => {
      s.base?.heard.splice(0, 1, ["scroll cup"]);
      for (const half of s.pairs.flatMap((p) => [p.base, p.change]))
        for (const own of [half.ms, half.waited_ms]) own[0] = [];
    });
    expect(judgement.outcome).toBe("passed");
    expect(judgement.facts).toMatchObject({
      "recordings not compared": 1,
      "recordings in each sample": "1, each 2 times",
    });
  });

  it("takes off the time in which other processes had the cores, however unevenly it fell", () => {
    const judgement = judged((s) => {
      for (const { change } of s.pairs) {
        change.waited_ms = change.ms.map((own) => own.map(() => 70));
        change.ms = change.ms.map((own) => own.map((ms) => ms + 70));
      }
    });
    expect(judgement.outcome).toBe("passed");
    expect(judgement.facts).toMatchObject({
      "against the merge base": "no regression",
      "waiting for a core": "30 % of the time, taken off",
    });
  });

  it("takes nothing off where the kernel does not count, and says it", () => {
    const judgement = judged((s) => {
      for (const half of s.pairs.flatMap((p) => [p.base, p.change]))
        half.waited_ms = half.ms.map((own) => own.map((_, k) => (k === 0 ? 70 : null)));
    });
    expect(judgement.facts).toMatchObject({
      "against the merge base": "no regression",
      "waiting for a core": "not known here",
    });
    expect(judgement.facts["work ms"]).toBeGreaterThan(70);
  });

  it("does not hold a base that broke down against the change, and says it", () => {
    const judgement = judged((s) => {
      if (s.base !== null) s.base.problem = "up.wav: ended while it should listen (exit status 1)";
      s.pairs.length = 3;
    });
    expect(judgement.outcome).toBe("passed");
    expect(judgement.facts["against the merge base"]).toBe(
      "not compared: the merge base could not be measured: up.wav: ended while it should listen (exit status 1)",
    );
  });

  it("compares nothing where the packages are the same", () => {
    const judgement = judged((s) => Object.assign(s, alone(s), { same: true }));
    expect(judgement.outcome).toBe("passed");
    expect(judgement.facts["against the merge base"]).toContain("the package and its lock are those of the merge base");
  });
});

describe("the limits of latency", () => {
  const rounds = (...all: number[][]) => judged((s) => Object.assign(s, { rounds: all }));

  it("are violated when two rounds are above one", () => {
    const judgement = rounds([201, 205], [250, 260]);
    expect(rules(judgement)).toEqual(["latency-above-limit"]);
    expect(judgement.reason).toBe(
      "p50 is 250 ms from the end of speech, the limit is 200 ms (n = 2, round 2 of 2, none within the limits)",
    );
  });

  it("are both named, with p95 by nearest rank", () => {
    expect(rounds([300, 400], [300, 400]).findings.map((f) => f.message.slice(0, 13))).toEqual([
      "p50 is 300 ms",
      "p95 is 400 ms",
    ]);
  });

  it("are kept when the second round is below them, which is said", () => {
    const judgement = rounds([900, 900], [150, 160]);
    expect(judgement.outcome).toBe("passed");
    expect(judgement.facts).toMatchObject({
      "p50 ms": 150,
      "latency rounds": "2, the first was above a limit",
    });
  });

  it.each([
    ["the second round is missing", [[900, 900]]],
    ["there is no round", []],
    [
      "a round was repeated although it was within the limits",
      [
        [100, 100],
        [100, 100],
      ],
    ],
    [
      "there are three rounds",
      [
        [900, 900],
        [900, 900],
        [100, 100],
      ],
    ],
    ["a latency is missing", [[100]]],
  ])("are not judged where %s", (_, all) => {
    expect(new Set(rules(rounds(...all)))).toEqual(new Set(["report-not-trusted"]));
  });
});

describe("what is understood", () => {
  it("must be right: a fast version that understands nothing fails", () => {
    const judgement = judged((s) => s.change.heard.splice(0, 2, [""], [""]));
    expect(rules(judgement)).toContain("wrong-text");
    expect(judgement.reason).toContain("up.wav: “scroll up” was said, “” was understood");
  });

  it("must be right every time", () => {
    const judgement = judged((s) => s.change.heard[0]?.push("scroll cup"));
    expect(judgement.reason).toContain("up.wav: “scroll up” was said, “scroll cup” was understood");
  });

  it("is compared without capitals and with single spaces", () => {
    expect(judged((s) => s.change.heard.splice(0, 1, ["Scroll  Up "])).outcome).toBe("passed");
  });

  it("may fall short as far as the accuracy of its kind allows", async () => {
    const config = listeningConfig();
    const app = config.checks["asr-smoke"].app;
    if (app === undefined) throw new Error("the config has no app");
    const speech = { ...config.checks["asr-smoke"], app: { ...app, accuracy: { clean: 50 } } };
    const own = await contextOf({ ...config, checks: { ...config.checks, "asr-smoke": speech } });
    expect(judged((s) => s.change.heard.splice(0, 1, ["scroll cup"]), own).outcome).toBe("passed");
    expect(rules(judged((s) => s.change.heard.splice(0, 2, ["no"], ["no"]), own))).toContain("wrong-text");
  });
});

describe("an application that cannot be measured", () => {
  it("fails with what it did wrong", () => {
    const judgement = judged((s) =>
      Object.assign(s.change, { problem: "up.wav: ended while it should listen (exit status 3)" }),
    );
    expect(judgement).toMatchObject({
      outcome: "failed",
      findings: [{ rule: "app-failed", message: "up.wav: ended while it should listen (exit status 3)" }],
    });
  });

  it("fails with every recording that cannot be used", () => {
    const judgement = judged((s) => s.problems.push("up.wav: it is truncated", "down.wav: is not there"));
    expect(judgement.findings.map((f) => f.message)).toEqual(["up.wav: it is truncated", "down.wav: is not there"]);
  });

  it("fails where the kinds name no recording", async () => {
    const own = await contextOf(listeningConfig({ kinds: ["whispered"] }));
    const judgement = judgeSamples(own, simulated(own));
    expect(judgement.reason).toBe("no recording of the kinds whispered has a text to expect");
  });
});
