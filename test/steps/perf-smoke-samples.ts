/** A measurement as the harness would leave it, from a seed: for the tests of what is made of it. */

import type { Config } from "../../src/config/model.ts";
import { sha256Hex } from "../../src/digest.ts";
import type { Samples, Side } from "../../src/steps/perf-smoke/records.ts";
import { orderOf } from "../../src/steps/perf-smoke/settings.ts";
import { perfSmoke } from "../../src/steps/perf-smoke.ts";
import type { BaseFiles, JudgedAction, Judgement, StepContext } from "../../src/steps/step.ts";
import { actionOf } from "./recorded.ts";
import { planFor, smallApp, smallConfig } from "./small-app.ts";

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const RECORDINGS = [
  { file: "up.wav", text: "scroll up", kind: "clean", speech_end_ms: 700 },
  { file: "down.wav", text: "scroll down", kind: "clean", speech_end_ms: 720 },
  { file: "wind.wav", text: "pause", kind: "noisy", speech_end_ms: 650 },
  { file: "hum.wav", text: "la la la", expect: "", kind: "clean", speech_end_ms: 900 },
];
const LIST = JSON.stringify(RECORDINGS);
const wav = (file: string): string => `the samples of ${file}`;

export const FILES = {
  ...smallApp,
  "audio/expected.json": LIST,
  ...Object.fromEntries(RECORDINGS.map(({ file }) => [`audio/${file}`, wav(file)])),
};

export function listeningConfig(change: Partial<Config["checks"]["perf-smoke"]> = {}): Config {
  const config = smallConfig("3.11");
  const app = {
    transcribe: ["whisper-key", "transcribe"] as const,
    listen: ["whisper-key", "listen"] as const,
    fields: { text: "text" },
    expected: "audio/expected.json",
    accuracy: {},
    local: { args: ["--offline"], env: {} },
  };
  return {
    ...config,
    python: { ...config.python, lock: "requirements.lock", buildLock: "build.lock" },
    checks: {
      ...config.checks,
      "asr-smoke": { timeoutSeconds: 60, tests: [], app },
      "perf-smoke": { timeoutSeconds: 60, kinds: ["clean"], p50: 200, p95: 350, regression: 10, pairs: 12, ...change },
    },
  };
}

export const changedBase: BaseFiles = {
  files: (globs) => ({ kind: "source", globs, at: "base" }),
  has: () => true,
  changed: ["src/whisperkey/__init__.py"],
};

export async function contextOf(config = listeningConfig(), base: BaseFiles | undefined = changedBase) {
  const { contexts } = await planFor(FILES, config, { only: ["perf-smoke"] });
  const context = contexts.get("perf-smoke");
  if (context === undefined) throw new Error("perf-smoke has no context");
  return base === undefined ? context : { ...context, base };
}

export interface Simulation {
  readonly seed?: number;
  /** Milliseconds of work per recording. */
  readonly base?: number;
  readonly change?: number;
  /** Spread of a single hearing, as a share. */
  readonly noise?: number;
}

/** What is measured of a well-behaved application. */
export function simulated(context: StepContext, { seed = 1, base = 80, change = base, noise = 0.05 }: Simulation = {}) {
  const next = chance(seed);
  const { kinds } = context.config.checks["perf-smoke"];
  const played = RECORDINGS.filter((r) => kinds.includes(r.kind) && r.expect === undefined);
  const one = (ms: number): number => ms * (1 + noise * (next() - 0.5));
  const half = (ms: number) => ({
    ms: played.map(() => [one(ms), one(ms)]),
    waited_ms: played.map(() => [0, 0]),
    cpu_ms: 310,
  });
  const version = () => ({ problem: null, heard: played.map(({ text }) => [text]) });
  return {
    schema: 1,
    machine: { cpu: "A processor", cores: 2 },
    load: { start: 0.4, end: 1.1, others: 7, stolen: 0 },
    recordings: played.map(({ file }) => ({ file, sha256: sha256Hex(wav(file)) })),
    problems: [],
    same: false,
    change: version(),
    base: version(),
    repeats: 2,
    pairs: orderOf(context).map((first: Side) => ({ first, change: half(change), base: half(base) })),
    rounds: [played.map(() => one(160))],
  } satisfies Samples;
}

/** What a harness leaves where there was no base. */
export function alone(samples: Samples): Samples {
  return { ...samples, same: null, base: null, pairs: [], repeats: 1 };
}

export function judgeSamples(context: StepContext, samples: unknown, more: Partial<JudgedAction> = {}): Judgement {
  const report = { "samples.json": JSON.stringify(samples), "expected.json": LIST };
  return perfSmoke.judge({ context, results: { run: { ...actionOf(report, 0), ...more } } });
}

/** The judgement of good samples that were changed. */
export function judgeChanged(context: StepContext, change: (samples: Samples) => void): Judgement {
  const samples = structuredClone(simulated(context)) as Samples;
  change(samples);
  return judgeSamples(context, samples);
}

export function rules({ findings }: Pick<Judgement, "findings">): string[] {
  return findings.map((f) => f.rule);
}
