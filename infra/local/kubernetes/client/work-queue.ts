import type { Clock, Timer } from '../../kernel/clock.ts';

export interface WorkQueue {
  /** Has `work` called for the key soon; adds of a key that already waits are one. */
  add(key: string): void;
  addAfter(key: string, ms: number): void;
  /** Drops what waits, and resolves when what runs has ended. */
  close(): Promise<void>;
}

export interface WorkQueueOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Never runs twice at once for one key. What it throws is logged, and the key comes again later. */
  readonly work: (key: string) => Promise<void>;
  readonly log: (line: string) => void;
}

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 5_000;

/** Serialises work by key: different keys run side by side, one key never. */
export function createWorkQueue({ name, clock, work, log }: WorkQueueOptions): WorkQueue {
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const timers = new Set<Timer>();
  const failures = new Map<string, number>();
  let closed = false;

  const add = (key: string) => {
    if (closed) return;
    if (running.has(key)) again.add(key);
    else running.set(key, run(key));
  };
  const addAfter = (key: string, ms: number) => {
    if (closed) return;
    const timer = clock.after(ms, () => {
      timers.delete(timer);
      add(key);
    });
    timers.add(timer);
  };
  const run = async (key: string) => {
    // A turn of the event loop gathers the changes that arrive together.
    await new Promise((resolve) => setImmediate(resolve));
    again.delete(key);
    try {
      if (!closed) await work(key);
      failures.delete(key);
    } catch (error) {
      if (!closed) retry(key, error);
    }
    running.delete(key);
    if (again.delete(key)) add(key);
  };
  const retry = (key: string, error: unknown) => {
    const failed = failures.get(key) ?? 0;
    failures.set(key, failed + 1);
    // The first retry is at once: most often a write met a newer revision, and the mirror has it by now.
    if (failed === 0) return add(key);
    if (failed > 2) log(`${name} ${key}: ${(error as Error).message}`);
    addAfter(key, Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failed));
  };

  return {
    add,
    addAfter,
    async close() {
      closed = true;
      for (const timer of timers) timer.cancel();
      await Promise.all(running.values());
    },
  };
}
