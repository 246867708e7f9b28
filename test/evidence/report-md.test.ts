import { describe, expect, test } from "vitest";
import { renderMarkdown } from "../../src/evidence/report-md.ts";
import { everyOutcome, everyOutcomePlan, plan, planned, proof, run, step } from "./verdicts.ts";

describe("the report for a pull request", () => {
  test("of a run with every outcome", () => {
    expect(renderMarkdown(everyOutcome, everyOutcomePlan)).toMatchInlineSnapshot(`
      "## ❌ pr-checks of \`parley-voice\`: failed

      2 passed, 2 failed, 1 refused, 1 blocked, 1 skipped in 1 min 07 s · **not every gate proved itself**

      ### Refused: this machine could not run it

      - \`unit-tests@3.12\`: \`there is no Python 3.12 here, and none could be fetched\`
        - what to do: \`install Python 3.12 and put it on PATH\`

      | step | python | outcome | time | proved | facts |
      | --- | --- | --- | ---: | --- | --- |
      | \`format\` |  | ✅ passed | cached | yes | \`files: 12, findings in baseline: 540\` |
      | \`lint\` |  | ❌ failed | 1.2 s | yes | \`findings: 2\` |
      | \`types\` |  | ❌ failed | 1.2 s | no |  |
      | \`unit-tests\` | 3.11 | ✅ passed | 1 min 03 s | yes | \`tests: 41, coverage: 93.1\` |
      | \`unit-tests\` | 3.12 | ⚠️ refused |  |  | \`there is no Python 3.12 here, and none could be fetched\` |
      | \`smoke\` |  | ⛔ blocked |  |  | \`lint is failed\` |
      | \`docs\` |  | ➖ skipped |  |  | \`no docs yet\` |

      ### Failed

      #### \`lint\`

      \`2 findings\`

      \`\`\`text
      src/parley/cli.py:3:1 F821 undefined name \`x\`
      src/parley/cli.py:9:5 F401 unused import
      \`\`\`

      Evidence: \`steps/lint\`

      #### \`types\`

      \`the gate does not gate: wrong-type (a wrong-type)\`

      Evidence: \`steps/types\`

      ### Not proved

      - \`types\` ❌ missed \`a wrong-type\`: \`the gate passed on it\`

      ### Reproduce it

      \`\`\`sh
      npx --no voicekey-pipeline pr-checks --only lint,types
      npx --no voicekey-pipeline debug lint   # a shell where the step runs
      npx --no voicekey-pipeline plan pr-checks   # with the same options prints sha256:1111111111111111111111111111111111111111111111111111111111111111
      \`\`\`

      <details><summary>Proofs: 3 of 4 planted defects caught</summary>

      | step | planted defect | laid over | outcome |
      | --- | --- | --- | --- |
      | \`format\` | \`a undefined-name\` | this application | ✅ caught |
      | \`lint\` | \`a undefined-name\` | this application | ✅ caught |
      | \`types\` | \`a wrong-type\` | this application | ❌ missed |
      | \`unit-tests (3.11)\` | \`a undefined-name\` | this application | ✅ caught |

      </details>

      <details><summary>Environment</summary>

      | | |
      | --- | --- |
      | ran on | \`host\` |
      | started | \`2020-01-02T03:04:05.000Z\` |
      | pipeline | \`voicekey-pipeline 0.1.0\` |
      | plan | \`sha256:1111111111111111111111111111111111111111111111111111111111111111\` |
      | config | \`sha256:2222222222222222222222222222222222222222222222222222222222222222\` |
      | source | \`sha256:3333333333333333333333333333333333333333333333333333333333333333 (41 files)\` |
      | base | \`4444444444444444444444444444444444444444\` |
      | image python-3.11 | \`python@sha256:5555555555555555555555555555555555555555555555555555555555555555\` |

      </details>
      "
    `);
  });

  test("of a partial run says so in its first lines", () => {
    const partial = run([step("lint")], { partial: { base: "4".repeat(40), leftOut: ["docs"], of: 2 } });
    expect(
      renderMarkdown(partial, plan([planned(step("lint"))]))
        .split("\n")
        .slice(0, 3),
    ).toEqual([
      "## ✅ pr-checks of `parley-voice`: passed (partial)",
      "",
      "**A partial run:** 1 of 2 steps were left out, since nothing that they read changed since `4444444`.",
    ]);
  });

  test("of a green run has no section that would be empty", () => {
    const green = run([step("lint")]);
    const text = renderMarkdown(green, plan(green.steps.map((s) => planned(s))));
    expect(text.match(/^#+ .*/gm)).toEqual(["## ✅ pr-checks of `parley-voice`: passed", "### Reproduce it"]);
    expect(text).toContain("every gate proved itself");
  });

  test("keeps what the application says inside code, whatever it says", () => {
    const hostile = "</details><img src=x>|`@everyone` [a](b) #1\n```\n## not a heading\n| a | b |";
    const red = run([
      step("lint", {
        outcome: "failed",
        reason: hostile,
        detail: hostile,
        facts: { [hostile]: 1 },
        proofs: [proof("p", { title: hostile, outcome: "missed", reason: hostile })],
      }),
      step("types", { outcome: "refused", reason: hostile, remedy: hostile }),
    ]);
    const text = renderMarkdown(
      red,
      plan(
        red.steps.map((s) => planned(s)),
        { app: { name: hostile, root: "." } },
      ),
    );
    const outside = withoutCode(text);
    expect(outside).not.toMatch(/img|@everyone|\[a\]|#1|not a heading/);
    // Each table keeps its number of columns: pipes that are not escaped are those of the table.
    for (const row of text.split("\n").filter((l) => l.startsWith("| `lint`"))) {
      expect(row.match(/(?<!\\)\|/g)?.length).toBeOneOf([7, 5]);
    }
  });

  test("stays within a comment of GitHub, with a huge detail", () => {
    const red = run([step("lint", { outcome: "failed", reason: "r", detail: `${"y".repeat(300)}\n`.repeat(10_000) })]);
    const text = renderMarkdown(red, plan([]));
    expect(text.length).toBeLessThan(20_000);
    expect(text).toMatch(/… 99\d\d more lines/);
  });

  test("shares the room among failures, so that none of twenty is left out", () => {
    const red = Array.from({ length: 20 }, (_, i) =>
      step(`step-${i}`, { outcome: "failed", reason: "r", detail: `${i}\n${`${"y".repeat(300)}\n`.repeat(100)}` }),
    );
    const text = renderMarkdown(run(red, { outcome: "failed" }), plan([]));
    expect(text.match(/^#### `step-\d+`$/gm)).toHaveLength(20);
    expect(text.length).toBeLessThanOrEqual(60_000);
  });

  test("stays within a comment of GitHub, with many failures and proofs, and says what it left out", () => {
    const many = Array.from({ length: 200 }, (_, i) =>
      step(`step-${i}`, {
        outcome: "failed",
        reason: "z".repeat(500),
        detail: `${i}\n${`${"y".repeat(300)}\n`.repeat(100)}`,
        proofs: Array.from({ length: 5 }, (_, n) => proof(`p${n}`, { title: "t".repeat(200) })),
      }),
    );
    const text = renderMarkdown(run(many, { outcome: "failed" }), plan([]));
    expect(text.length).toBeLessThanOrEqual(60_000);
    expect(text).toMatch(/_\d more sections: see `verdict.json`\._/);
    expect(text.match(/^`{3,}/gm)?.length).toSatisfy((n: number | undefined) => n === undefined || n % 2 === 0);
  });
});

/** What GitHub would read as markup: without fences, then without code spans of any length. */
function withoutCode(text: string): string {
  const unfenced = text.replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, "");
  return unfenced.replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "");
}
