/**
 * The cases whose real tool output is kept under fixtures/tool-output, and how tests read them. `scripts/record-tool-output.ts` runs them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Config } from "../../src/config/model.ts";
import { steps } from "../../src/steps/index.ts";
import type { JudgedAction, Judgement, Step, StepContext } from "../../src/steps/step.ts";
import { type Files, planFor, smallApp, smallConfig } from "./small-app.ts";

export interface RecordedCase {
  readonly step: string;
  /** Laid over the small application. */
  readonly files: Files;
  readonly config?: (config: Config) => Config;
}

const FOLDER = resolve(import.meta.dirname, "../../fixtures/tool-output");

/** Recorded on this version; the records name it. */
export const RECORDED_PYTHON = "3.11";

const test = (name: string, body: string): string => `def test_${name}() -> None:\n${body}`;
const withTests =
  (change: Partial<Config["checks"]["unit-tests"]>) =>
  (config: Config): Config => ({
    ...config,
    checks: { ...config.checks, "unit-tests": { ...config.checks["unit-tests"], ...change } },
  });
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
  "unit-tests/usage": { step: "unit-tests", files: {}, config: withTests({ args: ["--no-such-option"] }) },
  "unit-tests/collect-only": { step: "unit-tests", files: {}, config: withTests({ args: ["--collect-only"] }) },
};

export function appOf(item: RecordedCase): Files {
  return { ...smallApp, ...item.files };
}

export function configOf(item: RecordedCase, python = RECORDED_PYTHON): Config {
  const config = smallConfig(python);
  return item.config?.(config) ?? config;
}

export interface Recorded {
  readonly step: Step;
  readonly context: StepContext;
  readonly action: JudgedAction;
}

/** A recorded run: files by name, the exit status and stderr as they were. */
export async function recorded(name: string): Promise<Recorded> {
  const item = CASES[name];
  const step = steps.find((s) => s.id === item?.step);
  if (item === undefined || step === undefined) throw new Error(`no case ${name}`);
  const { contexts } = await planFor(appOf(item), configOf(item), { only: [step.id] });
  const context = [...contexts.values()][0];
  if (context === undefined) throw new Error(`nothing is planned for ${name}`);
  const folder = join(FOLDER, name);
  const end = JSON.parse(readFileSync(join(folder, "end.json"), "utf8")) as { code: number; stderr: string };
  const report = Object.fromEntries(
    filesBelow(join(folder, "report")).map((path) => [path, readFileSync(join(folder, "report", path), "utf8")]),
  );
  return { step, context, action: actionOf(report, end.code, end.stderr) };
}

export function actionOf(report: Files, code: number, stderr = ""): JudgedAction {
  return {
    status: { kind: "exited", code },
    stdout: "",
    stderr,
    files: () => Object.keys(report).sort(),
    read: (_, path) => report[path],
  };
}

/** Paths of plain files, relative to the folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => relative(folder, join(f.parentPath, f.name)))
    .sort();
}

export interface Change {
  /** Replaces files of the report; undefined takes one away. */
  readonly report?: Readonly<Record<string, string | undefined>>;
  readonly code?: number;
  readonly status?: JudgedAction["status"];
  readonly context?: (context: StepContext) => StepContext;
}

/** Judges a recorded run, with something about it changed. */
export async function judge(name: string, change: Change = {}): Promise<Judgement> {
  const { step, context, action } = await recorded(name);
  const replaced = change.report ?? {};
  const status =
    change.status ?? (change.code === undefined ? action.status : { kind: "exited" as const, code: change.code });
  const changed: JudgedAction = {
    ...action,
    status,
    read: (output, path) => (Object.hasOwn(replaced, path) ? replaced[path] : action.read(output, path)),
  };
  return step.judge({ context: change.context?.(context) ?? context, results: { run: changed } });
}

/** A file of a recorded report, changed by a function. */
export async function edited(
  name: string,
  path: string,
  edit: (text: string) => string,
): Promise<Record<string, string>> {
  const text = (await recorded(name)).action.read("report", path);
  if (text === undefined) throw new Error(`${name} has no ${path}`);
  return { [path]: edit(text) };
}
