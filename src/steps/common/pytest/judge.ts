/**
 * The judgement of a test run: an environment that holds nothing else, a suite that ran to its end, a report of every test, a floor.
 */

import { describeExit } from "../../../exec/exit-status.ts";
import type { Finding, Judged, JudgedAction, Judgement, StepContext, TestRecord } from "../../step.ts";
import { differences, isBelow } from "../observed.ts";
import { count, REPORT, type Read, readJson, readText, renderFindings, unusable } from "../report.ts";
import { judgeCoverage } from "./coverage.ts";
import { strangers } from "./installed.ts";
import { parseJunit } from "./junit.ts";
import type { PytestSelection } from "./plan.ts";
import {
  coverageSchema,
  environmentSchema,
  type InstalledEnvironment,
  sessionSchema,
  type TestSession,
} from "./records.ts";
import { followReruns, isRed, type Reruns } from "./reruns.ts";

/** Lines of a failing test's own report that a person sees first. */
const FAILURE_LINES = 40;

/** Judges the action that `planPytest` planned for the same selection. */
export function judgePytest({ context, results }: Judged, selection: PytestSelection): Judgement {
  const action = results[selection.name];
  if (action === undefined) throw new Error(`tests are judged without their action ${selection.name}`);
  const environment = readJson(action, "environment.json", environmentSchema);
  if ("problem" in environment) return noReport(action, environment.problem);
  const session = readJson(action, "session.json", sessionSchema);
  if (action.status.kind !== "exited" || "problem" in session)
    return died(action, "problem" in session ? session.problem : "");
  const lock = readText(action, "lock.txt");
  const junit = both(readText(action, "junit.xml"), parseJunit);
  if ("problem" in junit) return noReport(action, junit.problem);
  const report = session.value.coverage === null ? undefined : readJson(action, "coverage.json", coverageSchema);
  const coverage = judgeCoverage(report, session.value, selection.coverage);

  const reruns = followReruns(action, session.value, junit.value, selection.retries);
  const cases = reruns.tests;
  const tests = cases.flatMap((c) => testFinding(c, context));
  const unstable = [
    ...reruns.flaky.flatMap((f) => flakyFinding(f, selection.retries, context)),
    ...session.value.repeated.map(repeatedFinding),
  ];
  const findings = [
    ...tests,
    ...(selection.flaky === "fail" ? unstable : []),
    ...nothingRan(session.value, cases),
    ...contradictions(action, session.value, junit.value, reruns, context),
    ...strangers(environment.value, "problem" in lock ? "" : lock.value),
    ...imports(session.value, selection),
    ...coverage.findings,
  ];
  const judged = {
    findings,
    facts: {
      tests: session.value.started,
      ...coverage.facts,
      failed: tests.length,
      ...(selection.retries === 0 && unstable.length === 0 ? {} : { flaky: unstable.length }),
      skipped: cases.filter((c) => c.outcome === "skipped").length,
      ...leftOut(action, session.value, selection, context),
      imports: [...new Set(Object.values(session.value.imports))].sort().join(" and ") || "none measured",
      network: network(environment.value.network),
      python: environment.value.python,
      pytest: session.value.pytest,
    },
    tests: cases,
    measures: coverage.measures,
  };
  if (findings.length === 0)
    return {
      outcome: "passed",
      ...judged,
      ...(unstable.length === 0 ? {} : { detail: renderFindings(unstable) }),
    };
  const first = cases.find(isRed) ?? reruns.flaky[0]?.test;
  const told = first === undefined ? [] : ["", ...first.text.trimEnd().split("\n").slice(-FAILURE_LINES)];
  const also = selection.flaky === "fail" ? [] : unstable;
  return {
    outcome: "failed",
    reason: reasonOf(tests, unstable, findings),
    detail: [renderFindings([...findings, ...also]), ...told].join("\n"),
    ...judged,
  };
}

function both<A, B>(read: Read<A>, next: (value: A) => Read<B>): Read<B> {
  return "problem" in read ? read : next(read.value);
}

function noReport(action: JudgedAction, why: string): Judgement {
  return unusable(action, "no-report", `pytest left no usable report: ${why} (${describeExit(action.status)})`);
}

/** The harness started and did not come to its end: the interpreter was ended under it, or it raised. */
function died(action: JudgedAction, why: string): Judgement {
  const last = (action.read(REPORT, "progress.txt") ?? "").trimEnd().split("\n").at(-1);
  const where = last === undefined || last === "" ? "before the first test" : `in ${last}`;
  const also = why === "" ? "" : `: ${why}`;
  return unusable(
    action,
    "suite-died",
    `the test run ended ${where} without its report${also} (${describeExit(action.status)})`,
  );
}

function testFinding(test: TestRecord, context: StepContext): Finding[] {
  if (!isRed(test)) return [];
  const known = new Set(context.manifest.entries.map((e) => e.path));
  const collection = test.outcome === "error" && test.message === "collection failure";
  // pytest names the place of each frame so; the last one in a file of the application is where to look.
  const frames = [...test.text.matchAll(/^(?:E\s+)?(\S[^:\n]*):(\d+): /gm)].map((m) => ({
    path: m[1] ?? "",
    line: Number(m[2]),
  }));
  const frame = frames.filter((f) => known.has(f.path)).at(-1);
  const module = `${(test.classname === "" ? test.name : test.classname).replaceAll(".", "/")}.py`;
  const path = test.file ?? frame?.path ?? (known.has(module) ? module : undefined);
  const line = frame !== undefined && frame.path === path ? frame.line : test.line;
  const raised = /^E {3}\s*(\S.*)$/m.exec(test.text)?.[1];
  const said = collection ? (raised ?? test.message) : test.message.split("\n")[0];
  return [
    {
      rule: collection ? "collection-error" : test.outcome === "error" ? "test-error" : "test-failed",
      message: `${[test.classname, test.name].filter((x) => x !== "").join("::")}: ${said}`,
      ...(path === undefined ? {} : { path }),
      ...(line === undefined ? {} : { line }),
    },
  ];
}

