import type { Clock } from '../kernel/clock.ts';
import type { ReceivedMessage } from './message.ts';

/** A long poll under way. */
export interface Waiter {
  readonly max: number;
  /** Ends the wait with these messages. */
  give(messages: Promise<ReceivedMessage[]>): void;
}

/** The long polls that wait for one queue's messages, served in the order they came. */
export interface Waiters {
  /** Resolves with what is given, or with nothing after `waitMs` of cloud time or when the signal aborts. */
  wait(max: number, waitMs: number, signal?: AbortSignal): Promise<ReceivedMessage[]>;
  first(): Waiter | undefined;
  /** Sends everyone away empty-handed. */
  release(): void;
  refuse(error: Error): void;
}

export function createWaiters(clock: Clock): Waiters {
  const waiting = new Set<Waiter & { refuse(error: Error): void }>();
  return {
    wait(max, waitMs, signal) {
      return new Promise((resolve, reject) => {
        const done = () => {
          waiting.delete(waiter);
          timer.cancel();
          signal?.removeEventListener('abort', nothing);
        };
        const give = (messages: ReceivedMessage[] | Promise<ReceivedMessage[]>) => {
          done();
          resolve(messages);
        };
        const nothing = () => give([]);
        const waiter = {
          max,
          give,
          refuse(error: Error) {
            done();
            reject(error);
          },
        };
        const timer = clock.after(waitMs, nothing);
        if (signal?.aborted) return nothing();
        signal?.addEventListener('abort', nothing, { once: true });
        waiting.add(waiter);
      });
    },
    first: () => waiting.values().next().value,
    release() {
      for (const waiter of [...waiting]) waiter.give(Promise.resolve([]));
    },
    refuse(error) {
      for (const waiter of [...waiting]) waiter.refuse(error);
    },
  };
}
