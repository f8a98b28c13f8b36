import type { Hint } from './ports.ts';
import type { Again } from './step.ts';

/** How often a hint is put back before it is left to the sweep, which sees everything anyway. */
const MOST_ATTEMPTS = 10;
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * The hint to put back and when: the delay asked for, doubled with each attempt up to a minute, so that no key is
 * retried in a hot loop; and exactly that delay where the answer named the time. Undefined where it is the sweep's turn.
 */
export function putBack(
  hint: Hint,
  { afterMs, exactly = false }: Pick<Again, 'afterMs' | 'exactly'>,
): { hint: Hint; delayMs: number } | undefined {
  const attempt = (hint.attempt ?? 0) + 1;
  if (attempt > MOST_ATTEMPTS) return undefined;
  const least = Math.max(afterMs, SHORTEST_WAIT_MS);
  const spaced = Math.min(least * 2 ** (attempt - 1), Math.max(afterMs, LONGEST_WAIT_MS));
  const { clusterId, namespace, pod } = hint;
  return { hint: { clusterId, namespace, pod, attempt }, delayMs: exactly ? least : spaced };
}
