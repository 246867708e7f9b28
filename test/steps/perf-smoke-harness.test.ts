/** The harness itself, by this machine's Python, on the bundled application and on ones that misbehave. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Samples, samplesSchema } from "../../src/steps/perf-smoke/records.ts";
import { perfSmoke } from "../../src/steps/perf-smoke.ts";
import { REPOSITORY } from "../files.ts";
import { listeningConfig } from "./perf-smoke-samples.ts";
import { actionOf } from "./recorded.ts";
import { planFor, smallApp } from "./small-app.ts";

const APP = join(REPOSITORY, "src/steps/asr-smoke/app");
const POISON = join(REPOSITORY, "src/steps/perf-smoke/poison/slow-parser");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "voicekey-perf-"));
  mkdirSync(join(folder, "harness"));
  for (const file of [
    "common/voicekey_observe.py",
    "common/voicekey_process.py",
    "common/voicekey_listen.py",
    "asr-smoke/voicekey_recordings.py",
    "perf-smoke/voicekey_machine.py",
    "perf-smoke/harness.py",
  ])
    cpSync(join(REPOSITORY, "src/steps", file), join(folder, "harness", file.split("/")[1] ?? ""));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A version as it is installed: its program, its wheel with these members, its lock. */
function version(name: string, program: string, members: Readonly<Record<string, string>>): string[] {
  const own = join(folder, name);
  mkdirSync(join(own, "wheel"), { recursive: true });
  mkdirSync(join(own, "lock"), { recursive: true });
  writeFileSync(join(own, "program"), `#!/usr/bin/env python3\n${program}\n`, { mode: 0o755 });
  writeFileSync(join(own, "lock", "requirements.lock"), "# nothing\n");
  const pack =
    "import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z:\n  for name, text in json.loads(sys.argv[2]).items(): z.writestr(name, text)";
  execFileSync("python3", ["-c", pack, join(own, "wheel", "a-1-py3-none-any.whl"), JSON.stringify(members)]);
  return [join(own, "program"), join(own, "wheel"), join(own, "lock")];
}

const METADATA = "a-1.dist-info/METADATA";
const tinyvoice = (source: string): string =>
  `import runpy, sys\nsys.path.insert(0, ${JSON.stringify(source)})\nrunpy.run_module("tinyvoice", run_name="__main__")`;

interface Run {
  readonly samples: Samples;
  readonly report: string;
}

/** Runs it in a folder that holds the bundled application's recordings, or others. */
function run(settings: Record<string, unknown>, change: string[], base?: string[], app = APP): Run {
  const report = mkdtempSync(join(folder, "report-"));
  const all = {
    expected: "recordings/expected.json",
    text: "text",
    kinds: ["clean"],
    args: ["listen", "--mode", "local"],
    env: {},
    order: ["change", "base"],
    limits: { p50: 60_000, p95: 60_000 },
    ...settings,
  };
  const versions = ["--change", ...change, ...(base === undefined ? [] : ["--base", ...base])];
  const argv = ["-P", join(folder, "harness/harness.py"), `--report=${report}`, `--settings=${JSON.stringify(all)}`];
  execFileSync("python3", [...argv, ...versions], { cwd: app, stdio: "pipe" });
  return { samples: samplesSchema.parse(JSON.parse(readFileSync(join(report, "samples.json"), "utf8"))), report };
}

describe("the time in which a thread stood ready", () => {
  /** Milliseconds that are taken off: of threads, each with what it ran and waited in 100 ms, on two cores. */
  function takenOff(threads: readonly (readonly [ran: number, waited: number])[]): number {
    const after = JSON.stringify(Object.fromEntries(threads.map((ms, i) => [`${i}`, ms.map((one) => one * 1e6)])));
    const code = `import json, sys\nsys.path.insert(0, sys.argv[1])\nimport voicekey_machine as machine\nmachine.cores = lambda: 2\nprint(machine.waited_ms({}, json.loads(sys.argv[2]), 100))`;
    return Number(execFileSync("python3", ["-B", "-c", code, join(folder, "harness"), after], { encoding: "utf8" }));
  }

  it("is taken off where other processes had the cores", () => {
    expect(takenOff([[40, 60]])).toBe(60);
  });

  it("is not where threads of its own had them: many that work at once are slow, not disturbed", () => {
    const own = Array.from({ length: 8 }, () => [25, 75] as const);
    expect(takenOff(own)).toBe(0);
  });
});

