/** Runs tasks of the same key one after the other, in the order they came; those of different keys run freely. */
export type KeyLock = <T>(key: string, task: () => Promise<T>) => Promise<T>;

export function createKeyLock(): KeyLock {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const before = tails.get(key);
    const run = before ? before.then(task, task) : task();
    tails.set(key, run);
    try {
      return await run;
    } finally {
      if (tails.get(key) === run) tails.delete(key);
    }
  };
}
