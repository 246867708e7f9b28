/**
 * The command line as a function: words in, exit status out. It ends no process and reads no global.
 */
import { EXIT } from "../../src/errors.ts";
import { reportFailure } from "./fail.ts";
import type { Io } from "./io.ts";
import { makeProgram } from "./program.ts";

/** Runs the command that `argv` (without node and script) names. Never rejects. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let exit: number = EXIT.passed;
  try {
    const program = makeProgram(io, (status) => {
      exit = status;
    });
    await program.parseAsync([...argv], { from: "user" });
    return exit;
  } catch (error) {
    return reportFailure(error, io);
  }
}
