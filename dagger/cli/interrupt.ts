/**
 * Ctrl-C and SIGTERM: the first ends the work in an orderly way within 2 seconds, the second kills at once.
 */
import { setMaxListeners } from "node:events";
import { EXIT } from "../../src/errors.ts";
import type { Io } from "./io.ts";
import { printErr } from "./io.ts";

/** After this the process ends although something still hangs; below the promised 2,000 ms, so that the rest of the way fits, too. */
const GRACE_MS = 1_700;

/** The reason that the run's signal carries; not an error of anybody. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * Runs `work` with a signal that the first SIGINT, SIGTERM or SIGHUP aborts. Rejects with Interrupted when that happened, whatever `work`
 * made of it, at the latest after the grace period. After `work` called `shield`, Ctrl-C belongs to a shell of the user and is not heard here.
 */
export async function interruptible<T>(
  io: Io,
  work: (signal: AbortSignal, shield: () => void) => Promise<T>,
): Promise<T> {
  let shielded = false;
  const controller = new AbortController();
  // Every command that waits listens to it: many listeners are no leak here.
  setMaxListeners(0, controller.signal);
  let overdue: ReturnType<typeof setTimeout> | undefined;
  const gaveUp = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => {
      overdue = setTimeout(() => reject(controller.signal.reason), GRACE_MS);
    });
  });
  const off = io.onSignal((name) => {
    if (shielded && name === "SIGINT") return;
    if (controller.signal.aborted) {
      io.exit(EXIT.interrupted);
      return;
    }
    // A redrawn display takes itself away on this, before the next line is printed.
    controller.abort(new Interrupted(`interrupted by ${name}`));
    printErr(io, `${name}: ending what runs; a second one kills at once`);
  });
  try {
    const value = await Promise.race([
      work(controller.signal, () => {
        shielded = true;
      }),
      gaveUp,
    ]);
    controller.signal.throwIfAborted();
    return value;
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(overdue);
    off();
  }
}
