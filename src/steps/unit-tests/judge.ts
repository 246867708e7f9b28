/**
 * The judgement of a test run: an environment that holds nothing else, a suite that ran to its end, a report of every test, a floor.
 */
import { differences, isBelow } from "../common/observed.ts";
import { count, describeExit, type Read, readJson, readText, renderFindings, unusable } from "../common/report.ts";
import type { Finding, Judged, JudgedAction, Judgement, StepContext } from "../step.ts";
import { strangers } from "./installed.ts";
import { parseJunit, type TestCase } from "./junit.ts";
import { type CoverageReport, coverageSchema, environmentSchema, sessionSchema, type TestSession } from "./records.ts";

/** Lines of a failing test's own report that a person sees first. */
const FAILURE_LINES = 40;

export function judgeTests({ context, results }: Judged): Judgement {
  const action = results["run"];
  if (action === undefined) throw new Error("unit-tests is judged without its run");
  const environment = readJson(action, "environment.json", environmentSchema);
  if ("problem" in environment) return noReport(action, environment.problem);
  const session = readJson(action, "session.json", sessionSchema);
  if (action.status.kind !== "exited" || "problem" in session)
    return died(action, "problem" in session ? session.problem : "");
  const lock = readText(action, "lock.txt");
  const junit = both(readText(action, "junit.xml"), parseJunit);
  if ("problem" in junit) return noReport(action, junit.problem);
  const coverage = session.value.coverage === null ? undefined : readJson(action, "coverage.json", coverageSchema);

  const cases = junit.value;
  const tests = cases.flatMap((c) => testFinding(c, context));
  const findings = [
    ...tests,
    ...nothingRan(session.value, cases),
    ...contradictions(action, session.value, cases, context),
    ...strangers(environment.value, "problem" in lock ? "" : lock.value),
    ...imports(session.value, context),
    ...covered(coverage, context),
  ];
  const facts = {
    tests: session.value.started,
    failed: tests.length,
    skipped: cases.filter((c) => c.outcome === "skipped").length,
    ...leftOut(action, session.value, context),
    ...(coverage === undefined || "problem" in coverage ? {} : measured(coverage.value, session.value)),
    imports: [...new Set(Object.values(session.value.imports))].sort().join(" and ") || "none measured",
    python: environment.value.python,
    pytest: session.value.pytest,
  };
  if (findings.length === 0) return { outcome: "passed", findings, facts };
  const first = cases.find((c) => c.outcome === "failed" || c.outcome === "error");
  const told = first === undefined ? [] : ["", ...first.text.trimEnd().split("\n").slice(-FAILURE_LINES)];
  return {
    outcome: "failed",
    reason: reasonOf(tests, findings),
    detail: [renderFindings(findings), ...told].join("\n"),
    findings,
    facts,
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
  const last = (action.read("report", "progress.txt") ?? "").trimEnd().split("\n").at(-1);
  const where = last === undefined || last === "" ? "before the first test" : `in ${last}`;
  const also = why === "" ? "" : `: ${why}`;
  return unusable(
    action,
    "suite-died",
    `the test run ended ${where} without its report${also} (${describeExit(action.status)})`,
  );
}

function testFinding(test: TestCase, context: StepContext): Finding[] {
  if (test.outcome === "passed" || test.outcome === "skipped") return [];
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

function nothingRan(session: TestSession, cases: readonly TestCase[]): Finding[] {
  if (cases.some((c) => c.outcome !== "skipped")) return [];
  const why =
    session.collected === 0 ? "no test was collected" : `${count(session.collected, "test")} collected, none was run`;
  return [{ rule: "nothing-collected", message: `${why}: a suite that checks nothing does not pass` }];
}

/** Where the exit statuses, the counts and the report speak against each other, or of tests that were not asked for. */
function contradictions(
  action: JudgedAction,
  session: TestSession,
  cases: readonly TestCase[],
  context: StepContext,
): Finding[] {
  const red = cases.some((c) => c.outcome === "failed" || c.outcome === "error");
  const status = action.status.kind === "exited" ? action.status.code : -1;
  const started = startedTests(action);
  const said: string[] = [];
  if (status !== session.exit) said.push(`the command ended with status ${status}, pytest with ${session.exit}`);
  if (red && session.exit === 0) said.push("tests failed, but pytest ended with status 0");
  if (!red && session.exit !== 0 && session.exit !== 5)
    said.push(`no test failed, but pytest ended with status ${session.exit}`);
  if (started.length !== session.started) said.push(`${started.length} tests were noted, ${session.started} counted`);
  if (!red && session.started > 0 && session.started < session.collected)
    said.push(`${session.collected} tests were collected, ${session.started} started, and none failed`);
  for (const id of session.hidden ?? []) said.push(`${id} raised an exception, but was reported as passed`);
  if (cases.length < session.started)
    said.push(`${session.started} tests were started, ${cases.length} are in the report`);
  const files = [...new Set(started.map(fileOf))];
  const observed = { schema: 1 as const, asked: [], files: {} };
  const named = files.map((path) => ({ rule: "test", message: "", path }));
  said.push(...differences({ ...context, paths: [] }, [], observed, [], named));
  return said.map((message) => ({ rule: "report-not-trusted", message }));
}

function startedTests(action: JudgedAction): string[] {
  return (action.read("report", "progress.txt") ?? "").split("\n").filter((line) => line !== "");
}

function fileOf(id: string): string {
  return id.split("::")[0] ?? "";
}

/** What settings and conftest files keep from running: no finding, for that is theirs to choose, but never silent. */
function leftOut(action: JudgedAction, session: TestSession, context: StepContext): Record<string, number> {
  const ran = new Set(startedTests(action).map(fileOf));
  const idle = context.manifest.entries.filter(
    ({ path }) =>
      /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(path) &&
      context.paths.some((p) => isBelow(path, p)) &&
      !ran.has(path),
  ).length;
  const deselected = Math.max(0, (session.found ?? session.collected) - session.collected);
  return { ...(deselected === 0 ? {} : { deselected }), ...(idle === 0 ? {} : { "test files without a run": idle }) };
}

function measured(coverage: CoverageReport, { unmeasured = 0 }: TestSession): Record<string, number> {
  const excluded = coverage.totals.excluded_lines ?? 0;
  return {
    coverage: Math.round(percent(coverage) * 100) / 100,
    ...(excluded === 0 ? {} : { "lines excluded from coverage": excluded }),
    ...(unmeasured === 0 ? {} : { "files excluded from coverage": unmeasured }),
  };
}

function imports(session: TestSession, context: StepContext): Finding[] {
  const accepted = context.config.checks["unit-tests"].imports === "source";
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

function covered(coverage: Read<CoverageReport> | undefined, context: StepContext): Finding[] {
  const floor = context.config.checks["unit-tests"].coverageFloor;
  if (coverage === undefined)
    return floor === undefined
      ? []
      : [{ rule: "coverage-missing", message: "a floor is set, but no package to measure" }];
  if ("problem" in coverage)
    return [{ rule: "coverage-missing", message: `nothing was measured: ${coverage.problem}` }];
  const reached = percent(coverage.value);
  if (floor === undefined || reached >= floor) return [];
  const worst = Object.entries(coverage.value.files)
    .filter(([, f]) => f.missing_lines.length > 0)
    .sort(([, a], [, b]) => b.missing_lines.length - a.missing_lines.length)
    .slice(0, 3)
    .map(([path, f]) => `${path} ${f.missing_lines.length}`);
  const message = `${reached.toFixed(2)} % of statements covered, the floor is ${floor} %; lines without a test: ${worst.join(", ")}`;
  return [{ rule: "coverage-below-floor", message }];
}

/** Covered statements in percent; 0 where there is no statement. */
function percent({ totals }: CoverageReport): number {
  return totals.num_statements === 0 ? 0 : (totals.covered_lines / totals.num_statements) * 100;
}

function reasonOf(tests: readonly Finding[], findings: readonly Finding[]): string {
  const others = findings.filter((f) => !tests.includes(f)).map((f) => f.message);
  return [...(tests.length === 0 ? [] : [`${count(tests.length, "test")} failed`]), ...others.slice(0, 3)].join("; ");
}
