/**
 * Bodies of the façade's functions. Each opens a run, uses it and renders what a person reads; decisions are made in src/.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import type { Container, Directory } from "@dagger.io/dagger";
import colors from "picocolors";
import { DAGGER_WORDS } from "../src/command-words.ts";
import { PipelineError } from "../src/errors.ts";
import { stepFolder } from "../src/evidence/collect.ts";
import { stepLines } from "../src/evidence/progress-lines.ts";
import { renderReport } from "../src/evidence/report.ts";
import { writeReports } from "../src/evidence/reports.ts";
import type { RunVerdict } from "../src/evidence/verdict.ts";
import { debugStep } from "../src/plan/debug.ts";
import { PLAN_FORMATS } from "../src/plan/formats.ts";
import { renderPlan } from "../src/plan/render.ts";
import { runPlan } from "../src/plan/run.ts";
import type { WalkOptions } from "../src/plan/walk.ts";
import type { Log } from "../src/ports.ts";
import { appRootOf, makeBaseline } from "./baseline.ts";
import { freshFolder, loadFolder, type ModuleRun, type ModuleSettings, openModule, type Selection } from "./module.ts";
import { systemClock } from "./ports.ts";
import { speaking } from "./speaking.ts";

export interface RunChoice extends Selection {
  readonly strict?: boolean;
}

/** The report; throws it when the run is red, or incomplete or unproved under `strict`. */
export function report(settings: ModuleSettings, choice: RunChoice): Promise<string> {
  return speaking(async () => {
    const done = await perform(settings, choice);
    const text = renderReport(done.verdict, done.run.prepared.plan, { color: false, words: DAGGER_WORDS });
    if (!acceptable(done.verdict)) throw new Error(text);
    return text;
  });
}

/** The evidence folder, of a red run too; read before the runtime that holds it ends. */
export function evidence(settings: ModuleSettings, choice: RunChoice): Promise<Directory> {
  return speaking(async () => (await loadFolder((await perform(settings, choice)).folder)).sync());
}

export function plan(settings: ModuleSettings, selection: Selection, format: string): Promise<string> {
  return speaking(async () => {
    const known = PLAN_FORMATS.find((f) => f === format);
    if (known === undefined)
      throw new PipelineError("USAGE", `there is no plan format ${format}; formats are ${PLAN_FORMATS.join(", ")}`);
    return renderPlan((await openModule(settings, selection)).prepared.plan, known);
  });
}

/** The container that the step's command would start in, with everything before it done. */
export function debug(settings: ModuleSettings, step: string): Promise<Container> {
  return speaking(async () => {
    const { prepared, executor } = await openModule(settings, { prove: true });
    const { action, trees } = await debugStep(prepared.plan, step, executor, walkOptions());
    return executor.container(action, trees);
  });
}

/** Wheel, sdist and SHA256SUMS of a green build-dist; throws its report when it is anything else. A skipped one leaves its reason in their place. */
export function dist(settings: ModuleSettings): Promise<Directory> {
  return speaking(async () => {
    const { run, verdict, folder } = await perform(settings, { only: ["build-dist"] });
    const [step] = verdict.steps;
    if (step?.outcome === "passed")
      return (await loadFolder(join(folder, stepFolder("build-dist"), "dist/dist"))).sync();
    if (step?.outcome !== "skipped")
      throw new Error(renderReport(verdict, run.prepared.plan, { color: false, words: DAGGER_WORDS }));
    const reason = await freshFolder("skipped");
    await writeFile(join(reason, "SKIPPED.txt"), `${step.reason ?? ""}\n`);
    return (await loadFolder(reason)).sync();
  });
}

/** The baseline of today's findings at its place in an otherwise empty repository; throws when it would grow against the merge base. */
export function baseline(settings: ModuleSettings, selection: Selection): Promise<Directory> {
  return speaking(async () => {
    const { prepared, executor } = await openModule(settings, { ...selection, prove: false });
    const folder = await freshFolder("baseline");
    const evidence = await freshFolder("evidence");
    const made = await makeBaseline(prepared, (noting) =>
      runPlan(noting, executor, { ...walkOptions(), strict: false, failFast: false, evidence }),
    );
    const file = join(folder, appRootOf(prepared), made.file);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, made.text);
    return (await loadFolder(folder)).sync();
  });
}

interface Performed {
  readonly run: ModuleRun;
  readonly verdict: RunVerdict;
  readonly folder: string;
}

async function perform(settings: ModuleSettings, choice: RunChoice): Promise<Performed> {
  if (choice.strict === true && choice.changed === true)
    throw new PipelineError("USAGE", "a strict run is a whole one: strict and changed contradict each other");
  const run = await openModule(settings, choice);
  const folder = await freshFolder("evidence");
  const verdict = await runPlan(run.prepared, run.executor, {
    ...walkOptions(),
    commit: run.prepared.snapshot.head,
    strict: choice.strict ?? false,
    failFast: false,
    evidence: folder,
  });
  await writeReports(folder, DAGGER_WORDS);
  return { run, verdict, folder };
}

/** Under `strict` nothing may be missing: neither a refused step nor a proof. */
function acceptable(verdict: RunVerdict): boolean {
  if (verdict.outcome === "failed") return false;
  return !verdict.strict || (verdict.outcome === "passed" && verdict.proved);
}

function walkOptions(): WalkOptions {
  return { jobs: availableParallelism(), clock: systemClock(), log: stepLog(), signal: new AbortController().signal };
}

/** Lines per finished step on stderr, which Dagger shows in the function's trace. */
function stepLog(): Log {
  const paint = colors.createColors(false);
  return {
    emit(event) {
      if (event.type !== "step-finished") return;
      for (const line of stepLines(event.step, event.verdict, paint, DAGGER_WORDS)) process.stderr.write(`${line}\n`);
    },
  };
}
