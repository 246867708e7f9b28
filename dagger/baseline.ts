/** A new baseline, the same through both doors: runs the checks as if there were none, and makes the text of what one can hold. Writes no file. */
import { posix, relative, sep } from "node:path";
import { parseBaseline, renderBaseline } from "../src/config/baseline-file.ts";
import type { Baseline } from "../src/config/model.ts";
import { DEFAULT_FILES } from "../src/config/schema.ts";
import { PipelineError } from "../src/errors.ts";
import type { Prepared } from "../src/plan/prepare.ts";
import { newBaseline, noteFindings } from "./known-findings.ts";

export interface NewBaseline {
  /** Relative to the app's root. */
  readonly file: string;
  readonly text: string;
  readonly findings: number;
  /** Findings by step id, for those that have some. */
  readonly bySteps: Readonly<Record<string, number>>;
}

/** `run` checks the steps that it is given, in its door's way. Throws BASELINE_INVALID where the baseline would grow. */
export async function makeBaseline(
  prepared: Prepared,
  run: (prepared: Prepared) => Promise<unknown>,
): Promise<NewBaseline> {
  const file = prepared.config.baseline ?? DEFAULT_FILES.baseline;
  const before = prepared.baseline ?? (await baselineAtBase(prepared, file));
  const { steps, found } = noteFindings(prepared.steps);
  await run({ ...prepared, steps });
  const text = renderBaseline(newBaseline(found, before, file));
  const bySteps = Object.fromEntries([...found].map(([step, all]) => [step, all.length]).filter(([, n]) => n !== 0));
  return { file, text, findings: [...found.values()].flat().length, bySteps };
}

/** The app's root in the repository, forward slashes; `.` for the repository itself. */
export function appRootOf(prepared: Prepared): string {
  return relative(prepared.repository, prepared.appFolder).split(sep).join(posix.sep) || ".";
}

/** A tree without a baseline may still have had one at the merge base: deleting the file must not let it grow. */
async function baselineAtBase(prepared: Prepared, file: string): Promise<{ head: Baseline; base?: Baseline }> {
  if (prepared.base === null) return { head: {} };
  const path = posix.join(appRootOf(prepared), file);
  const text = await prepared.git(["show", `${prepared.base}:${path}`]).catch((error: unknown) => {
    if (error instanceof PipelineError && error.code === "GIT_FAILED") return undefined;
    throw error;
  });
  return text === undefined
    ? { head: {} }
    : { head: {}, base: parseBaseline(text.toString("utf8"), `${prepared.base}:${path}`) };
}
