/**
 * The packaging checks for real, over applications of several back ends: built, compared, installed and tried.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { Config } from "../../src/config/model.ts";
import type { StepVerdict } from "../../src/evidence/verdict.ts";
import { packagingApp } from "../../src/steps/project/app.ts";
import type { Judgement } from "../../src/steps/step.ts";
import { filesBelow } from "./recorded.ts";
import { type RanHere, runHere } from "./run-here.ts";
import { type Files, readFiles, smallConfig } from "./small-app.ts";

const BUNDLED = "src/steps/project/app";
const bundled = readFiles(
  BUNDLED,
  filesBelow(join(import.meta.dirname, "../..", BUNDLED)).filter((p) => !p.includes("__pycache__")),
);

const open: RanHere[] = [];
afterEach(() => {
  for (const ran of open.splice(0)) ran.remove();
});

interface Tried {
  readonly step: StepVerdict | undefined;
  readonly judgement: Judgement;
  readonly evidence: string;
}

/** The bundled application, with files of it replaced; its build needs no package. */
async function tried(
  id: "build-dist" | "install-smoke",
  more: Files,
  change?: Partial<Config["checks"]["install-smoke"]>,
) {
  const small = packagingApp(smallConfig("3.11"));
  const checks = { ...small.checks, "build-dist": { timeoutSeconds: 120 } };
  const install = { timeoutSeconds: 120, commands: [], leaveOut: {}, ...change };
  return run(id, { ...bundled, ...more }, { ...small, checks: { ...checks, "install-smoke": install } });
}

async function run(id: string, files: Files, config: Config): Promise<Tried> {
  const ran = await runHere(files, config, { only: [id], store: inject("scenarioStore") });
  open.push(ran);
  const folder = join(ran.evidence, "steps", id, id === "install-smoke" ? "3.11" : "");
  const judgement = JSON.parse(readFileSync(join(folder, "judgement.json"), "utf8")) as Judgement;
  return { step: ran.verdict.steps[0], judgement, evidence: ran.evidence };
}

const messages = ({ judgement }: Tried): string => judgement.findings.map((f) => `${f.rule} ${f.message}`).join("\n");

describe("build-dist for real", () => {
  it("passes on the bundled application, and offers wheel, sdist and their hashes", async () => {
    const { judgement, evidence } = await tried("build-dist", {});
    expect(judgement).toMatchObject({ outcome: "passed", facts: { version: "1.0.0", tag: "v1.0.0" } });
    const sums = readFileSync(join(evidence, "steps/build-dist/dist/dist/SHA256SUMS"), "utf8");
    expect(sums).toMatch(
      /^[0-9a-f]{64} {2}smallvoice-1\.0\.0-py3-none-any\.whl\n[0-9a-f]{64} {2}smallvoice-1\.0\.0\.tar\.gz\n$/,
    );
  });

  it("finds what depends on folder, umask, zone, language, hash seed, file times and day, one by one", async () => {
    const hook = [
      "import datetime, locale, os, time",
      "def generated():",
      "    umask = os.umask(0); os.umask(umask)",
      "    facts = {'folder': os.getcwd().count(os.sep), 'umask': umask, 'zone': time.strftime('%z'), 'language': os.environ.get('LC_ALL', ''),",
      "             'seed': hash('x'), 'age': int(os.stat('README.md').st_mtime), 'day': datetime.date.today(), 'home': os.environ['HOME']}",
      "    return {f'smallvoice/{k}.py': f'X = {str(v)!r}\\n' for k, v in facts.items()}",
    ].join("\n");
    const said = messages(await tried("build-dist", { "build_hook.py": hook }));
    for (const name of ["folder", "umask", "zone", "language", "seed", "age", "day", "home"])
      expect(said).toContain(`smallvoice-1.0.0-py3-none-any.whl: smallvoice/${name}.py: line 1 differs`);
  });

  it("finds a back end that writes into the source, but not what the settings name", async () => {
    const hook = [
      "import pathlib",
      "def generated():",
      "    for name in ('stray.txt', '_named.py'): pathlib.Path('src/smallvoice', name).write_text('x = 1\\n')",
      "    pathlib.Path('CHANGELOG.md').write_text('# gone\\n')",
      "    return {}",
    ].join("\n");
    const settings = `${bundled["pyproject.toml"] ?? ""}[tool.maker]\nversion-file = "src/smallvoice/_named.py"\n`;
    const found = await tried("build-dist", { "build_hook.py": hook, "pyproject.toml": settings });
    expect(messages(found)).toContain("the build adds src/smallvoice/stray.txt, changes CHANGELOG.md in the source");
    expect(found.judgement.facts["generated in source"]).toBe("src/smallvoice/_named.py");
  });

  it("finds versions that disagree in three places, and an sdist that does not build", async () => {
    const settings = (bundled["pyproject.toml"] ?? "")
      .replace('"1.0.0"', '"1.1"')
      .replace("sdist-without = []", 'sdist-without = ["build_hook.py"]');
    const changelog =
      "Changes\n=======\n\nFor Python 3.12\n---------------\n\nVersion 2.0 (unreleased)\n------------------------\n\n1.5\n---\n";
    const said = messages(await tried("build-dist", { "pyproject.toml": settings, "CHANGELOG.md": changelog }));
    expect(said).toContain("project.version of pyproject.toml (pyproject.toml:8) 1.1");
    expect(said).toContain("__version__ in src/smallvoice/__init__.py (src/smallvoice/__init__.py:3) 1.0.0");
    expect(said).toContain("changelog-ahead the changelog's newest release is 1.5");
    expect(said).toContain("build-failed the sdist does not build: ModuleNotFoundError: No module named 'build_hook'");
  });

  it("packs anew what setuptools packs by the machine, offers the same content, and accepts an sdist without tests", async () => {
    const files: Files = {
      "pyproject.toml":
        '[build-system]\nrequires = ["setuptools>=68"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "small"\nversion = "0.1"\nreadme = "README.md"\n',
      "README.md": "# small\n",
      "MANIFEST.in": "prune tests\n",
      "src/small/__init__.py": "",
      "tests/test_small.py": "def test_small():\n    pass\n",
    };
    const small = smallConfig("3.11");
    const config = {
      ...small,
      python: { ...small.python, packages: ["small"] },
      checks: { ...small.checks, "build-dist": { timeoutSeconds: 300 } },
    };
    const { judgement } = await run("build-dist", files, config);
    expect(judgement).toMatchObject({ outcome: "passed", facts: { "tests in sdist": "none" } });
    expect(judgement.facts["normalised"]).toMatch(/^wheel \(modes\), sdist \(.*times, modes\)$/);
    expect(judgement.facts["left in source"]).toContain("small.egg-info");
  });
});

