import { describe, expect, test } from "vitest";
import { PLAN_FORMATS } from "../../src/plan/formats.ts";
import { renderPlan } from "../../src/plan/render.ts";
import { drawn, plan, planned, step } from "../evidence/verdicts.ts";
import { action } from "./fakes.ts";

describe("a plan", () => {
  test("as text: the digest on the first line, steps, proofs, actions, edges", () => {
    expect(renderPlan(drawn, "text")).toMatchInlineSnapshot(`
      "plan sha256:1111111111111111111111111111111111111111111111111111111111111111
      goal pr-checks of parley-voice (fixtures/voice-app), voicekey-pipeline 0.1.0
      source sha256:3333333333333333333333333333333333333333333333333333333333333333, 41 files; base 4444444444444444444444444444444444444444; config sha256:2222222222222222222222222222222222222222222222222222222222222222
      3 steps, 4 actions, 1 proof

      steps
        lint  The lint check  (C1)
          run: lint/run
        unit-tests@3.11  The unit-tests check  (C1)
          needs lint
          run: unit-tests@3.11/run
          proof failing-test (app): a test that fails: unit-tests@3.11/proof/failing-test/run
        docs  The docs check  (C1)
          skipped: no docs yet

      actions
        project/lock@3.11  [network, cached 86400 s]
        lint/run
        unit-tests@3.11/run  ← project/lock@3.11
        unit-tests@3.11/proof/failing-test/run  ← project/lock@3.11"
    `);
  });

  test("as Mermaid", () => {
    expect(renderPlan(drawn, "mermaid")).toMatchInlineSnapshot(`
      "%% plan sha256:1111111111111111111111111111111111111111111111111111111111111111
      flowchart LR
        a0["project/lock@3.11"]
        a1["lint/run"]
        a2["unit-tests@3.11/run"]
        a3["unit-tests@3.11/proof/failing-test/run"]
        s0(["lint"])
        s1(["unit-tests@3.11"])
        s2(["docs (skipped)"])
        a0 --> a2
        a0 --> a3
        a1 -.-> s0
        a2 -.-> s1
        a3 -.-> s1
        s0 ==> s1"
    `);
  });

  test("as dot", () => {
    expect(renderPlan(drawn, "dot")).toMatchInlineSnapshot(`
      "// plan sha256:1111111111111111111111111111111111111111111111111111111111111111
      digraph plan {
        rankdir=LR;
        a0 [shape=box,label="project/lock@3.11"];
        a1 [shape=box,label="lint/run"];
        a2 [shape=box,label="unit-tests@3.11/run"];
        a3 [shape=box,label="unit-tests@3.11/proof/failing-test/run"];
        s0 [shape=oval,label="lint"];
        s1 [shape=oval,label="unit-tests@3.11"];
        s2 [shape=oval,label="docs (skipped)"];
        a0 -> a2;
        a0 -> a3;
        a1 -> s0 [style=dashed];
        a2 -> s1 [style=dashed];
        a3 -> s1 [style=dashed];
        s0 -> s1 [style=bold];
      }"
    `);
  });

  test("as JSON is the plan itself", () => {
    expect(JSON.parse(renderPlan(drawn, "json"))).toEqual(JSON.parse(JSON.stringify(drawn)));
  });

  test("ends without a newline in every form", () => {
    for (const format of PLAN_FORMATS) expect(renderPlan(drawn, format)).not.toMatch(/\n$/);
  });

  test("keeps quotes and markup of a name out of the drawing", () => {
    const odd = plan([planned(step("lint"), { key: 'a"]<b>#' })], { actions: [action('x"\\')] });
    expect(renderPlan(odd, "mermaid")).toContain('s0(["a#34;]#60;b#62;#35;"])');
    expect(renderPlan(odd, "dot")).toContain('a0 [shape=box,label="x\\"\\\\"];');
  });

  test("that leaves steps out says so first, and of each why", () => {
    const base = "4".repeat(40);
    const left = planned(step("types"), { skip: "nothing that it reads changed since 4444444: …", leftOut: true });
    const partial = plan([planned(step("lint")), left], {
      base,
      selection: { only: [], skip: [], prove: true, proofsOnly: false, changed: true },
    });
    const text = renderPlan(partial, "text");
    expect(text).toContain("\npartial: only what the change since 4444444 can affect; 1 of 2 steps left out\n");
    expect(text).toContain("\n    left out: nothing that it reads changed since 4444444: …\n");
    expect(renderPlan(partial, "mermaid")).toContain('(["types (left out)"])');
    expect(renderPlan(partial, "dot")).toContain('"types (left out)"');
    expect(renderPlan(partial, "json")).toContain('"leftOut": true');
  });
});
