/**
 * Runs planned checks on this machine by the real host executor, over files in memory: for tests that need the tools themselves.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withExecutor } from "../../dagger/cli/executors.ts";
import { systemClock } from "../../dagger/ports.ts";
import type { Config } from "../../src/config/model.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import { hostGit } from "../../src/exec/git.ts";
import { readSource } from "../../src/exec/source.ts";
import { runPlan } from "../../src/plan/run.ts";
import { steps } from "../../src/steps/index.ts";
import type { Files } from "./small-app.ts";
import { planFor, writeFiles } from "./small-app.ts";

export interface RanHere {
  readonly verdict: RunVerdict;
  /** Absolute. */
  readonly evidence: string;
  remove(): void;
}

export interface HereOptions {
  readonly only?: readonly string[];
  readonly prove?: boolean;
  /** The store that environments are kept in. */
  readonly store: string;
}

export async function runHere(files: Files, config: Config, options: HereOptions): Promise<RanHere> {
  const parent = mkdtempSync(join(tmpdir(), "voicekey-here-"));
  const folder = writeFiles(join(parent, "app"), files);
  const evidence = join(parent, "evidence");
  execFileSync("git", ["init", "-q"], { cwd: folder });
  const env = { ...process.env, VOICEKEY_PIPELINE_CACHE: options.store };
  const clock = systemClock();
  const git = hostGit(folder, env);
  const made = await planFor(files, config, options);
  const snapshot = await readSource(git, folder, ".");
  const place = { configFile: "pipeline.yaml", repository: folder, appFolder: folder };
  const prepared = { ...made, ...place, steps, config, snapshot, git, base: null, baseline: undefined, notes: [] };
  const verdict = await withExecutor(prepared, { env, clock }, { on: "host", readCache: true }, (executor) =>
    runPlan(prepared, executor, {
      jobs: 2,
      strict: false,
      failFast: false,
      evidence,
      clock,
      log: { emit: () => undefined },
      signal: new AbortController().signal,
    }),
  );
  return { verdict, evidence, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
