/**
 * The plan of a selection of the application's own tests: pytest, in an environment of the application's lock and its own wheel and nothing else.
 */
import type { TestCheck } from "../../../config/model.ts";
import { installedProject } from "../../project.ts";
import type { StepAction, StepContext } from "../../step.ts";
import { harness, pathArgument, toolAction, toolEnvironment } from "../tool-action.ts";

/** A selection of tests, and what is asked of it: read by its plan and by its judgement. */
export interface PytestSelection
  extends Pick<TestCheck, "args" | "env" | "imports" | "retries" | "flaky" | "timeoutSeconds"> {
  /** The action's name in the step, and the last part of its id. */
  readonly name: string;
  /** Files and folders, relative to the app's root. */
  readonly paths: readonly string[];
  /** Measures the coverage of the app's packages, judged where there is a floor (percent of statements). */
  readonly coverage?: { readonly floor?: number };
}

/** What the harness is made of. */
const HARNESS = [
  "src/steps/common/voicekey_observe.py",
  "src/steps/common/pytest/voicekey_network.py",
  "src/steps/common/pytest/voicekey_recorder.py",
  "src/steps/common/pytest/voicekey_reruns.py",
  "src/steps/common/pytest/harness.py",
];

/** The action that runs the selection, and those that make what it needs, which checks share. */
export function planPytest(context: StepContext, selection: PytestSelection): StepAction[] {
  const { name, paths, args, env, retries, timeoutSeconds, coverage } = selection;
  const { lock, wheel, actions } = installedProject(context);
  const app = context.app(["**"]);
  const again = retries > 0;
  const action = toolAction(context, {
    id: `${context.prefix}/${name}`,
    argv: [
      { tool: "python", env: "app" },
      "-P",
      { in: "harness", path: "harness.py" },
      { out: "report", prefix: "--report=" },
      "--runner",
      { tool: "python", env: "runner" },
      { in: "lock", prefix: "--lock=" },
      { in: "wheel", prefix: "--wheel=" },
      ...(again ? [`--retries=${retries}`, { in: "again", prefix: "--again=" }] : []),
      ...(coverage === undefined ? [] : ["--coverage"]),
      ...context.config.python.packages.map((p) => `--package=${p}`),
      ...args.map((arg) => `--arg=${arg}`),
      "--",
      ...paths.map(pathArgument),
    ],
    cwd: "app",
    env,
    inputs: {
      app,
      // What a first session wrote into its files must not decide a second one.
      ...(again ? { again: app } : {}),
      harness: harness(...HARNESS),
      lock,
      wheel,
    },
    outputs: ["report"],
    python: context.python,
    environments: {
      app: { lock, project: wheel, precompiled: true },
      runner: { ...toolEnvironment("pytest"), precompiled: true },
    },
    timeoutSeconds,
  });
  return [...actions, { name, action }];
}
