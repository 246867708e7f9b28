/**
 * A run with everything around it: the evidence folder, progress, report.md, the lock. Shared by the commands that run a plan.
 */
import { writeFile } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { PipelineError } from "../../src/errors.ts";
import { prepareEvidenceFolder } from "../../src/evidence/folder.ts";
import { renderMarkdown } from "../../src/evidence/report-md.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import type { Io } from "./io.ts";
import { printErr } from "./io.ts";
import type { RunOptionsRead } from "./options.ts";
import { progressDisplay } from "./progress.ts";
import type { Opened, RunSettings } from "./session-port.ts";

/** Calls `work` with a ready evidence folder and live progress, and gives both back however it ends. */
export async function withEvidence<T>(
  io: Io,
  opened: Opened,
  options: RunOptionsRead,
  signal: AbortSignal,
  work: (settings: RunSettings) => Promise<T>,
): Promise<T> {
  for (const note of opened.notes) printErr(io, `note: ${note}`);
  const release = await prepareEvidenceFolder(options.evidence, io);
  const progress = progressDisplay(io, signal);
  try {
    return await work({
      on: options.on,
      jobs: options.jobs,
      strict: options.strict,
      failFast: options.failFast,
      readCache: options.readCache,
      evidence: options.evidence,
      log: progress,
      signal,
    });
  } catch (error) {
    progress.close();
    if (signal.aborted) printErr(io, `evidence of what finished is kept in ${shownPath(io, options.evidence)}`);
    throw error;
  } finally {
    progress.close();
    await release();
  }
}

/** Runs the opened plan and writes report.md beside the evidence that the run itself wrote. */
export function runWithEvidence(
  io: Io,
  opened: Opened,
  options: RunOptionsRead,
  signal: AbortSignal,
): Promise<RunVerdict> {
  return withEvidence(io, opened, options, signal, async (settings) => {
    const verdict = await opened.run(settings);
    await writeReport(options.evidence, renderMarkdown(verdict, opened.plan));
    return verdict;
  });
}

async function writeReport(evidence: string, text: string): Promise<void> {
  try {
    await writeFile(join(evidence, "report.md"), text);
  } catch (error) {
    throw new PipelineError("EVIDENCE_UNWRITABLE", `report.md cannot be written to ${evidence}`, { cause: error });
  }
}

/** A path as the user would type it: relative when it lies below the working folder. */
export function shownPath(io: Io, path: string): string {
  const short = relative(io.cwd, path);
  return short === "" || short === ".." || short.startsWith(`..${sep}`) || isAbsolute(short) ? path : short;
}
