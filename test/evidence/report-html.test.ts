import { createHash } from "node:crypto";
import { XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../src/evidence/report-html.ts";
import { endlessRecord, hostileRecord } from "./hostile-records.ts";
import { judged, recordOf, redRecord } from "./records.ts";
import { step } from "./verdicts.ts";

const page = await renderHtml(redRecord);
const sections = (text: string) => [...text.matchAll(/<h2 id="([a-z]+)-title">/g)].map((m) => m[1]);
/** What a person reads: no markup, no style. */
const words = (text: string) =>
  text
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

describe("the page of a run", () => {
  test("puts what failed before everything else", () => {
    expect(sections(page)).toEqual([
      "failed",
      "refused",
      "checks",
      "timeline",
      "measured",
      "tests",
      "proofs",
      "enforced",
      "environment",
      "files",
    ]);
  });

  test("has no section that would be empty", async () => {
    const green = await renderHtml(recordOf([{ key: "lint", verdict: step("lint"), judgement: judged() }]));
    expect(sections(green)).toEqual(["checks", "proofs", "environment"]);
    expect(words(green)).toContain("Everything passed");
  });

  test("says in words how it ended, what it was about, and when", () => {
    const text = words(page);
    expect(text).toContain("2 of 7 checks failed 2 passed, 2 failed, 1 refused, 1 blocked, 1 skipped in 1 min 07 s.");
    expect(text).toContain("Not every gate proved itself: 3 of 4 planted defects caught.");
    expect(text).toContain("2020-01-02 03:04:05 UTC");
    expect(text).toContain("Commit 999999999999");
  });

  test("says of an incomplete run that it is not green", async () => {
    const verdict = step("types", { outcome: "refused", reason: "no", proofs: [] });
    const text = words(
      await renderHtml(recordOf([{ key: "types", verdict }], {}, { outcome: "incomplete", proved: false })),
    );
    expect(text).toContain("Incomplete: nothing failed");
    expect(text).toContain("Refused: this machine could not run it");
  });

  test("never says of a partial run that everything passed", async () => {
    const partial = { base: "4".repeat(40), leftOut: ["types"], of: 2 };
    const text = words(await renderHtml(recordOf([{ key: "lint", verdict: step("lint") }], {}, { partial })));
    expect(text).toContain("What was run passed");
    expect(text).toContain("A partial run: 1 of 2 steps were left out");
  });

  test("shows a finding with its place in the repository, and what to type", () => {
    expect(page).toContain('<code class="place">fixtures/<wbr>voice-app/<wbr>src/<wbr>app/<wbr>cli.py:3:7</code>');
    expect(page).toContain("npx --no voicekey-pipeline pr-checks --only lint");
    expect(page).toContain("npx --no voicekey-pipeline debug unit-tests@3.11");
  });

  test("names the critical path and its length", () => {
    expect(words(page)).toMatch(/Critical path: 56\.7 s of 1 min 07 s\..*project\/wheel 8\.7 s asr-smoke\/run 48\.0 s/);
  });

  test("gives each picture a name and its content in words", () => {
    const pictures = page.match(/<svg [^>]*>/g) ?? [];
    expect(pictures).toHaveLength(4);
    for (const picture of pictures) {
      const ids = /role="img" aria-labelledby="(\S+) (\S+)"/.exec(picture);
      for (const id of ids?.slice(1) ?? ["missing"]) expect(page).toContain(`id="${id}"`);
    }
    expect(words(page)).toContain("local: 40 samples, p50 224 ms, p95 264 ms");
    expect(words(page)).toContain("noisy: 83.3 %");
  });

  test("says what the machine did not enforce", () => {
    expect(words(page)).toContain("The network was not cut for 1 action ( asr-smoke/run )");
    expect(words(page)).toContain("Files of the machine were in reach of 1 action");
  });

  test("asks for nothing and allows nothing but its own style", () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri`);
    expect(page).not.toMatch(
      /<(?:script|img|link|iframe|object|embed|form|base)\b| style=| on\w+=|url\(|@import|https?:/i,
    );
  });

  test("closes every element that it opens", async () => {
    for (const text of [page, await renderHtml(hostileRecord)]) {
      const strict = text.replace(/^<!doctype html>\n/, "").replace(/<(meta|wbr|br)\b([^>]*)>/g, "<$1$2/>");
      expect(XMLValidator.validate(strict.replace(/<details open>/g, "<details>"))).toBe(true);
    }
  });

  test("shows whatever the application says as text", async () => {
    const text = await renderHtml(hostileRecord);
    expect(text).not.toMatch(/<img|<\/script/);
    expect(text.replace(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    expect(text).toContain("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;]]&gt;&quot;&#39;&amp;red");
  });

  test("is bounded, and says where the rest stands", async () => {
    const text = await renderHtml(endlessRecord());
    expect(text.length).toBeLessThan(1_000_000);
    expect(words(text)).toContain("and 49900 more: see results.sarif");
    expect(text).not.toMatch(/(?:[xy][12]?|width|height|transform)="[^"]*(?:NaN|Infinity)/);
  });

  test("draws no number that is none", async () => {
    for (const text of [page, await renderHtml(hostileRecord)])
      expect(text).not.toMatch(/NaN|Infinity|undefined"|null"/);
  });
});
