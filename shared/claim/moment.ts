/**
 * Between what "now" lies, epoch ms. A function's own clock can be wrong (its host's was set, its instance was frozen and
 * has thawed), so that it is compared with others; where they disagree, nobody knows which one is right. What is
 * written down is reckoned from the latest that it can be, and compared with the earliest: a clock that jumps postpones
 * a release and hastens none.
 */
export interface Moment {
  readonly earliest: number;
  readonly latest: number;
}

/** `skews`: by how much other clocks are ahead of the own one, ms. */
export function momentOf(own: number, skews: readonly number[]): Moment {
  const clocks = [own, ...skews.map((skew) => own + skew)];
  return { earliest: Math.min(...clocks), latest: Math.max(...clocks) };
}

const SECOND_MS = 1_000;

/**
 * By how much a clock is ahead of the own one that answered between `sentAt` and `receivedAt` with the whole second
 * `shown` (all epoch ms). 0 as long as it can be none: a second's fraction and the way there and back are no skew.
 * Otherwise the most that it can be, either way.
 */
export function skewOf(shown: number, sentAt: number, receivedAt: number): number {
  const atLeast = shown - receivedAt;
  const atMost = shown + SECOND_MS - sentAt;
  if (atLeast > 0) return atMost;
  return atMost < 0 ? atLeast : 0;
}
