/**
 * The cloud's time. Every emulated service reads it and sleeps by it, so that a test can stand still, a demo can
 * hurry, and no behaviour depends on how fast this machine is.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** How many milliseconds of cloud time pass in one of real time; 0 stands still. */
  readonly rate: number;
  /** Calls `callback` once, when `ms` of cloud time have passed. */
  after(ms: number, callback: () => void): Timer;
  /** Resolves when `ms` of cloud time have passed; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Moves time forward by `ms` at once. What falls due on the way fires in order and sees its own due time as
   * `now()`; each firing gets a turn of the event loop before the next.
   */
  advance(ms: number): Promise<void>;
  /**
   * Moves time forward by `ms` without stopping on the way, as for a machine that was asleep: what fell due fires
   * afterwards, late, and what is periodic fires once. Days pass in no time.
   */
  leap(ms: number): void;
  /** Called with the new time after each `advance` and `leap`. Returns the way to stop listening. */
  onAdvance(listener: () => void): () => void;
  /** Cancels every pending timer; nothing fires afterwards. */
  close(): void;
}

export interface Timer {
  cancel(): void;
}

interface Pending {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Longest wait that Node's timers hold (2^31 - 1 ms). */
const LONGEST_REAL_WAIT = 2_147_483_647;

export interface ClockOptions {
  /** Where the clock starts, in ms since the epoch. Default: the machine's time. */
  readonly start?: number;
  /** Default 1, real time. */
  readonly rate?: number;
}

export function createClock({ start = Date.now(), rate = 1 }: ClockOptions = {}): Clock {
  if (!(rate >= 0)) throw new RangeError(`rate must be 0 or more, got ${rate}`);
  const realStart = performance.now();
  const listeners = new Set<() => void>();
  let pending: Pending[] = [];
  let offset = 0;
  let frozenAt: number | undefined;
  let order = 0;
  let wake: NodeJS.Timeout | undefined;
  let closed = false;

  const now = () => frozenAt ?? Math.floor(start + (performance.now() - realStart) * rate + offset);

  const insert = (entry: Pending) => {
    let low = 0;
    let high = pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = pending[middle] as Pending;
      if (other.due < entry.due || (other.due === entry.due && other.order < entry.order)) low = middle + 1;
      else high = middle;
    }
    pending.splice(low, 0, entry);
  };

  const arm = () => {
    clearTimeout(wake);
    wake = undefined;
    const next = pending[0];
    if (!next || rate === 0 || closed) return;
    const realWait = Math.max(0, Math.ceil((next.due - now()) / rate));
    wake = setTimeout(fireDue, Math.min(realWait, LONGEST_REAL_WAIT));
  };

  const fireDue = () => {
    // An advance in progress fires what is due by itself, in order.
    if (frozenAt !== undefined) return;
    while (pending[0] && pending[0].due <= now()) pending.shift()?.callback();
    arm();
  };

  const clock: Clock = {
    now,
    rate,
    after(ms, callback) {
      const entry: Pending = { due: now() + Math.max(0, ms), order: order++, callback };
      if (closed) return { cancel() {} };
      insert(entry);
      if (pending[0] === entry && frozenAt === undefined) arm();
      return {
        cancel() {
          const index = pending.indexOf(entry);
          if (index >= 0) pending.splice(index, 1);
          if (index === 0 && frozenAt === undefined) arm();
        },
      };
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          timer.cancel();
          reject(signal?.reason);
        };
        const timer = clock.after(ms, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    async advance(ms) {
      if (frozenAt !== undefined) throw new Error('advance: another advance is still under way');
      const from = now();
      const target = from + ms;
      frozenAt = from;
      try {
        while (pending[0] && pending[0].due <= target) {
          const next = pending.shift() as Pending;
          frozenAt = Math.max(frozenAt, next.due);
          next.callback();
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        frozenAt = undefined;
        offset += target - now();
      }
      for (const listener of listeners) listener();
      arm();
    },
    leap(ms) {
      if (frozenAt !== undefined) throw new Error('leap: an advance is still under way');
      offset += ms;
      for (const listener of listeners) listener();
      fireDue();
    },
    onAdvance(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      pending = [];
      clearTimeout(wake);
    },
  };
  return clock;
}
