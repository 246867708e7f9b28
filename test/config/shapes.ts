/** Repositories as other people write them, with every common build backend. */
import { APP, type Tree } from "./repository.ts";

const TESTS: Tree = { "tests/test_a.py": "" };
const BACKEND = '[build-system]\nrequires = ["x"]\nbuild-backend = "x"\n';
export const named = (more: string): string => `${BACKEND}[project]\nname = "my-app"\n${more}`;

/** A repository that somebody else wrote, and what has to be found in it. */
export interface Shape {
  readonly tree: Tree;
  readonly packages: string[];
  readonly code: string[];
  readonly checked: string[];
  readonly tests: string[];
  readonly versions?: string[];
  readonly name?: string;
  readonly extras?: string[];
  readonly groups?: string[];
}

export const shapes: Record<string, Shape> = {
  "hatch with packages under src": {
    tree: {
      ...TESTS,
      "pyproject.toml": named(
        'requires-python = ">=3.12"\n[tool.hatch.build.targets.wheel]\npackages = ["src/voice"]\n',
      ),
      "src/voice/__init__.py": "",
      "src/scratch/__init__.py": "",
    },
    packages: ["voice"],
    code: ["src"],
    checked: ["src", "tests"],
    tests: ["tests"],
    versions: ["3.12"],
  },
  "setuptools that finds packages under src": {
    tree: {
      "pyproject.toml": named('[tool.setuptools.packages.find]\nwhere = ["source"]\n'),
      "source/voice/__init__.py": "",
      "source/voice.egg-info/PKG-INFO": "",
      "source/space/part/__init__.py": "",
      "test/unit/test_a.py": "",
    },
    packages: ["space", "voice"],
    code: ["source"],
    checked: ["source", "test"],
    tests: ["test/unit"],
  },
  "setuptools with a list of packages and a package-dir": {
    tree: {
      ...TESTS,
      "pyproject.toml": named(
        '[tool.setuptools]\npackages = ["voice", "voice.audio"]\npackage-dir = { "" = "code" }\n',
      ),
      "code/voice/audio/__init__.py": "",
    },
    packages: ["voice"],
    code: ["code"],
    checked: ["code", "tests"],
    tests: ["tests"],
  },
  "setuptools with a single module": {
    tree: { ...TESTS, "pyproject.toml": named('[tool.setuptools]\npy-modules = ["dictate"]\n'), "dictate.py": "" },
    packages: ["dictate"],
    code: ["dictate.py"],
    checked: ["dictate.py", "tests"],
    tests: ["tests"],
  },
  "setup.cfg alone": {
    tree: {
      ...TESTS,
      "setup.py": "from setuptools import setup\nsetup()\n",
      "setup.cfg":
        "# comment\n[metadata]\nname = old-voice\nclassifiers =\n    Programming Language :: Python :: 3\n    Programming Language :: Python :: 3.11\n    Programming Language :: Python :: 3.12\n    Programming Language :: Python :: 3.13\n\n[options]\npython-requires = >=3.12\npackages = find:\npackage_dir =\n    = lib\n[options.packages.find]\nwhere = lib\n[options.extras_require]\ntest =\n    pytest\ndocs = sphinx\n",
      "lib/voice/__init__.py": "",
    },
    name: "old-voice",
    packages: ["voice"],
    code: ["lib"],
    checked: ["lib", "tests"],
    tests: ["tests"],
    versions: ["3.12", "3.13"],
    extras: ["test"],
  },
  "flit with a module of another name": {
    tree: {
      ...TESTS,
      "pyproject.toml": named('[tool.flit.module]\nname = "speaker"\n'),
      "speaker/__init__.py": "",
      "my_app/__init__.py": "",
    },
    packages: ["speaker"],
    code: ["speaker"],
    checked: ["speaker", "tests"],
    tests: ["tests"],
  },
  "a package with the project's name in the top folder": {
    tree: { ...TESTS, "pyproject.toml": named(""), "my_app/__init__.py": "", "helpers/__init__.py": "" },
    packages: ["my_app"],
    code: ["my_app"],
    checked: ["my_app", "tests"],
    tests: ["tests"],
  },
  "old Poetry without a project table": {
    tree: {
      ...TESTS,
      "pyproject.toml": `${BACKEND}[tool.poetry]\nname = "poet"\npackages = [{ include = "verse", from = "src" }]\n[tool.poetry.dependencies]\npython = "^3.12"\n[tool.poetry.extras]\ndev = ["pytest"]\n`,
      "src/verse/__init__.py": "",
    },
    name: "poet",
    packages: ["verse"],
    code: ["src"],
    checked: ["src", "tests"],
    tests: ["tests"],
    versions: ["3.12"],
    extras: ["dev"],
  },
  "no metadata but one package, its tests inside": {
    tree: { "voice/__init__.py": "", "voice/tests/test_a.py": "", "docs/__init__.py": "", "setup.py": "" },
    name: "voice",
    packages: ["voice"],
    code: ["voice"],
    checked: ["voice"],
    tests: ["voice/tests"],
  },
  "extras and dependency groups": {
    tree: {
      ...APP,
      "pyproject.toml": named(
        "[project.optional-dependencies]\ntests = []\nspeech = []\n[dependency-groups]\ntest = []\ndev = []\n",
      ),
    },
    packages: ["voice"],
    code: ["src"],
    checked: ["src", "tests"],
    tests: ["tests/unit"],
    extras: ["tests"],
    groups: ["test"],
  },
  "modules below src, of other names than the project": {
    tree: { ...TESTS, "pyproject.toml": named(""), "src/dictate.py": "", "src/no-module.py": "" },
    packages: ["dictate"],
    code: ["src"],
    checked: ["src", "tests"],
    tests: ["tests"],
  },
  "links that dangle, loop or leave, and an empty submodule": {
    tree: {
      ...APP,
      "pyproject.toml": named(""),
      vendored: { folder: true },
      "src/gone": { link: "../nowhere" },
      "src/loop": { link: "loop" },
      "src/outside": { link: "/usr" },
      "requirements.lock": { link: "nowhere.lock" },
      test: { link: "test" },
    },
    packages: ["voice"],
    code: ["src"],
    checked: ["src", "tests"],
    tests: ["tests/unit"],
  },
  "settings that point out of the repository, or would be options": {
    tree: {
      ...APP,
      "-option/trap/__init__.py": "",
      "pyproject.toml": named(
        '[tool.hatch.build.targets.wheel]\npackages = ["../../etc", "/usr", "-x", "src/*"]\n[tool.setuptools.packages.find]\nwhere = ["..", "/", "-option"]\n',
      ),
    },
    packages: ["voice"],
    code: ["src"],
    checked: ["src", "tests"],
    tests: ["tests/unit"],
  },
};
