/**
 * Grants places to actions: at most `places` at a time, higher rank first, and an exclusive one alone.
 * It knows nothing of what the places are used for.
 */
interface Waiting {
  readonly rank: number;
  readonly exclusive: boolean;
  readonly grant: () => void;
}

export class Semaphore {
  readonly #places: number;
  #used = 0;
  #exclusiveRuns = false;
  #waiting: Waiting[] = [];

  constructor(places: number) {
    this.#places = Math.max(1, places);
  }

  /** Resolves with the function that gives the place back; calling that twice has no further effect. Rejects with the signal's reason when it aborts first. */
  async acquire(rank: number, exclusive: boolean, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        rank,
        exclusive,
        grant: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((w) => w !== waiting);
        reject(signal.reason);
        this.#grantNext();
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      this.#grantNext();
    });
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#used -= 1;
      if (exclusive) this.#exclusiveRuns = false;
      this.#grantNext();
    };
  }

  #grantNext(): void {
    for (;;) {
      const first = this.#waiting.reduce<Waiting | undefined>(
        (best, w) => (best === undefined || w.rank > best.rank ? w : best),
        undefined,
      );
      if (first === undefined || this.#exclusiveRuns) return;
      // A waiting exclusive action stops lower-ranked ones from slipping in, or it would starve.
      if (first.exclusive ? this.#used > 0 : this.#used >= this.#places) return;
      this.#waiting = this.#waiting.filter((w) => w !== first);
      this.#used += 1;
      this.#exclusiveRuns = first.exclusive;
      first.grant();
    }
  }
}
