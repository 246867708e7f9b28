/**
 * What came of running failed tests again: which of them passed, and whether the records of the reruns can be believed.
 * In doubt a failed test stays failed. Whether a flaky test fails the gate is not decided here.
 */
import type { JudgedAction, TestRecord } from "../../step.ts";
import { count, REPORT, type Read, readJson, readText } from "../report.ts";
import { parseJunit } from "./junit.ts";
import { rerunsSchema, sessionSchema, type TestSession } from "./records.ts";

export interface Reruns {
  /** Every test of the first session, those that passed later in their last state. */
  readonly tests: readonly TestRecord[];
  /** Their first, failed state, and the rerun that they passed in, counted from 1. */
  readonly flaky: readonly { readonly test: TestRecord; readonly rerun: number }[];
  readonly doubts: readonly string[];
}

/** pytest's exit status where tests failed and nothing else went wrong. */
const TESTS_FAILED = 1;

export function followReruns(
  action: JudgedAction,
  first: TestSession,
  cases: readonly TestRecord[],
  retries: number,
): Reruns {
  const none = { tests: cases, flaky: [], doubts: [] };
  if (retries === 0 || !canBeRepeated(first)) return none;
  const end = readJson(action, "flaky.json", rerunsSchema);
  if ("problem" in end) return { ...none, doubts: [`failed tests were to be run again, but ${end.problem}`] };
  const doubts: string[] = [];
  const passed = new Map<string, { rerun: number; test: TestRecord }>();
  let session = first;
  let rerun = 0;
  let pending = new Set(cases.filter(isRed).map(keyOf));
  while (rerun < retries && canBeRepeated(session)) {
    rerun += 1;
    const next = readRerun(action, rerun);
    if ("problem" in next) {
      doubts.push(next.problem);
      break;
    }
    doubts.push(...doubtsOf(next.value, session.failed, pending, rerun, end.value.statuses[rerun - 1]));
    const red = new Set(next.value.cases.filter(isRed).map(keyOf));
    for (const test of next.value.cases)
      if (test.outcome === "passed" && !red.has(keyOf(test))) passed.set(keyOf(test), { rerun, test });
    pending = red;
    session = next.value.session;
  }
  if (end.value.statuses.length !== rerun)
    doubts.push(`${count(rerun, "rerun")} had to be, ${end.value.statuses.length} were made`);
  if (end.value.flaky.length !== passed.size)
    doubts.push(`${end.value.flaky.length} tests were noted as flaky, ${passed.size} are so by their reports`);
  if (doubts.length > 0) return { ...none, doubts };

  const flaky = new Map<string, Reruns["flaky"][number]>();
  const tests = cases.flatMap((test) => {
    const key = keyOf(test);
    const later = passed.get(key);
    if (later === undefined) return [test];
    // A test that failed and whose tear-down failed as well stands in the report twice.
    if (flaky.has(key) || !isRed(test)) return [];
    flaky.set(key, { test, rerun: later.rerun });
    return [{ ...later.test, flaky: true }];
  });
  return { tests, flaky: [...flaky.values()], doubts };
}

export function isRed(test: TestRecord): boolean {
  return test.outcome === "failed" || test.outcome === "error";
}

function canBeRepeated(session: TestSession): boolean {
  return session.exit === TESTS_FAILED && session.uncollected === 0 && session.failed.length > 0;
}

function keyOf(test: TestRecord): string {
  return `${test.classname}\0${test.name}`;
}

interface Rerun {
  readonly session: TestSession;
  readonly cases: readonly TestRecord[];
  readonly started: readonly string[];
}

function readRerun(action: JudgedAction, rerun: number): Read<Rerun> {
  const folder = `rerun-${rerun}`;
  const started = (action.read(REPORT, `${folder}/progress.txt`) ?? "").split("\n").filter((line) => line !== "");
  const session = readJson(action, `${folder}/session.json`, sessionSchema);
  if ("problem" in session) {
    const last = started.at(-1) ?? "before the first test";
    return { problem: `rerun ${rerun} ended without its report (${last}): ${session.problem}` };
  }
  const junit = readText(action, `${folder}/junit.xml`);
  const cases = "problem" in junit ? junit : parseJunit(junit.value);
  if ("problem" in cases) return { problem: `rerun ${rerun}: ${cases.problem}` };
  return { value: { session: session.value, cases: cases.value, started } };
}

function doubtsOf(
  { session, cases, started }: Rerun,
  asked: readonly string[],
  pending: ReadonlySet<string>,
  rerun: number,
  status: number | undefined,
): string[] {
  const said: string[] = [];
  const noted = asked.map((id) => id.replaceAll("\n", "\\n"));
  const strange = started.filter((id) => !noted.includes(id));
  const lacking = noted.filter((id) => !started.includes(id));
  const reported = new Set(cases.map(keyOf));
  if (lacking.length > 0) said.push(`did not run ${few(lacking)}`);
  if (strange.length > 0) said.push(`ran ${few(strange)}, which had not failed`);
  if (started.length !== session.started) said.push(`noted ${started.length} tests and counted ${session.started}`);
  if (reported.size !== pending.size || [...reported].some((key) => !pending.has(key)))
    said.push("reports other tests than those that had failed");
  if (status !== session.exit) said.push(`ended with status ${status ?? "unknown"}, pytest with ${session.exit}`);
  if (cases.some(isRed) !== (session.exit === TESTS_FAILED) || (session.exit !== 0 && session.exit !== TESTS_FAILED))
    said.push(`has a report that pytest's status ${session.exit} contradicts`);
  if (session.hidden.length > 0) said.push(`has tests that raised and were reported as passed: ${few(session.hidden)}`);
  return said.map((what) => `rerun ${rerun} ${what}`);
}

function few(ids: readonly string[]): string {
  return ids.slice(0, 3).join(", ") + (ids.length > 3 ? ` and ${ids.length - 3} more` : "");
}
