/**
 * The small application beneath the `tool-only` poisons of the test checks. It needs nothing, so that proofs need no network; its one lock
 * serves tests and build. It is green by itself.
 */

import type { Config, TestCheck } from "../../../config/model.ts";
import type { Tripwire } from "../../step.ts";
import { bundledPython } from "../bundled-python.ts";
import { bundled } from "../tool-action.ts";

/** The settings of `src/steps/unit-tests/app`. A proof is never retried, unless it is about retries. */
export function bundledAppConfig(config: Config): Config {
  const tests: Omit<TestCheck, "timeoutSeconds"> = {
    paths: ["tests"],
    args: [],
    env: {},
    imports: "installed",
    retries: 0,
    flaky: "fail",
  };
  const { "unit-tests": unit, "integration-smoke": integration } = config.checks;
  return {
    ...config,
    python: bundledPython(config, "tinyvoice"),
    checks: {
      ...config.checks,
      "unit-tests": { ...tests, coverageFloor: 90, timeoutSeconds: unit.timeoutSeconds },
      "integration-smoke": { ...tests, timeoutSeconds: integration.timeoutSeconds },
    },
  };
}

/** A tripwire of the step's poison `id` on this application. */
export function onBundledApp(
  step: string,
  {
    id,
    title,
    paths,
    expect,
    config,
  }: Pick<Tripwire, "id" | "title" | "config"> & {
    readonly paths: readonly string[];
    readonly expect: ReturnType<Tripwire["expect"]>;
  },
): Tripwire {
  return {
    id,
    title,
    scope: "tool-only",
    base: bundled("src/steps/unit-tests/app"),
    overlay: () => bundled(`src/steps/${step}/poison/${id}`),
    paths: () => paths,
    config: (own) => (config ?? ((same) => same))(bundledAppConfig(own)),
    expect: () => expect,
  };
}
