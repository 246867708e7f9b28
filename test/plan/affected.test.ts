import { describe, expect, it } from "vitest";
import type { Ref, SourceRef } from "../../src/exec/action.ts";
import { refsOf } from "../../src/exec/action.ts";
import type { ManifestEntry, SourceManifest } from "../../src/exec/manifest.ts";
import { manifestDigest, selectEntries, sortEntries } from "../../src/exec/manifest.ts";
import { loadBundle } from "../../src/plan/bundle.ts";
import { makePlan } from "../../src/plan/make-plan.ts";
import type { PlannedStep } from "../../src/plan/plan.ts";
import type { PlanInput } from "../../src/plan/plan-input.ts";
import { steps } from "../../src/steps/index.ts";
import type { Step } from "../../src/steps/step.ts";
import { IMAGES } from "../../src/toolchains/images.ts";
import { manifestOf, smallApp, smallConfig } from "../steps/small-app.ts";
import { action, badFile, baseOf, made, output, toyStep } from "./fakes.ts";

const reading = (id: string, ...globs: string[]): Step =>
  toyStep({ id, actions: (c) => [action(`${c.prefix}/run`, { app: c.app(globs) })] });

function leftOut(of: readonly Step[], changed: readonly string[], more: Partial<PlanInput> = {}): string[] {
  const { plan } = made(of, { changed: true, base: baseOf(changed), ...more });
  return plan.steps.filter((s) => s.leftOut).map((s) => s.key);
}

describe("a plan of what changed", () => {
  it("leaves out the steps that read no changed file, with what was compared as the reason", () => {
    const { plan } = made([reading("code", "**/*.py"), reading("docs", "docs/**", "a", "b", "c", "d", "!e")], {
      changed: true,
      base: baseOf(["src/toy.py", "src/gone.py"]),
    });
    expect(plan.steps.map((s) => [s.id, s.leftOut, s.skip])).toEqual([
      ["code", undefined, undefined],
      [
        "docs",
        true,
        "nothing that it reads changed since 1111111: 2 files changed, it reads docs/**, a, b, c and 2 more",
      ],
    ]);
    expect(plan.actions.map((a) => a.id)).toEqual(["code/run"]);
    expect(plan.selection.changed).toBe(true);
  });

  it("leaves everything out where nothing changed, and nothing without a merge base", () => {
    expect(leftOut([reading("any", "**")], [])).toEqual(["any"]);
    const { plan } = made([reading("any", "**")], { changed: true, base: null });
    expect(plan.steps[0]).not.toHaveProperty("leftOut");
    expect(plan.digest).toBe(made([reading("any", "**")]).plan.digest);
  });

  it("has another digest than a whole one, and a whole one that of a plan without the choice", () => {
    const base = baseOf([]);
    const digest = (changed: boolean) => made([reading("any", "**")], { base, changed }).plan.digest;
    expect(digest(true)).not.toBe(digest(false));
    expect(digest(false)).toBe(made([reading("any", "**")], { base }).plan.digest);
  });

  it("looks through outputs, overlays and environments", () => {
    const through = (last: (c: { app: (globs: string[]) => Ref }) => Parameters<typeof action>[2], inputs = {}) =>
      toyStep({
        actions: (c) => [
          action("first", { x: c.app(["first.txt"]) }),
          action("middle", { x: output("first") }),
          action("run", inputs, last({ app: c.app })),
        ],
      });
    const toolchain = (lock: Ref, project?: Ref) => ({
      toolchain: {
        image: "python-3.11",
        python: "3.11",
        environments: { app: project === undefined ? { lock } : { lock, project } },
      },
    });
    const none = () => ({});
    const over = (lower: Ref, upper: Ref): Ref => ({ kind: "overlay", lower, upper });
    const own: Ref = { kind: "inline", files: {} };
    const source = (path: string): SourceRef => ({ kind: "source", globs: [path], at: "head" });
    expect(leftOut([through(none, { x: output("middle") })], ["first.txt"])).toEqual([]);
    expect(leftOut([through(none, { x: output("middle") })], ["other.txt"])).toEqual(["toy"]);
    expect(leftOut([through(none, { x: over(source("low"), own) })], ["low"])).toEqual([]);
    expect(leftOut([through(none, { x: over(own, source("up")) })], ["up"])).toEqual([]);
    expect(leftOut([through((c) => toolchain(c.app(["a.lock"])))], ["a.lock"])).toEqual([]);
    expect(leftOut([through((c) => toolchain(own, c.app(["a.whl"])))], ["a.whl"])).toEqual([]);
  });

  it("counts the files of the base as settled, and a history that goes on as changed", () => {
    const ofBase = toyStep({
      actions: (c) => [action(`${c.prefix}/run`, { old: { kind: "source", globs: ["**"], at: "base" } })],
    });
    expect(leftOut([ofBase], ["src/toy.py"])).toEqual(["toy"]);
    const history = (oid: string) =>
      toyStep({ actions: (c) => [action(`${c.prefix}/run`, { log: { kind: "history", oid } })] });
    expect(leftOut([history("2".repeat(40))], [])).toEqual([]);
    expect(leftOut([history("1".repeat(40))], [])).toEqual(["toy"]);
  });

  it("runs a step whose proofs read what changed, and only then proves it", () => {
    const step = toyStep({
      actions: (c) => [action(`${c.prefix}/run`, { app: c.app(["src/**"]) })],
      tripwires: [badFile],
    });
    expect(leftOut([step], ["pyproject.toml"])).toEqual([]);
    expect(leftOut([step], ["pyproject.toml"], { prove: false })).toEqual(["toy"]);
    const { plan } = made([step], { changed: true, base: baseOf(["docs/a"]) });
    expect([plan.steps[0]?.proofs, plan.actions]).toEqual([[], []]);
  });

  it("runs a step whose known findings changed, and no other for it", () => {
    const both = [reading("one", "*.a"), reading("two", "*.a")];
    const known = (n: number) => ({ one: { "src/toy.py": { F401: n } }, two: { "src/toy.py": { F401: 1 } } });
    const baseline = { head: known(1), base: known(2) };
    expect(leftOut(both, ["baseline.json"], { baseline })).toEqual(["two"]);
    expect(leftOut(both, ["baseline.json"], { baseline: { head: known(1) } })).toEqual([]);
    expect(leftOut(both, [], { baseline: { head: known(1), base: known(1) } })).toEqual(["one", "two"]);
  });

  it("keeps the config's own reason for a step that it skips", () => {
    const { plan } = made([toyStep({ plan: () => ({ skip: "not yet" }) })], { changed: true, base: baseOf([]) });
    expect(plan.steps[0]).toMatchObject({ skip: "not yet" });
    expect(plan.steps[0]).not.toHaveProperty("leftOut");
  });
});

