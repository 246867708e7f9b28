/** Bounded concurrency for file work. Not the scheduler: it knows nothing of actions. */

/**
 * Calls `work` for every item, at most `limit` at a time, and returns the results in the order of the items.
 * After a failure no further item is begun; rejects with the first failure once those under way have ended.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

/**
 * Calls synchronous `work` for every item and lets other work of the process in between.
 * Reading thousands of small files this way takes a fraction of the time of asynchronous calls, and no turn blocks for long.
 */
export async function eachInTurns<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  let done = 0;
  for (const item of items) {
    work(item);
    done += 1;
    if (done % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
