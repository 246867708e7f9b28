/**
 * THE ordered list of steps. Everything that goes over all steps goes over this.
 */
import { format } from "./format.ts";
import { lint } from "./lint.ts";
import type { Step } from "./step.ts";
import { types } from "./types.ts";
import { unitTests } from "./unit-tests.ts";

export const steps: readonly Step[] = [format, lint, types, unitTests];
