/**
 * What GitHub Actions is told at the end of a run: annotations on the lines of a pull request, and the job's summary. Nothing happens
 * elsewhere. What to say is decided in src/evidence.
 */

import { appendFile } from "node:fs/promises";
import type { Words } from "../../src/command-words.ts";
import { sha256Hex } from "../../src/digest.ts";
import { messageOf } from "../../src/errors.ts";
import { renderAnnotations } from "../../src/evidence/annotations.ts";
import { renderJobSummary } from "../../src/evidence/job-summary.ts";
import type { RunRecord } from "../../src/evidence/run-record.ts";
import { oneLine } from "../../src/evidence/text.ts";
import type { Io, OutStream } from "./io.ts";
import { printErr, printOut } from "./io.ts";

/**
 * The runner takes any printed line of the right form for a command, also one that a test of the application made up. Until the returned function
 * is called it takes none: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands (“Stopping and starting”).
 * `stream` is the one that the report goes to, so that the order holds.
 */
export function stopCommands(io: Io, stream: OutStream): () => void {
  if (!onGithub(io)) return () => undefined;
  // Nobody who wrote a test can know when and as which process this run would start.
  const word = sha256Hex(`${io.clock.now().toISOString()} ${io.clock.monotonic()} ${io.pid}`).slice(0, 32);
  stream.write(`::stop-commands::${word}\n`);
  return () => {
    stream.write(`::${word}::\n`);
  };
}

/** Annotations go to stdout unless that is to hold one JSON document. A summary that cannot be written changes no verdict. */
export async function tellGithub(
  io: Io,
  record: RunRecord,
  options: { readonly json: boolean; readonly words: Words },
): Promise<void> {
  if (!onGithub(io)) return;
  if (!options.json) for (const line of renderAnnotations(record, options.words)) printOut(io, line);
  const file = io.env["GITHUB_STEP_SUMMARY"];
  if (file === undefined || file === "") return;
  try {
    await appendFile(file, renderJobSummary(record, options.words));
  } catch (error) {
    printErr(io, `note: the job summary could not be written: ${oneLine(messageOf(error))}`);
  }
}

function onGithub(io: Io): boolean {
  return io.env["GITHUB_ACTIONS"] === "true";
}
