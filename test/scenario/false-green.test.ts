/** Broken applications whose own settings or conftest would make a check pass: each is red, or says what it did not look at. */
import { afterEach, describe, expect, it } from "vitest";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import type { Scenario } from "./command.ts";
import { smallApp, stepOf } from "./command.ts";

type Step = RunVerdict["steps"][number];
type Files = Readonly<Record<string, string>>;

const PROJECT =
  '[build-system]\nrequires = ["setuptools>=68"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "small"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n\n';
const ONE_PYTHON = 'schema: 1\npython:\n  versions: ["3.11"]\n';
const UNDEFINED = { "src/small/bad.py": '"""Bad."""\n\nprint(undefined_thing)\n' };
const MISTYPED = { "src/small/bad.py": '"""Bad."""\n\nx: int = "s"\n' };
const UNFORMATTED = { "src/small/bad.py": "x    =  1\n" };
const FAILING = { "tests/test_zz_bad.py": "def test_bad() -> None:\n    assert False\n" };

let app: Scenario | undefined;
afterEach(() => {
  app?.dispose();
  app = undefined;
});

async function checked(id: string, files: Files, settings = "", ...more: string[]): Promise<Step> {
  const all = { "pipeline.yaml": ONE_PYTHON, "pyproject.toml": PROJECT + settings, ...files };
  app = smallApp(all);
  return stepOf((await app.check(["--only", id, ...more])).verdict, id);
}

const missedInPackage = (step: Step): boolean =>
  step.outcome === "failed" &&
  step.proofs.some((p) => p.outcome === "missed" && p.reason?.includes("src/small/voicekey_poison_") === true);

describe("settings that blind a tool to the application's package alone", () => {
  it.each([
    ["ruff's exclude", "lint", UNDEFINED, '[tool.ruff]\nexclude = ["src/small"]\n'],
    ["ruff's exclude", "format", UNFORMATTED, '[tool.ruff]\nexclude = ["src/small"]\n'],
    ["ignores per file", "lint", UNDEFINED, '[tool.ruff.lint.per-file-ignores]\n"src/small/**" = ["ALL"]\n'],
    ["settings in the package", "lint", { ...UNDEFINED, "src/small/ruff.toml": "lint.select = []\n" }, ""],
    ["mypy's exclude", "types", { ...MISTYPED, "src/other.py": "x = 1\n" }, '[tool.mypy]\nexclude = "src/small/"\n'],
    ["mypy's overrides", "types", MISTYPED, '[[tool.mypy.overrides]]\nmodule = "small.*"\nignore_errors = true\n'],
  ])("are noticed: %s for %s", async (_, id, files, settings) => {
    const step = await checked(id, files, settings);
    expect(missedInPackage(step), JSON.stringify(step)).toBe(true);
  });

  it("are noticed in a flat layout, where the package is the configured path", async () => {
    const files = {
      "src/small/__init__.py": "",
      "small/__init__.py": "",
      "small/bad.py": MISTYPED["src/small/bad.py"],
    };
    const config = "schema: 1\nchecks:\n  types:\n    paths: [small]\n";
    const overrides = '[[tool.mypy.overrides]]\nmodule = "small.*"\nignore_errors = true\n';
    const step = await checked("types", { ...files, "pipeline.yaml": config }, overrides);
    expect(step).toMatchObject({ outcome: "failed", proofs: [{ outcome: "missed" }] });
  });
});

describe("settings that leave a tool nothing to look at", () => {
  it.each(["lint", "format"])("do not pass %s because pyproject.toml was looked at", async (id) => {
    const config = `schema: 1\nchecks:\n  ${id}:\n    paths: ["."]\n`;
    const settings = '[tool.ruff]\nexclude = ["src", "tests"]\n';
    const step = await checked(id, { ...UNDEFINED, "pipeline.yaml": config }, settings, "--no-prove");
    expect(step).toMatchObject({ outcome: "failed", facts: { files: 0, excluded: 3 } });
    expect(step.reason).toContain("no file was checked");
  });
});

