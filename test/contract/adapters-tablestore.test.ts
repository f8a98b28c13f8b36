import TableStore from 'tablestore';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TABLES } from '../../infra/resources/tables.ts';
import { createClaimStore } from '../../shared/adapters/tablestore/claims.ts';
import { createParkingBooks, createReleaseSwitch } from '../../shared/adapters/tablestore/control.ts';
import { createQuota } from '../../shared/adapters/tablestore/quota.ts';
import {
  createTables,
  INF_MAX,
  INF_MIN,
  openTableClient,
  type PrimaryKey,
  type Tables,
} from '../../shared/adapters/tablestore/table.ts';
import type { Bound, Claim } from '../../shared/claim/claim.ts';
import { type ClaimKey, formatClaimKey } from '../../shared/claim/identity.ts';
import { momentOf } from '../../shared/claim/moment.ts';
import type { ClaimStore } from '../../shared/reconcile/ports.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { type LocalInstance, openLocalInstance } from '../fixtures/tablestore-instance.ts';

const { Condition, Long, RowExistenceExpectation, SingleColumnCondition, ComparatorType } = TableStore;

const AT = 1_700_000_000_000;
const keyOf = (pod: string, kind: 'ip' | 'eip' = 'eip'): ClaimKey => ({
  clusterId: 'c-test',
  namespace: 'default',
  pod,
  kind,
});
const boundClaim = (pod: string, changes: Partial<Bound> = {}): Bound => ({
  key: keyOf(pod),
  rev: 1,
  origin: 'auto',
  retention: { kind: 'after', ms: 600_000 },
  createdAt: AT,
  phase: 'Bound',
  allocation: { id: `eip-${pod}`, address: '47.0.0.1' },
  binding: { podUid: 'uid-1', eniId: 'eni-1', privateIp: '192.168.1.1' },
  boundAt: AT,
  ...changes,
});
const claimsOf = async (pod: string) => (await claims.read(keyOf(pod))).claims;
const save = (next: Claim) => ({ kind: 'save', next }) as const;
const row = (name: string): PrimaryKey => [['name', name]];

let instance: LocalInstance;
let tables: Tables;
let claims: ClaimStore;
let lines: string[];
beforeEach(async () => {
  instance = await openLocalInstance();
  for (const { name, primaryKey, timeToLive, maxVersions } of TABLES) {
    await instance.client.createTable({
      tableMeta: { tableName: name, primaryKey: primaryKey.map(({ name, type }) => ({ name, type })) },
      tableOptions: { timeToLive, maxVersions },
      reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    });
  }
  lines = [];
  tables = newTables();
  claims = newStore();
  instance.context.meter.reset();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await instance.close();
  instance.context.clock.close();
});

const newTables = () =>
  createTables(
    openTableClient({
      endpoint: instance.server.url,
      instance: instance.server.instance,
      credentials: instance.context.account.owner,
    }),
    () => 60_000,
  );
const newStore = () =>
  createClaimStore(newTables(), createLogger({ level: 'debug', write: (line) => lines.push(line) }), () =>
    momentOf(Date.now(), []),
  );

const failing = (operation: string, code: string, status = 503, times = 1) =>
  instance.context.faults.add({
    service: 'tablestore',
    operation,
    times,
    fault: { kind: 'error', status, code },
  });
const losing = (kind: 'drop' | 'drop-after', operation: string, times = 1) =>
  instance.context.faults.add({ service: 'tablestore', operation, times, fault: { kind } });
const calls = (operation: string) => instance.context.meter.counts()[`tablestore.${operation}`] ?? 0;
const cell = async (name: string) => (await tables.get('control', [row(name)]))[0];
const put = (name: string, columns: Record<string, string | number | boolean>) =>
  tables.write([{ table: 'control', key: row(name), expect: { kind: 'any' }, row: columns }]);

/** The row as the SDK writes it when used as its README says. */
const rawPut = (
  name: string,
  columns: object[],
  condition = new Condition(RowExistenceExpectation.IGNORE, null),
) =>
  instance.client.putRow({
    tableName: 'control',
    condition,
    primaryKey: [{ name }],
    attributeColumns: columns as never,
  });

