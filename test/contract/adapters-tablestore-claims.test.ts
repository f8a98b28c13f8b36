import TableStore from 'tablestore';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Claim } from '../../shared/claim/claim.ts';
import { openStoreStage, type StoreStage } from './store-stage.ts';
import { AT, boundClaim, keyOf, save } from './stored-claims.ts';

let stage: StoreStage;
beforeEach(async () => {
  stage = await openStoreStage();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stage.close();
});

describe('saving a claim', () => {
  it('goes through on the revision that was read', async () => {
    await stage.claims.save(save(boundClaim('web-0')));
    expect(await stage.claims.save(save(boundClaim('web-0', { rev: 2, boundAt: AT + 1 })))).toBe('saved');
    expect(await stage.claimsOf('web-0')).toMatchObject({ eip: { rev: 2, boundAt: AT + 1 } });
  });

  it.each([1, 2, 4])(
    'on another revision is a conflict, and nothing is written (to %d, at 2)',
    async (rev) => {
      await stage.claims.save(save(boundClaim('web-0')));
      await stage.claims.save(save(boundClaim('web-0', { rev: 2 })));
      expect(await stage.claims.save(save(boundClaim('web-0', { rev, boundAt: 5 })))).toBe('conflict');
      expect(await stage.claimsOf('web-0')).toEqual({ eip: boundClaim('web-0', { rev: 2 }) });
    },
  );

  it('replaces the whole record: nothing of the phase before stays', async () => {
    await stage.claims.save(save(boundClaim('web-0')));
    const { key, origin, retention, createdAt } = boundClaim('web-0');
    const released: Claim = { key, origin, retention, createdAt, rev: 2, phase: 'Released', releasedAt: AT };
    await stage.claims.save(save(released));
    expect(await stage.claimsOf('web-0')).toEqual({ eip: released });
    const [stored] = await stage.rowsOf('claims');
    expect(stored).not.toHaveProperty('allocationId');
  });

  it('lets one of many rivals win', async () => {
    const stores = Array.from({ length: 8 }, stage.newStore);
    const outcomes = await Promise.all(
      stores.map((store, index) => store.save(save(boundClaim('web-0', { boundAt: AT + index })))),
    );
    expect(outcomes.filter((outcome) => outcome === 'saved')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(7);
  });

  it('of one kind leaves the other kind of the same pod alone', async () => {
    await stage.claims.save(save(boundClaim('web-0')));
    await stage.claims.save(save(boundClaim('web-0', { key: keyOf('web-0', 'ip') })));
    expect(Object.keys(await stage.claimsOf('web-0'))).toEqual(['ip', 'eip']);
  });

  it('of many pods in one turn costs one call, and each has its own outcome', async () => {
    await stage.claims.save(save(boundClaim('web-1')));
    stage.forgetCalls();
    const outcomes = await Promise.all(
      ['web-0', 'web-1', 'web-2'].map((pod) => stage.claims.save(save(boundClaim(pod)))),
    );
    expect(outcomes).toEqual(['saved', 'conflict', 'saved']);
    expect(stage.calls('BatchWriteRow')).toBe(1);
  });
});

describe('the lock on an address', () => {
  const given = (pod: string) =>
    boundClaim(pod, { origin: 'given', allocation: { id: 'eip-given', address: '47.0.0.9' } });
  const take = (pod: string, store = stage.claims) => store.save({ ...save(given(pod)), lock: 'eip-given' });

  it('is taken by one claim; the other is told by whom, and is not saved', async () => {
    expect(await take('web-0')).toBe('saved');
    expect(await take('web-1')).toEqual({ lockedBy: 'c-test/default/web-0/eip' });
    expect(await stage.claimsOf('web-1')).toEqual({});
  });

  it('may be taken again by the claim that has it', async () => {
    await take('web-0');
    const again = { ...given('web-0'), rev: 2 };
    expect(await stage.claims.save({ ...save(again), lock: 'eip-given' })).toBe('saved');
  });

  it('is asked for by two pods in the same turn, and one gets it, without harm to a third', async () => {
    const outcomes = await Promise.all([
      take('web-0'),
      take('web-1'),
      stage.claims.save(save(boundClaim('web-2'))),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'saved')).toHaveLength(2);
    expect(outcomes[2]).toBe('saved');
    expect(outcomes.filter((outcome) => typeof outcome === 'object')).toHaveLength(1);
  });

  it('is let go with the claim that gives it up, and by no other', async () => {
    await take('web-0');
    await stage.claims.save({ ...save({ ...given('web-2'), rev: 1 }), unlock: 'eip-given' });
    expect(await take('web-1')).toEqual({ lockedBy: 'c-test/default/web-0/eip' });
    await stage.claims.save({ ...save({ ...given('web-0'), rev: 2 }), unlock: 'eip-given' });
    expect(await take('web-1')).toBe('saved');
  });

  it('is kept where the claim that gives it up was changed by a rival', async () => {
    await take('web-0');
    expect(await stage.claims.save({ ...save({ ...given('web-0'), rev: 9 }), unlock: 'eip-given' })).toBe(
      'conflict',
    );
    expect(await take('web-1')).toEqual({ lockedBy: 'c-test/default/web-0/eip' });
  });
});

describe('what is written beside a claim', () => {
  it('its deadline stands before the claim does', async () => {
    await stage.claims.save({ ...save(boundClaim('web-0')), deadline: AT });
    expect(await stage.claims.due(AT - 1, 10)).toEqual([]);
    expect(await stage.claims.due(AT, 10)).toEqual([{ key: keyOf('web-0'), dueAt: AT }]);

    await stage.claims.save({ ...save(boundClaim('web-0', { rev: 7 })), deadline: AT + 5 });
    expect(await stage.claims.due(AT + 5, 10)).toHaveLength(2);
    expect(await stage.claimsOf('web-0')).toMatchObject({ eip: { rev: 1 } });
  });

  it('deadlines come oldest first, as many as asked for, and go when they are dropped', async () => {
    for (const index of [4, 2, 9, 1, 7])
      await stage.claims.save({ ...save(boundClaim(`web-${index}`)), deadline: AT + index });
    const due = await stage.claims.due(AT + 8, 3);
    expect(due.map(({ dueAt }) => dueAt - AT)).toEqual([1, 2, 4]);
    for (const one of due) await stage.claims.dropDeadline(one);
    expect((await stage.claims.due(AT + 8, 3)).map(({ dueAt }) => dueAt - AT)).toEqual([7]);
  });

  it('a binding that ended goes into the history', async () => {
    const ended = { address: '47.0.0.1', allocationId: 'eip-1', podUid: 'uid-0', from: AT, to: AT + 5 };
    await stage.claims.save({ ...save(boundClaim('web-0')), ended });
    expect(await stage.rowsOf('history')).toMatchObject([
      { address: '47.0.0.1', at: AT, until: AT + 5, podUid: 'uid-0', claim: 'c-test/default/web-0/eip' },
    ]);
  });
});

describe('reading claims', () => {
  it('of a pod that has none gives none', async () => {
    expect(await stage.claimsOf('web-0')).toEqual({});
  });

  it.each([
    ['of a newer version', { schema: 99 }, 'NewerRecord'],
    ['that breaks its own rules', { phase: 'Lost' }, 'BrokenRecord'],
  ])('names and logs a record %s, and leaves it alone; its sibling is read', async (_, changes, code) => {
    await stage.claims.save(save(boundClaim('web-0')));
    const ip = boundClaim('web-0', { key: keyOf('web-0', 'ip') });
    await stage.claims.save(save(ip));
    await stage.spoil(keyOf('web-0'), changes);
    const before = await stage.rowsOf('claims');
    stage.lines.length = 0;

    expect(await stage.claims.read(keyOf('web-0'))).toEqual({ claims: { ip }, unreadable: ['eip'] });
    expect(stage.lines).toHaveLength(1);
    expect(stage.lines[0]).toContain('"key":"c-test/default/web-0/eip"');
    expect(stage.lines[0]).toContain(code);
    expect(await stage.rowsOf('claims')).toEqual(before);
  });

  it('names and logs a record that it cannot read in a sweep as well, and goes on', async () => {
    await stage.claims.save(save(boundClaim('web-0')));
    await stage.claims.save(save(boundClaim('web-1')));
    await stage.spoil(keyOf('web-0'), { schema: 99 });
    const pages = [];
    for await (const page of stage.claims.all()) pages.push(page);
    expect(pages).toEqual([{ claims: [boundClaim('web-1')], unreadable: [keyOf('web-0')] }]);
    expect(stage.lines.join()).toContain('NewerRecord');
  });

  it('of the whole store follows the pages', async () => {
    const pods = Array.from({ length: 60 }, (_, index) => `web-${index}`);
    await Promise.all(pods.map((pod) => stage.claims.save(save(boundClaim(pod)))));
    const { getRange } = TableStore.Client.prototype;
    const ranges = vi.spyOn(TableStore.Client.prototype, 'getRange').mockImplementation(function (
      this: TableStore.Client,
      params: TableStore.GetRangeParams,
    ) {
      return getRange.call(this, { ...params, limit: 25 }) as never;
    } as never);
    const seen: Claim[] = [];
    for await (const page of stage.claims.all()) seen.push(...page.claims);
    expect(new Set(seen.map(({ key }) => key.pod))).toEqual(new Set(pods));
    expect(ranges).toHaveBeenCalledTimes(3);
  });

  it('forgets a tombstone on its revision only', async () => {
    await stage.claims.save(save(boundClaim('web-0')));
    await stage.claims.forget(boundClaim('web-0', { rev: 2 }));
    expect(await stage.claimsOf('web-0')).toHaveProperty('eip');
    await stage.claims.forget(boundClaim('web-0'));
    expect(await stage.claimsOf('web-0')).toEqual({});
  });
});

describe('a suspected orphan', () => {
  it('is marked once, with the time of the first sighting', async () => {
    expect(await stage.claims.suspect('eip-1', AT)).toBe(AT);
    expect(await stage.claims.suspect('eip-1', AT + 60_000)).toBe(AT);
    await stage.claims.clearSuspect('eip-1');
    expect(await stage.claims.suspect('eip-1', AT + 90_000)).toBe(AT + 90_000);
  });
});
