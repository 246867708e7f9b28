/**
 * THE ordered list of steps. Everything that goes over all steps goes over this.
 */

import { asrSmoke } from "./asr-smoke.ts";
import { buildDist } from "./build-dist.ts";
import { dependenciesDeclared } from "./dependencies-declared.ts";
import { format } from "./format.ts";
import { installSmoke } from "./install-smoke.ts";
import { integrationSmoke } from "./integration-smoke.ts";
import { lint } from "./lint.ts";
import { perfSmoke } from "./perf-smoke.ts";
import type { Step } from "./step.ts";
import { types } from "./types.ts";
import { unitTests } from "./unit-tests.ts";

export const steps: readonly Step[] = [
  format,
  lint,
  types,
  dependenciesDeclared,
  unitTests,
  integrationSmoke,
  asrSmoke,
  buildDist,
  installSmoke,
  perfSmoke,
];
