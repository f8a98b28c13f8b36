import type { Store } from '../kernel/store.ts';

export type Change<V> = { readonly key: string; readonly value: V | undefined };

/** Writes changes to the store in their order, many callers' in one write. */
export interface Journal<V> {
  /** Resolves when the changes are stored, all or none of them; `value` undefined deletes the key. */
  write(changes: readonly Change<V>[]): Promise<void>;
  /** Waits for what is under way, then closes the store. */
  close(): Promise<void>;
}

/**
 * While one write is under way, everything that comes in meanwhile is gathered for the next: under load a write to
 * the store serves many callers, and none of them waits for more than two.
 */
export function createJournal<V>(store: Store<V>): Journal<V> {
  let gathered: Change<V>[] = [];
  let next: Promise<void> | undefined;
  let current: Promise<void> = Promise.resolve();

  const flush = async () => {
    await current.catch(() => {});
    const changes = gathered;
    gathered = [];
    current = store.batch(
      changes.map(({ key, value }) =>
        value === undefined ? { type: 'del' as const, key } : { type: 'put' as const, key, value },
      ),
    );
    next = undefined;
    await current;
  };

  return {
    write(changes) {
      if (changes.length === 0) return Promise.resolve();
      for (const change of changes) gathered.push(change);
      next ??= flush();
      return next;
    },
    async close() {
      await next?.catch(() => {});
      await current.catch(() => {});
      await store.close();
    },
  };
}
