import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createParkingBooks, createReleaseSwitch } from '../../shared/adapters/tablestore/control.ts';
import { createQuota } from '../../shared/adapters/tablestore/quota.ts';
import { openStoreStage, type StoreStage } from './store-stage.ts';

let stage: StoreStage;
beforeEach(async () => {
  stage = await openStoreStage();
});
afterEach(() => stage.close());

describe('the quota of an API', () => {
  const QUOTAS = { AssociateEipAddress: { bind: 10, release: 4 } };

  it('is one for all functions, and begins anew with each minute', async () => {
    let now = 1_000 * 60_000;
    const functions = Array.from({ length: 3 }, () =>
      createQuota(stage.newTables(), { now: () => now, quotas: QUOTAS }),
    );
    const takeAll = async () => {
      const waits = await Promise.all(
        functions.flatMap((quota) =>
          Array.from({ length: 8 }, () => quota.take('AssociateEipAddress', 'bind')),
        ),
      );
      return waits.filter((wait) => wait === 0).length;
    };
    expect(await takeAll()).toBe(10);
    expect(await functions[0]?.take('AssociateEipAddress', 'bind')).toBe(60_000);
    now += 60_000;
    expect(await takeAll()).toBe(10);
  });

  it('of a few calls a minute is not all in the hands of the first who asks', async () => {
    const quotas = { AssociateEipAddress: { bind: 3, release: 0 } };
    const functions = Array.from({ length: 3 }, () =>
      createQuota(stage.newTables(), { now: () => 60_000_000, quotas }),
    );
    for (const quota of functions) expect(await quota.take('AssociateEipAddress', 'bind')).toBe(0);
    expect(await functions[0]?.take('AssociateEipAddress', 'bind')).toBeGreaterThan(0);
  });

  it('has a permit for each of 64 who ask at once, while the window has enough', async () => {
    const quota = createQuota(stage.tables, {
      now: () => 60_000_000,
      quotas: { AssociateEipAddress: { bind: 64, release: 0 } },
    });
    const waits = await Promise.all(
      Array.from({ length: 64 }, () => quota.take('AssociateEipAddress', 'bind')),
    );
    expect(waits).toEqual(Array(64).fill(0));
    expect(await quota.take('AssociateEipAddress', 'bind')).toBeGreaterThan(0);
  });

  it('costs no round trip of its own where it is prepared in the turn of a write', async () => {
    const quota = createQuota(stage.tables, { now: () => 60_000_000, quotas: QUOTAS });
    await Promise.all([stage.put('a', { value: 'x' }), quota.prepare('AssociateEipAddress', 'bind')]);
    expect(await quota.take('AssociateEipAddress', 'bind')).toBe(0);
    expect(stage.calls('BatchWriteRow')).toBe(1);
  });

  it('is at hand in the next minute too, where this one ends before what was prepared can be used', async () => {
    let now = 60_000_000 - 2_000;
    const quota = createQuota(stage.tables, { now: () => now, quotas: QUOTAS });
    await Promise.all([stage.put('a', { value: 'x' }), quota.prepare('AssociateEipAddress', 'bind')]);
    expect(stage.calls('BatchWriteRow')).toBe(1);
    now += 3_000;
    expect(await quota.take('AssociateEipAddress', 'bind')).toBe(0);
    expect(stage.calls('BatchWriteRow')).toBe(1);
  });

  it('that several invocations have in hand is one, and is not lost when two fetch at once', async () => {
    const permits = new Map();
    const options = {
      now: () => 60_000_000,
      quotas: { DescribeEipAddresses: { bind: 12, release: 0 } },
      permits,
    };
    const invocations = [createQuota(stage.newTables(), options), createQuota(stage.newTables(), options)];
    await Promise.all(invocations.map((quota) => quota.prepare('DescribeEipAddresses', 'bind')));
    const waits = await Promise.all(
      Array.from({ length: 12 }, () =>
        createQuota(stage.tables, options).take('DescribeEipAddresses', 'bind'),
      ),
    );
    expect(waits).toEqual(Array(12).fill(0));
  });

  it('of one lane is not touched by the other', async () => {
    const quota = createQuota(stage.tables, { now: () => 60_000_000, quotas: QUOTAS });
    for (let turn = 0; turn < 20; turn++) await quota.take('AssociateEipAddress', 'release');
    expect(await quota.take('AssociateEipAddress', 'bind')).toBe(0);
  });

  it('of an API that nobody listed is a mistake in the program', async () => {
    const quota = createQuota(stage.tables, { now: () => 0, quotas: QUOTAS });
    await expect(quota.take('Unlisted', 'bind')).rejects.toThrow('no quota is known for Unlisted');
  });
});

describe('other things in the store', () => {
  it('the release switch is off until it is set', async () => {
    const releases = createReleaseSwitch(stage.tables);
    expect(await releases.frozen()).toBe(false);
    await stage.put('switch/releases', { frozen: true });
    expect(await releases.frozen()).toBe(true);
  });

  it('a parking book is written on the revision that was read', async () => {
    const books = createParkingBooks(stage.tables);
    expect(await books.read('vsw-1')).toEqual({ rev: 0, enis: [], open: 0 });
    const creating = { token: 't', address: '10.0.0.50' };
    const book = { rev: 1, enis: ['eni-1', 'eni-2'], open: 1, creating };
    expect(await books.save('vsw-1', book)).toBe(true);
    expect(await books.save('vsw-1', { ...book, enis: [] })).toBe(false);
    expect(await books.read('vsw-1')).toEqual(book);
  });
});
