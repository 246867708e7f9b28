/** `baseline`: writes the known findings of today, so that from now on only new ones fail. */
import { EXIT } from "../../../src/errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { printOut } from "../io.ts";
import type { RawOptions } from "../options.ts";
import { readOptions } from "../options.ts";
import { withEvidence } from "../with-evidence.ts";

export async function baseline(io: Io, raw: RawOptions): Promise<number> {
  const options = readOptions(raw, io);
  return interruptible(io, async (signal) => {
    const session = await io.session();
    const opened = await session.open({ ...options.open, prove: false });
    signal.throwIfAborted();
    const written = await withEvidence(io, opened, options, signal, (settings) => opened.writeBaseline(settings));
    const by = Object.entries(written.bySteps).map(([step, n]) => `${step}: ${n}`);
    const text = `${written.file}: ${written.findings} known findings${by.length === 0 ? "" : ` (${by.join(", ")})`}`;
    printOut(io, options.json ? JSON.stringify(written, null, 2) : text);
    return EXIT.passed;
  });
}
