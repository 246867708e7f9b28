/** A small application in a repository of its own, and a stand-in engine that knows it: git really runs, commands do not. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { ANSWERS } from "../../dagger/git-script.ts";
import { hostGit } from "../../src/exec/git.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { type PrepareOptions, prepare } from "../../src/plan/prepare.ts";
import { REPOSITORY } from "../files.ts";
import type { Answer, Engine } from "./engine.ts";
import { record } from "./executor-fixture.ts";
import { exporting, type Files, isResult, resultFiles, type Work, worksIn } from "./exporting.ts";
import { type Call, expanded } from "./graph.ts";
import { Recipes } from "./recipe.ts";
import { onDisk } from "./told.ts";
import { volatileSeen } from "./volatile.ts";

const HASH = `--hash=sha256:${"0".repeat(64)}`;
const FILES: Readonly<Record<string, string>> = {
  "pipeline.yaml": [
    "schema: 1",
    "app: { name: tiny }",
    'python: { versions: ["3.11"], packages: [tiny], lock: requirements.lock, build-lock: requirements-build.lock }',
    "checks: { unit-tests: { paths: [tests] } }",
    "",
  ].join("\n"),
  "pyproject.toml":
    '[project]\nname = "tiny"\nversion = "1"\n[build-system]\nrequires = ["flit-core"]\nbuild-backend = "flit_core.buildapi"\n',
  "requirements.lock": `idna==3.10 ${HASH}\n`,
  "requirements-build.lock": `flit-core==3.12.0 ${HASH}\n`,
  "src/tiny/__init__.py": '"""Tiny."""\n',
  "tests/test_tiny.py": "def test_tiny():\n    import tiny\n",
};

export interface TinyApp {
  /** The folder of everything, removed by `remove`. */
  readonly folder: string;
  readonly app: string;
  remove(): void;
}

export function tinyApp(more: Readonly<Record<string, string>> = {}): TinyApp {
  const folder = mkdtempSync(join(tmpdir(), "tiny-"));
  const app = join(folder, "app");
  for (const [path, text] of Object.entries({ ...FILES, ...more })) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), text);
  }
  const git = (...args: string[]) => execFileSync("git", args, { cwd: app });
  const when = { GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z", GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z" };
  git("init", "--quiet");
  git("add", "--all");
  execFileSync("git", ["commit", "--quiet", "--message", "tiny"], { cwd: app, env: { ...process.env, ...when } });
  return { folder, app, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The plan that the host door makes of the app, as JSON has it. */
export async function planOnTheHost(
  app: string,
  more: Partial<Pick<PrepareOptions, "base" | "configFile">> = {},
): Promise<Plan> {
  const { plan } = await prepare({
    ...{ source: app, goal: "pr-checks", only: [], skip: [], prove: true, packageRoot: REPOSITORY, ...more },
    git: hostGit(app, process.env),
  });
  return JSON.parse(JSON.stringify(plan)) as Plan;
}

/**
 * Answers as an engine would that has the app as its source, the client standing in the folder above it. Outputs of commands are what `outputs` says, by
 * default empty folders, so every check is red.
 */
export function engineWith(app: string, outputs: (work: Work, recipe: string) => Files = () => ({})): Answer {
  const results = exporting((calls, engine) => {
    const command = calls.findLast((c) => c.field === "withExec")?.args["args"] as string[] | undefined;
    if (isResult(calls)) {
      const recipes = new Recipes(engine.ids, engine.contents);
      const text = record({ run: runSeen(calls, engine) });
      return resultFiles(worksIn(calls), (work) => ({
        "record.json": text,
        ...outputs(work, ownRecipe(work, calls, recipes)),
      }));
    }
    if (command?.[0] === "sh" && command[2]?.includes(ANSWERS) === true) return answersOf(command[2], app);
    return undefined;
  });
  return onDisk(dirname(app), (chain, engine) => {
    const calls = expanded(chain, engine.ids);
    const last = calls.at(-1);
    if (last?.field !== "export" || !calls.some((c) => c.field === "withoutDirectory")) return results(chain, engine);
    const to = String(last.args["path"]);
    cpSync(app, to, { recursive: true, filter: (from) => from !== join(app, ".git") });
    return to;
  });
}

/** What one of a container's works is made of, whatever its number there: what it runs, and what is mounted for it. */
function ownRecipe({ argv, result }: Work, calls: readonly Call[], recipes: Recipes): string {
  const number = String(result).split("/").at(-1) ?? "";
  const own = calls.filter((c) => c.field === "withMountedDirectory" && String(c.args["path"]).includes(`/${number}/`));
  const mounts = own.map(
    ({ args }) => `${String(args["path"]).replace(`/${number}/`, "/")} ${recipes.keyOf(String(args["source"]))}`,
  );
  return [...argv.map((word) => word.replaceAll(`/${number}/`, "/")), ...mounts].join("\n");
}

/** The script of the module's git, run for real in the app's folder. */
function answersOf(script: string, app: string): Files {
  const folder = mkdtempSync(join(tmpdir(), "answers-"));
  try {
    const done = spawnSync("sh", ["-c", script.replaceAll(ANSWERS, folder)], { cwd: app });
    if (done.status !== 0) throw new Error(done.stderr.toString("utf8"));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
    return Object.fromEntries(
      files.map((f) => [relative(folder, join(f.parentPath, f.name)), readFileSync(join(f.parentPath, f.name))]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The run's name, which the executor gives its commands in a volatile variable. */
function runSeen(calls: readonly Call[], engine: Engine): string | undefined {
  const name = calls.findLast((c) => c.field === "withVolatileVariable")?.args["name"];
  return name === undefined ? undefined : volatileSeen(calls, String(name), engine);
}
