/** One piece of work that several callers wait for. It is ended when the last of them has given up, not when the first has. */

interface Shared<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

export class SharedWork<T> {
  readonly #shared = new Map<string, Shared<T>>();

  /**
   * Joins the work of this key or starts it. A result stays; a failure stays, too (every action of a run would only fail the same way again),
   * but work that was given up can be started anew. Rejects with the caller's own reason when its signal aborts.
   */
  async join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const known = this.#shared.get(key);
    const shared = known === undefined || known.controller.signal.aborted ? this.#start(key, start) : known;
    shared.waiting++;
    let giveUp: (() => void) | undefined;
    try {
      const aborted = new Promise<never>((_, reject) => {
        giveUp = () => reject(signal.reason);
        signal.addEventListener("abort", giveUp, { once: true });
      });
      return await Promise.race([shared.result, aborted]);
    } finally {
      if (giveUp !== undefined) signal.removeEventListener("abort", giveUp);
      shared.waiting--;
      if (signal.aborted && shared.waiting === 0) {
        shared.controller.abort(signal.reason);
        // The last caller is told only when nothing of the work goes on.
        await shared.result.catch(() => undefined);
      }
    }
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const controller = new AbortController();
    const shared = { result: start(controller.signal), controller, waiting: 0 };
    shared.result.catch(() => undefined);
    this.#shared.set(key, shared);
    return shared;
  }
}
