/**
 * The judgement of hybrid mode: what the application does about each behaviour of the network recogniser, against what the config says.
 */
import { type HybridSpeech, SPEECH_BEHAVIOURS, type SpeechApp, type SpeechBehaviour } from "../../config/model.ts";
import { timed } from "../common/too-slow.ts";
import type { Finding, TestRecord } from "../step.ts";
import { wasEnded } from "./late.ts";
import { commandProblem, lastWords } from "./local.ts";
import { same } from "./recordings.ts";
import type { BehaviourRecord, Recording, SpeechRecord } from "./records.ts";

/** Where the recogniser can see whether it was asked, and has to be. */
const ASKED: ReadonlySet<SpeechBehaviour> = new Set([
  "answers",
  "slow",
  "unauthorised",
  "server-error",
  "malformed",
  "no-text",
]);

export interface JudgedBehaviour {
  readonly behaviour: SpeechBehaviour;
  readonly findings: readonly Finding[];
  readonly seconds: number | undefined;
  readonly stderr: string;
}

export function judgeHybrid(
  hybrid: HybridSpeech,
  records: NonNullable<SpeechRecord["hybrid"]>,
  recordings: readonly Recording[],
): JudgedBehaviour[] {
  const clear = recordings.find((r) => r.file === hybrid.clear)?.expect ?? "";
  return SPEECH_BEHAVIOURS.map((behaviour) => {
    const record = records[behaviour];
    if (record === undefined) {
      const message = `${behaviour}: the report says nothing about it`;
      return { behaviour, findings: [{ rule: "report-not-trusted", message }], seconds: undefined, stderr: "" };
    }
    const findings = [...asked(behaviour, record, hybrid), ...answered(behaviour, record, hybrid, clear)];
    return { behaviour, findings, seconds: record.ms / 1000, stderr: record.stderr };
  });
}

function asked(behaviour: SpeechBehaviour, record: BehaviourRecord, hybrid: HybridSpeech): Finding[] {
  const { audioField } = hybrid;
  const { requests } = record;
  if (behaviour === "clear" && requests.length > 0)
    return [
      {
        rule: "asked-without-need",
        message: "clear: the network recogniser was asked about speech that the local engine is sure of",
      },
    ];
  if (!ASKED.has(behaviour)) return [];
  if (requests.length === 0) {
    const message = `${behaviour}: no request reached the network recogniser, though the local engine cannot be sure`;
    // One that was ended may have been on its way to ask.
    return [timed({ rule: "fallback-not-triggered", message }, wasEnded(record))];
  }
  const found: Finding[] = [];
  if (hasKey(hybrid) && !requests.some((r) => r.key))
    found.push({ rule: "wrong-key", message: `${behaviour}: no request had the configured key in a header` });
  if (!requests.some((r) => r.bytes > 0))
    found.push({ rule: "wrong-audio", message: `${behaviour}: no request had a body` });
  else if (audioField !== undefined && !requests.some((r) => r.audio === "whole" || r.audio === "part"))
    found.push({
      rule: "wrong-audio",
      message: `${behaviour}: what was sent is not the recording's sound: ${requests[0]?.audio}`,
    });
  return found;
}

/** A service without keys is one too: then nothing of the config names `{key}`. */
function hasKey({ args, env }: HybridSpeech): boolean {
  return [...args, ...Object.values(env)].some((text) => text.includes("{key}"));
}

/** One finding for all that differs, since one cause mostly does. */
function answered(
  behaviour: SpeechBehaviour,
  record: BehaviourRecord,
  { expect }: HybridSpeech,
  clear: string,
): Finding[] {
  const wanted = expect[behaviour];
  const text = wanted.text ?? (behaviour === "clear" ? clear : undefined);
  const wrong: string[] = [];
  if (record.leaks) return [{ rule: "key-leaked", message: `${behaviour}: the key was printed` }];
  const broken = commandProblem({ ...record, stderr: "" });
  const ended = wasEnded(record);
  if (broken !== undefined) wrong.push(broken);
  else {
    if (wanted.exit === "failure" ? record.code === 0 : record.code !== wanted.exit)
      wrong.push(
        `expected ${wanted.exit === "failure" ? "a failure" : `exit status ${wanted.exit}`}, got exit status ${record.code}`,
      );
    if (text !== undefined && !same(record.text, text)) wrong.push(`expected the text “${text}”, got “${record.text}”`);
    if (wanted.source !== undefined && record.source !== wanted.source)
      wrong.push(`expected the source ${wanted.source}, got ${record.source === "" ? "none" : record.source}`);
    if (wanted.stderr !== undefined && !record.stderr.includes(wanted.stderr))
      wrong.push(`expected “${wanted.stderr}” on stderr`);
  }
  const seconds = record.ms / 1000;
  const late = !ended && seconds > wanted.withinSeconds;
  // A command that was ended did nothing else wrong that anybody could know.
  const onlyTime = ended || (late && wrong.length === 0);
  if (late) wrong.push(`expected an end within ${wanted.withinSeconds} s, it took ${seconds.toFixed(1)} s`);
  if (wrong.length === 0) return [];
  const message = `${behaviour}: ${wrong.join("; ")}${lastWords(record.stderr)}`;
  return [timed({ rule: "wrong-behaviour", message }, onlyTime)];
}

export function hybridTests(judged: readonly JudgedBehaviour[]): TestRecord[] {
  return judged.map(({ behaviour, findings, seconds, stderr }) => ({
    classname: "asr-smoke.hybrid",
    name: behaviour,
    outcome: findings.length === 0 ? "passed" : "failed",
    message: findings.map((f) => f.message).join("; "),
    text: findings.length === 0 ? "" : stderr,
    ...(seconds === undefined ? {} : { seconds }),
  }));
}

/** What hybrid mode adds to an application's record: how many behaviours were tried, or that there are none. */
export function triedBehaviours(app: SpeechApp, judged: readonly JudgedBehaviour[]): Record<string, string | number> {
  return { "behaviours tried": app.hybrid === undefined ? "none: the config has no `hybrid`" : judged.length };
}
