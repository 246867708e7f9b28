import { describe, expect, it } from "vitest";
import type { Action, Ref } from "../../src/exec/action.ts";
import { inOrder, ranks } from "../../src/plan/order.ts";
import { action, badFile, baseOf, config, made, manifest, output, toyStep } from "./fakes.ts";

const BAD = "src/steps/toy/poison/bad";

describe("the plan digest", () => {
  const digest = made([toyStep()]).plan.digest;

  it("is the same for equal inputs", () => {
    expect(made([toyStep()]).plan.digest).toBe(digest);
  });

  it.each([
    [
      "one changed source file",
      { manifest: { entries: manifest.entries.map((e, i) => (i === 1 ? { ...e, sha256: "c".repeat(64) } : e)) } },
    ],
    ["another merge base", { base: baseOf([]) }],
    ["another pipeline version", { pipeline: { name: "voicekey-pipeline", version: "0.0.1" } }],
    ["another image digest", { images: { "python-3.11": "python@sha256:2" } }],
    ["an image replaced by config", { config: { ...config, images: { "python-3.11": "mirror@sha256:1" } } }],
    ["a changed config value", { config: { ...config, baseBranch: "next" } }],
    ["no proofs", { prove: false }],
  ])("changes with %s", (_, more) => {
    expect(made([toyStep()], more).plan.digest).not.toBe(digest);
  });

  it("changes when a bundled harness changes", () => {
    const step = toyStep({
      actions: (c) => [action(`${c.prefix}/run`, { h: { kind: "bundled", path: "src/steps/toy/app" } })],
    });
    const before = made([step]).plan;
    const other = { entries: (path: string) => [{ path, mode: "100644" as const, size: 1, sha256: "d".repeat(64) }] };
    expect(made([step], { bundle: other }).plan.digest).not.toBe(before.digest);
  });
});

describe("the context of a step", () => {
  it("holds the merge base where there is one", () => {
    const { base } = made([toyStep()], { base: baseOf(["src/toy.py"]) }).contexts.get("toy") ?? {};
    expect(base?.files(["**/*.py"])).toEqual({ kind: "source", globs: ["**/*.py"], at: "base" });
    expect([base?.has("src/toy.py"), base?.has("new"), base?.changed]).toEqual([true, false, ["src/toy.py"]]);
    expect(made([toyStep()]).contexts.get("toy")).not.toHaveProperty("base");
  });
});

describe("the planned steps", () => {
  it("stand once per supported version where the step asks for it", () => {
    const { plan } = made([toyStep({ perPython: true })]);
    expect(plan.steps.map((s) => [s.key, s.python])).toEqual([
      ["toy@3.11", "3.11"],
      ["toy@3.12", "3.12"],
    ]);
  });

  it("share an action that two of them plan alike", () => {
    const wheel = action("project/wheel");
    const step = (id: string) =>
      toyStep({ id, actions: (c) => [wheel, action(`${c.prefix}/run`, { wheel: output("project/wheel") })] });
    expect(made([step("one"), step("two")]).plan.actions.map((a) => a.id)).toEqual([
      "project/wheel",
      "one/run",
      "two/run",
    ]);
  });

  it("may not plan different actions under one id", () => {
    const step = (id: string) => toyStep({ id, actions: () => [action("project/wheel", {}, { argv: [id] })] });
    expect(() => made([step("one"), step("two")])).toThrow("two different actions");
  });

  it("need every instance of a step that they need", () => {
    const { plan } = made([toyStep({ id: "a", perPython: true }), toyStep({ id: "b", needs: ["a"] })]);
    expect(plan.steps.at(-1)?.needs).toEqual(["a@3.11", "a@3.12"]);
  });

  it("are chosen by --only and --skip, and every unknown id is named with the nearest known", () => {
    const both = [toyStep({ id: "lint" }), toyStep({ id: "format" })];
    expect(made(both, { only: ["lint"] }).plan.steps.map((s) => s.id)).toEqual(["lint"]);
    expect(made(both, { skip: ["lint"] }).plan.steps.map((s) => s.id)).toEqual(["format"]);
    expect(() => made(both, { only: ["lnt"], skip: ["formt"] })).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_STEP",
        problems: [
          expect.objectContaining({ remedy: expect.stringContaining("lint") }),
          expect.objectContaining({ remedy: expect.stringContaining("format") }),
        ],
      }),
    );
  });

  it("must have work, since a step without any could not fail", () => {
    expect(() => made([toyStep({ plan: () => ({ actions: [] }) })])).toThrow("the step toy plans no action");
  });

  it("keep the reason of a skip and plan nothing for it", () => {
    const { plan } = made([toyStep({ plan: () => ({ skip: "not ours" }) })]);
    expect(plan.steps[0]).toMatchObject({ skip: "not ours", actions: {}, proofs: [] });
  });
});