describe("Tablestore's own error code", () => {
  it('is hidden by the SDK in a message of undecoded protobuf, with the HTTP status as code and as name', async () => {
    failing('PutRow', 'OTSQuotaExhausted', 403);
    const error = await rawPut('a', [{ value: 'x' }]).catch((reason: object) => reason);
    expect(error).toMatchObject({ code: 403, name: 403 });
    expect(error).toHaveProperty('message', expect.stringContaining('OTSQuotaExhausted'));
    expect(error).toHaveProperty('message', expect.not.stringMatching(/^OTS/));
  });

  it('is brought to light by the adapter', async () => {
    failing('BatchWriteRow', 'OTSQuotaExhausted', 403);
    await expect(put('a', { value: 'x' })).rejects.toMatchObject({
      verdict: 'unavailable',
      code: 'OTSQuotaExhausted',
      message: expect.stringMatching(/^tablestore: OTSQuotaExhausted: injected/),
    });
  });

  it('of a wrong signature or a missing permission is "forbidden"', async () => {
    failing('BatchGetRow', 'OTSNoPermissionAccess', 403);
    await expect(cell('a')).rejects.toMatchObject({ verdict: 'forbidden' });
    const stranger = createTables(
      openTableClient({
        endpoint: instance.server.url,
        instance: instance.server.instance,
        credentials: { ...instance.context.account.owner, accessKeySecret: 'wrong' },
      }),
      () => 60_000,
    );
    await expect(stranger.get('control', [row('a')])).rejects.toMatchObject({
      verdict: 'forbidden',
      code: 'OTSAuthFailed',
    });
  });
});

describe('a busy server', () => {
  it('ends a write in the SDK at the first try', async () => {
    failing('PutRow', 'OTSServerBusy');
    await expect(rawPut('a', [{ value: 'x' }])).rejects.toThrow(/OTSServerBusy/);
    expect(calls('PutRow')).toBe(1);
  });

  it.each(['OTSServerBusy', 'OTSPartitionUnavailable', 'OTSTimeout', 'OTSServerUnavailable'])(
    'is asked again by the adapter (%s)',
    async (code) => {
      failing('BatchWriteRow', code);
      await put('a', { value: 'x' });
      expect(await cell('a')).toMatchObject({ value: 'x' });
      expect(calls('BatchWriteRow')).toBe(2);
    },
  );

  it('is asked four times and no more', async () => {
    failing('BatchGetRow', 'OTSServerBusy', 503, 9);
    await expect(cell('a')).rejects.toMatchObject({ code: 'OTSServerBusy', verdict: 'unavailable' });
    expect(calls('BatchGetRow')).toBe(4);
  });

  it('is not asked again about what stays wrong', async () => {
    failing('BatchWriteRow', 'OTSParameterInvalid', 400);
    await expect(put('a', { value: 'x' })).rejects.toMatchObject({ code: 'OTSParameterInvalid' });
    expect(calls('BatchWriteRow')).toBe(1);
  });

  it('that turns a single row of a batch away is asked again for that row alone', async () => {
    const sent: string[][] = [];
    const { batchWriteRow } = TableStore.Client.prototype;
    vi.spyOn(TableStore.Client.prototype, 'batchWriteRow').mockImplementation(async function (
      this: TableStore.Client,
      params: TableStore.BatchWriteRowParams,
    ) {
      const rows = params.tables.flatMap((table) => table.rows);
      sent.push(rows.map(({ primaryKey }) => String(Object.values(primaryKey[0] ?? {})[0])));
      if (sent.length > 1) return batchWriteRow.call(this, params) as never;
      // As the service answers when one partition is hot: that row was not written, the others were.
      const [table] = params.tables;
      const answer = (await batchWriteRow.call(this, {
        tables: [{ tableName: table?.tableName ?? '', rows: rows.slice(1) }],
      })) as unknown as { tables: object[] };
      const busy = { isOk: false, errorCode: 'OTSServerBusy', errorMessage: 'busy' };
      return { ...answer, tables: [busy, ...answer.tables] } as never;
    } as never);
    const written = await tables.write(
      ['a', 'b', 'c'].map((name) => ({
        table: 'control',
        key: row(name),
        expect: { kind: 'absent' },
        row: { value: name },
      })),
    );
    expect(written).toEqual([true, true, true]);
    expect(sent).toEqual([['a', 'b', 'c'], ['a']]);
  });
});

