/**
 * The bundled application beneath poison of the packaging checks. It needs no package, so that its proofs need no network.
 */

import type { Config } from "../../config/model.ts";
import { bundledPython } from "../common/bundled-python.ts";
import { bundled } from "../common/tool-action.ts";
import type { Tripwire } from "../step.ts";

/** Its settings. */
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

/** A tripwire of the step's poison `id` on this application. */
export function onPackagingApp(
  step: string,
  id: string,
  title: string,
  expect: ReturnType<Tripwire["expect"]>,
): Tripwire {
  return {
    id,
    title,
    scope: "tool-only",
    base: bundled("src/steps/project/app"),
    overlay: () => bundled(`src/steps/${step}/poison/${id}`),
    config: packagingApp,
    expect: () => expect,
  };
}
