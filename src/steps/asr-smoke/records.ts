/**
 * The form of what the harness leaves. It may be broken or hostile, so nothing is read past these schemas.
 */
import * as z from "zod";
import { SPEECH_BEHAVIOURS } from "../../config/model.ts";

const text = z.string().max(100_000);
const whole = z.int().nonnegative();

/** A command that ran: status null where it was ended, text and source where they could be read, else the problem. */
const outcome = z.object({
  file: text,
  code: z.int().nullable(),
  ms: z.number().nonnegative(),
  text,
  source: text,
  problem: z.enum(["not-started", "hangs", "no-output", "no-json", "no-text", "not-utf8"]).nullable(),
  /** Whether stderr holds a Python traceback, and either stream the key. */
  traceback: z.boolean(),
  leaks: z.boolean(),
  /** Its last lines. */
  stderr: text,
});

const request = z.object({
  method: text,
  path: text,
  /** Whether a header held the right key. */
  key: z.boolean(),
  bytes: whole,
  sha256: text,
  /** `whole`, `part` (of the recording), `not looked at`, or what was there instead. */
  audio: text,
});

/** What became of one recording. `problem` is the kind of failure of `listen` or of the command, `message` its words. */
const heard = z.object({
  file: text,
  text,
  /** End of speech to the answer in a warm process; null where that was not measured. */
  latency_ms: z.number().nonnegative().nullable(),
  problem: text.nullable(),
  message: text.optional(),
  /** `listen` failed only in that a limit of time of the harness was reached. */
  late: z.boolean().optional(),
  code: z.int().nullable().optional(),
  traceback: z.boolean().optional(),
  leaks: z.boolean().optional(),
  stderr: text.optional(),
});

const attempt = z.object({
  what: text,
  program: text,
  /** The line of the application that asked, relative to the folder of packages, and those that called it (`file:line`). */
  file: text.optional(),
  line: z.int().optional(),
  callers: z.array(text).optional(),
});

const local = z.object({
  how: z.enum(["listen", "transcribe"]),
  /** The first of the cold starts, the others, and the times of all of them. */
  cold: outcome.extend({ all_ms: z.array(z.number().nonnegative()).min(1), again: z.array(outcome).default([]) }),
  /** `listen` to its word that it is ready; several where it had to be started again. */
  ready_ms: z.array(z.number().nonnegative()),
  runs: z.array(heard),
  watched: z.object({
    /** What noticed a socket that was opened to try it. */
    by: z.array(text),
    why: text,
    /** Python processes of the application that the audit hook was in. */
    starts: whole,
    attempts: z.array(attempt),
    /** What was to open a socket to try the watchers did not end in its time. */
    late: z.boolean().optional(),
  }),
  requests: z.array(request),
});

export const speechSchema = z.object({
  schema: z.literal(1),
  python: z.string().min(1),
  /** Path → SHA-256 of the recordings' folder. */
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
  problems: z.array(z.object({ file: text, message: text })),
  unlisted: z.array(text),
  recordings: z.array(z.object({ file: text, kind: text, expect: text, speech_end_ms: whole.nullable(), ms: whole })),
  local: local.nullable(),
  hybrid: z.partialRecord(z.enum(SPEECH_BEHAVIOURS), outcome.extend({ requests: z.array(request) })).nullable(),
});

export type SpeechRecord = z.infer<typeof speechSchema>;
export type LocalRecord = z.infer<typeof local>;
export type Recording = SpeechRecord["recordings"][number];
export type Heard = z.infer<typeof heard>;
export type CommandOutcome = z.infer<typeof outcome>;
export type BehaviourRecord = NonNullable<
  NonNullable<SpeechRecord["hybrid"]>[keyof NonNullable<SpeechRecord["hybrid"]>]
>;