describe('one row that fails for good', () => {
  const ofOthers = async (calls: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(calls)).map(({ status }) => status);
  const spoil = { isOk: false, errorCode: 'OTSParameterInvalid', errorMessage: 'spoilt' };

  it('is thrown at whoever reads it; those who read others in the same turn get theirs', async () => {
    for (const pod of ['web-0', 'web-1', 'web-2']) await claims.save(save(boundClaim(pod)));
    const { batchGetRow } = TableStore.Client.prototype;
    vi.spyOn(TableStore.Client.prototype, 'batchGetRow').mockImplementation(async function (
      this: TableStore.Client,
      params: TableStore.BatchGetRowParams,
    ) {
      const answer = (await batchGetRow.call(this, params)) as unknown as { tables: object[][] };
      return { ...answer, tables: [[spoil, ...(answer.tables[0]?.slice(1) ?? [])]] } as never;
    } as never);
    const reads = ['web-0', 'web-1', 'web-2'].map((pod) => claims.read(keyOf(pod)));
    expect(await ofOthers(reads)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('is thrown at whoever writes it; those who write others in the same turn have written', async () => {
    const { batchWriteRow } = TableStore.Client.prototype;
    vi.spyOn(TableStore.Client.prototype, 'batchWriteRow').mockImplementation(async function (
      this: TableStore.Client,
      params: TableStore.BatchWriteRowParams,
    ) {
      const answer = (await batchWriteRow.call(this, params)) as unknown as { tables: object[] };
      return { ...answer, tables: [spoil, ...answer.tables.slice(1)] } as never;
    } as never);
    const writes = ['web-0', 'web-1', 'web-2'].map((pod) => claims.save(save(boundClaim(pod))));
    expect(await ofOthers(writes)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });
});

describe('a condition on a column', () => {
  const atRev = (passIfMissing?: boolean) =>
    new Condition(
      RowExistenceExpectation.EXPECT_EXIST,
      new SingleColumnCondition('rev', Long.fromNumber(7), ComparatorType.EQUAL, passIfMissing),
    );

  it('lets a row without that column pass in the SDK, unless told otherwise', async () => {
    await rawPut('a', [{ other: 'x' }]);
    await expect(rawPut('a', [{ rev: Long.fromNumber(8) }], atRev())).resolves.toBeDefined();
    await rawPut('b', [{ other: 'x' }]);
    await expect(rawPut('b', [{ rev: Long.fromNumber(8) }], atRev(false))).rejects.toThrow(
      /OTSConditionCheckFail/,
    );
  });

  it('fails on such a row in the adapter', async () => {
    await put('a', { other: 'x' });
    const [written] = await tables.write([
      {
        table: 'control',
        key: row('a'),
        expect: { kind: 'equals', column: 'rev', value: 7 },
        row: { rev: 8 },
      },
    ]);
    expect(written).toBe(false);
    expect(await cell('a')).toEqual({ name: 'a', other: 'x' });
  });

  it('fails on a row that is not there', async () => {
    const [written] = await tables.write([
      {
        table: 'control',
        key: row('a'),
        expect: { kind: 'equals', column: 'rev', value: 7 },
        row: { rev: 8 },
      },
    ]);
    expect(written).toBe(false);
    expect(await cell('a')).toBeUndefined();
  });
});

describe('a number', () => {
  it('is stored as a double by the SDK, and no condition on the integer meets it', async () => {
    await rawPut('a', [{ rev: 7 }]);
    const integer = new SingleColumnCondition('rev', Long.fromNumber(7), ComparatorType.EQUAL, false);
    await expect(
      rawPut('a', [{ rev: 8 }], new Condition(RowExistenceExpectation.EXPECT_EXIST, integer)),
    ).rejects.toThrow(/OTSConditionCheckFail/);
  });

  it('is an integer in the adapter, up to the largest that JavaScript holds', async () => {
    await put('a', { rev: Number.MAX_SAFE_INTEGER, negative: -5, flag: true, text: '7' });
    expect(await cell('a')).toEqual({
      name: 'a',
      rev: Number.MAX_SAFE_INTEGER,
      negative: -5,
      flag: true,
      text: '7',
    });
  });
});

describe('an answer that is lost', () => {
  it('before anything happened is made good by a second try', async () => {
    losing('drop', 'BatchWriteRow');
    expect(await claims.save(save(boundClaim('web-0')))).toBe('saved');
    expect(await claimsOf('web-0')).toEqual({ eip: boundClaim('web-0') });
  });

  it('after the write looks like a rival, and a look shows the own claim', async () => {
    losing('drop-after', 'BatchWriteRow');
    expect(await claims.save(save(boundClaim('web-0')))).toBe('conflict');
    expect(await claimsOf('web-0')).toEqual({ eip: boundClaim('web-0') });
  });

  it('for ever is "unavailable"', async () => {
    losing('drop', 'BatchGetRow', 99);
    await expect(claims.read(keyOf('web-0'))).rejects.toMatchObject({ verdict: 'unavailable' });
  });
});

describe('saving a claim', () => {
  it('goes through on the revision that was read', async () => {
    await claims.save(save(boundClaim('web-0')));
    expect(await claims.save(save(boundClaim('web-0', { rev: 2, boundAt: AT + 1 })))).toBe('saved');
    expect(await claimsOf('web-0')).toMatchObject({ eip: { rev: 2, boundAt: AT + 1 } });
  });

  it.each([1, 2, 4])(
    'on another revision is a conflict, and nothing is written (to %d, at 2)',
    async (rev) => {
      await claims.save(save(boundClaim('web-0')));
      await claims.save(save(boundClaim('web-0', { rev: 2 })));
      expect(await claims.save(save(boundClaim('web-0', { rev, boundAt: 5 })))).toBe('conflict');
      expect(await claimsOf('web-0')).toEqual({ eip: boundClaim('web-0', { rev: 2 }) });
    },
  );

  it('replaces the whole record: nothing of the phase before stays', async () => {
    await claims.save(save(boundClaim('web-0')));
    const { key, origin, retention, createdAt } = boundClaim('web-0');
    const released: Claim = { key, origin, retention, createdAt, rev: 2, phase: 'Released', releasedAt: AT };
    await claims.save(save(released));
    expect(await claimsOf('web-0')).toEqual({ eip: released });
    const [stored] = await rowsOf('claims');
    expect(stored).not.toHaveProperty('allocationId');
  });

  it('lets one of many rivals win', async () => {
    const stores = Array.from({ length: 8 }, newStore);
    const outcomes = await Promise.all(
      stores.map((store, index) => store.save(save(boundClaim('web-0', { boundAt: AT + index })))),
    );
    expect(outcomes.filter((outcome) => outcome === 'saved')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(7);
  });

  it('of one kind leaves the other kind of the same pod alone', async () => {
    await claims.save(save(boundClaim('web-0')));
    await claims.save(save(boundClaim('web-0', { key: keyOf('web-0', 'ip') })));
    expect(Object.keys(await claimsOf('web-0'))).toEqual(['ip', 'eip']);
  });

  it('of many pods in one turn costs one call, and each has its own outcome', async () => {
    await claims.save(save(boundClaim('web-1')));
    instance.context.meter.reset();
    const outcomes = await Promise.all(
      ['web-0', 'web-1', 'web-2'].map((pod) => claims.save(save(boundClaim(pod)))),
    );
    expect(outcomes).toEqual(['saved', 'conflict', 'saved']);
    expect(calls('BatchWriteRow')).toBe(1);
  });
});

const rowsOf = async (table: 'claims' | 'deadlines' | 'history' | 'addresses') => {
  const keys = TABLES.find(({ name }) => name === table)?.primaryKey ?? [];
  const { rows } = await tables.range(
    table,
    keys.map(({ name }) => [name, INF_MIN] as const),
    keys.map(({ name }) => [name, INF_MAX] as const),
    100,
  );
  return rows;
};

describe('the lock on an address', () => {
  const given = (pod: string) =>
    boundClaim(pod, { origin: 'given', allocation: { id: 'eip-given', address: '47.0.0.9' } });
  const take = (pod: string, store = claims) => store.save({ ...save(given(pod)), lock: 'eip-given' });

  it('is taken by one claim; the other is told by whom, and is not saved', async () => {
    expect(await take('web-0')).toBe('saved');
    expect(await take('web-1')).toEqual({ lockedBy: 'c-test/default/web-0/eip' });
    expect(await claimsOf('web-1')).toEqual({});
  });

  it('may be taken again by the claim that has it', async () => {
    await take('web-0');
    const again = { ...given('web-0'), rev: 2 };
    expect(await claims.save({ ...save(again), lock: 'eip-given' })).toBe('saved');
  });

  it('is asked for by two pods in the same turn, and one gets it, without harm to a third', async () => {
    const outcomes = await Promise.all([
      take('web-0'),
      take('web-1'),
      claims.save(save(boundClaim('web-2'))),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'saved')).toHaveLength(2);
    expect(outcomes[2]).toBe('saved');
    expect(outcomes.filter((outcome) => typeof outcome === 'object')).toHaveLength(1);
  });

  it('is let go with the claim that gives it up, and by no other', async () => {
    await take('web-0');
    await claims.save({ ...save({ ...given('web-2'), rev: 1 }), unlock: 'eip-given' });
    expect(await take('web-1')).toEqual({ lockedBy: 'c-test/default/web-0/eip' });
    await claims.save({ ...save({ ...given('web-0'), rev: 2 }), unlock: 'eip-given' });
    expect(await take('web-1')).toBe('saved');
  });

  it('is kept where the claim that gives it up was changed by a rival', async () => {
    await take('web-0');
    expect(await claims.save({ ...save({ ...given('web-0'), rev: 9 }), unlock: 'eip-given' })).toBe(
      'conflict',
    );
    expect(await take('web-1')).toEqual({ lockedBy: 'c-test/default/web-0/eip' });
  });
});

describe('what is written beside a claim', () => {
  it('its deadline stands before the claim does', async () => {
    await claims.save({ ...save(boundClaim('web-0')), deadline: AT });
    expect(await claims.due(AT - 1, 10)).toEqual([]);
    expect(await claims.due(AT, 10)).toEqual([{ key: keyOf('web-0'), dueAt: AT }]);

    await claims.save({ ...save(boundClaim('web-0', { rev: 7 })), deadline: AT + 5 });
    expect(await claims.due(AT + 5, 10)).toHaveLength(2);
    expect(await claimsOf('web-0')).toMatchObject({ eip: { rev: 1 } });
  });

  it('deadlines come oldest first, as many as asked for, and go when they are dropped', async () => {
    for (const index of [4, 2, 9, 1, 7])
      await claims.save({ ...save(boundClaim(`web-${index}`)), deadline: AT + index });
    const due = await claims.due(AT + 8, 3);
    expect(due.map(({ dueAt }) => dueAt - AT)).toEqual([1, 2, 4]);
    for (const one of due) await claims.dropDeadline(one);
    expect((await claims.due(AT + 8, 3)).map(({ dueAt }) => dueAt - AT)).toEqual([7]);
  });

  it('a binding that ended goes into the history', async () => {
    const ended = { address: '47.0.0.1', allocationId: 'eip-1', podUid: 'uid-0', from: AT, to: AT + 5 };
    await claims.save({ ...save(boundClaim('web-0')), ended });
    expect(await rowsOf('history')).toMatchObject([
      { address: '47.0.0.1', at: AT, until: AT + 5, podUid: 'uid-0', claim: 'c-test/default/web-0/eip' },
    ]);
  });
});

describe('reading claims', () => {
  it('of a pod that has none gives none', async () => {
    expect(await claimsOf('web-0')).toEqual({});
  });

  /** Writes these columns into the stored record. */
  const spoil = async (key: ClaimKey, changes: Record<string, string | number>) => {
    const stored = (await rowsOf('claims')).find(({ claim }) => claim === formatClaimKey(key));
    const { bucket, claim, ...columns } = stored ?? {};
    await tables.write([
      {
        table: 'claims',
        key: [
          ['bucket', bucket ?? ''],
          ['claim', claim ?? ''],
        ],
        expect: { kind: 'any' },
        row: { ...columns, ...changes },
      },
    ]);
  };

  it.each([
    ['of a newer version', { schema: 99 }, 'NewerRecord'],
    ['that breaks its own rules', { phase: 'Lost' }, 'BrokenRecord'],
  ])('names and logs a record %s, and leaves it alone; its sibling is read', async (_, changes, code) => {
    await claims.save(save(boundClaim('web-0')));
    const ip = boundClaim('web-0', { key: keyOf('web-0', 'ip') });
    await claims.save(save(ip));
    await spoil(keyOf('web-0'), changes);
    const before = await rowsOf('claims');
    lines.length = 0;

    expect(await claims.read(keyOf('web-0'))).toEqual({ claims: { ip }, unreadable: ['eip'] });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"key":"c-test/default/web-0/eip"');
    expect(lines[0]).toContain(code);
    expect(await rowsOf('claims')).toEqual(before);
  });

  it('names and logs a record that it cannot read in a sweep as well, and goes on', async () => {
    await claims.save(save(boundClaim('web-0')));
    await claims.save(save(boundClaim('web-1')));
    await spoil(keyOf('web-0'), { schema: 99 });
    const pages = [];
    for await (const page of claims.all()) pages.push(page);
    expect(pages).toEqual([{ claims: [boundClaim('web-1')], unreadable: [keyOf('web-0')] }]);
    expect(lines.join()).toContain('NewerRecord');
  });

  it('of the whole store follows the pages', async () => {
    const pods = Array.from({ length: 60 }, (_, index) => `web-${index}`);
    await Promise.all(pods.map((pod) => claims.save(save(boundClaim(pod)))));
    const { getRange } = TableStore.Client.prototype;
    const ranges = vi.spyOn(TableStore.Client.prototype, 'getRange').mockImplementation(function (
      this: TableStore.Client,
      params: TableStore.GetRangeParams,
    ) {
      return getRange.call(this, { ...params, limit: 25 }) as never;
    } as never);
    const seen: Claim[] = [];
    for await (const page of claims.all()) seen.push(...page.claims);
    expect(new Set(seen.map(({ key }) => key.pod))).toEqual(new Set(pods));
    expect(ranges).toHaveBeenCalledTimes(3);
  });

  it('forgets a tombstone on its revision only', async () => {
    await claims.save(save(boundClaim('web-0')));
    await claims.forget(boundClaim('web-0', { rev: 2 }));
    expect(await claimsOf('web-0')).toHaveProperty('eip');
    await claims.forget(boundClaim('web-0'));
    expect(await claimsOf('web-0')).toEqual({});
  });
});

describe('a suspected orphan', () => {
  it('is marked once, with the time of the first sighting', async () => {
    expect(await claims.suspect('eip-1', AT)).toBe(AT);
    expect(await claims.suspect('eip-1', AT + 60_000)).toBe(AT);
    await claims.clearSuspect('eip-1');
    expect(await claims.suspect('eip-1', AT + 90_000)).toBe(AT + 90_000);
  });
});

describe('the quota of an API', () => {
  const QUOTAS = { AssociateEipAddress: { bind: 10, release: 4 } };

  it('is one for all functions, and begins anew with each minute', async () => {
    let now = 1_000 * 60_000;
    const functions = Array.from({ length: 3 }, () =>
      createQuota(newTables(), { now: () => now, quotas: QUOTAS }),
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
      createQuota(newTables(), { now: () => 60_000_000, quotas }),
    );
    for (const quota of functions) expect(await quota.take('AssociateEipAddress', 'bind')).toBe(0);
    expect(await functions[0]?.take('AssociateEipAddress', 'bind')).toBeGreaterThan(0);
  });

  it('has a permit for each of 64 who ask at once, while the window has enough', async () => {
    const quota = createQuota(tables, {
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
    const quota = createQuota(tables, { now: () => 60_000_000, quotas: QUOTAS });
    await Promise.all([put('a', { value: 'x' }), quota.prepare('AssociateEipAddress', 'bind')]);
    expect(await quota.take('AssociateEipAddress', 'bind')).toBe(0);
    expect(calls('BatchWriteRow')).toBe(1);
  });

  it('is at hand in the next minute too, where this one ends before what was prepared can be used', async () => {
    let now = 60_000_000 - 2_000;
    const quota = createQuota(tables, { now: () => now, quotas: QUOTAS });
    await Promise.all([put('a', { value: 'x' }), quota.prepare('AssociateEipAddress', 'bind')]);
    expect(calls('BatchWriteRow')).toBe(1);
    now += 3_000;
    expect(await quota.take('AssociateEipAddress', 'bind')).toBe(0);
    expect(calls('BatchWriteRow')).toBe(1);
  });

  it('that several invocations have in hand is one, and is not lost when two fetch at once', async () => {
    const permits = new Map();
    const options = {
      now: () => 60_000_000,
      quotas: { DescribeEipAddresses: { bind: 12, release: 0 } },
      permits,
    };
    const invocations = [createQuota(newTables(), options), createQuota(newTables(), options)];
    await Promise.all(invocations.map((quota) => quota.prepare('DescribeEipAddresses', 'bind')));
    const waits = await Promise.all(
      Array.from({ length: 12 }, () => createQuota(tables, options).take('DescribeEipAddresses', 'bind')),
    );
    expect(waits).toEqual(Array(12).fill(0));
  });

  it('of one lane is not touched by the other', async () => {
    const quota = createQuota(tables, { now: () => 60_000_000, quotas: QUOTAS });
    for (let turn = 0; turn < 20; turn++) await quota.take('AssociateEipAddress', 'release');
    expect(await quota.take('AssociateEipAddress', 'bind')).toBe(0);
  });

  it('of an API that nobody listed is a mistake in the program', async () => {
    const quota = createQuota(tables, { now: () => 0, quotas: QUOTAS });
    await expect(quota.take('Unlisted', 'bind')).rejects.toThrow('no quota is known for Unlisted');
  });
});

describe('a function that is running out of time', () => {
  it('begins no call of the store, and no second try at one', async () => {
    const client = openTableClient({
      endpoint: instance.server.url,
      instance: instance.server.instance,
      credentials: instance.context.account.owner,
    });
    await expect(createTables(client, () => 9_999).get('control', [row('a')])).rejects.toMatchObject({
      verdict: 'late',
    });
    expect(calls('BatchGetRow')).toBe(0);
    failing('BatchGetRow', 'OTSServerBusy', 503, 4);
    let left = 20_000;
    const hasty = createTables(client, () => (left -= 6_000));
    await expect(hasty.get('control', [row('a')])).rejects.toMatchObject({ verdict: 'late' });
    expect(calls('BatchGetRow')).toBe(1);
  });
});

describe('other things in the store', () => {
  it('the release switch is off until it is set', async () => {
    const releases = createReleaseSwitch(tables);
    expect(await releases.frozen()).toBe(false);
    await put('switch/releases', { frozen: true });
    expect(await releases.frozen()).toBe(true);
  });

  it('a parking book is written on the revision that was read', async () => {
    const books = createParkingBooks(tables);
    expect(await books.read('vsw-1')).toEqual({ rev: 0, enis: [], open: 0 });
    const creating = { token: 't', address: '10.0.0.50' };
    const book = { rev: 1, enis: ['eni-1', 'eni-2'], open: 1, creating };
    expect(await books.save('vsw-1', book)).toBe(true);
    expect(await books.save('vsw-1', { ...book, enis: [] })).toBe(false);
    expect(await books.read('vsw-1')).toEqual(book);
  });
});
