/**
 * The forms of the records that the build and its look at the archives leave. Data only.
 */
import * as z from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const memberSchema = z.object({
  name: z.string(),
  type: z.enum(["file", "folder", "link", "other"]),
  mode: z.int(),
  /** Seconds in an sdist, the six numbers of a wheel. */
  time: z.union([z.int(), z.array(z.int())]),
  size: z.int().optional(),
  sha256: sha256.optional(),
  /** Of RECORD: the hash of its sorted lines. */
  lines: sha256.optional(),
  target: z.string().optional(),
});

const archiveSchema = z.object({
  file: z.string().min(1),
  sha256,
  /** In the archive's order; missing where the bytes are those of the archive that it is compared with. */
  members: z.array(memberSchema).optional(),
  error: z.string().optional(),
});

const differenceSchema = z.object({
  member: z.string(),
  line: z.int().nullable(),
  first: z.string(),
  second: z.string(),
});

const pairSchema = z.object({
  first: archiveSchema,
  /** Null where the second build failed. */
  second: archiveSchema.nullable(),
  differences: z.array(differenceSchema),
});

const offeredSchema = pairSchema.extend({ offered: archiveSchema });

/** `dist.json` of the build. */
export const distSchema = z.object({
  schema: z.literal(1),
  builds: z.record(z.string(), z.object({ exit: z.int(), made: z.int(), said: z.string() })),
  /** What the builds did to the project's files; `named` are new ones that the settings of a tool name. */
  source: z.object({
    added: z.array(z.string()),
    removed: z.array(z.string()),
    changed: z.array(z.string()),
    named: z.array(z.string()),
  }),
  wheel: offeredSchema,
  sdist: offeredSchema.nullable(),
  /** The wheel, and the one that the sdist makes. */
  derived: pairSchema.nullable(),
});

const toolSchema = z.object({ version: z.string().min(1), exit: z.int(), said: z.array(z.string()) });

const placeSchema = z.object({
  where: z.string(),
  text: z.string(),
  /** As PEP 440 writes it; missing where the text is no version. */
  normal: z.string().optional(),
  file: z.string().optional(),
  line: z.int().optional(),
});

/** `checks.json` of the look at the archives. */
export const checksSchema = z.object({
  schema: z.literal(1),
  files: z.record(z.string(), sha256),
  twine: toolSchema,
  contents: toolSchema.extend({ silenced: z.int().nonnegative() }),
  versions: z.array(placeSchema).min(2),
  parts: z
    .object({
      epoch: z.int(),
      release: z.array(z.int()).min(1),
      pre: z.tuple([z.enum(["a", "b", "rc"]), z.int()]).nullable(),
      post: z.int().nullable(),
      dev: z.int().nullable(),
      local: z.string().nullable(),
    })
    .nullable(),
  changelog: placeSchema.extend({ newer: z.boolean() }).nullable(),
  requires: z.array(z.string()),
});

export type ArchiveMember = z.infer<typeof memberSchema>;
export type Archive = z.infer<typeof archiveSchema>;
export type ArchivePair = z.infer<typeof pairSchema>;
export type DistRecord = z.infer<typeof distSchema>;
export type ArchiveChecks = z.infer<typeof checksSchema>;
export type VersionPlace = z.infer<typeof placeSchema>;
