/**
 * ci-summary.mjs REPORT…: one closing line, `N passed, N failed, N skipped`, from vitest's JSON reports.
 * A test that several runs had counts once: failed if it failed in any, passed if it passed in any, else skipped. A test file that could
 * not be run, a report that is not there or not whole, and a report without any test count as one failure each, because a runner that
 * died must never look like one that had nothing to say.
 * Exit status: 0 when nothing failed, else 1; 2 without reports.
 */
import { readFileSync } from "node:fs";

const RANK = { skipped: 0, passed: 1, failed: 2 };
/** vitest's words for what did not run at all. */
const STATUS = {
  passed: "passed",
  failed: "failed",
  skipped: "skipped",
  pending: "skipped",
  todo: "skipped",
  disabled: "skipped",
};

/** The outcomes of one report: what was tested → passed, failed or skipped. */
export function outcomes(file, text) {
  const broken = (why) => [{ name: `${file}: ${why}`, outcome: "failed" }];
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    return broken("the runner died before it wrote a whole report");
  }
  if (!Array.isArray(report.testResults)) return broken("not a report of vitest");
  const found = report.testResults.flatMap((one) => {
    const tests = one.assertionResults.map((t) => ({
      name: `${one.name} > ${t.fullName}`,
      outcome: STATUS[t.status] ?? "failed",
    }));
    const said = tests.some((t) => t.outcome === "failed");
    return one.status === "failed" && !said
      ? [...tests, { name: `${one.name}: ${one.message ?? ""}`, outcome: "failed" }]
      : tests;
  });
  if (found.length === 0) return broken("no test ran");
  // An error outside any test, such as one that nobody awaited, fails the run alone.
  return report.success === true || found.some((t) => t.outcome === "failed")
    ? found
    : [...found, ...broken("the run failed outside its tests")];
}

/** How many there were of each, over all reports together. */
export function count(reports) {
  const worst = new Map();
  for (const { name, outcome } of reports.flat()) {
    const before = worst.get(name);
    if (before === undefined || RANK[outcome] > RANK[before]) worst.set(name, outcome);
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const outcome of worst.values()) total[outcome] += 1;
  return total;
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (process.argv[1] === import.meta.filename) {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    console.error("usage: ci-summary.mjs REPORT…");
    process.exit(2);
  }
  const all = files.map((file) => outcomes(file, read(file)));
  for (const { name, outcome } of all.flat()) if (outcome === "failed") console.error(`failed: ${name.split("\n")[0]}`);
  const { passed, failed, skipped } = count(all);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed === 0 ? 0 : 1);
}
