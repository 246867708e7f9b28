/**
 * The judgement of local-only mode: what was understood of each recording, and whether anything left the machine. Latency is not judged here.
 */
import type { SpeechApp } from "../../config/model.ts";
import { count } from "../common/report.ts";
import { timed } from "../common/too-slow.ts";
import type { Finding, StepContext, TestRecord } from "../step.ts";
import { answeredLate, gaveUpForTime, wasEnded } from "./late.ts";
import { type JudgedRecording, normal, same } from "./recordings.ts";
import type { CommandOutcome, Heard, LocalRecord, Recording } from "./records.ts";

/** Linux: ended by the kernel for a system call that it may not make. */
const SIGSYS = -31;

/** Kind → share that was understood, in percent, and its floor. */
export function accuracy(judged: readonly JudgedRecording[], app: SpeechApp) {
  return [...new Set(judged.map((j) => j.recording.kind))].sort().map((kind) => {
    const own = judged.filter((j) => j.recording.kind === kind);
    const right = own.filter((j) => j.understood).length;
    return { kind, of: own.length, right, percent: (right / own.length) * 100, floor: app.accuracy[kind] ?? 100 };
  });
}

export function judgeLocal(
  local: LocalRecord,
  judged: readonly JudgedRecording[],
  app: SpeechApp,
  context: StepContext,
): Finding[] {
  const late = answeredLate(judged, local);
  const untriedForTime = gaveUpForTime(judged, local);
  // What left the machine comes first, then what may have caused the rest.
  return [
    ...nothingLeft(local, context),
    ...coldStart(local, judged, app),
    ...judged.flatMap(({ recording, heard }) =>
      heard === undefined ? [timed(untried(recording), untriedForTime)] : failure(recording, heard),
    ),
    ...tooFew(judged, (one) => late.has(one) || isForTime(one, untriedForTime), app, context),
  ];
}

/** The first of the starts that went wrong. Where each recording is a process, what the first one understood is judged with the others. */
function coldStart({ cold, how }: LocalRecord, judged: readonly JudgedRecording[], app: SpeechApp): Finding[] {
  const recording = judged.find((j) => j.recording.file === cold.file)?.recording;
  const found = [cold, ...cold.again].flatMap((start, index): Finding[] => {
    const head = `transcribe ${cold.file}${index === 0 ? "" : ", started again"}`;
    const wrong = commandProblem(start);
    if (wrong !== undefined) return [timed({ rule: "app-failed", message: `${head}: ${wrong}` }, wasEnded(start))];
    if (recording === undefined || recording.expect === "" || (index === 0 && how === "transcribe")) return [];
    if (start.code !== 0) {
      const message = `${head}: it ended with status ${start.code}${lastWords(start.stderr)}`;
      return [{ rule: "app-failed", message }];
    }
    if ((app.accuracy[recording.kind] ?? 100) < 100 || same(start.text, recording.expect)) return [];
    return [{ rule: "wrong-text", message: `${head}: expected “${recording.expect}”, heard “${start.text}”` }];
  });
  return found.slice(0, 1);
}

/** What is wrong with a command, whatever it understood; undefined where nothing is. */
export function commandProblem(
  run: Pick<CommandOutcome, "code" | "traceback" | "leaks" | "stderr"> & { readonly problem: string | null },
): string | undefined {
  const words = lastWords(run.stderr);
  switch (run.problem) {
    case "not-started":
      return `it could not be started${words}`;
    case "hangs":
      return `it did not end in time, and was ended${words}`;
    case "no-output":
      return `it ended with status 0 and printed nothing${words}`;
    case "no-json":
      return `what it printed is no JSON object${words}`;
    case "no-text":
      return "its JSON does not have the key that `text` names in the config";
    case "not-utf8":
      return "what it printed is not UTF-8";
    case null:
      break;
    default:
      return `it failed: ${run.problem}`;
  }
  if (run.code !== null && run.code < 0) return `it was ended by signal ${-run.code}${words}`;
  if (run.traceback) return `it raised an exception, and ended with status ${run.code}${words}`;
  if (run.leaks) return "it printed the key of the network recogniser";
  return undefined;
}

export function lastWords(stderr: string): string {
  const lines = stderr.trimEnd().split("\n").slice(-3).join(" / ").trim();
  return lines === "" ? "" : `; it said: ${lines}`;
}

function untried({ file }: Recording): Finding {
  return { rule: "not-tried", message: `${file} was not tried: too much had failed before` };
}

/** Not understood because it was ended, or never tried, for time. */
function isForTime({ heard }: JudgedRecording, untriedForTime: boolean): boolean {
  return heard === undefined ? untriedForTime : wasEnded(heard);
}

function failure(recording: Recording, heard: Heard): Finding[] {
  const { file, expect } = recording;
  if (heard.message !== undefined && heard.problem !== null)
    return [timed({ rule: "app-failed", message: `listen at ${file}: ${heard.message}` }, wasEnded(heard))];
  if (heard.code === undefined) return [];
  const { code, traceback = false, leaks = false, stderr = "" } = heard;
  const wrong = commandProblem({ problem: heard.problem, code, traceback, leaks, stderr });
  if (wrong !== undefined)
    return [timed({ rule: "app-failed", message: `transcribe ${file}: ${wrong}` }, wasEnded(heard))];
  if (code !== 0 && expect !== "" && same(heard.text, expect))
    return [{ rule: "app-failed", message: `transcribe ${file}: it understood, but ended with status ${code}` }];
  return [];
}

