import type { Claim } from '../claim/claim.ts';
import { formatIdentity } from '../claim/identity.ts';
import { putBack } from './again.ts';
import { inParallel } from './parallel.ts';
import type { DueClaim, Ports } from './ports.ts';
import { reconcile } from './reconcile.ts';

export interface RetainSummary {
  readonly due: number;
  readonly spent: number;
  readonly waiting: number;
  readonly failed: number;
}

/** Law 8: how many deadlines one pass takes up, and so how much it can release at once. */
const MOST_PER_PASS = 200;
const AT_ONCE = 16;

/** The retention's end: every claim that is due is reconciled; its deadline stays until nothing is left to do for it. */
export async function retainPass(ports: Ports): Promise<RetainSummary> {
  const due = await ports.claims.due(ports.now(), MOST_PER_PASS);
  const byPod = new Map<string, DueClaim[]>();
  for (const row of due)
    byPod.set(formatIdentity(row.key), [...(byPod.get(formatIdentity(row.key)) ?? []), row]);
  let spent = 0;
  let failed = 0;

  await inParallel([...byPod.values()], AT_ONCE, async (rows) => {
    const [first] = rows;
    if (!first) return;
    try {
      const { again, claims } = await reconcile(ports, first.key);
      if (again) {
        const back = putBack(first.key, again.afterMs);
        if (back) await ports.hints.send([back]);
      }
      for (const row of rows.filter((candidate) => isSpent(candidate, claims[candidate.key.kind]))) {
        await ports.claims.dropDeadline(row);
        spent++;
      }
    } catch (error) {
      failed++;
      ports.log.warn('a due claim could not be reconciled', { key: formatIdentity(first.key), err: error });
    }
  });
  return { due: due.length, spent, waiting: due.length - spent, failed };
}

/** A deadline is spent when its claim has moved on: released, bound again, or retained to another time. */
function isSpent({ dueAt }: DueClaim, claim: Claim | undefined): boolean {
  if (claim?.phase === 'Releasing') return false;
  return !(claim?.phase === 'Retained' && claim.retainUntil === dueAt);
}