/** Where the test failed first, and that it did not do so again. */
function flakyFinding({ test, rerun }: Reruns["flaky"][number], retries: number, context: StepContext): Finding[] {
  const when = `passed when it was run again on the same files (rerun ${rerun} of ${retries})`;
  return testFinding(test, context).map((f) => ({ ...f, rule: "flaky-test", message: `${f.message}; ${when}` }));
}

/** What a plugin repeats until it passes stands in no report as a failure. */
function repeatedFinding(id: string): Finding {
  const message = `${id}: failed, and passed when a plugin of the application's own ran it again`;
  return { rule: "flaky-test", message, path: fileOf(id) };
}

function nothingRan(session: TestSession, cases: readonly TestRecord[]): Finding[] {
  if (cases.some((c) => c.outcome !== "skipped")) return [];
  const why =
    session.collected === 0 ? "no test was collected" : `${count(session.collected, "test")} collected, none was run`;
  return [{ rule: "nothing-collected", message: `${why}: a suite that checks nothing does not pass` }];
}

/** Where the exit statuses, the counts and the reports speak against each other, or of tests that were not asked for. */
function contradictions(
  action: JudgedAction,
  session: TestSession,
  cases: readonly TestRecord[],
  reruns: Reruns,
  context: StepContext,
): Finding[] {
  const red = cases.some(isRed);
  const status = action.status.kind === "exited" ? action.status.code : -1;
  const started = startedTests(action);
  const said: string[] = [...reruns.doubts];
  if (status !== session.exit) said.push(`the command ended with status ${status}, pytest with ${session.exit}`);
  if (red && session.exit === 0) said.push("tests failed, but pytest ended with status 0");
  if (!red && session.exit !== 0 && session.exit !== 5)
    said.push(`no test failed, but pytest ended with status ${session.exit}`);
  if (started.length !== session.started) said.push(`${started.length} tests were noted, ${session.started} counted`);
  if (!reruns.tests.some(isRed) && session.started > 0 && session.started < session.collected)
    said.push(`${session.collected} tests were collected, ${session.started} started, and none failed for good`);
  for (const id of session.hidden) said.push(`${id} raised an exception, but was reported as passed`);
  if (session.failed.length > 0 && !red) said.push(`${session.failed[0]} failed, but the report knows of no failure`);
  if (cases.length < session.started)
    said.push(`${session.started} tests were started, ${cases.length} are in the report`);
  const files = [...new Set(started.map(fileOf))];
  const observed = { schema: 1 as const, asked: [], files: {} };
  const named = files.map((path) => ({ rule: "test", message: "", path }));
  said.push(...differences({ ...context, paths: [] }, [], observed, [], named));
  return said.map((message) => ({ rule: "report-not-trusted", message }));
}

function startedTests(action: JudgedAction): string[] {
  return (action.read(REPORT, "progress.txt") ?? "").split("\n").filter((line) => line !== "");
}

function fileOf(id: string): string {
  return id.split("::")[0] ?? "";
}

/** What settings and conftest files keep from running: no finding, for that is theirs to choose, but never silent. */
function leftOut(
  action: JudgedAction,
  session: TestSession,
  { paths }: PytestSelection,
  context: StepContext,
): Record<string, number> {
  const ran = new Set(startedTests(action).map(fileOf));
  const idle = context.manifest.entries.filter(
    ({ path }) =>
      /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(path) && paths.some((p) => isBelow(path, p)) && !ran.has(path),
  ).length;
  const deselected = Math.max(0, session.found - session.collected);
  return { ...(deselected === 0 ? {} : { deselected }), ...(idle === 0 ? {} : { "test files without a run": idle }) };
}

function imports(session: TestSession, selection: PytestSelection): Finding[] {
  const accepted = selection.imports === "source";
  const fromSource = Object.entries(session.imports).filter(([, where]) => where === "source" && !accepted);
  return [
    ...fromSource.map(([name]) => ({
      rule: "imported-from-source",
      message: `the tests imported ${name} from the checkout, not the installed package; mend that, or say \`imports: source\``,
    })),
    ...Object.entries(session.imports)
      .filter(([, where]) => where === "elsewhere")
      .map(([name]) => ({
        rule: "imported-from-elsewhere",
        message: `the tests imported ${name} from outside the application's environment: another module has the package's name`,
      })),
    ...session.undeclared.map(([importer, name]) => ({
      rule: "undeclared-import",
      message: `${importer} imports ${name}, which no dependency of the application brings`,
    })),
  ];
}

/** What the tests could reach, as the harness found it; what the executor enforced is in the journal. */
function network({ loopback, outside }: InstalledEnvironment["network"]): string {
  return `${outside ? "a way out" : "no way out"}, ${loopback ? "loopback" : "no loopback"}`;
}

function reasonOf(tests: readonly Finding[], unstable: readonly Finding[], findings: readonly Finding[]): string {
  const told = findings.filter((f) => unstable.includes(f)).length;
  const others = findings.filter((f) => !tests.includes(f) && !unstable.includes(f)).map((f) => f.message);
  return [
    ...(tests.length === 0 ? [] : [`${count(tests.length, "test")} failed`]),
    ...(told === 0 ? [] : [`${count(told, "test")} ${told === 1 ? "is" : "are"} flaky`]),
    ...others.slice(0, 3),
  ].join("; ");
}
