import { formatIdentity } from '../claim/identity.ts';
import { putBack } from './again.ts';
import { againAfter, isPutOff } from './failure.ts';
import type { Hint, Ports } from './ports.ts';
import { type Outcome, reconcile } from './reconcile.ts';

export interface BatchSummary {
  readonly hints: number;
  readonly pods: number;
  readonly settled: number;
  readonly again: number;
  readonly failed: number;
}

/**
 * Reconciles the pods that a batch of hints names, each once, all at the same time. One that fails is put back and
 * stops no other; this throws only where not even that can be done, so that the whole batch is delivered again.
 */
export async function reconcileBatch(ports: Ports, hints: readonly Hint[]): Promise<BatchSummary> {
  const pods = mergeHints(hints);
  const backs: { hint: Hint; delayMs: number }[] = [];
  let settled = 0;
  let failed = 0;

  await Promise.all(
    pods.map(async (hint) => {
      const started = ports.now();
      try {
        const again = await againOf(ports, hint);
        if (again) pushDefined(backs, putBack(hint, again.afterMs));
        else settled++;
        ports.log.info('reconciled', {
          key: formatIdentity(hint),
          outcome: again ? 'again' : 'settled',
          ...(again ? { why: again.why, afterMs: again.afterMs } : {}),
          attempt: hint.attempt ?? 0,
          ms: ports.now() - started,
        });
      } catch (error) {
        failed++;
        ports.log.warn('reconcile failed', {
          key: formatIdentity(hint),
          attempt: hint.attempt ?? 0,
          err: error,
        });
        pushDefined(backs, putBack(hint, FAILED_RETRY_MS));
      }
    }),
  );
  if (backs.length > 0) await ports.hints.send(backs);
  return { hints: hints.length, pods: pods.length, settled, again: backs.length, failed };
}

const FAILED_RETRY_MS = 2_000;

/** What is only put off, before anything was read, is no failure. */
async function againOf(ports: Ports, hint: Hint): Promise<Outcome['again']> {
  try {
    return (await reconcile(ports, hint)).again;
  } catch (error) {
    if (!isPutOff(error)) throw error;
    return againAfter(error, 'read');
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
