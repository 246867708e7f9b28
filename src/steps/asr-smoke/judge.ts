/**
 * The judgement of speech recognition on both paths, from the harness's record alone: it must be whole, and about the recordings and behaviours
 * that were asked for.
 */

import { posix } from "node:path";
import type { SpeechApp } from "../../config/model.ts";
import { describeExit } from "../../exec/exit-status.ts";
import { differences } from "../common/observed.ts";
import { count, readJson, renderFindings, unusable } from "../common/report.ts";
import { recordingGlobs } from "../common/speech.ts";
import type { Finding, Judged, JudgedAction, Judgement, StepContext } from "../step.ts";
import { figures, measures } from "./figures.ts";
import { hybridTests, judgeHybrid, triedBehaviours } from "./hybrid.ts";
import { judgeLocal, localTests, recordingPath } from "./local.ts";
import { recordingsJudged } from "./recordings.ts";
import { type SpeechRecord, speechSchema } from "./records.ts";

export function judgeSpeech({ context, results }: Judged, app: SpeechApp): Judgement {
  const action = results["run"];
  if (action === undefined) throw new Error("asr-smoke is judged without its run");
  const broken = (why: string): Judgement =>
    unusable(action, "no-report", `the speech harness left no usable report: ${why} (${describeExit(action.status)})`);
  if (action.status.kind !== "exited") return broken("it did not come to its end");
  const read = readJson(action, "speech.json", speechSchema);
  if ("problem" in read) return broken(read.problem);
  const record = read.value;
  const doubts = contradictions(action, record, app, context);
  if (record.problems.length > 0) return red([...doubts, ...unusableRecordings(record, app, context)]);
  if (record.local === null) return broken("it tried nothing");
  if (doubts.length > 0) return red(doubts);

  const judged = recordingsJudged(record.recordings, record.local);
  const behaviours =
    app.hybrid === undefined || record.hybrid === null ? [] : judgeHybrid(app.hybrid, record.hybrid, record.recordings);
  const findings = [
    ...judgeLocal(record.local, judged, app, context),
    ...behaviours.flatMap((behaviour) => behaviour.findings),
  ];
  const more = {
    facts: { ...figures(record, record.local, judged), ...triedBehaviours(app, behaviours), python: record.python },
    tests: [...localTests(judged, app), ...hybridTests(behaviours)],
    measures: measures(record.local, judged, app),
  };
  return findings.length === 0 ? { outcome: "passed", findings, ...more } : { ...red(findings), ...more };
}

function red(findings: readonly Finding[]): Judgement {
  const [first] = findings;
  const rest = findings.length > 1 ? `; and ${count(findings.length - 1, "more finding")}` : "";
  return {
    outcome: "failed",
    reason: `${first?.message ?? ""}${rest}`,
    detail: renderFindings(findings),
    findings,
    facts: {},
  };
}

function unusableRecordings({ problems }: SpeechRecord, app: SpeechApp, context: StepContext): Finding[] {
  return problems.map(({ file, message }) => ({
    rule: "recording-unusable",
    message: `${file} ${message}`,
    ...recordingPath(file, app, context),
  }));
}

/** Where the record is about other files than the application's, or leaves out what was asked. */
function contradictions(action: JudgedAction, record: SpeechRecord, app: SpeechApp, context: StepContext): Finding[] {
  const folder = posix.dirname(app.expected);
  const observed = { schema: 1 as const, asked: [], files: record.files };
  const said = differences({ ...context, paths: [folder] }, recordingGlobs(app), observed, [], []);
  if (action.status.kind === "exited" && action.status.code !== 0)
    said.push(`the harness ended with status ${action.status.code}, though its report is whole`);
  const listed = record.recordings.map((r) => r.file);
  if (record.problems.length === 0) {
    if (!record.recordings.some((r) => r.kind === "clean")) said.push("no clean recording is in the report");
    const strange = (record.local?.runs ?? []).filter((run) => !listed.includes(run.file));
    if (strange.length > 0) said.push(`recordings were tried that are not listed: ${strange.map((r) => r.file)}`);
    const gone = listed.filter((file) => record.files[posix.join(folder, file)] === undefined);
    if (gone.length > 0) said.push(`recordings were tried that are not the application's: ${gone.join(", ")}`);
    if (new Set(listed).size !== listed.length) said.push("a recording stands twice in the report");
    if ((app.hybrid === undefined) !== (record.hybrid === null))
      said.push("the report and the config differ in whether there is a hybrid mode");
  }
  return said.map((message) => ({ rule: "report-not-trusted", message }));
}
