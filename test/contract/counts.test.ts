/**
 * What the plan of the fixture application costs an engine: figures in a golden file, so that a change of them is seen in review. No engine is
 * here, so nothing is timed. Commands do not run; each leaves what the next ones need.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dag } from "@dagger.io/dagger";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withDaggerExecutor } from "../../dagger/client.ts";
import { cachedExecutor } from "../../src/exec/cached-executor.ts";
import { hostGit } from "../../src/exec/git.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import { VoicekeyPipeline } from "../../src/index.ts";
import { prepare } from "../../src/plan/prepare.ts";
import { runPlan } from "../../src/plan/run.ts";
import { steps } from "../../src/steps/index.ts";
import { REPOSITORY } from "../files.ts";
import { alone } from "../steps/alone.ts";
import { connected } from "./connect.ts";
import { costOf, forcedExecs } from "./cost.ts";
import { described } from "./described.ts";
import { type Engine, startEngine } from "./engine.ts";
import type { Files, Work } from "./exporting.ts";
import { engineWith } from "./tiny-app.ts";

const PATIENCE = 240_000;
const here = process.cwd();
let folder: string;
let app: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "counts-"));
  app = join(folder, "app");
  cpSync(join(REPOSITORY, "fixtures/voice-app"), app, { recursive: true });
  const git = (...args: string[]) => execFileSync("git", args, { cwd: app });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "--quiet", "--message", "app");
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(here);
  rmSync(folder, { recursive: true, force: true });
});

/** What is read of an output by the actions after it; a wheel is another one where anything that it was made of is another. */
function outputs({ outputs: names }: Work, content: string): Files {
  const files: Record<string, string> = {};
  if (names.includes("wheel")) files["out/wheel/app-1-py3-none-any.whl"] = content;
  if (names.includes("lock")) files["out/lock/runtime.txt"] = "";
  if (names.includes("dist")) files["out/dist/app-1-py3-none-any.whl"] = content;
  return files;
}

type Body = (pipeline: VoicekeyPipeline) => Promise<unknown>;
const CHECKS: Readonly<Record<string, Body>> = {
  format: (p) => p.format(),
  lint: (p) => p.lint(),
  types: (p) => p.types(),
  "dependencies-declared": (p) => p.dependenciesDeclared(),
  "unit-tests": (p) => p.unitTests(),
  "integration-smoke": (p) => p.integrationSmoke(),
  "asr-smoke": (p) => p.asrSmoke(),
  "build-dist": (p) => p.buildDist(),
  "install-smoke": (p) => p.installSmoke(),
};

/** In one session, as `dagger check` and a call of one function have it. */
async function inSession(bodies: readonly Body[], before?: Engine): Promise<Engine> {
  const engine = before ?? (await startEngine(engineWith(app, outputs)));
  engine.asked.length = 0;
  engine.requests.length = 0;
  await connected(engine, () =>
    Promise.all(bodies.map((body) => body(new VoicekeyPipeline(dag.host().directory("app"))).catch(() => undefined))),
  );
  expect([engine.refused, engine.denied]).toEqual([[], []]);
  return engine;
}

/** As a trace that all functions of one call share names the session. */
async function withTrace<T>(trace: string, body: () => Promise<T>): Promise<T> {
  process.env["TRACEPARENT"] = `00-${trace.repeat(32)}-0123456789abcdef-01`;
  try {
    return await body();
  } finally {
    delete process.env["TRACEPARENT"];
  }
}