const PLACES = [
  ...["src/whisperkey/__init__.py", "src/whisperkey/new.py", "src/whisperkey/py.typed", "src/whisperkey/data.json"],
  ...["tests/test_key.py", "tests/audio/a.wav", "pyproject.toml", "setup.cfg", "requirements.lock", "docs/a.md"],
  ...["CHANGELOG.md", "tools/mypy_plugin.py", "nested/ruff.toml", ".github/workflows/ci.yml", "a b/ü\n.txt"],
];

/** A small generator of its own, so that a failure can be looked at again. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Every file of `from`, and some of the places, as they happen to be at another time. */
function drift(from: SourceManifest, next: (below: number) => number): SourceManifest {
  const entries = new Map(from.entries.map((e) => [e.path, e]));
  for (let n = next(4); n > 0; n -= 1) {
    const path = PLACES[next(PLACES.length)] ?? "";
    const known = entries.get(path);
    const kind = next(4);
    const fresh: ManifestEntry = { path, mode: "100644", size: 1, sha256: String(next(9)).repeat(64) };
    if (kind === 0) entries.delete(path);
    else if (kind === 1 && known !== undefined) entries.set(path, { ...known, mode: "100755" });
    else entries.set(path, fresh);
  }
  return { entries: sortEntries([...entries.values()]) };
}

function difference(before: SourceManifest, now: SourceManifest): string[] {
  const line = (e: ManifestEntry) => `${e.mode} ${e.sha256} ${e.path}`;
  const [old, young] = [before, now].map((m) => new Set(m.entries.map(line)));
  const of = (m: SourceManifest, other: Set<string> | undefined) =>
    m.entries.filter((e) => other?.has(line(e)) !== true).map((e) => e.path);
  return [...new Set([...of(before, young), ...of(now, old)])].sort();
}

describe("the real steps", () => {
  it("are never left out when an input of one of their actions differs from the base", async () => {
    const bundle = await loadBundle(`${import.meta.dirname}/../..`);
    const next = numbers(20_261_122);
    const counted = { out: 0, run: 0 };
    for (let round = 0; round < 60; round += 1) {
      const before = drift(manifestOf(smallApp), next);
      const manifest = drift(before, next);
      const paths = new Set(before.entries.map((e) => e.path));
      const lock = [before, manifest].every((m) => m.entries.some((e) => e.path === "requirements.lock"));
      const config = smallConfig("3.11");
      const input: PlanInput = {
        goal: "pr-checks",
        pipeline: { name: "voicekey-pipeline", version: "0.0.0" },
        config: lock ? { ...config, python: { ...config.python, lock: "requirements.lock" } } : config,
        steps,
        platform: "linux/amd64",
        manifest,
        base: { oid: "1".repeat(40), has: (p) => paths.has(p), changed: difference(before, manifest) },
        bundle,
        images: IMAGES,
        only: [],
        skip: [],
        prove: round % 2 === 0,
        proofsOnly: false,
      };
      const whole = makePlan(input).plan;
      const reach = (step: PlannedStep): SourceRef[] => {
        const wanted = new Set([step, ...step.proofs].flatMap((s) => Object.values(s.actions)));
        const refs: SourceRef[] = [];
        const visit = (ref: Ref): void => {
          if (ref.kind === "output") wanted.add(ref.action);
          if (ref.kind === "overlay") [ref.lower, ref.upper].forEach(visit);
          if (ref.kind === "source" && ref.at === "head") refs.push(ref);
        };
        for (const a of [...whole.actions].reverse()) if (wanted.has(a.id)) refsOf(a).forEach(visit);
        return refs;
      };
      for (const step of makePlan({ ...input, changed: true }).plan.steps) {
        const same = whole.steps.find((s) => s.key === step.key);
        if (same === undefined) throw new Error(`the whole plan has no ${step.key}`);
        if (step.leftOut === undefined) counted.run += 1;
        else {
          counted.out += 1;
          for (const { globs } of reach(same)) {
            const [was, is] = [before, manifest].map((m) => manifestDigest({ entries: selectEntries(m, globs) }));
            expect(is, `${step.key} reads ${globs.join(" ")}`).toBe(was);
          }
        }
      }
    }
    // A property of nothing would hold, too.
    expect(counted.out).toBeGreaterThan(20);
    expect(counted.run).toBeGreaterThan(20);
  });
});
