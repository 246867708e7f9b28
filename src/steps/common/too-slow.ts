/** How judges mark what only elapsed time makes a finding. Whether time did is theirs to know; nothing is decided here. */
import type { Finding } from "../step.ts";

/** The finding, marked where only the time that the action took, or something in it, makes it one. */
export function timed(finding: Finding, late: boolean, action = "run"): Finding {
  return late ? { ...finding, tooSlow: action } : finding;
}
