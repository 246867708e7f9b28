import { describe, expect, test } from "vitest";
import { newBaseline, noteFindings } from "../../dagger/known-findings.ts";
import { excuse } from "../../src/config/baseline.ts";
import { PipelineError } from "../../src/errors.ts";
import type { Finding, Judged, Step, StepContext } from "../../src/steps/step.ts";
import { made, toyStep } from "../plan/fakes.ts";

const finding = (path: string, rule = "E501", line = 1): Finding => ({ rule, message: "m", path, line });

function judged(step: Step, head = {}): Judged {
  const context = made([step]).contexts.get(step.id);
  if (context === undefined) throw new Error("the plan has no such step");
  const known: StepContext = { ...context, baseline: { head } };
  return { context: known, results: {} };
}

/** A step that honours the baseline, or one that does not. */
function step(id: string, findings: readonly Finding[], honours: boolean): Step {
  return toyStep({
    id,
    judge: ({ context }) => {
      const head = context.baseline?.head;
      const left = honours && head !== undefined ? excuse(id, findings, head).left : findings;
      return { outcome: left.length > 0 ? "failed" : "passed", findings: left, facts: {} };
    },
  });
}

function foundBy(subject: Step, head = {}): readonly Finding[] | undefined {
  const { steps, found } = noteFindings([subject]);
  for (const s of steps) s.judge(judged(subject, head));
  return found.get(subject.id);
}

describe("what a baseline can hold", () => {
  const findings = [finding("src/a.py"), finding("src/a.py", "E501", 9), finding("src/b.py", "F401")];

  test("are the findings of a step that honours it, those of today's baseline included", () => {
    expect(foundBy(step("lint", findings, true))).toEqual(findings);
    expect(foundBy(step("lint", findings, true), { lint: { "src/a.py": { E501: 2 } } })).toEqual(findings);
  });

  test("are no failures of a step that does not, and no finding without a path", () => {
    expect(foundBy(step("unit-tests", findings, false))).toEqual([]);
    expect(foundBy(step("lint", [{ rule: "crashed", message: "m" }, finding("src/a.py")], true))).toEqual([
      finding("src/a.py"),
    ]);
  });

  test("stays as it stood for a step that was not judged", () => {
    const before = { head: { types: { "src/a.py": { misc: 2 } }, lint: { "src/a.py": { E501: 9 } } } };
    expect(newBaseline(new Map([["lint", [finding("src/a.py")]]]), before, "b.json")).toEqual({
      types: { "src/a.py": { misc: 2 } },
      lint: { "src/a.py": { E501: 1 } },
    });
  });
});

describe("a new baseline", () => {
  test("that grew against the merge base is refused with every entry", () => {
    const base = { lint: { "src/a.py": { E501: 1 } } };
    const found = new Map([["lint", [finding("src/a.py"), finding("src/a.py"), finding("src/b.py")]]]);
    const write = () => newBaseline(found, { head: {}, base }, "b.json");
    expect(write).toThrow(PipelineError);
    try {
      write();
    } catch (error) {
      expect(error).toMatchObject({ code: "BASELINE_INVALID" });
      expect(error instanceof PipelineError ? error.problems : []).toHaveLength(2);
    }
  });

  test("that shrank, or has nothing to be compared with, is taken", () => {
    const found = new Map([["lint", [finding("src/a.py")]]]);
    expect(newBaseline(found, { head: {}, base: { lint: { "src/a.py": { E501: 2 } } } }, "b.json")).toEqual({
      lint: { "src/a.py": { E501: 1 } },
    });
    expect(newBaseline(found, { head: {} }, "b.json")).toHaveProperty("lint");
  });
});
