/**
 * ci-summary.mjs REPORT…: every failed test with its message, every error outside the tests, and the closing line
 * `N passed, N failed, N skipped`, from vitest's JSON reports. Beside `x.json` the run's console output is looked for in `x.log`: errors that
 * no test caused stand only there.
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
/** Lines of a message; fewer where much failed, so that everything fits on the last screens of a log. */
const MESSAGE = { few: 6, many: 1 };
const FEW = 8;
/** Lines that are repeated of what a run said outside its tests. */
const OUTSIDE = 24;

/**
 * The outcomes of one report: what was tested → passed, failed or skipped, with the message of what failed. `errors`: the run had some outside
 * its tests, which vitest counts neither in the report nor in its `success`.
 */
export function outcomes(file, text, errors = false) {
  const broken = (why) => [{ name: `${file}: ${why}`, outcome: "failed", message: "" }];
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
      message: (t.failureMessages ?? []).join("\n"),
    }));
    const said = tests.some((t) => t.outcome === "failed");
    return one.status === "failed" && !said
      ? [...tests, { name: one.name, outcome: "failed", message: one.message ?? "" }]
      : tests;
  });
  if (found.length === 0) return broken("no test ran");
  // An error outside any test, such as one that nobody awaited, fails the run alone.
  return (report.success === true && !errors) || found.some((t) => t.outcome === "failed")
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

/**
 * What a run said of errors outside its tests, which its report does not hold (`errors`); of a run that did not come to its end, the last that
 * it said; else nothing.
 */
export function outside(log) {
  const lines = log.replaceAll(new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g"), "").split(/\r?\n/);
  const end = lines.findLastIndex((line) => /^\s*Test Files\s+\d/.test(line));
  const begin = lines.findIndex((line) =>
    /^[⎯\s]*(?:Unhandled (?:Errors?|Rejections?)|Uncaught Exception)[⎯\s]*$/.test(line),
  );
  const errors = begin >= 0;
  const part = errors ? lines.slice(begin, end > begin ? end : undefined) : end >= 0 ? [] : lines;
  const words = part.filter((line) => /[^⎯\s]/.test(line));
  return { errors, words: errors ? words.slice(0, OUTSIDE) : words.slice(-OUTSIDE) };
}

const ESCAPE = String.fromCharCode(27);

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Each failure once, by its first message. */
function failures(reports) {
  const found = new Map();
  for (const { name, outcome, message } of reports.flat())
    if (outcome === "failed" && !found.has(name)) found.set(name, message);
  const most = found.size > FEW ? MESSAGE.many : MESSAGE.few;
  return [...found].flatMap(([name, message]) => {
    const lines = message.split("\n").filter((line) => line.trim() !== "");
    return [`failed: ${name.split("\n")[0]}`, ...lines.slice(0, most).map((line) => `    ${line.slice(0, 300)}`)];
  });
}

if (process.argv[1] === import.meta.filename) {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    console.error("usage: ci-summary.mjs REPORT…");
    process.exit(2);
  }
  const told = files.map((file) => ({ file, ...outside(read(file.replace(/\.json$/, ".log"))) }));
  const all = told.map(({ file, errors }) => outcomes(file, read(file), errors));
  for (const line of failures(all)) console.log(line);
  for (const { file, words } of told)
    if (words.length > 0) console.log([`outside the tests of ${file}:`, ...words.map((w) => `    ${w}`)].join("\n"));
  const { passed, failed, skipped } = count(all);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed === 0 ? 0 : 1);
}
