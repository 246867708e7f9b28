/**
 * Work on an engine that costs by the request and not by the piece: what is asked for while a batch is under way is the next batch.
 * Knows nothing of what is done.
 */

interface Waiting<A, B> {
  readonly piece: A;
  readonly resolve: (result: B) => void;
  readonly reject: (error: unknown) => void;
}

export class Together<A, B> {
  readonly #work: (pieces: readonly A[]) => Promise<readonly B[]>;
  #waiting: Waiting<A, B>[] = [];
  #working = false;

  /** `work` gives a result for each piece, in their order. */
  constructor(work: (pieces: readonly A[]) => Promise<readonly B[]>) {
    this.#work = work;
  }

  /** Rejects with what the batch of the piece was ended by. */
  add(piece: A): Promise<B> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ piece, resolve, reject });
      if (!this.#working) void this.#workOff();
    });
  }

  async #workOff(): Promise<void> {
    this.#working = true;
    // What the same turn of the loop still adds comes along.
    await new Promise((turn) => setImmediate(turn));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const results = await this.#work(batch.map((w) => w.piece));
        for (const [index, { resolve, reject }] of batch.entries()) {
          const result = results[index];
          if (result === undefined) reject(new Error("a batch gave no result for one of its pieces"));
          else resolve(result);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#working = false;
  }
}
