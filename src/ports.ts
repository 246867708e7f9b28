/**
 * What the rest of the code may ask of the outside world. Every port is passed in, so that a test decides time, environment and secrets.
 * This module holds no implementation: those stand at the two doors.
 */
import type { RunEvent } from "./evidence/events.ts";

export interface Clock {
  /** Wall-clock time, for records. */
  now(): Date;
  /** Milliseconds that only go forward, for durations. */
  monotonic(): number;
}

/** Receives what happens in a run, in order. Progress display and the journal are both listeners. */
export interface Log {
  emit(event: RunEvent): void;
}

/** Looks up the value behind a secret's name. The value may go into a child's environment and nowhere else. */
export interface Secrets {
  /** The names that this run may use; an unknown one is a refusal, never an empty string. */
  get(name: string): Promise<string | undefined>;
}

/**
 * One read-only git command in the repository that is checked.
 * Resolves with stdout; an exit status other than 0 rejects with a PipelineError of code GIT_FAILED.
 */
export type Git = (args: readonly string[]) => Promise<Buffer>;
