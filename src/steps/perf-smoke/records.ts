/**
 * The forms of what the harness leaves and of what it reads. Data only. Every number is finite: JSON has no others, and none below zero is taken.
 */
import * as z from "zod";

const milliseconds = z.number().positive();
const side = z.enum(["change", "base"]);

/** The list of recordings, as `asr-smoke` reads it; the keys that matter here. */
export const expectedSchema = z
  .array(
    z.object({
      file: z.string().min(1),
      text: z.string(),
      kind: z.string(),
      expect: z.string().optional(),
      speech_end_ms: z.number().nonnegative().optional(),
    }),
  )
  .min(1);

/** How one version took its half of a pair. */
const half = z.object({
  /** Work by recording, in the order of `recordings`, one number for each repetition. */
  ms: z.array(z.array(milliseconds)),
  /** How long of that it stood ready while others had the cores, in the same shape; null where the kernel does not count. */
  waited_ms: z.array(z.array(z.number().nonnegative().nullable())),
  /** CPU time of its processes meanwhile; null where the machine does not tell. In steps of the kernel's clock, so for diagnosis only. */
  cpu_ms: z.number().nonnegative().nullable(),
});

/** How a version came through: `problem` is what went wrong, in a sentence. */
const version = z.object({
  problem: z.string().nullable(),
  /** The problem is only that a limit of time of the harness was reached. */
  late: z.boolean().optional(),
  /** What was understood: for each recording every distinct text. */
  heard: z.array(z.array(z.string())),
});

/** `samples.json`: written last. */
export const samplesSchema = z.object({
  schema: z.literal(1),
  machine: z.object({ cpu: z.string(), cores: z.int().positive() }),
  /** Of the whole machine while it was measured: load averages of a minute at its start and end; percent of all cores' time. */
  load: z.object({
    start: z.number().nonnegative().nullable(),
    end: z.number().nonnegative().nullable(),
    others: z.number().min(0).max(100).nullable(),
    stolen: z.number().min(0).max(100).nullable(),
  }),
  recordings: z.array(z.object({ file: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
  /** What could not be measured at all, in a sentence: recordings that are missing or of another form. */
  problems: z.array(z.string()),
  /** Whether the two packages and locks are the same, so that there was nothing to compare; null without a base. */
  same: z.boolean().nullable(),
  change: version,
  base: version.nullable(),
  /** How often each recording was heard within a pair, by each version. */
  repeats: z.int().positive(),
  pairs: z.array(z.object({ first: side, change: half, base: half })),
  /** Latencies by recording, in real time; null for one without `speech_end_ms`. */
  rounds: z.array(z.array(milliseconds.nullable())),
});

export type Expected = z.infer<typeof expectedSchema>;
export type Samples = z.infer<typeof samplesSchema>;
export type Side = z.infer<typeof side>;
