/**
 * What elapsed time alone did to the recordings: commands and listeners that were ended, and answers that came after the harness had stopped
 * waiting for them. It decides no outcome.
 */
import { type JudgedRecording, same } from "./recordings.ts";
import type { Heard, LocalRecord } from "./records.ts";

/** A limit of time of the harness ended it. */
export function wasEnded({ problem, late }: Pick<Heard, "problem" | "late">): boolean {
  return problem === "hangs" || late === true;
}

/**
 * Recordings that were not understood only because their answer was not there in time: nothing was heard of them at all, or they were heard
 * together with later ones, each text in its place. What is missing may come with a later recording, since one process hears them all.
 */
export function answeredLate(judged: readonly JudgedRecording[], { how }: LocalRecord): ReadonlySet<JudgedRecording> {
  const late = new Set<JudgedRecording>();
  if (how !== "listen") return late;
  let owed: JudgedRecording[] = [];
  for (const one of judged) {
    if (one.heard === undefined || one.heard.problem !== null) {
      owed = [];
      continue;
    }
    owed.push(one);
    const text = one.heard.text;
    if (same(text, "")) {
      if (!one.understood) late.add(one);
      continue;
    }
    const answered = owed.findIndex((_, n) => same(text, textsOf(owed.slice(0, n + 1))));
    for (const each of owed.slice(0, answered + 1)) if (!each.understood) late.add(each);
    owed = answered < 0 ? [] : owed.slice(answered + 1);
  }
  return late;
}

function textsOf(recordings: readonly JudgedRecording[]): string {
  return recordings.map(({ recording }) => recording.expect).join(" ");
}

/** Whether all that kept the harness from trying the rest was ended for time. */
export function gaveUpForTime(judged: readonly JudgedRecording[], { how }: LocalRecord): boolean {
  // Where each recording is a process, only those that hang end the trying (voicekey_tries.py).
  if (how === "transcribe") return true;
  const failed = judged.flatMap(({ heard }) => (heard === undefined || heard.problem === null ? [] : [heard]));
  return failed.length > 0 && failed.every(wasEnded);
}
