/**
 * The forms of the records that a trial of the installed application leaves. Data only.
 */
import * as z from "zod";

const said = z.object({ text: z.string(), utf8: z.boolean() });

const commandSchema = z.union([
  z.object({ run: z.array(z.string()).min(1), missing: z.literal(true) }),
  z.object({
    run: z.array(z.string()).min(1),
    missing: z.literal(false),
    /** Null where it did not end in time. */
    exit: z.int().nullable(),
    stdout: said,
    stderr: said,
  }),
]);

const probeSchema = z.object({
  python: z.string().min(1),
  version: z.string(),
  normal: z.string(),
  /** What RECORD says and is not so. */
  record: z.array(z.string()),
  /** Installed path → SHA-256. */
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
  modules: z.array(
    z.object({
      file: z.string(),
      module: z.string(),
      error: z.string().optional(),
      /** The top of a module that was not found. */
      missing: z.string().optional(),
    }),
  ),
  packages: z.record(
    z.string(),
    z.object({
      where: z.enum(["installed", "elsewhere", "nowhere"]),
      version: z.string().optional(),
      normal: z.string().optional(),
    }),
  ),
  entry_points: z.array(
    z.object({ group: z.string(), name: z.string(), value: z.string(), error: z.string().optional() }),
  ),
  /** Missing modules that are Python's own, on other systems. */
  stdlib: z.array(z.string()),
});

/** `wheel.json` and `sdist.json`. */
export const trialSchema = z.union([
  z.object({ schema: z.literal(1), wheel: z.string(), name: z.string(), installed: z.literal(false) }),
  z.object({
    schema: z.literal(1),
    wheel: z.string(),
    name: z.string(),
    installed: z.literal(true),
    /** The version that the wheel's name gives. */
    normal: z.string(),
    probe: z.object({
      exit: z.int().nullable(),
      said: z.string(),
      /** What it was at when it ended. */
      at: z.string(),
      found: probeSchema.nullable(),
    }),
    others: z.array(z.string()),
    inconsistent: z.array(z.string()),
    /** Names of what is required only elsewhere, or by an extra. */
    inactive: z.array(z.string()),
    commands: z.array(commandSchema),
  }),
]);

/** `run.json`: written last. */
export const runSchema = z.object({
  schema: z.literal(1),
  tried: z.tuple([z.literal("wheel"), z.literal("sdist")]),
  /** How many different ones there were: 1 where the sdist makes the very same wheel. */
  wheels: z.int().min(1).max(2),
});

export type Trial = Extract<z.infer<typeof trialSchema>, { installed: true }>;
export type Probe = z.infer<typeof probeSchema>;
export type TriedCommand = z.infer<typeof commandSchema>;
