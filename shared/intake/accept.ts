import type { Hint, HintQueue, Log } from '../reconcile/ports.ts';
import { type Ignored, type Reading, readEnvelope, type Why } from './envelope.ts';

export interface Accepted {
  readonly accepted: number;
  readonly ignored: Readonly<Partial<Record<Why, number>>>;
}

export interface Received {
  readonly body: unknown;
  /** Hash of a body that was too large to be kept. */
  readonly oversized?: string;
}

/** Reads a webhook's body and puts its hints on the queue; what gives none is counted, logged and acknowledged. */
export async function accept(
  { body, oversized }: Received,
  clusterIds: readonly string[],
  queue: HintQueue,
  log: Log,
): Promise<Accepted> {
  const { hints, ignored }: Reading = oversized
    ? { hints: [], ignored: [{ why: 'oversized', hash: oversized }] }
    : readEnvelope(body, { ids: clusterIds });
  if (hints.length > 0) await queue.send(hints.map((hint: Hint) => ({ hint })));
  return { accepted: hints.length, ignored: countIgnored(ignored, log) };
}

/** Everyday noise is counted only; what somebody may have to look into is logged with its hash. */
export function countIgnored(ignored: readonly Ignored[], log: Log): Accepted['ignored'] {
  const counts: Partial<Record<Why, number>> = {};
  for (const { why, hash } of ignored) {
    counts[why] = (counts[why] ?? 0) + 1;
    if (why !== 'irrelevant' && why !== 'own') log.warn('a message was ignored', { why, hash });
  }
  return counts;
}
