/** `plan GOAL`: prints the plan and runs nothing. */
import { EXIT } from "../../../src/errors.ts";
import { PLAN_FORMATS } from "../../../src/plan/formats.ts";
import { renderPlan } from "../../../src/plan/render.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { printErr, printOut } from "../io.ts";
import type { RawOptions } from "../options.ts";
import { readOptions } from "../options.ts";

export async function plan(io: Io, raw: RawOptions & { readonly format: string }): Promise<number> {
  const options = readOptions(raw, io);
  const format = PLAN_FORMATS.find((f) => f === raw.format) ?? "text";
  return interruptible(io, async () => {
    const session = await io.session();
    const opened = await session.open(options.open);
    for (const note of opened.notes) printErr(io, `note: ${note}`);
    printOut(io, renderPlan(opened.plan, format));
    return EXIT.passed;
  });
}
