/**
 * The forms of the records that the test harness leaves. Data only.
 */
import * as z from "zod";

/** `environment.json`: what is installed where the tests run, and what network they have. */
export const environmentSchema = z.object({
  schema: z.literal(1),
  python: z.string().min(1),
  distributions: z.array(z.object({ name: z.string().nullable(), version: z.string() })),
  wheels: z.array(z.string()),
  /** Whether a server of the process itself can be reached, and whether there is a way to any other machine. */
  network: z.object({ loopback: z.boolean(), outside: z.boolean() }),
});

/** `session.json`: written when pytest has returned; for the whole selection, and for each rerun in its own folder. */
export const sessionSchema = z.object({
  schema: z.literal(1),
  exit: z.int(),
  collected: z.int(),
  started: z.int(),
  /** How many there were before plugins and conftest files chose among them. */
  found: z.int(),
  /** Tests that raised and were reported as passed. */
  hidden: z.array(z.string()),
  /** Tests that failed in any of their parts. */
  failed: z.array(z.string()),
  /** Tests that failed, and passed when a plugin of the application's own ran them again. */
  repeated: z.array(z.string()).default([]),
  /** Files and folders that could not be collected. */
  uncollected: z.int(),
  /** Files of the packages that coverage was told to leave out. */
  unmeasured: z.int(),
  pytest: z.string().min(1),
  coverage: z.string().nullable(),
  imports: z.record(z.string(), z.enum(["installed", "source", "elsewhere", "nowhere"])),
  /** Importing module, imported name. */
  undeclared: z.array(z.tuple([z.string(), z.string()])),
});

/** `flaky.json`: exit statuses of the reruns, and tests that failed and passed in the rerun after. */
export const rerunsSchema = z.object({
  schema: z.literal(1),
  statuses: z.array(z.int()),
  flaky: z.array(z.string()),
});

/** `coverage.json`: what is read of coverage.py's report. */
export const coverageSchema = z.object({
  totals: z.object({
    covered_lines: z.int(),
    num_statements: z.int(),
    excluded_lines: z.int().optional(),
    num_branches: z.int().optional(),
    covered_branches: z.int().optional(),
  }),
  files: z.record(
    z.string(),
    z.object({
      summary: z.object({ covered_lines: z.int(), num_statements: z.int() }),
      missing_lines: z.array(z.int()),
    }),
  ),
});

export type InstalledEnvironment = z.infer<typeof environmentSchema>;
export type TestSession = z.infer<typeof sessionSchema>;
export type CoverageReport = z.infer<typeof coverageSchema>;
