/**
 * What `perf-smoke` tells apart: the bundled application with some 90 ms of work for each command against itself, against 15 % more and against 300 ms
 * more, and against itself while other processes keep every core busy.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import type { RunVerdict } from "../../../src/evidence/verdict.ts";
import { REPOSITORY } from "../../files.ts";
import { commandFile } from "../app.ts";
import { type Figure, median } from "../figures.ts";
import { inTemporaryFolder, measure } from "../machine.ts";

const CONFIG = `schema: 1
app: { name: tinyvoice }
python: { versions: ["3.11"], packages: [tinyvoice], lock: requirements.lock, build-lock: requirements.lock }
checks:
  types: { paths: [src] }
  unit-tests: { skip: no part of this measurement }
  asr-smoke:
    app:
      transcribe: [python, -m, tinyvoice, transcribe, "{audio}", --json]
      listen: [python, -m, tinyvoice, listen]
      text: text
      expected: recordings/expected.json
      local: { args: [--mode, local] }
  perf-smoke: { median-latency: 60000, p95-latency: 60000 }
`;
/** About 90 ms on one core of 2024, so that 15 % are more than the check overlooks. */
const ITERATIONS = 2_000_000;

const parser = (iterations: number, sleepMs: number): string =>
  [
    "import time",
    'ACTIONS = {"go up": "page_up", "go down": "page_down", "pause": "pause"}',
    "def action(text):",
    "    total = 0",
    `    for i in range(${iterations}):`,
    "        total += i",
    `    time.sleep(${sleepMs / 1000})`,
    '    return ACTIONS.get(" ".join(text.casefold().split()))',
    "",
  ].join("\n");

interface Round {
  readonly outcome: string;
  readonly told: string;
  readonly ratio: number;
  readonly seconds: number;
}

/** One run of the check on a change of the parser. */
function compare(folder: string, run: number, iterations: number, sleepMs: number): Round {
  const app = path.join(folder, "app");
  const evidence = path.join(folder, "evidence");
  // Else the packages were the same, and nothing would be measured.
  writeFileSync(path.join(app, "src/tinyvoice/parser.py"), `${parser(iterations, sleepMs)}# ${run}\n`);
  rmSync(evidence, { recursive: true, force: true });
  const options = ["--only", "perf-smoke", "--no-prove", "--no-cache", "--base", "main", "--evidence", evidence];
  measure([process.execPath, commandFile(), "pr-checks", "--source", app, ...options], {
    cwd: app,
    env: { VOICEKEY_PIPELINE_CACHE: path.join(folder, "store") },
    accept: [0, 1],
  });
  const verdict = JSON.parse(readFileSync(path.join(evidence, "verdict.json"), "utf8")) as RunVerdict;
  const step = verdict.steps[0];
  const told = String(step?.facts["against the merge base"] ?? step?.reason ?? "nothing");
  return {
    outcome: step?.outcome ?? "none",
    told: told.split(":")[0] ?? told,
    ratio: Number(step?.facts["ratio"]),
    seconds: (step?.durationMs ?? Number.NaN) / 1000,
  };
}

async function whileBusy<T>(body: () => T): Promise<T> {
  const loops: ChildProcess[] = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for (;;) ;"], { stdio: "ignore" }),
  );
  try {
    return body();
  } finally {
    const ended = loops.map((loop) => new Promise((resolve) => loop.once("exit", resolve)));
    for (const loop of loops) loop.kill("SIGKILL");
    await Promise.all(ended);
  }
}

export async function perf(): Promise<Figure[]> {
  return inTemporaryFolder(async (folder) => {
    const app = path.join(folder, "app");
    cpSync(path.join(REPOSITORY, "src/steps/asr-smoke/app"), app, { recursive: true });
    writeFileSync(path.join(app, "pipeline.yaml"), CONFIG);
    writeFileSync(path.join(app, "src/tinyvoice/parser.py"), parser(ITERATIONS, 0));
    const identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.invalid", "-c", "commit.gpgsign=false"];
    measure(["git", "init", "--quiet", "--initial-branch=main"], { cwd: app });
    measure(["git", "add", "--all"], { cwd: app });
    measure(["git", ...identity, "commit", "--quiet", "--message=app"], { cwd: app });

    let run = 0;
    const rounds = (count: number, iterations: number, sleepMs: number): Round[] =>
      Array.from({ length: count }, () => compare(folder, ++run, iterations, sleepMs));
    const same = rounds(10, ITERATIONS, 0);
    const more = rounds(5, Math.round(ITERATIONS * 1.15), 0);
    const much = rounds(3, ITERATIONS, 300);
    const busy = await whileBusy(() => rounds(1, ITERATIONS, 0));
    return [
      red("the same twice: red", same, 0),
      { name: "the same twice: time", value: median(same.map((r) => r.seconds)), unit: "s", goal: 30, how: "median" },
      red("15 % more: red", more),
      red("300 ms more: red", much),
      red("the same once more, every core busy: red", busy, 0),
    ];
  });
}

function red(name: string, rounds: readonly Round[], goal?: number): Figure {
  const ratios = rounds.map((r) => r.ratio.toFixed(2)).join(" ");
  const told = [...new Set(rounds.map((r) => r.told))].map((t) => `${rounds.filter((r) => r.told === t).length} ${t}`);
  const value = rounds.filter((r) => r.outcome === "failed").length;
  const how = `of ${rounds.length}: ${told.join(", ")}; ratios ${ratios}`;
  return { name, value, unit: "", ...(goal === undefined ? {} : { goal }), how };
}
