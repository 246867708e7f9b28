/** How a command ended, in words: one wording for reasons, details and reports. Pure. */
import type { ExitStatus } from "./executor.ts";

export function describeExit(status: ExitStatus): string {
  switch (status.kind) {
    case "exited":
      return `exit status ${status.code}`;
    case "signalled":
      return `ended by ${status.signal}`;
    case "timed-out":
      return `not ended within ${status.afterSeconds} s`;
  }
}