async function byCommand(engine: Engine, storeRoot: string): Promise<void> {
  engine.asked.length = 0;
  engine.requests.length = 0;
  const git = hostGit(app, process.env);
  const prepared = await prepare({
    ...{ source: app, goal: "pr-checks", only: [], skip: [], prove: true, git, packageRoot: REPOSITORY },
  });
  const env = { DAGGER_SESSION_PORT: String(engine.port), DAGGER_SESSION_TOKEN: engine.token };
  Object.assign(process.env, env);
  const clock = { now: () => new Date(), monotonic: () => performance.now() };
  const blobs = await openBlobStore(storeRoot);
  const secrets = { get: async () => undefined };
  const options = { prepared, packageRoot: REPOSITORY, secrets, clock, env, cutNetwork: true, storeRoot, blobs };
  try {
    await withDaggerExecutor(options, async (inner) => {
      const executor = cachedExecutor(inner, { storeRoot, blobs, clock, enabled: { read: true, write: true } });
      await runPlan(prepared, executor, {
        ...{ jobs: 2, strict: false, failFast: false, evidence: mkdtempSync(join(folder, "evidence-")), clock },
        ...{ log: { emit: () => undefined }, signal: new AbortController().signal },
      });
    });
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
  }
}

/** What is fetched together depends on what is ready at the same time, so that these have bounds and no figure. */
interface Bounds {
  readonly exports: number;
  readonly requests: number;
}

/** One paragraph of the golden file. Nothing is ever read by itself. */
function costs(title: string, engine: Engine, bounds: Bounds, kept?: ReadonlySet<string>): string {
  const { reads, exports, requests } = costOf(engine);
  expect(reads).toBe(0);
  expect(exports, `exports: ${title}`).toBeLessThanOrEqual(bounds.exports);
  expect(requests, `requests: ${title}`).toBeLessThanOrEqual(bounds.requests);
  const bounded = `at most ${bounds.exports} exports and ${bounds.requests} requests, ${reads} reads`;
  return `${title}: ${bounded}, ${described(engine, kept)}`;
}

test(
  "the fixture's plan costs an engine what the golden file says, and no function adds work of its own",
  async () => {
    const lines: string[] = [];
    const say = (...told: Parameters<typeof costs>) => lines.push(costs(...told));
    const whole = await withTrace("a", () => inSession([(p) => p.prChecks()]));
    const all = new Set(forcedExecs(whole).keys());
    say("dagger call pr-checks, cold", whole, { exports: 30, requests: 300 });
    await withTrace("b", () => inSession([(p) => p.prChecks()], whole));
    say("dagger call pr-checks, nothing changed", whole, { exports: 30, requests: 300 }, all);
    expect([...forcedExecs(whole).keys()].filter((recipe) => !all.has(recipe))).toEqual([]);

    const wantAll = await alone();
    expect(Object.keys(CHECKS).sort()).toEqual(
      steps
        .map(({ id }) => id)
        .filter((id) => !wantAll.has(id))
        .sort(),
    );
    const check = await withTrace("d", () => inSession(Object.values(CHECKS)));
    say("dagger check, cold", check, { exports: 80, requests: 500 });
    const own = [...forcedExecs(check)].filter(([recipe]) => !all.has(recipe)).map(([, args]) => args.join(" "));
    expect(own, "a check by itself asks for work that pr-checks does otherwise").toEqual([]);
    await check.close();

    const source = join(app, "src/parley/commands.py");
    const text = readFileSync(source, "utf8");
    writeFileSync(source, `${text}# one line more\n`);
    await withTrace("e", () => inSession([(p) => p.prChecks()], whole));
    writeFileSync(source, text);
    say("dagger call pr-checks, one line of the application changed", whole, { exports: 30, requests: 300 }, all);

    const storeRoot = join(folder, "store");
    await byCommand(whole, storeRoot);
    say("--on dagger, after dagger call did the same", whole, { exports: 30, requests: 300 }, all);
    expect([...forcedExecs(whole).keys()].filter((recipe) => !all.has(recipe))).toEqual([]);
    await byCommand(whole, storeRoot);
    say("--on dagger, nothing changed", whole, { exports: 0, requests: 1 }, all);
    expect(costOf(whole)).toMatchObject({ execs: 0, exports: 0, reads: 0 });
    await whole.close();
    await expect(lines.join("")).toMatchFileSnapshot("golden/counts.txt");
  },
  PATIENCE,
);
