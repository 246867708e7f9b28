/** The cases whose real tool output is kept under fixtures/tool-output: what is laid over the small application, and with which settings. */
import type { Config } from "../../src/config/model.ts";
import { testSettings } from "../config/other-checks.ts";
import { type Files, smallApp } from "./small-app.ts";

export interface RecordedCase {
  readonly step: string;
  /** Laid over the small application. */
  readonly files: Files;
  readonly config?: (config: Config) => Config;
}

const test = (name: string, body: string): string => `def test_${name}() -> None:\n${body}`;
const withTests =
  (change: Partial<Config["checks"]["unit-tests"]>) =>
  (config: Config): Config => ({
    ...config,
    checks: { ...config.checks, "unit-tests": { ...config.checks["unit-tests"], ...change } },
  });
const withIntegration = (config: Config): Config => ({
  ...config,
  checks: { ...config.checks, "integration-smoke": { ...testSettings, paths: ["tests"], timeoutSeconds: 120 } },
});
const checkDependencies =
  (change: { paths?: string[] }) =>
  (config: Config): Config => ({
    ...config,
    checks: {
      ...config.checks,
      "dependencies-declared": { paths: ["src"], allow: {}, timeoutSeconds: 120, ...change },
    },
  });
const fails = (name: string, when: string): string =>
  test(name, `    if ${when}:\n        raise AssertionError("too early")\n`);
/** Tests that see how often they ran: a mark beside them would not, since reruns start from the files as they were. */
const FLAKY = [
  "import os\nimport pathlib\nimport tempfile\n\n",
  'MARK = pathlib.Path(tempfile.gettempdir(), "ran")\nRUNS = len(MARK.read_text()) if MARK.exists() else 0\n',
  'MARK.write_text("x" * (RUNS + 1))\n',
  'HERE = pathlib.Path(__file__).with_name("left-behind")\nSEEN = HERE.exists()\nHERE.touch()\n\n\n',
];
const settings = (more: string): Files => ({ "pyproject.toml": `${smallApp["pyproject.toml"] ?? ""}${more}\n` });