describe("what an application may leave out", () => {
  it("is counted where only the linter's own exclude names it", async () => {
    const step = await checked("lint", UNDEFINED, '[tool.ruff.lint]\nexclude = ["bad.py"]\n');
    expect(step).toMatchObject({ outcome: "passed", facts: { files: 2, excluded: 1 } });
  });

  it("is counted where comments and ignores per file silence it, and where a folder has settings of its own", async () => {
    const files = {
      "src/small/bad.py": `# ruff: noqa\n${UNDEFINED["src/small/bad.py"]}`,
      "src/small/other.py": UNDEFINED["src/small/bad.py"],
      "src/small/deep/ruff.toml": "lint.select = []\n",
    };
    const step = await checked("lint", files, '[tool.ruff.lint.per-file-ignores]\n"**/other.py" = ["ALL"]\n');
    expect(step).toMatchObject({ outcome: "passed", facts: { silenced: 2, "nested settings": 1 } });
  });

  it("is counted where a comment switches mypy off", async () => {
    const files = { "src/small/bad.py": `# mypy: ignore-errors\n${MISTYPED["src/small/bad.py"]}` };
    expect(await checked("types", files)).toMatchObject({ outcome: "passed", facts: { silenced: 1 } });
  });

  it("is counted where a name that is nobody's is called the application's own", async () => {
    const files = { "src/small/bad.py": '"""Bad."""\n\nimport voicekey_nowhere\n' };
    const settings = '[tool.deptry]\nknown_first_party = ["voicekey_nowhere"]\n';
    const step = await checked("dependencies-declared", files, settings);
    expect(step).toMatchObject({ outcome: "passed", facts: { silenced: 1 } });
  });

  it("is counted where the baseline allows more than there is", async () => {
    const counts = { schema: 1, steps: { lint: { "src/small/bad.py": { F821: 100 } } } };
    const step = await checked("lint", { ...UNDEFINED, "pipeline-baseline.json": JSON.stringify(counts) });
    expect(step).toMatchObject({ outcome: "passed", facts: { "in baseline": 1, "baseline allows more": 99 } });
  });

  it("is counted where tests are not run and lines and files not measured", async () => {
    const files = {
      ...FAILING,
      "tests/test_ignored.py": FAILING["tests/test_zz_bad.py"],
      "tests/conftest.py":
        "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if 'bad' not in i.nodeid]\n",
      "src/small/big.py": "x = 1\n",
      "src/small/other.py": "def unused() -> int:\n    return 1\n",
    };
    const settings =
      '[tool.pytest.ini_options]\naddopts = "--ignore=tests/test_ignored.py"\n[tool.coverage.run]\nomit = ["*/big.py"]\n[tool.coverage.report]\nexclude_also = ["def unused"]\n';
    const facts = {
      tests: 1,
      deselected: 1,
      "test files without a run": 2,
      "files excluded from coverage": 1,
      "lines excluded from coverage": 2,
    };
    expect(await checked("unit-tests", files, settings)).toMatchObject({ outcome: "passed", facts });
  });
});

describe("settings in unusual forms", () => {
  it.each([
    ["lint", { "src/small/bad.py": '"""Bad."""\n\nimport os\n' }, '[tool."ruff".lint]\nselect = ["F821", "E9"]\n'],
    ["types", MISTYPED, '[[tool.mypy.overrides]]\nmodule = "small.bad"\nignore_errors = true\n'],
  ])("are the application's own for %s", async (id, files, settings) => {
    expect(await checked(id, files, settings)).toMatchObject({ outcome: "passed", proved: true });
  });

  it("which collect tests from files of other names do not make the gate look blind", async () => {
    const files = {
      "tests/check_small.py": "from small import double\n\n\ndef test_it() -> None:\n    assert double(1) == 2\n",
    };
    const step = await checked("unit-tests", files, '[tool.pytest.ini_options]\npython_files = "check_*.py"\n');
    expect(step).toMatchObject({ outcome: "passed", proved: true });
  });
});

describe("a conftest that hides a failing test", () => {
  const hook = (body: string): Files => ({ ...FAILING, "tests/conftest.py": `import pytest\n\n\n${body}` });
  it.each([
    [
      "reports it as passed",
      "@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    out = yield\n    if 'bad' in item.nodeid:\n        out.get_result().outcome = 'passed'\n",
      "test_bad raised an exception, but was reported as passed",
    ],
    [
      "does not run it",
      "def pytest_runtest_protocol(item):\n    return True if 'bad' in item.nodeid else None\n",
      "2 tests were collected, 1 started, and none failed",
    ],
    [
      "ends the session before it, with status 0",
      "def pytest_runtest_logfinish():\n    pytest.exit('enough', returncode=0)\n",
      "2 tests were collected, 1 started, and none failed",
    ],
    [
      "runs it again until it passes, as plugins for flaky tests do",
      "def pytest_runtest_protocol(item, nextitem):\n    from _pytest.runner import runtestprotocol\n    again = item.nodeid.endswith('test_bad')\n    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)\n    if again:\n        runtestprotocol(item, nextitem=item, log=False)\n        item._initrequest()\n        item.obj = lambda: None\n    runtestprotocol(item, nextitem=nextitem)\n    return True\n",
      "1 test is flaky",
    ],
  ])("is red when it %s", async (_, body, reason) => {
    const step = await checked("unit-tests", hook(body), "", "--no-prove");
    expect(step.outcome).toBe("failed");
    expect(step.reason).toContain(reason);
  });

  it("is not suspected for tests that fail as expected, are skipped, or have subtests", async () => {
    const tests = `import unittest

import pytest


@pytest.mark.xfail
def test_expected():
    assert False


def test_skipped():
    pytest.skip("later")


def test_parts(subtests):
    with subtests.test("a"):
        assert True


class TestCases(unittest.TestCase):
    @unittest.expectedFailure
    def test_expected(self):
        self.fail("as expected")

    def test_skipped(self):
        raise unittest.SkipTest("later")
`;
    expect(await checked("unit-tests", { "tests/test_more.py": tests }, "", "--no-prove")).toMatchObject({
      outcome: "passed",
      facts: { skipped: 4 },
    });
  });
});

describe("a package that another module stands in for", () => {
  it("is red: the tests imported the standard library's", async () => {
    const files = {
      "src/queue/__init__.py": "x = 1\n",
      "tests/test_small.py": "import queue\n\n\ndef test_it() -> None:\n    assert queue\n",
    };
    const config = `${ONE_PYTHON}  packages: [queue]\n`;
    const step = await checked("unit-tests", { ...files, "pipeline.yaml": config }, "", "--no-prove");
    expect(step).toMatchObject({ outcome: "failed", facts: { imports: "elsewhere" } });
    expect(step.reason).toContain("the tests imported queue from outside the application's environment");
  });
});
