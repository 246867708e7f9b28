/** What a run leaves for the record: tests, what was enforced, on what it ran, and every file of evidence with its digest. */
import type { TestRecord } from "../../steps/step.ts";
import type { ActionRecord, RunRecord } from "../run-record.ts";
import { duration, oneLine } from "../text.ts";
import { html, type Markup, upTo } from "./markup.ts";
import { code, more, plural, section, table } from "./parts.ts";

const SLOWEST = 10;
const FLAKY = 50;
const NAMES = 12;
const FILES = 150;

export function testsSection({ steps }: RunRecord): Markup | undefined {
  const suites = steps.flatMap(({ key, judgement }) => {
    const tests = judgement?.tests ?? [];
    return tests.length === 0 ? [] : [{ key, tests }];
  });
  if (suites.length === 0) return undefined;
  const count = (tests: readonly TestRecord[], outcome: TestRecord["outcome"]) =>
    tests.filter((t) => t.outcome === outcome).length;
  const rows = suites.map(({ key, tests }) => [
    code(key),
    tests.length,
    count(tests, "passed"),
    count(tests, "failed") + count(tests, "error"),
    count(tests, "skipped"),
    tests.filter((t) => t.flaky === true).length,
    duration(tests.reduce((sum, t) => sum + (t.seconds ?? 0) * 1000, 0)),
  ]);
  const all = suites.flatMap(({ key, tests }) => tests.map((test) => ({ key, test })));
  const flaky = upTo(
    all.filter((t) => t.test.flaky === true),
    FLAKY,
  );
  const slow = all
    .filter((t) => (t.test.seconds ?? 0) > 0)
    .sort((a, b) => (b.test.seconds ?? 0) - (a.test.seconds ?? 0))
    .slice(0, SLOWEST);
  return section(
    "tests",
    "Tests",
    table("Tests of each check", ["Check", ">Tests", ">Passed", ">Failed", ">Skipped", ">Flaky", ">Time"], rows),
    flaky.shown.length === 0
      ? undefined
      : html`<h3>Flaky: failed first, passed when run again</h3><ul>${flaky.shown.map(({ key, test }) => html`<li>${code(nameOf(test), 300)} <span class="muted">${key}</span></li>`)}</ul>${more(flaky.left, "junit.xml")}`,
    slow.length === 0
      ? undefined
      : html`<details><summary>The slowest tests</summary>${table(
          "Slowest tests",
          ["Test", "Check", ">Time"],
          slow.map(({ key, test }) => [code(nameOf(test), 300), code(key), `${(test.seconds ?? 0).toFixed(3)} s`]),
        )}</details>`,
  );
}

function nameOf(test: TestRecord): string {
  return [test.classname, test.name].filter((x) => x !== "").join("::");
}

export function enforcement({ actions }: RunRecord): Markup | undefined {
  const ran = lastRuns(actions);
  if (ran.length === 0) return undefined;
  const open = ran.filter((a) => a.enforced.network === "open").map((a) => a.id);
  const shared = ran.filter((a) => a.enforced.filesystem === "shared").map((a) => a.id);
  const allowed = ran.filter((a) => a.enforced.network === "allowed").map((a) => a.id);
  const lines = [
    ...(open.length === 0
      ? []
      : [html`<li><b>The network was not cut</b> for ${names(open)}, which declare that they need none.</li>`]),
    ...(shared.length === 0 ? [] : [html`<li><b>Files of the machine were in reach</b> of ${names(shared)}.</li>`]),
    ...(allowed.length === 0 ? [] : [html`<li>The network was open, as they declare, to ${names(allowed)}.</li>`]),
  ];
  const whole = open.length === 0 && shared.length === 0;
  const intro = whole
    ? "Nothing was left unenforced: every action saw its declared inputs only, and no network but where it declares one."
    : "What this machine could not enforce. A green check is worth that much less.";
  return section(
    "enforced",
    "Not enforced",
    html`<p class="intro">${intro}</p>${lines.length === 0 ? undefined : html`<ul>${lines}</ul>`}`,
  );
}

/** What ran, each once: the last time counts. */
function lastRuns(actions: RunRecord["actions"]): Extract<ActionRecord, { kind: "ran" }>[] {
  return [...new Map(actions.flatMap((a) => (a.kind === "ran" ? [[a.id, a] as const] : []))).values()];
}

function names(ids: readonly string[]): Markup {
  const { shown, left } = upTo(ids, NAMES);
  const list = shown.map((id, i) => html`${i === 0 ? "" : ", "}${code(id)}`);
  return html`${plural(ids.length, "action")} (${list}${left === 0 ? "" : ` and ${left} more`})`;
}

export function environment({ plan, actions, verdict }: RunRecord): Markup {
  const kinds = new Map<string, { readonly toolchain: Readonly<Record<string, string>>; readonly ids: string[] }>();
  for (const a of lastRuns(actions)) {
    const key = JSON.stringify(Object.entries(a.toolchain).sort());
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, { toolchain: a.toolchain, ids: [a.id] });
    else kind.ids.push(a.id);
  }
  const rows = [...kinds.values()].map(({ toolchain, ids }) => [
    html`<ul class="chips">${Object.entries(toolchain).map(([k, v]) => html`<li>${oneLine(k, 40)} <b>${oneLine(v, 120)}</b></li>`)}</ul>`,
    names(ids),
  ]);
  const plain: readonly (readonly [string, string])[] = [
    ["plan", plan.digest],
    ["config", plan.config],
    ["source", plan.source.digest],
    ...(verdict.commit === undefined ? [] : [["commit", verdict.commit] as const]),
    ["merge base", plan.base ?? "none"],
    ...Object.entries(plan.images).map(([name, image]) => [`image ${name}`, image] as const),
  ];
  return section(
    "environment",
    "Environment",
    rows.length === 0 ? undefined : table("Toolchains", ["Toolchain", "Used by"], rows),
    html`<details><summary>Digests</summary>${table(
      "Digests",
      ["Of", "Digest"],
      plain.map(([name, value]) => [oneLine(name, 80), code(value, 300)]),
    )}</details>`,
  );
}

export function files({ steps }: RunRecord): Markup | undefined {
  const some = steps.filter((s) => s.verdict.evidence.length > 0);
  if (some.length === 0) return undefined;
  const lists = some.map(({ key, verdict }) => {
    const { shown, left } = upTo(verdict.evidence, FILES);
    const rows = shown.map((f) => [code(f.path, 300), html`<code class="digest">${f.sha256}</code>`]);
    return html`<details><summary>${code(key)}: ${plural(verdict.evidence.length, "file")}</summary>${table(`Evidence of ${key}`, ["File", "SHA-256"], rows)}${more(left, "verdict.json")}</details>`;
  });
  return section(
    "files",
    "Evidence",
    html`<p class="intro">What the checks were judged by, relative to the evidence folder.</p>`,
    lists,
  );
}
