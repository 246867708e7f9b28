/**
 * Runs the real command as a user would, on a throw-away repository, with the scenarios' shared cache folder.
 */
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inject } from "vitest";
import type { RunVerdict } from "../../src/evidence/verdict.ts";

export const FIXTURE_APP = join(import.meta.dirname, "..", "..", "fixtures", "voice-app");

export interface Finished {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Checked extends Finished {
  readonly verdict: RunVerdict;
  /** Absolute folder. */
  readonly evidence: string;
}

export interface RunSettings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly store?: string;
}

export function start(args: readonly string[], settings: RunSettings): ChildProcess {
  return spawn(process.execPath, [inject("scenarioCommand"), ...args], {
    cwd: settings.cwd,
    env: { ...process.env, VOICEKEY_PIPELINE_CACHE: settings.store ?? inject("scenarioStore"), ...settings.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export function finished(child: ChildProcess): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exit) => resolve({ exit, stdout, stderr }));
  });
}

export function run(args: readonly string[], settings: RunSettings): Promise<Finished> {
  return finished(start(args, settings));
}

export interface Scenario {
  /** The repository. */
  readonly folder: string;
  write(path: string, text: string | Buffer): void;
  git(...args: string[]): string;
  commit(): void;
  run(args: readonly string[], more?: Partial<RunSettings>): Promise<Finished>;
  /** Runs `pr-checks --json` and reads its verdict. */
  check(args: readonly string[], more?: Partial<RunSettings>): Promise<Checked>;
  dispose(): void;
}

/** A repository in a new temporary folder, holding `files` (path → text) as its first commit. */
export function scenario(files: Readonly<Record<string, string | Buffer>>, name = "app"): Scenario {
  const parent = mkdtempSync(join(tmpdir(), "vkp-scenario-"));
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const made: Scenario = {
    folder,
    git,
    write(path, text) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    commit() {
      git("add", "-A");
      git("commit", "-q", "-m", "State of the scenario", "--allow-empty");
    },
    run: (args, more) => run(args, { cwd: folder, ...more }),
    async check(args, more) {
      const evidence = mkdtempSync(join(parent, "evidence-"));
      const done = await run(["pr-checks", "--json", "--evidence", evidence, ...args], { cwd: folder, ...more });
      if (done.stdout === "") throw new Error(`no verdict, exit ${done.exit}:\n${done.stderr}`);
      return { ...done, evidence, verdict: JSON.parse(done.stdout) as RunVerdict };
    },
    dispose: () => rmSync(parent, { recursive: true, force: true }),
  };
  git("init", "-q");
  for (const [path, text] of Object.entries(files)) made.write(path, text);
  if (Object.keys(files).length > 0) made.commit();
  return made;
}

/** The real fixture application in a repository of its own. */
export function voiceApp(name?: string): Scenario {
  const made = scenario({}, name);
  cpSync(FIXTURE_APP, made.folder, {
    recursive: true,
    filter: (path) => !/__pycache__|\.(pytest|mypy|ruff)_cache/.test(path),
  });
  made.commit();
  return made;
}

/** A small application without dependencies, setuptools, a clean one for every check. */
export function smallApp(more: Readonly<Record<string, string | Buffer>> = {}, name?: string): Scenario {
  return scenario(
    {
      "pipeline.yaml": "schema: 1\n",
      "pyproject.toml":
        '[build-system]\nrequires = ["setuptools>=68"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "small"\nversion = "0.1.0"\ndescription = "A small app"\nreadme = "README.md"\nrequires-python = ">=3.11"\n',
      "README.md": "# Small\n",
      "src/small/__init__.py": '"""A small app."""\n\n\ndef double(x: int) -> int:\n    return 2 * x\n',
      "tests/test_small.py": "from small import double\n\n\ndef test_doubling() -> None:\n    assert double(2) == 4\n",
      ...more,
    },
    name,
  );
}

export function stepOf(verdict: RunVerdict, id: string, python?: string): RunVerdict["steps"][number] {
  const step = verdict.steps.find((s) => s.id === id && (python === undefined || s.python === python));
  if (step === undefined) throw new Error(`the verdict has no step ${id}`);
  return step;
}

/** What did not pass, with its reason: a failing scenario shows why. */
export function reds(verdict: RunVerdict): string[] {
  return verdict.steps
    .filter((s) => s.outcome !== "passed")
    .map((s) => `${s.id} ${s.outcome}: ${s.reason ?? ""} ${s.detail ?? ""}`);
}
