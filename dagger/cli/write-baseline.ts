/** The work behind `baseline`: runs the checks without one, and writes what a baseline can hold. */
import { join, posix, relative, sep } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { parseBaseline, renderBaseline } from "../../src/config/baseline-file.ts";
import type { Baseline } from "../../src/config/model.ts";
import { DEFAULT_FILES } from "../../src/config/schema.ts";
import { messageOf, PipelineError } from "../../src/errors.ts";
import type { Prepared } from "../../src/plan/prepare.ts";
import { runPlan } from "../../src/plan/run.ts";
import { withExecutor } from "./executors.ts";
import { newBaseline, noteFindings } from "./known-findings.ts";
import type { BaselineWritten, Ports, RunSettings } from "./session-port.ts";

export async function writeBaseline(prepared: Prepared, ports: Ports, settings: RunSettings): Promise<BaselineWritten> {
  const file = prepared.config.baseline ?? DEFAULT_FILES.baseline;
  const before = prepared.baseline ?? (await baselineAtBase(prepared, file));
  const { steps, found } = noteFindings(prepared.steps);
  await withExecutor(prepared, ports, settings, (executor) =>
    runPlan({ ...prepared, steps }, executor, { ...settings, clock: ports.clock }),
  );
  const baseline = newBaseline(found, before, file);
  const target = join(prepared.appFolder, file);
  try {
    await writeFileAtomic(target, renderBaseline(baseline));
  } catch (error) {
    throw new PipelineError("BASELINE_INVALID", `${target} cannot be written: ${messageOf(error)}`, { cause: error });
  }
  const bySteps = Object.fromEntries([...found].map(([step, all]) => [step, all.length]).filter(([, n]) => n !== 0));
  return { file, findings: [...found.values()].flat().length, bySteps };
}

/** A tree without a baseline may still have had one at the merge base: deleting the file must not let it grow. */
async function baselineAtBase(prepared: Prepared, file: string): Promise<{ head: Baseline; base?: Baseline }> {
  if (prepared.base === null) return { head: {} };
  const root = relative(prepared.repository, prepared.appFolder).split(sep).join(posix.sep);
  const path = posix.join(root, file);
  const text = await prepared.git(["show", `${prepared.base}:${path}`]).catch((error: unknown) => {
    if (error instanceof PipelineError && error.code === "GIT_FAILED") return undefined;
    throw error;
  });
  return text === undefined
    ? { head: {} }
    : { head: {}, base: parseBaseline(text.toString("utf8"), `${prepared.base}:${path}`) };
}
