/** The work behind `baseline`: makes the new one on this machine and writes it where the config has it. */
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { messageOf, PipelineError } from "../../src/errors.ts";
import type { Prepared } from "../../src/plan/prepare.ts";
import { runPlan } from "../../src/plan/run.ts";
import { makeBaseline } from "../baseline.ts";
import { withExecutor } from "./executors.ts";
import type { BaselineWritten, Ports, RunSettings } from "./session-port.ts";

export async function writeBaseline(prepared: Prepared, ports: Ports, settings: RunSettings): Promise<BaselineWritten> {
  const { file, text, findings, bySteps } = await makeBaseline(prepared, (noting) =>
    withExecutor(prepared, ports, settings, (executor) =>
      runPlan(noting, executor, { ...settings, clock: ports.clock }),
    ),
  );
  const target = join(prepared.appFolder, file);
  try {
    await writeFileAtomic(target, text);
  } catch (error) {
    throw new PipelineError("BASELINE_INVALID", `${target} cannot be written: ${messageOf(error)}`, { cause: error });
  }
  return { file, findings, bySteps };
}
