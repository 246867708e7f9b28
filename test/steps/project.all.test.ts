/**
 * The project's wheel and lock for the build backends of the field, each without a lock of its own: resolved, built, installed and tested for real.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { RanHere } from "./run-here.ts";
import { runHere } from "./run-here.ts";
import { type Files, smallApp, smallConfig } from "./small-app.ts";

const CODE: Files = Object.fromEntries(Object.entries(smallApp).filter(([path]) => path !== "pyproject.toml"));
const system = (requires: string, backend: string): string =>
  `[build-system]\nrequires = ["${requires}"]\nbuild-backend = "${backend}"\n`;
const project =
  '[project]\nname = "whisper-key"\nversion = "0.1"\ndescription = "x"\ndependencies = ["iniconfig==2.1.0"]\n[project.optional-dependencies]\ntest = ["pluggy==1.6.0; python_version > \'3\'"]\n[dependency-groups]\nmore = ["colorama==0.4.6"]\ndev = [{include-group = "more"}]\n';
const setupCfg =
  "[metadata]\nname = whisper-key\nversion = 0.1\n[options]\npackages = find:\npackage_dir =\n    = src\ninstall_requires =\n    iniconfig==2.1.0\n[options.packages.find]\nwhere = src\n[options.extras_require]\ntest = pluggy==1.6.0\n";

const SHAPES: Readonly<Record<string, Files>> = {
  hatchling: {
    "pyproject.toml": `${system("hatchling", "hatchling.build")}${project}[tool.hatch.build.targets.wheel]\npackages = ["src/whisperkey"]\n`,
  },
  setuptools: { "pyproject.toml": `${system("setuptools>=61", "setuptools.build_meta")}${project}` },
  "setuptools by setup.cfg alone": { "setup.cfg": setupCfg },
  "setuptools by setup.py alone": {
    "setup.py":
      "from setuptools import setup\nsetup(name='whisper-key', version='0.1', packages=['whisperkey'], package_dir={'': 'src'}, install_requires=['iniconfig==2.1.0'], extras_require={'test': ['pluggy==1.6.0']})\n",
  },
  flit: {
    "pyproject.toml": `${system("flit_core>=3.4", "flit_core.buildapi")}${project}[tool.flit.module]\nname = "whisperkey"\n`,
  },
  poetry: {
    "pyproject.toml": `${system("poetry-core", "poetry.core.masonry.api")}[tool.poetry]\nname = "whisper-key"\nversion = "0.1"\ndescription = "x"\nauthors = []\npackages = [{include = "whisperkey", from = "src"}]\n[tool.poetry.dependencies]\npython = ">=3.11"\niniconfig = "2.1.0"\npluggy = {version = "1.6.0", optional = true}\n[tool.poetry.extras]\ntest = ["pluggy"]\n`,
  },
};

const open: RanHere[] = [];
afterEach(() => {
  for (const ran of open.splice(0)) ran.remove();
});

async function unitTests(files: Files, groups: readonly string[]): Promise<RanHere> {
  const small = smallConfig("3.11");
  const config = { ...small, python: { ...small.python, extras: ["test"], groups } };
  const ran = await runHere(files, config, { only: ["unit-tests"], store: inject("scenarioStore") });
  open.push(ran);
  return ran;
}

describe("a project without locks", () => {
  it.each(Object.entries(SHAPES))("built by %s is resolved, built, installed and tested", async (_, files) => {
    const grouped = (files["pyproject.toml"] ?? "").includes("dependency-groups");
    const { verdict, evidence } = await unitTests({ ...CODE, ...files }, grouped ? ["dev"] : []);
    const [step] = verdict.steps;
    expect(step).toMatchObject({ outcome: "passed", facts: { tests: 1, imports: "installed" } });
    expect(step?.evidence.map((e) => e.path)).toContainEqual(
      expect.stringMatching(/^steps\/unit-tests\/3\.11\/wheel\/wheel\/whisper_key-0\.1-.*\.whl$/),
    );
    const lock = readFileSync(join(evidence, "steps/unit-tests/3.11/lock/lock/requirements.lock"), "utf8");
    const names = [...lock.matchAll(/^([a-z-]+)==/gm)].map((m) => m[1]);
    expect(names).toEqual([...(grouped ? ["colorama"] : []), "iniconfig", "pluggy"]);
    expect(lock).toContain("--hash=sha256:");
  });

  it("that does not build fails with the backend's own words", async () => {
    const { verdict } = await unitTests({ ...CODE, "setup.cfg": setupCfg.replace("find:", "find:\nno such line") }, []);
    expect(verdict.steps[0]).toMatchObject({
      outcome: "failed",
      reason: expect.stringMatching(/^project\/wheel failed \(exit status 1\): .*setup\.cfg/),
    });
    expect(verdict.steps[0]?.detail).toContain("setup.cfg");
  });
});
