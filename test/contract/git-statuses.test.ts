/** What git ends with 128 in a container: an engine takes no such status for a result, so nobody may rely on getting one. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dag } from "@dagger.io/dagger";
import { afterEach, beforeEach, expect, test } from "vitest";
import { renderBaseline } from "../../src/config/baseline.ts";
import { VoicekeyPipeline } from "../../src/index.ts";
import { connected } from "./connect.ts";
import { type Engine, startEngine } from "./engine.ts";
import { engineWith, planOnTheHost, type TinyApp, tinyApp } from "./tiny-app.ts";

const before = process.cwd();
let tiny: TinyApp;
let engine: Engine;
beforeEach(async () => {
  tiny = tinyApp();
  process.chdir(tiny.folder);
  engine = await startEngine(engineWith(tiny.app));
});
afterEach(async () => {
  process.chdir(before);
  tiny.remove();
  await engine.close();
});

const git = (...args: string[]) => execFileSync("git", args, { cwd: tiny.app });

/** What `plan` returns, or its error's message; every query must be one that the engine's schema allows. */
async function planned(base?: string): Promise<string> {
  const text = await connected(engine, () =>
    new VoicekeyPipeline(dag.host().directory("app"))
      .plan("json", undefined, undefined, base)
      .catch((error: Error) => error.message),
  );
  expect(engine.refused).toEqual([]);
  return text;
}

test("the first pull request that adds a baseline is planned, as on the host", async () => {
  git("tag", "main-branch");
  writeFileSync(join(tiny.app, "pipeline-baseline.json"), renderBaseline({}));
  git("add", "--all");
  git("commit", "--quiet", "--message", "baseline");
  const plan = await planned("main-branch");
  expect(plan).toMatch(/^\{/);
  expect(JSON.parse(plan)).toEqual(await planOnTheHost(tiny.app, { base: "main-branch" }));
});

test("a repository without a commit is planned, as on the host", async () => {
  rmSync(join(tiny.app, ".git"), { recursive: true });
  git("init", "--quiet");
  git("add", "--all");
  const plan = await planned();
  expect(plan).toMatch(/^\{/);
  expect(JSON.parse(plan)).toEqual(await planOnTheHost(tiny.app));
});

test("a source without its .git is told as one, with what to do", async () => {
  rmSync(join(tiny.app, ".git"), { recursive: true });
  const message = await planned();
  expect(message).toMatch(/NOT_A_REPOSITORY[\s\S]*git init/);
});

test("a worktree, whose .git names a folder that containers do not have, is told as one", async () => {
  rmSync(join(tiny.app, ".git"), { recursive: true });
  writeFileSync(join(tiny.app, ".git"), "gitdir: /nowhere/.git/worktrees/app\n");
  expect(await planned()).toMatch(/NOT_A_REPOSITORY[\s\S]*\.git is a file[\s\S]*clone/);
});

test("a base that git answers with 128 is told as one that is not there", async () => {
  expect(await planned("@{upstream}")).toMatch(/BASE_NOT_FOUND[\s\S]*@\{upstream\}/);
});
