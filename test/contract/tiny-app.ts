/** A small application in a repository of its own, and a stand-in engine that knows it: git really runs, commands do not. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Answer, Engine } from "./engine.ts";
import { record } from "./executor-fixture.ts";
import { type Call, expanded } from "./graph.ts";
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

/**
 * Answers as an engine would that has the app as its source, the client standing in the folder above it. Outputs of commands are empty folders,
 * so every check is red.
 */
export function engineWith(app: string): Answer {
  return onDisk(dirname(app), (chain, engine) => {
    const calls = expanded(chain, engine.ids);
    const last = calls.at(-1);
    const command = calls.findLast((c) => c.field === "withExec")?.args["args"] as string[] | undefined;
    const git = command?.[0] === "git" ? () => spawnSync("git", command.slice(1), { cwd: app }) : undefined;
    switch (last?.field) {
      case "exitCode":
        return git?.().status ?? 0;
      case "stderr":
        return git?.().stderr.toString("utf8") ?? "";
      case "contents":
        return record({ run: runSeen(calls, engine) });
      case "export": {
        const to = String(last.args["path"]);
        if (git !== undefined) writeFileSync(to, git().stdout);
        else if (calls.some((c) => c.field === "withoutDirectory"))
          cpSync(app, to, { recursive: true, filter: (from) => from !== join(app, ".git") });
        else mkdirSync(to, { recursive: true });
        return to;
      }
      default:
        return undefined;
    }
  });
}

/** The run's name, which the executor gives its commands in a volatile variable. */
function runSeen(calls: readonly Call[], engine: Engine): string | undefined {
  const name = calls.findLast((c) => c.field === "withVolatileVariable")?.args["name"];
  return name === undefined ? undefined : volatileSeen(calls, String(name), engine);
}
