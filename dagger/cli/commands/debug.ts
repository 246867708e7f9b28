/** `debug STEP`: a shell in the exact work folder and environment of a step. */
import { EXIT } from "../../../src/errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { printErr } from "../io.ts";
import type { RawOptions } from "../options.ts";
import { readOptions } from "../options.ts";
import { progressDisplay } from "../progress.ts";

export async function debug(io: Io, step: string, raw: RawOptions): Promise<number> {
  const [id = step] = step.split("@");
  const options = readOptions({ ...raw, only: [id], prove: false }, io);
  return interruptible(io, async (signal, shield) => {
    const session = await io.session();
    const opened = await session.open(options.open);
    for (const note of opened.notes) printErr(io, `note: ${note}`);
    const progress = await progressDisplay(io, signal);
    try {
      await opened.debug(step, {
        jobs: options.jobs,
        log: progress,
        signal,
        readCache: options.readCache,
        print(text) {
          progress.close();
          shield();
          printErr(io, text);
        },
      });
    } finally {
      progress.close();
    }
    return EXIT.passed;
  });
}
