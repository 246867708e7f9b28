/**
 * Says in words why an action did not do its work. Pure text; decides nothing.
 */
import { renderError } from "../errors.ts";
import type { ExitStatus } from "../exec/executor.ts";
import type { ActionEnd } from "./walk.ts";

/** Lines of output that go into a step's detail. */
const TAIL_LINES = 20;

function describeStatus(status: ExitStatus): string {
  switch (status.kind) {
    case "exited":
      return `exited with status ${status.code}`;
    case "signalled":
      return `was ended by ${status.signal}`;
    case "timed-out":
      return `did not end within ${status.afterSeconds} s`;
  }
}

/** One line of reason, and the last lines of what the command said. */
export function describeEnd<Tree>(end: ActionEnd<Tree>, id?: string): { reason: string; detail?: string } {
  switch (end.kind) {
    case "not-run":
      return describeEnd(end.end, end.because);
    case "refused":
      return { reason: end.refusal.reason, detail: end.refusal.remedy };
    case "broken":
      return { reason: end.error.message, detail: renderError(end.error) };
    case "ran": {
      const { status, stdout, stderr } = end.result;
      const said = (stderr.trim() === "" ? stdout : stderr).trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
      return { reason: `${id ?? "the command"} ${describeStatus(status)}`, ...(said === "" ? {} : { detail: said }) };
    }
  }
}
