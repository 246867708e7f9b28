/** A copy of the fixture application in a repository of its own, and the pipeline's command run on it. */
import { cpSync, readFileSync } from "node:fs";
import path from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/model.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import { REPOSITORY, repositoryPaths } from "../files.ts";
import { measure, type Usage } from "./machine.ts";

const FIXTURE = "fixtures/voice-app/";

/** The file behind the package's command: what users start, without npx around it. */
export function commandFile(): string {
  const { bin } = JSON.parse(readFileSync(path.join(REPOSITORY, "package.json"), "utf8")) as {
    bin: Record<string, string>;
  };
  const file = bin["voicekey-pipeline"];
  if (file === undefined) throw new Error("package.json names no file for the command voicekey-pipeline");
  return path.join(REPOSITORY, file);
}

/** Copies the application to `folder` and commits it there. */
export async function copyApp(folder: string): Promise<Config> {
  for (const file of repositoryPaths().filter((p) => p.startsWith(FIXTURE))) {
    cpSync(path.join(REPOSITORY, file), path.join(folder, file.slice(FIXTURE.length)));
  }
  const identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.invalid", "-c", "commit.gpgsign=false"];
  measure(["git", "init", "--quiet", "--initial-branch=main"], { cwd: folder });
  measure(["git", "add", "--all"], { cwd: folder });
  measure(["git", ...identity, "commit", "--quiet", "--message=app"], { cwd: folder });
  return (await loadConfig({ sourceDir: folder, repository: folder })).config;
}

export interface Checked extends Usage {
  /** The evidence folder. */
  readonly evidence: string;
  readonly verdict: RunVerdict;
}

/** One `pr-checks` of the application in `app` with the store in `store`. A red verdict is an error: its time would mean nothing. */
export function check(app: string, store: string, evidence: string, ...options: string[]): Checked {
  const argv = [
    process.execPath,
    commandFile(),
    "pr-checks",
    "--source",
    app,
    "--evidence",
    evidence,
    "--json",
    ...options,
  ];
  const usage = measure(argv, { cwd: app, env: { VOICEKEY_PIPELINE_CACHE: store } });
  const verdict = JSON.parse(readFileSync(path.join(evidence, "verdict.json"), "utf8")) as RunVerdict;
  return { ...usage, evidence, verdict };
}
