import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Allocating, Bound, Released } from '../../shared/claim/claim.ts';
import { momentOf } from '../../shared/claim/moment.ts';
import { openStoreStage, type StoreStage } from './store-stage.ts';
import { AT, keyOf } from './stored-claims.ts';

const MINUTE = 60_000;
const LIFE = 10 * MINUTE;
const OWNER = 'c-test/default/web-0/eip';

const common = (pod: string, rev: number) => ({
  key: keyOf(pod),
  rev,
  origin: 'given' as const,
  retention: { kind: 'never' as const },
  createdAt: AT,
});
const bound = (pod: string, id = 'eip-given', rev = 1): Bound => ({
  ...common(pod, rev),
  phase: 'Bound',
  allocation: { id, address: '47.0.0.9' },
  binding: { podUid: 'uid-1', eniId: 'eni-1', privateIp: '192.168.1.1' },
  boundAt: AT,
});
const released = (pod: string, rev: number): Released => ({
  ...common(pod, rev),
  phase: 'Released',
  releasedAt: AT,
});
const allocating = (pod: string): Allocating => ({
  ...common(pod, 1),
  origin: 'auto',
  phase: 'Allocating',
  token: 'token-1',
  podUid: 'uid-1',
});

let stage: StoreStage;
let now: number;
/** By how much the clock that it is compared with is ahead of the function's. */
let skew: number;
beforeEach(async () => {
  now = AT;
  skew = 0;
  stage = await openStoreStage({ moment: () => momentOf(now, [skew]) });
});
afterEach(() => stage.close());

const take = (claim: Bound, store = stage.newStore()) =>
  store.save({ kind: 'save', next: claim, lock: claim.allocation.id });
const write = (next: Bound | Released | Allocating) => stage.newStore().save({ kind: 'save', next });

/** A function that dies with the lock in its hand: its claim is written on a revision that nobody has. */
const lockAndDie = async (pod: string) => expect(await take({ ...bound(pod), rev: 99 })).toBe('conflict');

describe('a lock whose owner', () => {
  it('was just taken and has no claim yet is held', async () => {
    await lockAndDie('web-0');
    now += LIFE - 1;
    expect(await take(bound('web-1'))).toEqual({ lockedBy: OWNER });
    expect(await stage.newStore().lockedBy('eip-given')).toBe(OWNER);
  });

  it('never came to save its claim is taken over when no function can still be about to', async () => {
    await lockAndDie('web-0');
    now += LIFE;
    expect(await stage.newStore().lockedBy('eip-given')).toBeUndefined();
    expect(await take(bound('web-1'))).toBe('saved');
    expect(await take(bound('web-2'))).toEqual({ lockedBy: 'c-test/default/web-1/eip' });
  });

  it.each([
    ['its taker was a day behind', -24 * 60 * LIFE, 0],
    ['who asks is two days ahead', 0, 48 * 60 * LIFE],
  ])('was just taken is held, although by the clock it is old: %s', async (_, atTaking, atAsking) => {
    now += atTaking;
    skew = -atTaking;
    await lockAndDie('web-0');
    now += LIFE / 2 - atTaking + atAsking;
    skew = -atAsking;
    expect(await take(bound('web-1'))).toEqual({ lockedBy: OWNER });
  });

  it.each([
    ['names the address', bound('web-0', 'eip-given', 2), { lockedBy: OWNER }],
    ['names another address', bound('web-0', 'eip-other', 2), 'saved'],
    ['is released', released('web-0', 2), 'saved'],
  ])('%s', async (_, next, outcome) => {
    await take(bound('web-0'));
    await write(next);
    now += 100 * LIFE;
    expect(await take(bound('web-1'))).toEqual(outcome);
  });

  it('had a clock hours ahead is held no longer than others, from when it is next asked for', async () => {
    now += 8 * 60 * MINUTE;
    await lockAndDie('web-0');
    now -= 8 * 60 * MINUTE;
    expect(await take(bound('web-1'))).toEqual({ lockedBy: OWNER });
    now += LIFE - 1;
    expect(await take(bound('web-1'))).toEqual({ lockedBy: OWNER });
    now += 1;
    expect(await take(bound('web-1'))).toBe('saved');
  });

  it('is of no time, as one that was written by hand, is held no longer than others either', async () => {
    await lockAndDie('web-0');
    const [{ bucket = '', address = '', claim = '' } = {}] = await stage.rowsOf('addresses');
    const key = [
      ['bucket', bucket],
      ['address', address],
    ] as const;
    await stage.tables.write([{ table: 'addresses', key, expect: { kind: 'any' }, row: { claim } }]);
    expect(await take(bound('web-1'))).toEqual({ lockedBy: OWNER });
    now += LIFE;
    expect(await take(bound('web-1'))).toBe('saved');
  });

  it('is still allocating is held: what it allocates may be this', async () => {
    await lockAndDie('web-0');
    await write(allocating('web-0'));
    now += 100 * LIFE;
    expect(await take(bound('web-1'))).toEqual({ lockedBy: OWNER });
  });

  it('has a record of a newer version is held', async () => {
    await lockAndDie('web-0');
    await write(bound('web-0', 'eip-other'));
    await stage.spoil(keyOf('web-0'), { schema: 99 });
    now += 100 * LIFE;
    expect(await take(bound('web-1'))).toEqual({ lockedBy: OWNER });
  });

  it('comes back for it makes it young again', async () => {
    await lockAndDie('web-0');
    now += 2 * LIFE;
    await lockAndDie('web-0');
    now += LIFE - 1;
    expect(await take(bound('web-1'))).toEqual({ lockedBy: OWNER });
  });
});

describe('a stale lock that several ask for at once', () => {
  it('goes to one of them', async () => {
    await lockAndDie('web-0');
    now += LIFE;
    const rivals = ['web-0', 'web-1', 'web-2', 'web-3'];
    const outcomes = await Promise.all(rivals.map((pod) => take(bound(pod))));
    expect(outcomes.filter((outcome) => outcome === 'saved')).toHaveLength(1);
    const [winner] = rivals.filter((_, index) => outcomes[index] === 'saved');
    expect(await stage.newStore().lockedBy('eip-given')).toBe(`c-test/default/${winner}/eip`);
  });
});