describe("the harness", () => {
  it("hears every recording in every pair by both versions, in the order that it is given", () => {
    const change = version("aa-change", tinyvoice(join(APP, "src")), { "a.py": "1", [METADATA]: "x" });
    const base = version("aa-base", tinyvoice(join(APP, "src")), { "a.py": "2", [METADATA]: "x" });
    const { samples } = run({}, change, base);
    expect(samples).toMatchObject({ same: false, problems: [], change: { problem: null }, base: { problem: null } });
    expect(samples.change.heard).toEqual([["go up"], ["go down"]]);
    expect(samples.base?.heard).toEqual([["go up"], ["go down"]]);
    expect(samples.pairs.map((p) => p.first)).toEqual(["change", "base"]);
    expect(samples.repeats, "so little work is repeated").toBeGreaterThan(1);
    for (const pair of samples.pairs)
      for (const half of [pair.change, pair.base])
        expect(half.ms.map((m) => m.length)).toEqual([samples.repeats, samples.repeats]);
    expect(samples.rounds.map((round) => round.length)).toEqual([2]);
  });

  it("starts no second version where wheel and lock are the same but for the wheel's metadata", () => {
    const change = version("same-change", tinyvoice(join(APP, "src")), { "a.py": "1", [METADATA]: "new words" });
    const base = version("same-base", "raise SystemExit(1)", { "a.py": "1", [METADATA]: "old words" });
    const { samples } = run({}, change, base);
    expect(samples).toMatchObject({ same: true, base: null, pairs: [], change: { problem: null } });
  });

  it("records why a base could not be measured, and measures the change all the same", () => {
    const change = version("dead-change", tinyvoice(join(APP, "src")), { "a.py": "1" });
    const base = version("dead-base", "raise SystemExit(3)", { "a.py": "2" });
    const { samples } = run({}, change, base);
    expect(samples.base?.problem).toContain("exit status 3");
    expect(samples).toMatchObject({ pairs: [], change: { problem: null } });
    expect(samples.rounds).toHaveLength(1);
  });

  it("records what a change did wrong", () => {
    const says =
      'print(\'{"ready": true}\', flush=True)\nimport sys\nsys.stdin.buffer.read(100)\nprint("no JSON", flush=True)\nsys.stdin.buffer.read()';
    const { samples } = run({}, version("garbage", says, {}));
    expect(samples.change.problem).toMatch(/^up\.wav: .*no JSON/);
    expect(samples.rounds).toEqual([]);
  });

  it("records what was misunderstood, and that a fast answer was wrong", () => {
    const says =
      'import json, sys\nprint(json.dumps({"ready": True}), flush=True)\nwhile sys.stdin.buffer.read1(65536):\n  print(json.dumps({"text": "nothing"}), flush=True)';
    const { samples } = run({}, version("deaf", says, {}));
    expect(samples.change.heard.every((texts) => texts.some((t) => t.startsWith("nothing")))).toBe(true);
  });

  it("takes a second round where the first is above a limit, and no third", () => {
    const { samples } = run({ limits: { p50: 1, p95: 1 } }, version("late", tinyvoice(join(APP, "src")), {}));
    expect(samples.rounds).toHaveLength(2);
  });

  it("starts nothing where a recording cannot be used", () => {
    const app = join(folder, "broken-app");
    cpSync(join(APP, "recordings"), join(app, "recordings"), { recursive: true });
    writeFileSync(join(app, "recordings/up.wav"), readFileSync(join(app, "recordings/up.wav")).subarray(0, 200));
    const { samples } = run({}, version("unused", "raise SystemExit(9)", {}), undefined, app);
    expect(samples.problems).toEqual([expect.stringMatching(/^up\.wav: .*truncated/)]);
    expect(samples.change.problem).toBeNull();
  });
});

describe("the poison", () => {
  it("is caught for what was planted, by the very settings that the plan gives", async () => {
    const { contexts, plan } = await planFor(smallApp, listeningConfig(), { only: ["perf-smoke"], prove: true });
    const context = contexts.get("perf-smoke/proof/slow-parser");
    const action = plan.actions.find((a) => a.id === "perf-smoke/proof/slow-parser/run");
    const given = action?.argv.find((a) => typeof a === "string" && a.startsWith("--settings="));
    if (context === undefined || typeof given !== "string") throw new Error("the poison is not planned");
    const { args, ...settings } = JSON.parse(given.slice("--settings=".length)) as { args: string[] };
    const poisoned = join(folder, "poisoned");
    for (const layer of [APP, POISON]) cpSync(layer, poisoned, { recursive: true });
    const { report } = run(
      // The program stands in for `python -m tinyvoice`.
      { ...settings, args: args.slice(2) },
      version("slow", tinyvoice(join(poisoned, "src")), { "a.py": "1" }),
      version("quick", tinyvoice(join(APP, "src")), { "a.py": "2" }),
      poisoned,
    );
    const read = (name: string): string => readFileSync(join(report, name), "utf8");
    const written = { "samples.json": read("samples.json"), "expected.json": read("expected.json") };
    const judgement = perfSmoke.judge({ context, results: { run: actionOf(written, 0) } });
    expect(judgement.outcome).toBe("failed");
    expect(judgement.findings.map((f) => f.rule)).toEqual(["latency-above-limit", "latency-above-limit", "slower"]);
  });
});
