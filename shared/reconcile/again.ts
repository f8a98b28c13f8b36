import type { Hint } from './ports.ts';
import type { Again } from './step.ts';

/** How often a hint is put back: with delays that double from a second, that is about a minute. */
const MOST_ATTEMPTS = 6;
const SHORTEST_WAIT_MS = 1_000;
/** A sweep comes by as often, and hints at whatever is not as it should be: what can wait as long is left to it. */
const SWEEP_MS = 60_000;

/**
 * The hint to put back and when: the delay asked for, doubled with each attempt, so that no key is retried in a hot
 * loop; and exactly that delay where the answer named the time. Undefined where it is the sweep's turn: each of its
 * hints would otherwise begin a chain beside those that it began before, for as long as a pod waits for what somebody
 * else has.
 */
export function putBack(
  hint: Hint,
  { afterMs, exactly = false, look = false }: Omit<Again, 'why'>,
): { hint: Hint; delayMs: number } | undefined {
  const attempt = (hint.attempt ?? 0) + 1;
  if (attempt > MOST_ATTEMPTS || (afterMs >= SWEEP_MS && !exactly)) return undefined;
  const least = Math.max(afterMs, SHORTEST_WAIT_MS);
  const { clusterId, namespace, pod } = hint;
  return {
    hint: { clusterId, namespace, pod, attempt, ...(look ? { look } : {}) },
    delayMs: exactly ? least : Math.min(least * 2 ** (attempt - 1), SWEEP_MS),
  };
}
