import { formatIdentity } from '../claim/identity.ts';
import { putBack } from './again.ts';
import { againAfter, isPutOff, isTerminal } from './failure.ts';
import type { Hint, Ports } from './ports.ts';
import { type Outcome, reconcile } from './reconcile.ts';
import type { Again } from './step.ts';

export interface BatchSummary {
  readonly hints: number;
  readonly pods: number;
  readonly settled: number;
  readonly again: number;
  readonly refused: number;
  readonly poison: number;
  readonly failed: number;
}

/**
 * Reconciles the pods that a batch of hints names, each once, all at the same time. One that fails is put back and
 * stops no other; this throws only where not even that can be done, so that the whole batch is delivered again.
 */
export async function reconcileBatch(ports: Ports, hints: readonly Hint[]): Promise<BatchSummary> {
  const pods = mergeHints(hints);
  const backs: { hint: Hint; delayMs: number }[] = [];
  const counts = { settled: 0, refused: 0, poison: 0, failed: 0 };

  await Promise.all(
    pods.map(async (hint) => {
      const { end, again } = await follow(ports, hint);
      if (end) counts[end]++;
      if (again) pushDefined(backs, putBack(hint, again));
    }),
  );
  if (backs.length > 0) await ports.hints.send(backs);
  return { hints: hints.length, pods: pods.length, ...counts, again: backs.length };
}

const FAILED_RETRY_MS = 2_000;

interface Followed {
  /** How it ended; undefined where it goes on. By poison it ends for one claim, and may go on for the other. */
  readonly end?: 'settled' | 'refused' | 'poison' | 'failed';
  readonly again?: Omit<Again, 'why'> | undefined;
}

/** Reconciles one pod, and says in the log how that went. */
async function follow(ports: Ports, hint: Hint): Promise<Followed> {
  const started = ports.now();
  const key = formatIdentity(hint);
  const attempt = hint.attempt ?? 0;
  try {
    const { again, refused, unreadable } = await reconcileInTime(ports, hint);
    // Whoever reads it again finds it as it is: acknowledged, so that it stops its claim and no queue.
    const isPoisoned = unreadable.length > 0;
    const end = isPoisoned ? 'poison' : again ? undefined : refused ? 'refused' : 'settled';
    ports.log.info('reconciled', {
      key,
      outcome: again ? 'again' : end,
      ...(again ? { why: again.why, afterMs: again.afterMs } : {}),
      attempt,
      ms: ports.now() - started,
    });
    return { ...(end ? { end } : {}), again };
  } catch (error) {
    ports.log.warn('reconcile failed', { key, attempt, err: error });
    if (isTerminal(error)) return { end: 'refused' };
    return { end: 'failed', again: { afterMs: FAILED_RETRY_MS, look: hint.look ?? false } };
  }
}

/** What is only put off, before anything was read, is no failure. */
async function reconcileInTime(
  ports: Ports,
  hint: Hint,
): Promise<Pick<Outcome, 'again' | 'refused' | 'unreadable'>> {
  try {
    return await reconcile(ports, hint);
  } catch (error) {
    if (!isPutOff(error)) throw error;
    const again = againAfter(error, 'read');
    return {
      again: again && { ...again, look: hint.look ?? false },
      refused: false,
      unreadable: [],
    };
  }
}

/** One hint a pod: the youngest attempt counts, so that a fresh event is not slowed by an old one; any `look` stays. */
export function mergeHints(hints: readonly Hint[]): readonly Hint[] {
  const merged = new Map<string, Hint>();
  for (const hint of hints) {
    const name = formatIdentity(hint);
    const other = merged.get(name);
    const attempt = Math.min(hint.attempt ?? 0, other?.attempt ?? Number.POSITIVE_INFINITY);
    const look = hint.look || other?.look;
    const { clusterId, namespace, pod } = hint;
    merged.set(name, { clusterId, namespace, pod, attempt, ...(look ? { look } : {}) });
  }
  return [...merged.values()];
}

function pushDefined<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}
