/**
 * Says in words why an action did not do its work. Pure text; decides nothing.
 */
import { hostWords } from "../command-words.ts";
import { renderError } from "../errors.ts";
import { describeExit } from "../exec/exit-status.ts";
import type { ActionEnd } from "./action-end.ts";

/** What is added to the reason of a red that stayed when it was measured again. */
export const TWICE = "measured twice, the second time alone on the machine";

/** A line with which a program, or a Python traceback, says what went wrong. */
const ERROR = /^(?:[\w.]*(?:Error|Exception)|error|fatal): \S.*$/gim;

/** Lines of output that go into a step's detail. */
const TAIL_LINES = 20;

/** One line of reason, and the last lines of what the command said. */
export function describeEnd<Tree>(end: ActionEnd<Tree>, id?: string): { reason: string; detail?: string } {
  switch (end.kind) {
    case "not-run":
      return describeEnd(end.end, end.because);
    case "refused":
      return { reason: end.refusal.reason, detail: end.refusal.remedy };
    case "broken":
      // It becomes part of the verdict, which both doors write alike; what ends so names no command (a test).
      return { reason: end.error.message, detail: renderError(end.error, hostWords()) };
    case "ran": {
      const { status, stdout, stderr } = end.result;
      const twice = end.first === undefined ? "" : ` (${TWICE})`;
      const said = (stderr.trim() === "" ? stdout : stderr).trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
      return {
        reason: `${id ?? "the command"} failed (${describeExit(status)})${errorIn(said)}${twice}`,
        ...(said === "" ? {} : { detail: said }),
      };
    }
  }
}

/** The last such line: a traceback ends with it, and nobody should have to look for it. */
function errorIn(said: string): string {
  const line = said.match(ERROR)?.at(-1);
  return line === undefined ? "" : `: ${line.replace(/^error: /i, "")}`;
}
