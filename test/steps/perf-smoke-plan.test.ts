import { describe, expect, it } from "vitest";
import { orderOf } from "../../src/steps/perf-smoke/settings.ts";
import { perfSmoke } from "../../src/steps/perf-smoke.ts";
import type { StepContext } from "../../src/steps/step.ts";
import { alone, changedBase, contextOf, judgeSamples, listeningConfig, simulated } from "./perf-smoke-samples.ts";
import { planFor, smallApp, smallConfig } from "./small-app.ts";

const context = await contextOf();

describe("the plan", () => {
  it("measures alone on the machine, both versions from their own locks and wheels", () => {
    const plan = perfSmoke.plan(context);
    const actions = "actions" in plan ? plan.actions : [];
    const run = actions.find((a) => a.name === "run")?.action;
    expect(actions.map((a) => a.action.id)).toEqual(["project/wheel", "project-base/wheel", "perf-smoke/run"]);
    expect(run).toMatchObject({ exclusive: true, network: false, cache: "by-inputs" });
    expect(run?.toolchain.environments["base"]).toMatchObject({
      lock: { kind: "source", at: "base", globs: ["requirements.lock"] },
      project: { kind: "output", action: "project-base/wheel" },
    });
    expect(run?.toolchain.environments["change"]?.lock).toMatchObject({ at: "head" });
  });

  it("lets each version begin one pair of every two", () => {
    const order = orderOf(context);
    for (let i = 0; i < order.length; i += 2) expect([order[i], order[i + 1]].sort()).toEqual(["base", "change"]);
    expect(new Set(order.filter((_, i) => i % 2 === 0)).size, "which one is drawn").toBe(2);
  });

  it("is skipped where the config has no section, and where the application has no command that listens", async () => {
    const { plan } = await planFor(smallApp, smallConfig("3.11"), { only: ["perf-smoke"] });
    expect(plan.steps[0]?.skip).toBe("not part of this test");
    const config = listeningConfig();
    const mute = { ...config, checks: { ...config.checks, "asr-smoke": { timeoutSeconds: 60, tests: ["tests"] } } };
    const { plan: other } = await planFor(smallApp, mute, { only: ["perf-smoke"] });
    expect(other.steps[0]?.skip).toContain("there is nothing to measure");
  });
});

describe("a measurement without a merge base", () => {
  it.each<[string, StepContext["base"], string]>([
    ["there is none", undefined, "there is no merge base"],
    ["nothing changed", { ...changedBase, changed: [] }, "nothing of the package changed"],
    [
      "only tests changed",
      { ...changedBase, changed: ["tests/test_key.py", ".gitignore"] },
      "nothing of the package changed",
    ],
    [
      "it lacks a lock",
      { ...changedBase, has: (path) => path !== "requirements.lock" },
      "the merge base has no requirements.lock",
    ],
  ])("plans no second version where %s, and says it", async (_, base, why) => {
    const { base: __, ...without } = context;
    const own: StepContext = base === undefined ? without : { ...context, base };
    const plan = perfSmoke.plan(own);
    expect("actions" in plan ? plan.actions.map((a) => a.name) : plan).toEqual(["wheel", "run"]);
    const judgement = judgeSamples(own, alone(simulated(context)));
    expect(judgement.outcome).toBe("passed");
    expect(judgement.facts["against the merge base"]).toBe(`not compared: ${why}`);
    expect(judgement.measures?.map((m) => m.id)).toEqual(["latency"]);
  });
});
