/**
 * A run with everything around it: the evidence folder, progress, reports, the lock. Shared by the commands that run a plan.
 */
import { isAbsolute, relative, sep } from "node:path";
import { hostWords, INSTALLED } from "../../src/command-words.ts";
import { prepareEvidenceFolder } from "../../src/evidence/folder.ts";
import { writeReports } from "../../src/evidence/reports.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import { stopCommands, tellGithub } from "./github.ts";
import type { Io, OutStream } from "./io.ts";
import { printErr, printOut } from "./io.ts";
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
  const progress = await progressDisplay(io, signal);
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

/**
 * Runs the opened plan, writes the reports beside the evidence that the run itself wrote, and prints: with `--json` the verdict on stdout and the
 * report on stderr, else the report on stdout. `render` is told the stream that the report goes to.
 */
export async function runWithEvidence(
  io: Io,
  opened: Opened,
  options: RunOptionsRead,
  signal: AbortSignal,
  render: (verdict: RunVerdict, stream: OutStream) => string,
): Promise<RunVerdict> {
  const stream = options.json ? io.err : io.out;
  const takeCommands = stopCommands(io, stream);
  // Evidence is read elsewhere, too: in it a command is typed as after an installation, wherever this one was started from.
  const words = hostWords(INSTALLED, options.on === "dagger" ? options.on : undefined);
  try {
    const { verdict, record } = await withEvidence(io, opened, options, signal, async (settings) => {
      const done = await opened.run(settings);
      return { verdict: done, record: await writeReports(options.evidence, words) };
    });
    stream.write(`${render(verdict, stream)}\n`);
    if (options.json) printOut(io, JSON.stringify(verdict, null, 2));
    takeCommands();
    await tellGithub(io, record, { json: options.json, words });
    return verdict;
  } catch (error) {
    takeCommands();
    throw error;
  }
}

/** A path as the user would type it: relative when it lies below the working folder. */
export function shownPath(io: Io, path: string): string {
  const short = relative(io.cwd, path);
  return short === "" || short === ".." || short.startsWith(`..${sep}`) || isAbsolute(short) ? path : short;
}
