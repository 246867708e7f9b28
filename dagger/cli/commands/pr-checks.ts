/** `pr-checks`: runs the plan, prints the report, answers with the verdict's exit status. */
import { renderReport } from "../../../src/evidence/report.ts";
import { exitOf } from "../../../src/evidence/verdict.ts";
import { wantsColor } from "../color.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import type { RawOptions } from "../options.ts";
import { readOptions } from "../options.ts";
import { runWithEvidence, shownPath } from "../with-evidence.ts";

export async function prChecks(io: Io, raw: RawOptions): Promise<number> {
  const options = readOptions(raw, io);
  return interruptible(io, async (signal) => {
    const session = await io.session();
    const opened = await session.open(options.open);
    signal.throwIfAborted();
    const verdict = await runWithEvidence(io, opened, options, signal, (done, stream) =>
      renderReport(done, opened.plan, {
        color: wantsColor(stream, io.env),
        evidence: shownPath(io, options.evidence),
        words: io.words(),
        ...(stream.columns === undefined ? {} : { width: stream.columns }),
      }),
    );
    return exitOf(verdict);
  });
}