export const CASES: Readonly<Record<string, RecordedCase>> = {
  "format/clean": { step: "format", files: {} },
  "format/unformatted": { step: "format", files: { "src/whisperkey/é name.py": "x   = 1\ny = {  }\n" } },
  "format/syntax-error": { step: "format", files: { "src/whisperkey/broken.py": "def f(:\n" } },
  "format/all-excluded": { step: "format", files: settings('[tool.ruff]\nexclude = ["src/**", "tests/**"]') },
  "lint/clean": { step: "lint", files: {} },
  "lint/findings": { step: "lint", files: { "src/whisperkey/é name.py": "import os\n\nprint(missing)\n" } },
  "lint/bad-settings": { step: "lint", files: settings("[tool.ruff]\nno-such-setting = 1") },
  "types/clean": { step: "types", files: {} },
  "types/findings": { step: "types", files: { "src/whisperkey/wrong.py": 'x: int = "a"\ny: str = 1\n' } },
  "types/syntax-error": { step: "types", files: { "src/whisperkey/broken.py": "def f(:\n" } },
  "types/bad-plugin": { step: "types", files: { "mypy.ini": "[mypy]\nplugins = no_such_plugin\n" } },
  "dependencies-declared/clean": { step: "dependencies-declared", files: {}, config: checkDependencies({}) },
  "dependencies-declared/findings": {
    step: "dependencies-declared",
    files: {
      "pyproject.toml": (smallApp["pyproject.toml"] ?? "").replace(
        "dependencies = []",
        'dependencies = [\n  "iniconfig",\n]',
      ),
      "src/whisperkey/é name.py": "import missing_thing\nimport click\n\nprint(missing_thing, click)\n",
      "src/whisperkey/broken.py": "def f(:\n",
    },
    config: checkDependencies({}),
  },
  "dependencies-declared/bad-settings": {
    step: "dependencies-declared",
    files: settings("[tool.deptry]\nno-such-setting = 1"),
    config: checkDependencies({}),
  },
  "dependencies-declared/silenced": {
    step: "dependencies-declared",
    files: {
      ...settings(
        '[tool.deptry]\nextend_exclude = ["src/whisperkey/left"]\nper_rule_ignores = { DEP001 = ["missing_thing"] }',
      ),
      "src/whisperkey/left/__init__.py": "import nowhere\n",
      "src/whisperkey/more.py": "import missing_thing\nimport click  # deptry: ignore[DEP003]\n",
    },
    config: checkDependencies({}),
  },
  "dependencies-declared/one-package": {
    step: "dependencies-declared",
    files: {
      "src/beside/__init__.py": "import missing_thing\n",
      "src/whisperkey/uses.py": "import beside\nfrom whisperkey import key\n\nprint(beside, key)\n",
    },
    config: checkDependencies({ paths: ["src/whisperkey"] }),
  },
  "integration-smoke/green": {
    step: "integration-smoke",
    files: {
      "tests/test_server.py": [
        "import socket\n\n\n",
        test(
          "a_server_of_its_own_is_reached",
          '    with socket.create_server(("127.0.0.1", 0)) as server:\n        socket.create_connection(server.getsockname()).close()\n',
        ),
      ].join(""),
    },
    config: withIntegration,
  },
  "integration-smoke/needs-internet": {
    step: "integration-smoke",
    files: {
      "tests/test_far.py": `import socket\n\n\n${test("asks_another_machine", '    with socket.socket() as asking:\n        asking.settimeout(1)\n        asking.connect(("192.0.2.1", 80))\n')}`,
    },
    config: withIntegration,
  },
  "unit-tests/green": { step: "unit-tests", files: {} },
  "unit-tests/red": {
    step: "unit-tests",
    files: {
      "tests/test_red.py": [
        "import pytest\n\n",
        test("fails", '    word = "<&\\"]]>"\n    assert word == ""\n\n\n'),
        '@pytest.fixture\ndef broken() -> None:\n    raise RuntimeError("no microphone")\n\n\n',
        "def test_errs(broken: None) -> None:\n    pass\n\n\n",
        '@pytest.mark.skip(reason="later")\n',
        test("skipped", "    pass\n"),
      ].join(""),
    },
  },
  "unit-tests/collection-error": { step: "unit-tests", files: { "tests/test_broken.py": "import no_such_module\n" } },
  "unit-tests/nothing": { step: "unit-tests", files: { "tests/test_key.py": "" } },
  "unit-tests/all-skipped": {
    step: "unit-tests",
    files: { "tests/test_key.py": `import pytest\n\n\n@pytest.mark.skip\n${test("skipped", "    pass\n")}` },
  },
  "unit-tests/dies": {
    step: "unit-tests",
    files: { "tests/test_zz.py": `import os\n\n\n${test("the_end", "    os._exit(0)\n")}` },
  },
  "unit-tests/from-source": {
    step: "unit-tests",
    files: { "tests/conftest.py": 'import sys\n\nsys.path.insert(0, "src")\n' },
  },
  "unit-tests/low-coverage": {
    step: "unit-tests",
    files: { "tests/test_key.py": `import whisperkey\n\n\n${test("imports", "    assert whisperkey\n")}` },
  },
  "unit-tests/flaky": {
    step: "unit-tests",
    files: {
      "tests/test_flaky.py": [
        ...FLAKY,
        fails("passes_the_second_time", "RUNS < 1"),
        "\n\n",
        fails("passes_the_third_time", "RUNS < 2"),
        "\n\n",
        fails("sees_no_files_of_an_earlier_run", "RUNS < 1 or SEEN"),
        "\n\n",
        test("stands_firm", "    assert True\n"),
      ].join(""),
    },
    config: withTests({ retries: 2 }),
  },
  "unit-tests/fails-for-good": {
    step: "unit-tests",
    files: {
      "tests/test_flaky.py": [
        ...FLAKY,
        fails("passes_the_second_time", "RUNS < 1"),
        "\n\n",
        fails("never_passes", "RUNS >= 0"),
      ].join(""),
    },
    config: withTests({ retries: 1 }),
  },
  "unit-tests/dies-again": {
    step: "unit-tests",
    files: {
      "tests/test_flaky.py": [
        ...FLAKY,
        test("ends_the_second_run", "    if RUNS == 1:\n        os._exit(0)\n    raise AssertionError\n"),
      ].join(""),
    },
    config: withTests({ retries: 1 }),
  },
  "unit-tests/usage": { step: "unit-tests", files: {}, config: withTests({ args: ["--no-such-option"] }) },
  "unit-tests/collect-only": { step: "unit-tests", files: {}, config: withTests({ args: ["--collect-only"] }) },
};
