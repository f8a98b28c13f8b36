import type { Clock, Timer } from '../../infra/local/kernel/clock.ts';
import { createHeap } from '../../infra/local/mns/heap.ts';

/** Time that stands still but while it is advanced, and then jumps from one event to the next. */
export interface EventClock extends Clock {
  /** When the next event is due; undefined where nothing is. Epoch ms. */
  nextDue(): number | undefined;
}

interface Pending {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** `settle` is awaited after each event: until nobody who was woken by it has anything left to do. */
export function createEventClock(start: number, settle: () => Promise<void> | undefined): EventClock {
  const pending = createHeap<Pending>((a, b) => a.due < b.due || (a.due === b.due && a.order < b.order));
  const listeners = new Set<() => void>();
  let now = start;
  let order = 0;
  let closed = false;

  const after = (ms: number, callback: () => void): Timer => {
    const event = { due: now + Math.max(0, Math.round(ms)), order: order++, callback };
    if (!closed) pending.push(event);
    return { cancel: () => void pending.remove(event) };
  };

  return {
    rate: 0,
    now: () => now,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = after(ms, resolve);
        signal?.addEventListener('abort', () => {
          timer.cancel();
          reject(signal.reason);
        });
      }),
    async advance(ms) {
      const target = now + ms;
      // Whoever was started since the last advance has yet to say what it waits for.
      await settle();
      for (let next = pending.peek(); next && next.due <= target; next = pending.peek()) {
        pending.pop();
        now = Math.max(now, next.due);
        next.callback();
        const settling = settle();
        if (settling) await settling;
      }
      now = target;
      for (const listener of listeners) listener();
    },
    leap(ms) {
      now += ms;
      for (const listener of listeners) listener();
    },
    onAdvance(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      while (pending.pop());
    },
    nextDue: () => pending.peek()?.due,
  };
}
