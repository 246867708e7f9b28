/**
 * The `integration-smoke` check: the application's integration tests on each supported Python, against the installed application, without network
 * but for servers of their own. Coverage is the unit tests' business.
 */
import { onBundledApp } from "./common/pytest/bundled-app.ts";
import { failingTest } from "./common/pytest/failing-test.ts";
import { judgePytest } from "./common/pytest/judge.ts";
import { type PytestSelection, planPytest } from "./common/pytest/plan.ts";
import type { Step, StepContext } from "./step.ts";

const ID = "integration-smoke";

export const integrationSmoke: Step = {
  id: ID,
  title: "Integration smoke tests",
  requirements: ["C3"],
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
    failingTest(ID, "an integration test that fails"),
    onBundledApp(ID, {
      id: "nothing-collected",
      title: "a selection that collects nothing",
      paths: ["empty"],
      expect: [{ rule: "nothing-collected" }],
    }),
    // The message tells the planted test from the one beside it, which must pass: a server of the test's own is reached.
    onBundledApp(ID, {
      id: "needs-internet",
      title: "a test that needs another machine",
      paths: ["tests/test_needs_internet.py"],
      expect: [
        {
          rule: "test-failed",
          path: "tests/test_needs_internet.py",
          message: "test_needs_another_machine: Failed: voicekey poison: this test needs the internet",
        },
      ],
    }),
  ],
};

function selection({ config, paths }: StepContext): PytestSelection {
  return { ...config.checks[ID], name: "run", paths };
}
