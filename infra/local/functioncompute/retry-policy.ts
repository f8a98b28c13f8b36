import type { Random } from '../kernel/random.ts';

export type PushRetryStrategy = 'BACKOFF_RETRY' | 'EXPONENTIAL_DECAY_RETRY';

/** Source: EventBridge, "Retry policies and dead-letter queues". */
const BACKOFF = { retries: 3, leastMs: 10_000, mostMs: 20_000 };
const DECAY = { retries: 176, firstMs: 1000, mostMs: 512_000 };

/** How long to wait before the `retry`-th retry (from 1 on), ms of cloud time; undefined when there is none left. */
export function retryDelay(strategy: PushRetryStrategy, retry: number, random: Random): number | undefined {
  if (strategy === 'BACKOFF_RETRY') {
    return retry > BACKOFF.retries ? undefined : random.integer(BACKOFF.leastMs, BACKOFF.mostMs);
  }
  return retry > DECAY.retries ? undefined : Math.min(DECAY.firstMs * 2 ** (retry - 1), DECAY.mostMs);
}
