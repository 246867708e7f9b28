/**
 * The settings of the bundled application beneath poison of the packaging checks. It needs no package, so that its proofs need no network.
 */

import type { Config } from "../../config/model.ts";
import { bundledPython } from "../common/bundled-python.ts";

export function packagingApp(config: Config): Config {
  const { timeoutSeconds } = config.checks["install-smoke"];
  const tests = { ...config.checks["unit-tests"], paths: ["tests"] };
  return {
    ...config,
    python: bundledPython(config, "smallvoice"),
    checks: {
      ...config.checks,
      "unit-tests": tests,
      "integration-smoke": { ...tests, paths: [] },
      "install-smoke": { timeoutSeconds, commands: [], leaveOut: {} },
    },
  };
}
