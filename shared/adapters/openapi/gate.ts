import type { Lane, Quota } from '../../reconcile/ports.ts';
import { failure } from '../failure.ts';
import { requireTime, type TimeLeft } from '../time-left.ts';
import type { OpenApiCall } from './call.ts';

export interface Gate {
  readonly quota: Pick<Quota, 'take'>;
  /** Whose share of the calls a minute is used. */
  readonly lane: Lane;
  readonly remainingMs: TimeLeft;
}

/**
 * The one way to the cloud. Every call that leaves, also each of several that make one step, and one that asks for many
 * pods at once, has a permit of the account's window (law 10) and the time to be answered (law 9). Time is looked at
 * before the permit, so that none is spent in vain, and again after it, because the permit may have been waited for.
 */
export const gated =
  (call: OpenApiCall, { quota, lane, remainingMs }: Gate): OpenApiCall =>
  async (action, parameters) => {
    requireTime(remainingMs, action);
    const waitMs = await quota.take(action, lane);
    if (waitMs > 0) throw windowUsedUp(action, waitMs);
    requireTime(remainingMs, action);
    return call(action, parameters);
  };

/** The same text in every minute: what is told to a pod again must be the same. */
const windowUsedUp = (action: string, afterMs: number) =>
  Object.assign(failure('throttled', 'WindowUsedUp', `${action}: no calls are left for this minute`), {
    afterMs,
  });
