/**
 * The plan that both of ruff's checks have in common: one harness over the application's code, in ruff's own environment.
 */
import type { CheckBase } from "../../config/model.ts";
import type { StepContext, StepPlan } from "../step.ts";
import { CODE, harness, pathArgument, toolAction, toolEnvironment } from "./tool-action.ts";

/** `step` is the folder of the harness, `src/steps/<step>/harness.py`. */
export function planRuff(context: StepContext, step: string, { skip, timeoutSeconds }: CheckBase): StepPlan {
  if (skip !== undefined) return { skip };
  const action = toolAction(context, {
    id: `${context.prefix}/run`,
    argv: [
      { tool: "python", env: "ruff" },
      "-I",
      { in: "harness", path: "harness.py" },
      { tool: "ruff", env: "ruff" },
      { out: "report" },
      ...context.paths.map(pathArgument),
    ],
    cwd: "app",
    inputs: {
      app: context.app(CODE),
      harness: harness(
        "src/steps/common/voicekey_observe.py",
        "src/steps/common/ruff_settings.py",
        `src/steps/${step}/harness.py`,
      ),
    },
    outputs: ["report"],
    python: "any",
    environments: { ruff: toolEnvironment("ruff") },
    timeoutSeconds,
  });
  return { actions: [{ name: "run", action }] };
}
