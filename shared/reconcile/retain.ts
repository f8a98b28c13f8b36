import type { Claim } from '../claim/claim.ts';
import { formatClaimKey, formatIdentity } from '../claim/identity.ts';
import { putBack } from './again.ts';
import { isPutOff } from './failure.ts';
import { momentIn } from './moment.ts';
import { inParallel } from './parallel.ts';
import type { DueClaim, Ports } from './ports.ts';
import { reconcile } from './reconcile.ts';

export interface RetainSummary {
  readonly due: number;
  readonly spent: number;
  readonly waiting: number;
  readonly failed: number;
  readonly released: number;
}

/** Deadlines that are read at once. */
const PAGE = 200;
const AT_ONCE = 16;
/** A deadline whose claim cannot be settled now comes up again after this, behind all that were due before. */
const POSTPONE_MS = 60_000;
/** What was refused for good is asked again so seldom that it costs no quota worth the name. */
const REFUSED_MS = 10 * 60_000;
/** A record that cannot be read has to be mended by hand, or by a newer version. */
const POISON_MS = 3_600_000;
/** No claim is begun with less time left: a release takes three calls of the cloud, of ten seconds at worst. */
const LAST_START_MS = 30_000;

/**
 * The retention's end: every claim that is due is reconciled; its deadline stays until nothing is left to do for it.
 * What cannot be settled moves behind the rest, so that it holds up nothing but itself.
 */
export async function retainPass(ports: Ports): Promise<RetainSummary> {
  const began = ports.now();
  const seen = new Set<string>();
  const sum = { due: 0, spent: 0, waiting: 0, failed: 0, released: 0 };
  let underway = 0;
  const mayStart = () =>
    sum.released + underway < ports.releasesPerMinute && ports.remainingMs() >= LAST_START_MS;

  while (mayStart()) {
    const rows = (await ports.claims.due(began, PAGE)).filter((row) => !seen.has(nameOf(row)));
    if (rows.length === 0) break;
    for (const row of rows) seen.add(nameOf(row));
    await inParallel(byPod(rows), AT_ONCE, async (mine) => {
      // What is under way counts as a release until it is known to be none.
      if (!mayStart()) return;
      sum.due += mine.length;
      underway += mine.length;
      const { spent, released, failed } = await settle(ports, mine, began).finally(() => {
        underway -= mine.length;
      });
      sum.spent += spent;
      sum.waiting += mine.length - spent;
      sum.released += released;
      if (failed) sum.failed++;
    });
  }
  return sum;
}

const nameOf = ({ key, dueAt }: DueClaim): string => `${formatClaimKey(key)} ${dueAt}`;

function byPod(rows: readonly DueClaim[]): readonly DueClaim[][] {
  const pods = new Map<string, DueClaim[]>();
  for (const row of rows)
    pods.set(formatIdentity(row.key), [...(pods.get(formatIdentity(row.key)) ?? []), row]);
  return [...pods.values()];
}

/** The deadlines of one pod. */
async function settle(
  ports: Ports,
  rows: readonly DueClaim[],
  began: number,
): Promise<{ spent: number; released: number; failed: boolean }> {
  const [first] = rows;
  if (!first) return { spent: 0, released: 0, failed: false };
  let spent = 0;
  let released = 0;
  let failed = false;
  const left = new Set(rows);
  try {
    const { again, refused, claims, unreadable } = await reconcile(ports, first.key);
    if (again) {
      const back = putBack(first.key, again);
      if (back) await ports.hints.send([back]);
    }
    for (const row of rows) {
      const { kind } = row.key;
      const claim = claims[kind];
      if (claim?.phase === 'Released' && claim.releasedAt >= began) released++;
      if (unreadable.includes(kind)) {
        // Not a claim that has moved on: nobody can say whether it has.
        failed = true;
        await postpone(ports, row, POISON_MS);
      } else if (isSpent(row, claim)) {
        await ports.claims.dropDeadline(row);
        spent++;
      } else await postpone(ports, row, refused ? REFUSED_MS : POSTPONE_MS);
      left.delete(row);
    }
    return { spent, released, failed };
  } catch (error) {
    // The deadline is left as it is, and is the first to be taken up again.
    if (isPutOff(error)) return { spent, released, failed };
    ports.log.warn('a due claim could not be reconciled', { key: formatIdentity(first.key), err: error });
    await postponeAll(ports, [...left], POSTPONE_MS);
    return { spent, released, failed: true };
  }
}

/** Moves a deadline behind the rest. One that is not due, but for a clock that is ahead, is left where it is. */
async function postpone(ports: Ports, row: DueClaim, ms: number): Promise<void> {
  const { earliest } = momentIn(ports, row.key.clusterId);
  if (row.dueAt <= earliest) await ports.claims.postpone(row, earliest + ms);
}

async function postponeAll(ports: Ports, rows: readonly DueClaim[], ms: number): Promise<void> {
  try {
    for (const row of rows) await postpone(ports, row, ms);
  } catch (error) {
    ports.log.warn('a deadline could not be moved', {
      key: rows[0] && formatIdentity(rows[0].key),
      err: error,
    });
  }
}

/**
 * A deadline is spent when its claim has moved on: released, bound again, kept for ever, or retained to a later time,
 * which has a deadline of its own. One that was postponed lies after the time that it stands for.
 */
function isSpent({ dueAt }: DueClaim, claim: Claim | undefined): boolean {
  if (claim?.phase === 'Releasing') return false;
  return !(claim?.phase === 'Retained' && claim.retainUntil !== undefined && claim.retainUntil <= dueAt);
}
