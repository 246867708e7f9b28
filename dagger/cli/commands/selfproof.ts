/** `selfproof [ID…]`: runs the proofs of these steps and nothing else. */
import { renderProofs } from "../../../src/evidence/report-proofs.ts";
import { exitOf } from "../../../src/evidence/verdict.ts";
import { wantsColor } from "../color.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
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
    const verdict = await runWithEvidence(io, opened, options, signal, (done, stream) => {
      const proofs = renderProofs(done, { color: wantsColor(stream, io.env) });
      return `${proofs}\nevidence ${shownPath(io, options.evidence)}`;
    });
    return exitOf(verdict);
  });
}
