import { describe, expect, it } from 'vitest';
import { putBack } from '../../shared/reconcile/again.ts';
import type { Hint } from '../../shared/reconcile/ports.ts';

const HINT: Hint = { clusterId: 'c-1', namespace: 'shop', pod: 'web-0' };

/** The delays with which a hint is put back, one after the other, until it is left to the sweep. */
function delaysOf(afterMs: number): readonly number[] {
  const delays: number[] = [];
  let back = putBack(HINT, { afterMs });
  while (back) {
    delays.push(back.delayMs);
    back = putBack(back.hint, { afterMs });
  }
  return delays;
}

describe('a hint that is not settled', () => {
  it('comes back six times, each time later, and is then the sweep’s', () => {
    expect(delaysOf(1_000)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
  });

  it('comes back never sooner than after a second, and never later than the next sweep', () => {
    expect(delaysOf(0)[0]).toBe(1_000);
    expect(delaysOf(30_000)).toEqual([30_000, 60_000, 60_000, 60_000, 60_000, 60_000]);
  });

  it('is left to the sweep where it can wait as long as one: else each sweep would begin another chain', () => {
    expect(delaysOf(59_999)).not.toEqual([]);
    for (const afterMs of [60_000, 300_000]) expect(putBack(HINT, { afterMs })).toBeUndefined();
  });

  it('comes back at the very time that an answer named, however late that is', () => {
    const hint = { ...HINT, attempt: 4 };
    for (const afterMs of [1_000, 90_000])
      expect(putBack(hint, { afterMs, exactly: true })).toMatchObject({ delayMs: afterMs });
  });

  it('names the pod and nothing else: what it asked for once was done', () => {
    expect(putBack({ ...HINT, look: true, attempt: 2 }, { afterMs: 1_000 })).toEqual({
      hint: { ...HINT, attempt: 3 },
      delayMs: 4_000,
    });
  });

  it('asks again for the look that was not made', () => {
    expect(putBack({ ...HINT, look: true }, { afterMs: 1_000, look: true })?.hint).toEqual({
      ...HINT,
      attempt: 1,
      look: true,
    });
  });
});