describe("install-smoke for real", () => {
  const cli = [
    "import os, sys, time",
    "from importlib.resources import files",
    "def main():",
    "    word = sys.argv[1]",
    "    if word == 'hang': time.sleep(600)",
    "    if word == 'leave': os.fork() or time.sleep(600)",
    "    if word == 'bytes': os.write(1, b'\\xff\\xfe')",
    "    if word == 'trace':",
    "        import traceback",
    "        try: raise KeyError('microphone')",
    "        except KeyError: traceback.print_exc()",
    "    if word == 'read': print(repr(sys.stdin.read()), os.listdir('.'), os.listdir(os.environ['HOME']))",
    "    if word == 'where': print(__file__.count('site-packages'), files('smallvoice').joinpath('data/phrases.list').read_text())",
    "    return 3 if word == 'three' else 0",
    "",
  ].join("\n");
  const asked = (word: string, more: { exit?: number; stdout?: string } = {}) => ({
    run: ["smallvoice", word] as [string, string],
    exit: 0,
    ...more,
  });

  it("passes on commands that answer, with an empty folder, an empty home and no input", async () => {
    const commands = [
      asked("three", { exit: 3 }),
      asked("read", { stdout: "'' [] []" }),
      asked("where", { stdout: "1 pause" }),
      {
        run: ["python", "-c", "import smallvoice; print(smallvoice.__version__)"] as [string, ...string[]],
        exit: 0,
        stdout: "{version}",
      },
    ];
    const { judgement } = await tried("install-smoke", { "src/smallvoice/cli.py": cli }, { commands });
    expect(judgement).toMatchObject({ outcome: "passed", findings: [], facts: { commands: 4, modules: 3 } });
  });

  it("finds commands that hang, print bytes, print a traceback and exit 0, or are not there", async () => {
    const commands = [
      asked("hang"),
      asked("leave"),
      asked("bytes"),
      asked("trace"),
      { run: ["gone"] as [string], exit: 0 },
    ];
    const said = messages(
      await tried("install-smoke", { "src/smallvoice/cli.py": cli }, { commands, timeoutSeconds: 16 }),
    );
    for (const text of [
      "`smallvoice hang` did not end in time",
      "`smallvoice bytes` printed bytes on stdout that are not UTF-8",
      "`smallvoice trace` printed a traceback on stderr: KeyError: 'microphone'",
      "`gone` is not installed",
    ])
      expect(said).toContain(`command-failed wheel and sdist: ${text}`);
  });

  it("finds a module that ends the interpreter, and says which", async () => {
    const said = messages(await tried("install-smoke", { "src/smallvoice/boom.py": "import os\nos._exit(0)\n" }));
    expect(said).toContain("the interpreter ended with status 0 while it imported smallvoice.boom");
  });

  it("finds a module that needs what only the tests' extra brings, and not one that needs an extra of users", async () => {
    const extra = (name: string) => `Provides-Extra: ${name}\\nRequires-Dist: for-${name}; extra == '${name}'\\n`;
    const backend = bundled["small_backend.py"] ?? "";
    const files: Files = {
      "small_backend.py": backend.replace("Version: {version}\\n", (found) => found + extra("test") + extra("users")),
      "src/smallvoice/one.py": "import for_test\n",
      "src/smallvoice/two.py": "import for_users\n",
    };
    const small = packagingApp(smallConfig("3.11"));
    const config = { ...small, python: { ...small.python, extras: ["test"] } };
    const { judgement } = await run("install-smoke", { ...bundled, ...files }, config);
    expect(judgement.findings).toMatchObject([{ rule: "import-failed", path: "src/smallvoice/one.py" }]);
  });

  it("finds a package that another module stands before", async () => {
    const said = messages(
      await tried("install-smoke", {
        "src/smallvoice/__init__.py": "import sys, json\nsys.modules[__name__] = json\n",
      }),
    );
    expect(said).toContain("imported-from-elsewhere wheel and sdist: smallvoice");
  });
});
