/**
 * The recordings with what was heard of them, and how texts are compared. It decides no outcome.
 */
import type { Heard, LocalRecord, Recording } from "./records.ts";

export interface JudgedRecording {
  readonly recording: Recording;
  readonly heard: Heard | undefined;
  readonly understood: boolean;
}

export function recordingsJudged(recordings: readonly Recording[], local: LocalRecord): JudgedRecording[] {
  return recordings.map((recording) => {
    const heard = local.runs.find((run) => run.file === recording.file);
    const understood = heard !== undefined && heard.problem === null && same(heard.text, recording.expect);
    return { recording, heard, understood };
  });
}

/** Case and white space do not make another command. */
export function same(one: string, other: string): boolean {
  return normal(one) === normal(other);
}

export function normal(text: string): string {
  return text.toLocaleLowerCase("en").split(/\s+/).filter(Boolean).join(" ");
}
