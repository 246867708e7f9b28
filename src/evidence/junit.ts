/**
 * `junit.xml`: the tests of all checks in one file, for the test tabs of CI services. One suite per step instance; a check without tests, or
 * one that is not green although its tests are, is a case of its own. The form is that of the Ant task as Jenkins, GitLab and GitHub's
 * reporters read it: `testsuites`, `testsuite`, `testcase`, in it at most one of `failure`, `error`, `skipped`. Pure.
 */
import { XMLBuilder } from "fast-xml-parser";
import type { TestRecord } from "../steps/step.ts";
import type { RunRecord, StepRecord } from "./run-record.ts";
import { oneLine, plain } from "./text.ts";

/** Cases of one suite; red ones are taken first. */
const CASES = 50_000;
/** Characters of one case's text, and of all texts of a suite together: the steps' own evidence holds them whole. */
const TEXT = 20_000;
const TEXTS = 4_000_000;

interface Case {
  readonly "@classname": string;
  readonly "@name": string;
  readonly "@time": string;
  readonly "@file"?: string;
  readonly "@line"?: number;
  readonly properties?: { readonly property: { readonly "@name": string; readonly "@value": string } };
  readonly failure?: Told;
  readonly error?: Told;
  readonly skipped?: { readonly "@message": string };
}

interface Told {
  readonly "@message": string;
  readonly "@type": string;
  readonly "#text": string;
}

/** The whole document, ending in a newline. */
export function renderJunit({ plan, verdict, steps }: RunRecord): string {
  const suites = steps.map((step) => suite(step, verdict.startedAt));
  const total = (count: (suite: ReturnType<typeof suiteOf>) => number) => suites.reduce((sum, s) => sum + count(s), 0);
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    format: true,
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
  });
  const text: string = builder.build({
    "?xml": { "@version": "1.0", "@encoding": "UTF-8" },
    testsuites: {
      "@name": xml(oneLine(`${verdict.goal} of ${plan.app.name}${partial(verdict)}`)),
      "@tests": total((s) => s["@tests"]),
      "@failures": total((s) => s["@failures"]),
      "@errors": total((s) => s["@errors"]),
      "@skipped": total((s) => s["@skipped"]),
      "@time": seconds((Date.parse(verdict.finishedAt) - Date.parse(verdict.startedAt)) / 1000),
      testsuite: suites,
    },
  });
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** The form has no place for it but the name. */
function partial({ partial: left }: RunRecord["verdict"]): string {
  return left === undefined ? "" : ` (partial: ${left.leftOut.length} of ${left.of} steps were left out)`;
}

function suite(step: StepRecord, timestamp: string): ReturnType<typeof suiteOf> {
  const tests = step.judgement?.tests ?? [];
  const red = tests.filter(isRed);
  const shown = [...red, ...tests.filter((t) => !isRed(t))].slice(0, CASES);
  let left = TEXTS;
  const cases = shown.map((test) => {
    const made = caseOf(test, Math.min(TEXT, left));
    left = Math.max(0, left - (made.failure ?? made.error ?? { "#text": "" })["#text"].length);
    return made;
  });
  // A suite of green tests must not look green where the check is not: coverage below a floor, a defect that was missed, a refusal.
  const told = red.length > 0 && step.verdict.outcome === "failed";
  if (tests.length === 0 || (step.verdict.outcome !== "passed" && !told)) cases.unshift(ownCase(step));
  return suiteOf(step, timestamp, cases, tests.length - shown.length);
}

function suiteOf(step: StepRecord, timestamp: string, cases: readonly Case[], leftOut: number) {
  const { verdict } = step;
  const properties: readonly (readonly [string, string])[] = [
    ["platform", verdict.platform],
    ...(verdict.python === undefined ? [] : [["python", verdict.python] as const]),
    ["cached", String(verdict.cached)],
    ["proved", String(verdict.proved)],
    ...(verdict.measuredAgain === undefined ? [] : [["measured again", verdict.measuredAgain.first] as const]),
    ...(leftOut === 0 ? [] : [["cases left out", String(leftOut)] as const]),
  ];
  return {
    "@name": xml(oneLine(step.key)),
    "@tests": cases.length,
    "@failures": cases.filter((c) => c.failure !== undefined).length,
    "@errors": cases.filter((c) => c.error !== undefined).length,
    "@skipped": cases.filter((c) => c.skipped !== undefined).length,
    "@time": seconds(verdict.durationMs / 1000),
    // The form knows no zone; this is UTC.
    "@timestamp": timestamp.replace(/(?:\.\d+)?Z$/, ""),
    properties: { property: properties.map(([name, value]) => ({ "@name": name, "@value": xml(oneLine(value)) })) },
    testcase: cases,
  };
}

function caseOf(test: TestRecord, room: number): Case {
  const message = short(test.message === "" ? test.outcome : test.message);
  const told = { "@message": message, "@type": test.outcome, "#text": shortened(test.text, room) };
  return {
    "@classname": short(test.classname),
    "@name": short(test.name),
    "@time": seconds(test.seconds ?? 0),
    ...(test.file === undefined ? {} : { "@file": short(test.file) }),
    ...(test.line === undefined ? {} : { "@line": test.line }),
    ...(test.flaky === true ? { properties: { property: { "@name": "flaky", "@value": "true" } } } : {}),
    ...(test.outcome === "failed" ? { failure: told } : {}),
    ...(test.outcome === "error" ? { error: told } : {}),
    ...(test.outcome === "skipped" ? { skipped: { "@message": message } } : {}),
  };
}

/** The check itself as a case. */
function ownCase({ key, title, verdict }: StepRecord): Case {
  const message = short(verdict.reason ?? verdict.outcome);
  const own = {
    "@classname": xml(oneLine(key)),
    "@name": xml(oneLine(title)),
    "@time": seconds(verdict.durationMs / 1000),
  };
  if (verdict.outcome === "passed") return own;
  if (verdict.outcome === "failed")
    return {
      ...own,
      failure: { "@message": message, "@type": "failed", "#text": shortened(verdict.detail ?? "", TEXT) },
    };
  return { ...own, skipped: { "@message": `${verdict.outcome}: ${message}` } };
}

function isRed(test: TestRecord): boolean {
  return test.outcome === "failed" || test.outcome === "error";
}

/** Of a name or a message the beginning: cut before it is sanitised, for a message may be megabytes. */
function short(text: string): string {
  return xml(oneLine(text.slice(0, 1_500), 500));
}

/** The beginning and the end of a text: the end of a traceback says what was raised. */
function shortened(text: string, room: number): string {
  const whole = text.length <= room;
  const half = Math.floor(room / 2);
  return xml(whole ? plain(text) : `${plain(text.slice(0, half))}\n…\n${half === 0 ? "" : plain(text.slice(-half))}`);
}

/** XML 1.0 has no place for these two even as references; other such characters are gone with `plain`. */
function xml(text: string): string {
  return text.replace(/[\uFFFE\uFFFF]/g, "\u{FFFD}");
}

function seconds(value: number): string {
  return Math.max(0, value).toFixed(3);
}
