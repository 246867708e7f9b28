/**
 * How a command that did not end well is reported: on stderr, with the exit status of the contract. The only place that decides it.
 */
import { CommanderError } from "commander";
import { EXIT, PipelineError, renderError } from "../../src/errors.ts";
import { Interrupted } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { printErr } from "./io.ts";

/** Prints the error and returns the exit status. */
export function reportFailure(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return usageFailure(error, io);
  if (error instanceof Interrupted) {
    printErr(io, error.message);
    return EXIT.interrupted;
  }
  if (error instanceof PipelineError) {
    printErr(io, renderError(error, io.words()));
    return error.exit;
  }
  if (isSystemFailure(error)) return reportFailure(new PipelineError("MACHINE_FAILED", error.message), io);
  printErr(io, bug(error));
  return EXIT.cannot;
}

/** Commander also throws after it printed help or version; a status other than 0 without an error is help that nobody asked for. */
function usageFailure(error: CommanderError, io: Io): number {
  if (error.exitCode === 0) return EXIT.passed;
  if (error.code === "commander.help") return EXIT.badInput;
  const [what = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const remedy = more
    .join(" ")
    .trim()
    .replace(/^\(|\)$/g, "");
  const problems = remedy === "" ? [] : [{ message: what, remedy }];
  printErr(io, renderError(new PipelineError("USAGE", what, { problems }), io.words()));
  return EXIT.badInput;
}

/** A full or read-only disk, missing rights, too many open files: the machine's doing and nobody's bug. */
function isSystemFailure(error: unknown): error is Error {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EMFILE", "ENFILE", "EIO"].some((code) => code === error.code);
}

function bug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? `\ncaused by: ${String(error.cause)}` : "";
  return `${stack}${cause}\nthis is a bug in voicekey-pipeline: please report it with the lines above and the command`;
}
