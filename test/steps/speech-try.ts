/**
 * Tries the speech harness for real, on the bundled application with changes, without an executor: an environment of its own, local files only.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { SpeechApp } from "../../src/config/model.ts";
import { sortEntries } from "../../src/exec/manifest.ts";
import { asrSmoke } from "../../src/steps/asr-smoke.ts";
import { bundledSpeechConfig } from "../../src/steps/common/speech.ts";
import type { JudgedAction, Judgement, StepContext } from "../../src/steps/step.ts";
import { actionOf, RECORDED_PYTHON } from "./recorded.ts";
import { planFor, smallConfig } from "./small-app.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
export const APP = join(ROOT, "src/steps/asr-smoke/app");

export interface SpeechTry {
  /** Path in the application → its text or bytes; undefined removes the file. */
  readonly files?: Readonly<Record<string, string | Buffer | undefined>>;
  readonly app?: (app: SpeechApp) => SpeechApp;
  /** More variables around the harness, as a machine might have them. */
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds that a command may take. */
  readonly seconds?: number;
}

export interface Tried {
  readonly context: StepContext;
  readonly action: JudgedAction;
  readonly stderr: string;
}

/** Lays the application out, runs the harness as the step's action does, and gives back what it left. */
export async function trySpeech({ files = {}, app, env = {}, seconds = 20 }: SpeechTry = {}): Promise<Tried> {
  const folder = mkdtempSync(join(tmpdir(), "voicekey-speech-"));
  try {
    const laid = join(folder, "app");
    cpSync(APP, laid, { recursive: true, filter: (path) => basename(path) !== "__pycache__" });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(laid, path)), { recursive: true });
      if (content === undefined) rmSync(join(laid, path));
      else writeFileSync(join(laid, path), content);
    }
    const context = await contextOf(laid, app);
    const python = install(folder, laid);
    const harness = join(folder, "harness");
    for (const path of ["common", "asr-smoke", "asr-smoke/watch"])
      for (const name of readdirSync(join(ROOT, "src/steps", path)).filter((n) => n.endsWith(".py"))) {
        const to = join(harness, path === "asr-smoke/watch" ? "watch" : "", name);
        mkdirSync(dirname(to), { recursive: true });
        cpSync(join(ROOT, "src/steps", path, name), to);
      }
    for (const name of ["report", "tmp"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "settings.json"), settingsOf(context, seconds));
    const done = spawnSync(
      python,
      ["-P", join(harness, "harness.py"), join(folder, "settings.json"), join(folder, "report")],
      {
        cwd: laid,
        env: { PATH: "/usr/bin:/bin", TMPDIR: join(folder, "tmp"), PYTHONDONTWRITEBYTECODE: "1", ...env },
        encoding: "utf8",
      },
    );
    const report = Object.fromEntries(
      readdirSync(join(folder, "report")).map((name) => [name, readFileSync(join(folder, "report", name), "utf8")]),
    );
    return { context, action: actionOf(report, done.status ?? -1, done.stderr), stderr: done.stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function judgeTried({ context, action }: Tried): Judgement {
  return asrSmoke.judge({ context, results: { run: action } });
}

/** The judgement of a run, `rule message` of each finding for comparison. */
export async function findingsOf(asked: SpeechTry): Promise<string[]> {
  return judgeTried(await trySpeech(asked)).findings.map((f) => `${f.rule} ${f.message}`);
}

/** Only what local-only mode needs: one process per recording. */
export function localOnly({ hybrid: _, listen: __, ...app }: SpeechApp): SpeechApp {
  return app;
}

async function contextOf(laid: string, change: SpeechTry["app"]): Promise<StepContext> {
  const config = bundledSpeechConfig(smallConfig(RECORDED_PYTHON));
  const check = config.checks["asr-smoke"];
  const changed =
    change === undefined || check.app === undefined
      ? config
      : { ...config, checks: { ...config.checks, "asr-smoke": { ...check, app: change(check.app) } } };
  const { contexts } = await planFor({}, changed, { only: ["asr-smoke"] });
  const [context] = contexts.values();
  if (context === undefined) throw new Error("asr-smoke was not planned");
  const entries = readdirSync(laid, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => {
      const content = readFileSync(join(file.parentPath, file.name));
      const sha256 = createHash("sha256").update(content).digest("hex");
      const path = relative(laid, join(file.parentPath, file.name));
      return { path, mode: "100644" as const, size: content.length, sha256 };
    });
  return { ...context, manifest: { entries: sortEntries(entries) } };
}

/** The settings that the step plans, with another limit of time. */
function settingsOf(context: StepContext, seconds: number): string {
  const plan = asrSmoke.plan(context);
  const run = "actions" in plan ? plan.actions.find((a) => a.name === "run") : undefined;
  const ref = run?.action.inputs["settings"];
  const text = ref?.kind === "inline" ? ref.files["settings.json"] : undefined;
  if (text === undefined) throw new Error("the step plans no settings");
  return JSON.stringify({ ...(JSON.parse(text) as Record<string, unknown>), seconds });
}

/** An environment that holds the application and nothing else; its interpreter. */
function install(folder: string, laid: string): string {
  const venv = join(folder, "env");
  const made = spawnSync("python3", ["-m", "venv", "--without-pip", venv], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  const packages = readdirSync(join(venv, "lib")).map((name) => join(venv, "lib", name, "site-packages"))[0];
  cpSync(join(laid, "src/tinyvoice"), join(packages ?? "", "tinyvoice"), { recursive: true });
  return join(venv, "bin/python");
}
