/** How tests read the recorded output of the real tools (recorded-cases.ts). `scripts/record-tool-output.ts` records it. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Config } from "../../src/config/model.ts";
import { steps } from "../../src/steps/index.ts";
import type { JudgedAction, Judgement, Step, StepContext } from "../../src/steps/step.ts";
import { CASES, type RecordedCase } from "./recorded-cases.ts";
import { type Files, planFor, smallApp, smallConfig } from "./small-app.ts";

const FOLDER = resolve(import.meta.dirname, "../../fixtures/tool-output");

/** Recorded on this version; the records name it. */
export const RECORDED_PYTHON = "3.11";

export function appOf(item: RecordedCase): Files {
  return { ...smallApp, ...item.files };
}

export function configOf(item: RecordedCase, python = RECORDED_PYTHON): Config {
  const config = smallConfig(python);
  return item.config?.(config) ?? config;
}

export interface Recorded {
  readonly step: Step;
  readonly context: StepContext;
  readonly action: JudgedAction;
}

/** A recorded run: files by name, the exit status and stderr as they were. */
export async function recorded(name: string): Promise<Recorded> {
  const item = CASES[name];
  const step = steps.find((s) => s.id === item?.step);
  if (item === undefined || step === undefined) throw new Error(`no case ${name}`);
  const { contexts } = await planFor(appOf(item), configOf(item), { only: [step.id] });
  const context = [...contexts.values()][0];
  if (context === undefined) throw new Error(`nothing is planned for ${name}`);
  const folder = join(FOLDER, name);
  const end = JSON.parse(readFileSync(join(folder, "end.json"), "utf8")) as { code: number; stderr: string };
  const report = Object.fromEntries(
    filesBelow(join(folder, "report")).map((path) => [path, readFileSync(join(folder, "report", path), "utf8")]),
  );
  return { step, context, action: actionOf(report, end.code, end.stderr) };
}

export function actionOf(report: Files, code: number, stderr = ""): JudgedAction {
  return {
    status: { kind: "exited", code },
    stdout: "",
    stderr,
    files: () => Object.keys(report).sort(),
    read: (_, path) => report[path],
  };
}

/** Paths of plain files, relative to the folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => relative(folder, join(f.parentPath, f.name)))
    .sort();
}

export interface Change {
  /** Replaces files of the report; undefined takes one away. */
  readonly report?: Readonly<Record<string, string | undefined>>;
  readonly code?: number;
  readonly status?: JudgedAction["status"];
  readonly context?: (context: StepContext) => StepContext;
}

/** Judges a recorded run, with something about it changed. */
export async function judge(name: string, change: Change = {}): Promise<Judgement> {
  const { step, context, action } = await recorded(name);
  const replaced = change.report ?? {};
  const status =
    change.status ?? (change.code === undefined ? action.status : { kind: "exited" as const, code: change.code });
  const changed: JudgedAction = {
    ...action,
    status,
    read: (output, path) => (Object.hasOwn(replaced, path) ? replaced[path] : action.read(output, path)),
  };
  return step.judge({ context: change.context?.(context) ?? context, results: { run: changed } });
}

/** A file of a recorded report, changed by a function. */
export async function edited(
  name: string,
  path: string,
  edit: (text: string) => string,
): Promise<Record<string, string>> {
  const text = (await recorded(name)).action.read("report", path);
  if (text === undefined) throw new Error(`${name} has no ${path}`);
  return { [path]: edit(text) };
}
