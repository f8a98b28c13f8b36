import type { Clock } from '../kernel/clock.ts';

interface Record {
  readonly id: string;
  /** Order of creation. */
  readonly sequence: number;
}

/** Records by id, in order of creation. Writers see what is; readers of the API see what was, `lagMs` ago. */
export interface Collection<T extends Record> {
  readonly size: number;
  get(id: string): T | undefined;
  values(): Iterable<T>;
  put(record: T): void;
  remove(id: string): void;
  /** As an API that reads with a lag sees it. */
  seen(id: string): T | undefined;
  allSeen(): Iterable<T>;
  /** Fills an empty collection; nobody is told, and lagging readers see it at once. */
  restore(records: readonly T[]): void;
}

interface Version<T> {
  readonly at: number;
  /** Undefined from the removal on. */
  readonly record: T | undefined;
}

/** `onWrite` hears of every put and removal, with the record before and after. */
export function createCollection<T extends Record>(
  clock: Clock,
  lagMs: number,
  onWrite: (before: T | undefined, after: T | undefined) => void,
): Collection<T> {
  const current = new Map<string, T>();
  /** Oldest first; the first is the newest that all readers can see already. Empty without a lag. */
  const past = new Map<string, Version<T>[]>();

  const remember = (id: string, record: T | undefined) => {
    if (lagMs === 0) return;
    past.set(id, [...visible(past.get(id) ?? []), { at: clock.now(), record }]);
  };
  /** Drops the versions that no reader can see any more. */
  const visible = (versions: readonly Version<T>[]): Version<T>[] => {
    const horizon = clock.now() - lagMs;
    const newest = versions.findLastIndex((version) => version.at <= horizon);
    return versions.slice(Math.max(0, newest));
  };
  const seen = (id: string): T | undefined => {
    if (lagMs === 0) return current.get(id);
    const horizon = clock.now() - lagMs;
    return past.get(id)?.findLast((version) => version.at <= horizon)?.record;
  };

  return {
    get size() {
      return current.size;
    },
    get: (id) => current.get(id),
    values: () => current.values(),
    put(record) {
      const before = current.get(record.id);
      current.set(record.id, record);
      remember(record.id, record);
      onWrite(before, record);
    },
    remove(id) {
      const before = current.get(id);
      if (!before) return;
      current.delete(id);
      remember(id, undefined);
      onWrite(before, undefined);
    },
    seen,
    allSeen() {
      if (lagMs === 0) return current.values();
      const all: T[] = [];
      for (const [id, versions] of past) {
        const kept = visible(versions);
        if (kept.length === 1 && kept[0]?.record === undefined) past.delete(id);
        const record = seen(id);
        if (record) all.push(record);
      }
      return all.sort((one, other) => one.sequence - other.sequence);
    },
    restore(records) {
      for (const record of records) {
        current.set(record.id, record);
        if (lagMs > 0) past.set(record.id, [{ at: Number.NEGATIVE_INFINITY, record }]);
      }
    },
  };
}
