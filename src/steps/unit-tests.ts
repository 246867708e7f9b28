/**
 * The `unit-tests` check: pytest on each supported Python, in an environment of the application's lock and its own wheel and nothing else.
 */
import { onBundledApp } from "./common/pytest/bundled-app.ts";
import { failingTest, withTestCheck } from "./common/pytest/failing-test.ts";
import { judgePytest } from "./common/pytest/judge.ts";
import { type PytestSelection, planPytest } from "./common/pytest/plan.ts";
import type { Step, StepContext } from "./step.ts";

const ID = "unit-tests";

export const unitTests: Step = {
  id: ID,
  title: "Unit tests",
  requirements: ["C2"],
  goals: ["pr-checks"],
  needs: [],
  perPython: true,
  paths: (config) => config.checks[ID].paths,
  plan: (context) => {
    const { skip } = context.config.checks[ID];
    return skip === undefined ? { actions: planPytest(context, selection(context)) } : { skip };
  },
  judge: (judged) => judgePytest(judged, selection(judged.context)),
  tripwires: [
    failingTest(ID, "a test that fails"),
    onBundledApp(ID, {
      id: "nothing-collected",
      title: "a suite that collects nothing",
      paths: ["empty"],
      expect: [{ rule: "nothing-collected" }],
    }),
    onBundledApp(ID, {
      id: "undeclared-import",
      title: "imports of packages that no dependency brings",
      paths: ["tests"],
      expect: [
        { rule: "test-failed", path: "tests/test_undeclared.py", message: "No module named 'pip'" },
        { rule: "undeclared-import", message: "tinyvoice.undeclared imports iniconfig" },
      ],
    }),
    onBundledApp(ID, {
      id: "low-coverage",
      title: "coverage below the floor",
      paths: ["tests"],
      expect: [{ rule: "coverage-below-floor" }],
    }),
    onBundledApp(ID, {
      id: "dies-mid-suite",
      title: "an interpreter that ends in the middle of the suite, with status 0",
      paths: ["tests"],
      expect: [{ rule: "suite-died", message: "tests/test_dies.py::test_ends_the_interpreter" }],
    }),
    onBundledApp(ID, {
      id: "flaky-test",
      title: "a test that fails, and passes when it is run again",
      paths: ["tests"],
      config: (config) => withTestCheck(config, ID, { retries: 1, flaky: "fail" }),
      expect: [{ rule: "flaky-test", path: "tests/test_flaky.py", message: "test_fails_once" }],
    }),
  ],
};

function selection({ config, paths }: StepContext): PytestSelection {
  const { coverageFloor, ...check } = config.checks[ID];
  return { ...check, name: "run", paths, coverage: coverageFloor === undefined ? {} : { floor: coverageFloor } };
}
