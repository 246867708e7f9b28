/** What the parts of the config's assembly share. Pure. */
import type { CheckBase, CommandLine } from "./model.ts";
import { DEFAULT_TIMEOUTS } from "./values.ts";

interface FileCheck {
  readonly skip?: string | undefined;
  readonly timeout?: number | undefined;
}

export function base(check: FileCheck | undefined, id: keyof typeof DEFAULT_TIMEOUTS): CheckBase {
  const timeoutSeconds = check?.timeout ?? DEFAULT_TIMEOUTS[id];
  return check?.skip === undefined ? { timeoutSeconds } : { skip: check.skip.trim(), timeoutSeconds };
}

/** The schema admits no empty command line. */
export function commandLine([program = "", ...args]: readonly string[]): CommandLine {
  return [program, ...args];
}
