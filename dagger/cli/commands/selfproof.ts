/** `selfproof [ID…]`: runs the proofs of these steps and nothing else. */
import { renderProofs } from "../../../src/evidence/report-proofs.ts";
import { exitOf } from "../../../src/evidence/verdict.ts";
import { wantsColor } from "../color.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { printErr, printOut } from "../io.ts";
import type { RawOptions } from "../options.ts";
import { collectIds, readOptions } from "../options.ts";
import { runWithEvidence, shownPath } from "../with-evidence.ts";

export async function selfproof(io: Io, ids: readonly string[], raw: RawOptions): Promise<number> {
  const only = ids.length === 0 ? {} : { only: ids.flatMap((id) => collectIds(id, undefined)) };
  const options = readOptions({ ...raw, ...only }, io);
  return interruptible(io, async (signal) => {
    const session = await io.session();
    const opened = await session.open({ ...options.open, prove: true, proofsOnly: true });
    signal.throwIfAborted();
    const verdict = await runWithEvidence(io, opened, options, signal);
    const stream = options.json ? io.err : io.out;
    const report = `${renderProofs(verdict, { color: wantsColor(stream, io.env) })}\nevidence ${shownPath(io, options.evidence)}`;
    if (options.json) printErr(io, report);
    printOut(io, options.json ? JSON.stringify(verdict, null, 2) : report);
    return exitOf(verdict);
  });
}
