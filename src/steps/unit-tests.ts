/**
 * The `unit-tests` check: pytest on each supported Python, in an environment of the application's lock and its own wheel and nothing else.
 */
import type { Config } from "../config/model.ts";
import { expectInEachPath, poisonFolders, poisonInEachPath } from "./common/poison.ts";
import { bundled, harness, pathArgument, toolAction, toolEnvironment } from "./common/tool-action.ts";
import { projectLock, projectWheel } from "./project.ts";
import type { Step, Tripwire } from "./step.ts";
import { judgeTests } from "./unit-tests/judge.ts";

export const unitTests: Step = {
  id: "unit-tests",
  title: "Unit tests",
  requirements: ["C2"],
  goals: ["pr-checks"],
  needs: [],
  perPython: true,
  paths: (config) => config.checks["unit-tests"].paths,
  plan: (context) => {
    const { skip, timeoutSeconds, args, env } = context.config.checks["unit-tests"];
    if (skip !== undefined) return { skip };
    const lock = projectLock(context);
    const wheel = projectWheel(context);
    const made = new Map([...lock.actions, ...wheel.actions].map((a) => [a.action.id, a]));
    const action = toolAction(context, {
      id: `${context.prefix}/run`,
      argv: [
        { tool: "python", env: "app" },
        "-P",
        { in: "harness", path: "harness.py" },
        { out: "report", prefix: "--report=" },
        "--runner",
        { tool: "python", env: "runner" },
        { in: "lock", prefix: "--lock=" },
        { in: "wheel", prefix: "--wheel=" },
        ...context.config.python.packages.map((name) => `--package=${name}`),
        ...args.map((arg) => `--arg=${arg}`),
        "--",
        ...context.paths.map(pathArgument),
      ],
      cwd: "app",
      env,
      inputs: {
        app: context.app(["**"]),
        harness: harness("src/steps/common/voicekey_observe.py", "src/steps/unit-tests/harness.py"),
        lock: lock.ref,
        wheel: wheel.ref,
      },
      outputs: ["report"],
      python: context.python,
      environments: {
        app: { lock: lock.ref, project: wheel.ref, precompiled: true },
        runner: { ...toolEnvironment("pytest"), precompiled: true },
      },
      timeoutSeconds,
    });
    return { actions: [...made.values(), { name: "run", action }] };
  },
  judge: judgeTests,
  tripwires: [
    {
      id: "failing-test",
      title: "a test that fails",
      scope: "app",
      overlay: (context) => poisonInEachPath(context, "unit-tests", "failing-test"),
      // The file itself: which names the settings collect (`python_files`) is the application's own choice.
      paths: (context) => poisonFolders(context).map((folder) => `${folder}/test_failing.py`),
      expect: (context) =>
        expectInEachPath(context, [{ rule: "test-failed", path: "test_failing.py", message: "voicekey poison" }]),
    },
    toolOnly("nothing-collected", "a suite that collects nothing", ["empty"], [{ rule: "nothing-collected" }]),
    toolOnly(
      "undeclared-import",
      "imports of packages that no dependency brings",
      ["tests"],
      [
        { rule: "test-failed", path: "tests/test_undeclared.py", message: "No module named 'pip'" },
        { rule: "undeclared-import", message: "tinyvoice.undeclared imports iniconfig" },
      ],
    ),
    toolOnly("low-coverage", "coverage below the floor", ["tests"], [{ rule: "coverage-below-floor" }]),
    toolOnly(
      "dies-mid-suite",
      "an interpreter that ends in the middle of the suite, with status 0",
      ["tests"],
      [{ rule: "suite-died", message: "tests/test_dies.py::test_ends_the_interpreter" }],
    ),
  ],
};

function toolOnly(
  id: string,
  title: string,
  paths: readonly string[],
  expect: ReturnType<Tripwire["expect"]>,
): Tripwire {
  return {
    id,
    title,
    scope: "tool-only",
    base: bundled("src/steps/unit-tests/app"),
    overlay: () => bundled(`src/steps/unit-tests/poison/${id}`),
    paths: () => paths,
    config: bundledAppConfig,
    expect: () => expect,
  };
}

/** The settings of `unit-tests/app`. It needs nothing, so that its proofs need no network; its one lock serves tests and build. */
export function bundledAppConfig(config: Config): Config {
  const { timeoutSeconds } = config.checks["unit-tests"];
  return {
    ...config,
    python: {
      versions: config.python.versions,
      packages: ["tinyvoice"],
      extras: [],
      groups: [],
      lock: "requirements.lock",
      buildLock: "requirements.lock",
    },
    checks: {
      ...config.checks,
      "unit-tests": { paths: ["tests"], args: [], env: {}, imports: "installed", coverageFloor: 90, timeoutSeconds },
    },
  };
}
