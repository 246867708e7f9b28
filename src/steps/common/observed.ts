/**
 * Compares what a tool really had before it with what it was asked for: the files by hash against the manifest, and the report's paths
 * against both. This is what keeps a green report about other files from passing.
 */
import * as z from "zod";
import { globMatcher } from "../../exec/manifest.ts";
import type { Finding, StepContext } from "../step.ts";

/** `files.json`: path → SHA-256 of what was there before the tool ran. */
export const filesSchema = z.object({
  schema: z.literal(1),
  asked: z.array(z.string()),
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});

/** `run.json`: written when the tool has ended. `checked` are the files that it says it looked at. */
export const runSchema = z.object({
  schema: z.literal(1),
  version: z.string().min(1),
  exit: z.int(),
  checked: z.array(z.string()),
  /** Findings, or for mypy comments, that the application silences where they stand. */
  silenced: z.int().nonnegative().optional(),
  /** Folders below the asked ones that have settings of their own. */
  nested: z.int().nonnegative().optional(),
});

export type Observed = z.infer<typeof filesSchema>;
export type ToolRun = z.infer<typeof runSchema>;

const MODES: ReadonlySet<string> = new Set(["100644", "100755"]);

/** Every way in which the observation differs from the manifest; empty when it is about exactly what was asked. */
export function differences(
  context: StepContext,
  globs: readonly string[],
  observed: Observed,
  checked: readonly string[],
  findings: readonly Finding[],
): string[] {
  const matches = globMatcher(globs);
  const known = new Set(context.manifest.entries.map((e) => e.path));
  const asked = context.manifest.entries.filter(
    (e) => MODES.has(e.mode) && matches(e.path) && context.paths.some((p) => isBelow(e.path, p)),
  );
  const seen = new Map(Object.entries(observed.files));
  const named = [...new Set(findings.flatMap((f) => f.path ?? []))];
  return [
    ...said(
      "not before the tool",
      asked.filter((e) => !seen.has(e.path)).map((e) => e.path),
    ),
    ...said(
      "of other content than the application's",
      asked.filter((e) => seen.has(e.path) && seen.get(e.path) !== e.sha256).map((e) => e.path),
    ),
    ...said(
      "before the tool but not the application's",
      [...seen.keys()].filter((path) => !known.has(path)),
    ),
    ...said(
      "reported as checked but not asked for",
      checked.filter((path) => !seen.has(path)),
    ),
    ...said(
      "in the report but not the application's",
      named.filter((path) => !known.has(path)),
    ),
  ];
}

export function isBelow(path: string, top: string): boolean {
  return top === "." || path === top || path.startsWith(`${top.replace(/\/$/, "")}/`);
}

function said(what: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const rest = paths.length > 3 ? ` and ${paths.length - 3} more` : "";
  return [`${what}: ${paths.slice(0, 3).join(", ")}${rest}`];
}
