import { describe, expect, test } from "vitest";
import { renderReport } from "../../src/evidence/report.ts";
import { renderProofs } from "../../src/evidence/report-proofs.ts";
import { everyOutcome, everyOutcomePlan, plan, planned, proof, run, step } from "./verdicts.ts";

const ESC = "\u001b";

describe("the report for a terminal", () => {
  test("of a partial run says so before anything else, and again beside the outcome", () => {
    const left = step("docs", {
      outcome: "skipped",
      reason: "nothing that it reads changed",
      proofs: [],
      proved: false,
    });
    const partial = run([step("lint"), left], { partial: { base: "4".repeat(40), leftOut: ["docs"], of: 2 } });
    const text = renderReport(partial, plan(partial.steps.map((s) => planned(s))), { color: false });
    expect(text).toMatch(
      /^partial run {2}1 of 2 steps were left out, since nothing that they read changed since 4444444\n/,
    );
    expect(text).toContain("passed (partial · 1 passed, 1 skipped");
  });

  test("of a run with every outcome", () => {
    expect(renderReport(everyOutcome, everyOutcomePlan, { color: false, evidence: "evidence" })).toMatchInlineSnapshot(`
      "refused
        unit-tests@3.12: there is no Python 3.12 here, and none could be fetched
          → install Python 3.12 and put it on PATH

      step        python  outcome  time        proved  facts
      format              passed   cached      yes     files: 12, findings in baseline: 540
      lint                failed   1.2 s       yes     findings: 2
      types               failed   1.2 s       no
      unit-tests  3.11    passed   1 min 03 s  yes     tests: 41, coverage: 93.1
      unit-tests  3.12    refused                      there is no Python 3.12 here, and none could be fetched
      smoke               blocked                      lint is failed
      docs                skipped                      no docs yet

      failed
        lint: 2 findings
          src/parley/cli.py:3:1 F821 undefined name \`x\`
          src/parley/cli.py:9:5 F401 unused import
          more in evidence/steps/lint
        types: the gate does not gate: wrong-type (a wrong-type)
          more in evidence/steps/types

      not proved
        types missed “a wrong-type” (wrong-type): the gate passed on it

      pr-checks of parley-voice: failed (2 passed, 2 failed, 1 refused, 1 blocked, 1 skipped · not proved · 1 min 07 s · on host)
      plan sha256:1111111111111111111111111111111111111111111111111111111111111111
      evidence evidence"
    `);
  });

  test("of a green run", () => {
    const green = run([step("lint", { cached: true })], { strict: true });
    const text = renderReport(green, plan(green.steps.map((s) => planned(s))), { color: false });
    expect(text).toMatchInlineSnapshot(`
      "step  python  outcome  time    proved  facts
      lint          passed   cached  yes

      pr-checks of parley-voice: passed (1 passed · proved · 1 min 07 s · on host, strict)
      plan sha256:1111111111111111111111111111111111111111111111111111111111111111"
    `);
  });

  test("of an empty selection", () => {
    expect(renderReport(run([]), plan([]), { color: false })).toMatchInlineSnapshot(`
      "pr-checks of parley-voice: passed (no step · proved · 1 min 07 s · on host)
      plan sha256:1111111111111111111111111111111111111111111111111111111111111111"
    `);
  });

  test("has colours only where they are wanted, and the same words", () => {
    const [with_, without] = [true, false].map((color) => renderReport(everyOutcome, everyOutcomePlan, { color }));
    expect(without).not.toContain(ESC);
    expect(with_).toContain(`${ESC}[31m`);
    expect(with_?.replaceAll(new RegExp(`${ESC}\\[\\d+m`, "g"), "")).toBe(without);
  });

  test("fits the facts into the width of the terminal", () => {
    const wide = run([step("lint", { facts: { note: "x".repeat(100) } })]);
    const lines = renderReport(wide, plan([]), { color: false, width: 70 }).split("\n");
    expect(lines.find((l) => l.startsWith("lint"))).toHaveLength(70);
  });

  test("shows as many facts as have room, each whole, and says how many more there are", () => {
    const many = run([step("lint", { facts: { tests: 41, coverage: 93.1, imports: "installed", python: "3.11.7" } })]);
    const line = (width: number) =>
      renderReport(many, plan([]), { color: false, width })
        .split("\n")
        .find((l) => l.startsWith("lint"))
        ?.replace(/^.*? yes +/, "");
    expect(line(120)).toBe("tests: 41, coverage: 93.1, imports: installed, python: 3.11.7");
    expect(line(71)).toBe("tests: 41, coverage: 93.1, +2");
    expect(line(58)).toBe("tests: 41, +3");
  });

  test("tells once what several steps failed of, in the same words, and names them all", () => {
    const broken = { outcome: "failed" as const, reason: "the wheel failed", detail: "no backend\nat all" };
    const missed = [proof("p", { outcome: "missed", reason: "the wheel failed" })];
    const red = run(
      [
        step("types", { ...broken, proofs: missed }),
        step("smoke", broken),
        step("lint", { ...broken, reason: "other" }),
      ],
      {
        outcome: "failed",
      },
    );
    const text = renderReport(red, plan(red.steps.map((s) => planned(s))), { color: false });
    expect(text).toContain("  types: the wheel failed\n    in the same words: smoke\n    no backend\n    at all\n");
    expect(text.match(/no backend/g)).toHaveLength(2);
    expect(text).not.toContain("not proved\n");
  });

  test("lets nothing of the application reach the terminal as a command", () => {
    const hostile = `${ESC}[2Jgone\u202e`;
    const red = run(
      [
        step("lint", {
          outcome: "failed",
          reason: hostile,
          detail: hostile,
          facts: { [hostile]: hostile },
          proofs: [proof("p", { outcome: "missed", reason: hostile, title: hostile })],
        }),
        step("types", { outcome: "refused", reason: hostile, remedy: hostile }),
      ],
      { outcome: "failed" },
    );
    const text = renderReport(red, plan([], { app: { name: hostile, root: "." } }), { color: false });
    for (const bad of [ESC, "\u202e"]) expect(text).not.toContain(bad);
    for (const bad of [ESC, "\u202e"]) expect(renderProofs(red, { color: false })).not.toContain(bad);
  });
});

test("the report of selfproof names each poison, and steps that have none", () => {
  expect(renderProofs(everyOutcome, { color: false })).toMatchInlineSnapshot(`
    "step             poison          what is wrong in it  over  outcome
    format           undefined-name  a undefined-name     app   caught
    lint             undefined-name  a undefined-name     app   caught
    types            wrong-type      a wrong-type         app   missed
        the gate passed on it
    unit-tests@3.11  undefined-name  a undefined-name     app   caught
    unit-tests: not proved, refused: there is no Python 3.12 here, and none could be fetched
    smoke: not proved, blocked: lint is failed
    docs: not proved, skipped: no docs yet
    3 caught, 1 missed, 0 refused"
  `);
});
