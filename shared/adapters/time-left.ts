import { failure } from './failure.ts';

/** Longest that one call of any service may take, connection and answer; no client's own timeouts add up to more. */
export const CALL_WORST_MS = 10_000;

/** How long the running function may still run, ms. It is another for each invocation, where clients are kept. */
export type TimeLeft = () => number;

/**
 * Law 9: no call is begun that the function may be killed in. Throws a failure `late`, which leads to another function
 * that has the time.
 */
export function requireTime(remainingMs: TimeLeft, what: string): void {
  if (remainingMs() < CALL_WORST_MS)
    throw failure('late', 'NotEnoughTime', `${what}: not enough time is left for the call`);
}

/**
 * The time for work on claims: that of the last call is kept for the queue, which takes the hints that the function does
 * not come to.
 */
export const workTime =
  (remainingMs: TimeLeft): TimeLeft =>
  () =>
    remainingMs() - CALL_WORST_MS;