/** Each wrong text of a kind that is understood too rarely. `late`: whether only time kept a recording from being understood. */
function tooFew(
  judged: readonly JudgedRecording[],
  late: (one: JudgedRecording) => boolean,
  app: SpeechApp,
  context: StepContext,
): Finding[] {
  const missed = (kind: string) => judged.filter((j) => j.recording.kind === kind && !j.understood);
  const spoken = judged.filter((j) => normal(j.recording.expect) !== "");
  const below = accuracy(judged, app)
    .filter(({ percent, floor }) => percent < floor)
    .flatMap(({ kind, right, of, floor }) => [
      timed(
        {
          rule: "accuracy-below-floor",
          message: `${right} of ${count(of, `${kind} recording`)} understood; the floor is ${floor} %`,
        },
        missed(kind).every(late),
      ),
      ...missed(kind)
        .filter((one) => one.heard?.problem === null)
        .map((one) => timed(wrongText(one, app, context), late(one))),
    ]);
  // Whatever the floors are, and although silence is understood by whoever says nothing.
  if (below.length > 0 || spoken.some((j) => j.understood)) return below;
  const nothing = "not one recording that a text is to come of was understood";
  return [timed({ rule: "accuracy-below-floor", message: nothing }, spoken.every(late))];
}

function wrongText({ recording, heard }: JudgedRecording, app: SpeechApp, context: StepContext): Finding {
  return {
    rule: "wrong-text",
    message: `${recording.file}: expected “${recording.expect}”, heard “${heard?.text ?? ""}”`,
    ...recordingPath(recording.file, app, context),
  };
}

export function recordingPath(file: string, app: SpeechApp, { manifest }: StepContext): { path?: string } {
  const folder = app.expected.slice(0, app.expected.lastIndexOf("/") + 1);
  const path = `${folder}${file}`;
  return manifest.entries.some((e) => e.path === path) ? { path } : {};
}

function nothingLeft(local: LocalRecord, context: StepContext): Finding[] {
  const { by, why, starts, attempts, late = false } = local.watched;
  const found: Finding[] = attempts.map((a) => ({
    rule: "socket-opened",
    message: `${a.program} asked for ${a.what} in local-only mode${whence(a)}`,
    ...sourcePlace(a.file, a.line, context),
  }));
  if (found.length === 0 && [local.cold, ...local.runs].some((run) => run.code === SIGSYS))
    found.push({ rule: "socket-opened", message: "the kernel ended the application for a socket in local-only mode" });
  for (const one of local.requests)
    found.push({
      rule: "audio-left",
      message: `the network recogniser was asked in local-only mode: ${one.method} ${one.path}, ${count(one.bytes, "byte")}`,
    });
  if (by.length === 0) {
    const because = why === "" ? "" : ` (${why})`;
    const message = `nothing on this machine notices when a socket is opened${because}, so nothing is known of what leaves it`;
    found.push(timed({ rule: "sockets-not-watched", message }, late));
  } else if (!by.some((watcher) => watcher.startsWith("kernel filter")) && starts === 0)
    found.push({
      rule: "sockets-not-watched",
      message: "only Python's audit hook could watch here, and no process of the application loaded it",
    });
  return found;
}

function whence({ file, line, callers = [] }: LocalRecord["watched"]["attempts"][number]): string {
  if (file === undefined) return "";
  return `, in ${[`${file}:${line}`, ...callers].join(", called from ")}`;
}

/** The application's own file behind an installed one, where exactly one fits. */
function sourcePlace(file: string | undefined, line: number | undefined, { manifest }: StepContext) {
  if (file === undefined) return {};
  const fitting = manifest.entries.filter((e) => e.path === file || e.path.endsWith(`/${file}`));
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) return {};
  return { path: only.path, ...(line === undefined || line < 1 ? {} : { line }) };
}

export function localTests(judged: readonly JudgedRecording[], app: SpeechApp): TestRecord[] {
  const met = new Set(accuracy(judged, app).flatMap(({ kind, percent, floor }) => (percent >= floor ? [kind] : [])));
  return judged.map(({ recording, heard, understood }) => {
    const { file, kind, expect } = recording;
    const head = { classname: "asr-smoke.local", name: file };
    if (understood) return { ...head, outcome: "passed", message: "", text: "" };
    const said = heard === undefined ? "it was not tried" : (heard.message ?? heard.problem ?? "");
    const message = said === "" ? `expected “${expect}”, heard “${heard?.text ?? ""}”` : said;
    // Within what the floor allows: no failure, and not passed either.
    const outcome = met.has(kind) && (heard?.problem ?? null) === null ? "skipped" : "failed";
    return { ...head, outcome, message, text: heard?.stderr ?? "" };
  });
}
