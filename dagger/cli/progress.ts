/**
 * Shows a run while it goes on: redrawn lines on a terminal, stable lines elsewhere. What is shown is decided in src/evidence;
 * here it only reaches the stream.
 */
import colors from "picocolors";
import type { RunEvent } from "../../src/evidence/events.ts";
import { liveLines, stepLines } from "../../src/evidence/progress-lines.ts";
import type { Progress } from "../../src/evidence/progress-model.ts";
import { advance, NO_PROGRESS } from "../../src/evidence/progress-model.ts";
import type { Log } from "../../src/ports.ts";
import { wantsColor, wantsLive } from "./color.ts";
import type { Io } from "./io.ts";

const REDRAW_MS = 200;

export interface ProgressDisplay extends Log {
  /** Takes the redrawn block away; to be called however the run ended. */
  close(): void;
}

/** What redraws is loaded where there is a terminal only. Nothing is redrawn any more once `signal` is aborted: other lines are printed from then on, which a redraw would wipe out. */
export async function progressDisplay(io: Io, signal: AbortSignal): Promise<ProgressDisplay> {
  return wantsLive(io.err, io.env) ? liveDisplay(io, signal) : plainDisplay(io);
}

function plainDisplay(io: Io): ProgressDisplay {
  const paint = colors.createColors(wantsColor(io.err, io.env));
  const stableLines = stable(paint, io.words);
  return {
    emit(event) {
      for (const line of stableLines(event)) io.err.write(`${line}\n`);
    },
    close: () => undefined,
  };
}

async function liveDisplay(io: Io, signal: AbortSignal): Promise<ProgressDisplay> {
  const { createLogUpdate } = await import("log-update");
  const plain = plainDisplay(io);
  const paint = colors.createColors(wantsColor(io.err, io.env));
  const update = createLogUpdate(io.err);
  const stableLines = stable(paint, io.words);
  let state: Progress = NO_PROGRESS;
  const redraw = () => {
    const size = { columns: io.err.columns ?? 80, rows: Math.min(12, io.err.rows ?? 24) };
    const lines = liveLines(state, io.clock.now().getTime(), size, paint);
    if (lines.length === 0) update.clear();
    else update(lines.join("\n"));
  };
  const timer = setInterval(redraw, REDRAW_MS);
  // The display alone must not keep the process alive.
  timer.unref();
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    signal.removeEventListener("abort", close);
    clearInterval(timer);
    update.clear();
    update.done();
  };
  signal.addEventListener("abort", close);
  return {
    emit(event) {
      if (closed) {
        plain.emit(event);
        return;
      }
      state = advance(state, event);
      const lines = stableLines(event);
      if (lines.length > 0) {
        update.persist(lines.join("\n"));
        redraw();
      }
    },
    close,
  };
}

/** Remembers what was said: the same words of another step are not said again. */
function stable(paint: ReturnType<typeof colors.createColors>, typed: Io["words"]): (event: RunEvent) => string[] {
  const said = new Map<string, string>();
  return (event) => {
    if (event.type !== "step-finished") return [];
    const { step, verdict } = event;
    if (verdict.outcome !== "failed" || verdict.detail === undefined) return stepLines(step, verdict, paint, typed());
    const words = JSON.stringify([verdict.reason, verdict.detail]);
    const earlier = said.get(words);
    said.set(words, earlier ?? step);
    return stepLines(step, verdict, paint, typed(), earlier);
  };
}