describe("a tripwire", () => {
  it("plans the step's own actions over the narrowed app with the poison on top", () => {
    const { plan, contexts } = made([toyStep({ tripwires: [badFile] })]);
    const proof = plan.actions.find((a) => a.id === "toy/proof/bad/run");
    expect(proof?.inputs["app"]).toEqual({
      kind: "overlay",
      lower: { kind: "source", globs: ["pyproject.toml"], at: "head" },
      upper: { kind: "bundled", path: "src/steps/toy/poison/bad", to: "src" },
    });
    expect(contexts.get("toy/proof/bad")?.manifest.entries.map((e) => e.path)).toEqual([
      "pyproject.toml",
      "src/bad.py",
    ]);
    expect(plan.steps[0]?.proofs[0]).toMatchObject({
      id: "bad",
      scope: "app",
      expect: [{ rule: "bad", path: "src/bad.py" }],
    });
  });

  it("that is tool-only lies over its bundled app, whose project is poisoned too", () => {
    const seen: Ref[] = [];
    const step = toyStep({
      actions: (c) => {
        seen.push(c.project(["**"]));
        return [action(`${c.prefix}/run`, { app: c.app(["**"]) })];
      },
      tripwires: [{ ...badFile, scope: "tool-only", base: { kind: "bundled", path: "src/steps/toy/app" } }],
    });
    const { contexts } = made([step]);
    expect(contexts.get("toy/proof/bad")?.manifest.entries.map((e) => e.path)).toEqual(["app.py", "src/bad.py"]);
    expect(contexts.get("toy/proof/bad")?.projectPrefix).toBe("toy/proof/bad/project");
    expect(seen[1]).toMatchObject({ kind: "overlay", lower: { path: "src/steps/toy/app" } });
  });

  it("is compared with the application's merge base, and is itself a change of it", () => {
    const { contexts } = made([toyStep({ tripwires: [badFile] })], { base: baseOf(["tests/test_toy.py"]) });
    const base = contexts.get("toy/proof/bad")?.base;
    expect(base?.files(["src/**"])).toEqual({ kind: "source", globs: ["src/**"], at: "base" });
    expect(base?.changed).toEqual(["src/bad.py", "tests/test_toy.py"]);
    expect(base?.has("src/toy.py")).toBe(true);
    expect(made([toyStep({ tripwires: [badFile] })]).contexts.get("toy/proof/bad")?.base).toBeUndefined();
  });

  it("that is tool-only is compared with its bundled app, whatever the application's merge base is", () => {
    const app = { kind: "bundled", path: "src/steps/toy/app" } as const;
    // The poison brings a file that the app has already, as it was: that one did not change.
    const overlay = (): Ref => ({ kind: "overlay", lower: app, upper: { kind: "bundled", path: BAD, to: "src" } });
    const step = toyStep({ tripwires: [{ ...badFile, scope: "tool-only", base: app, overlay }] });
    for (const base of [null, baseOf(["src/toy.py"])]) {
      const given = made([step], { base }).contexts.get("toy/proof/bad")?.base;
      expect(given?.files(["**"])).toEqual(app);
      expect(given?.changed).toEqual(["src/bad.py"]);
      expect(["app.py", "src/bad.py", "src/toy.py"].map((path) => given?.has(path))).toEqual([true, false, false]);
    }
  });

  it("is not planned without proving, and stands alone in a selfproof", () => {
    const step = toyStep({ tripwires: [badFile] });
    expect(made([step], { prove: false }).plan.actions.map((a) => a.id)).toEqual(["toy/run"]);
    expect(made([step], { proofsOnly: true }).plan.actions.map((a) => a.id)).toEqual(["toy/proof/bad/run"]);
  });
});

describe("the order of actions", () => {
  it("puts an action after everything that it reads", () => {
    const given = [
      action("c", { x: output("b") }),
      action("b", { x: { kind: "overlay", lower: output("a"), upper: output("a") } }),
      action("a"),
    ];
    expect(inOrder(given).map((a) => a.id)).toEqual(["a", "b", "c"]);
  });

  it("counts what an environment is made from as read", () => {
    const lock = { lock: output("lock"), project: output("wheel") };
    const run = action("run", {}, { toolchain: { image: "python-3.11", python: "3.11", environments: { app: lock } } });
    expect(inOrder([run, action("wheel"), action("lock")]).map((a) => a.id)).toEqual(["lock", "wheel", "run"]);
  });

  it("refuses a circle and a dependency that is not there", () => {
    expect(() => inOrder([action("a", { x: output("b") }), action("b", { x: output("a") })])).toThrow(
      "in a circle: a → b → a",
    );
    expect(() => inOrder([action("a", { x: output("gone") })])).toThrow("a reads gone");
  });

  it("ranks an action by the time limits of the longest chain that it begins", () => {
    const limited = (seconds: number) => ({ timeoutSeconds: seconds });
    const ordered: Action[] = inOrder([
      action("a", {}, limited(1)),
      action("b", { x: output("a") }, limited(10)),
      action("c", { x: output("b") }, limited(100)),
      action("d", { x: output("a") }, limited(50)),
    ]);
    expect(Object.fromEntries(ranks(ordered))).toEqual({ a: 111, b: 110, c: 100, d: 50 });
  });
});
