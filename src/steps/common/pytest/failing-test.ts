/** The tripwire of every check of the application's own tests: a test that fails, laid beside them, under their own settings. */
import type { Config, TestCheck } from "../../../config/model.ts";
import type { Tripwire } from "../../step.ts";
import { expectInEachPath, poisonFolders, poisonInEachPath } from "../poison.ts";

type TestStep = "unit-tests" | "integration-smoke";

export function failingTest(step: TestStep, title: string): Tripwire {
  return {
    id: "failing-test",
    title,
    scope: "app",
    overlay: (context) => poisonInEachPath(context, step, "failing-test"),
    // The file itself: which names the settings collect (`python_files`) is the application's own choice.
    paths: (context) => poisonFolders(context).map((folder) => `${folder}/test_failing.py`),
    config: (config) => withTestCheck(config, step, { retries: 0 }),
    expect: (context) =>
      expectInEachPath(context, [{ rule: "test-failed", path: "test_failing.py", message: "voicekey poison" }]),
  };
}

/** The config with a change of one check of tests. */
export function withTestCheck(config: Config, step: TestStep, change: Partial<TestCheck>): Config {
  return { ...config, checks: { ...config.checks, [step]: { ...config.checks[step], ...change } } };
}
