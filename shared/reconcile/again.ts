import type { Hint } from './ports.ts';

/** How often a hint is put back: with delays that double from a second, that is about a minute. */
const MOST_ATTEMPTS = 6;
/** A sweep comes by as often, and hints at whatever is not as it should be: what can wait as long is left to it. */
const SWEEP_MS = 60_000;

/**
 * The hint to put back and when: the delay asked for, doubled with each attempt, so that no key is retried in a hot
 * loop. Undefined where it is the sweep's turn: each of its hints would otherwise begin a chain beside those that it
 * began before, for as long as a pod waits for what somebody else has.
 */
export function putBack(hint: Hint, afterMs: number): { hint: Hint; delayMs: number } | undefined {
  const attempt = (hint.attempt ?? 0) + 1;
  if (attempt > MOST_ATTEMPTS || afterMs >= SWEEP_MS) return undefined;
  const delayMs = Math.min(Math.max(afterMs, 1_000) * 2 ** (attempt - 1), SWEEP_MS);
  const { clusterId, namespace, pod } = hint;
  return { hint: { clusterId, namespace, pod, attempt }, delayMs };
}
