import TableStore from 'tablestore';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTables } from '../../shared/adapters/tablestore/table.ts';
import { openStoreStage, row, type StoreStage } from './store-stage.ts';
import { boundClaim, keyOf, save } from './stored-claims.ts';

const { Condition, Long, RowExistenceExpectation, SingleColumnCondition, ComparatorType } = TableStore;

let stage: StoreStage;
beforeEach(async () => {
  stage = await openStoreStage();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stage.close();
});

/** The row as the SDK writes it when used as its README says. */
const rawPut = (
  name: string,
  columns: object[],
  condition = new Condition(RowExistenceExpectation.IGNORE, null),
) =>
  stage.client.putRow({
    tableName: 'control',
    condition,
    primaryKey: [{ name }],
    attributeColumns: columns as never,
  });

describe("Tablestore's own error code", () => {
  it('is hidden by the SDK in a message of undecoded protobuf, with the HTTP status as code and as name', async () => {
    stage.failing('PutRow', 'OTSQuotaExhausted', 403);
    const error = await rawPut('a', [{ value: 'x' }]).catch((reason: object) => reason);
    expect(error).toMatchObject({ code: 403, name: 403 });
    expect(error).toHaveProperty('message', expect.stringContaining('OTSQuotaExhausted'));
    expect(error).toHaveProperty('message', expect.not.stringMatching(/^OTS/));
  });

  it('is brought to light by the adapter', async () => {
    stage.failing('BatchWriteRow', 'OTSQuotaExhausted', 403);
    await expect(stage.put('a', { value: 'x' })).rejects.toMatchObject({
      verdict: 'unavailable',
      code: 'OTSQuotaExhausted',
      message: expect.stringMatching(/^tablestore: OTSQuotaExhausted: injected/),
    });
  });

  it('of a wrong signature or a missing permission is "forbidden"', async () => {
    stage.failing('BatchGetRow', 'OTSNoPermissionAccess', 403);
    await expect(stage.cell('a')).rejects.toMatchObject({ verdict: 'forbidden' });
    const stranger = stage.newTables({ ...stage.owner, accessKeySecret: 'wrong' });
    await expect(stranger.get('control', [row('a')])).rejects.toMatchObject({
      verdict: 'forbidden',
      code: 'OTSAuthFailed',
    });
  });
});

describe('a busy server', () => {
  it('ends a write in the SDK at the first try', async () => {
    stage.failing('PutRow', 'OTSServerBusy');
    await expect(rawPut('a', [{ value: 'x' }])).rejects.toThrow(/OTSServerBusy/);
    expect(stage.calls('PutRow')).toBe(1);
  });

  it.each(['OTSServerBusy', 'OTSPartitionUnavailable', 'OTSTimeout', 'OTSServerUnavailable'])(
    'is asked again by the adapter (%s)',
    async (code) => {
      stage.failing('BatchWriteRow', code);
      await stage.put('a', { value: 'x' });
      expect(await stage.cell('a')).toMatchObject({ value: 'x' });
      expect(stage.calls('BatchWriteRow')).toBe(2);
    },
  );

  it('is asked four times and no more', async () => {
    stage.failing('BatchGetRow', 'OTSServerBusy', 503, 9);
    await expect(stage.cell('a')).rejects.toMatchObject({ code: 'OTSServerBusy', verdict: 'unavailable' });
    expect(stage.calls('BatchGetRow')).toBe(4);
  });

  it('is not asked again about what stays wrong', async () => {
    stage.failing('BatchWriteRow', 'OTSParameterInvalid', 400);
    await expect(stage.put('a', { value: 'x' })).rejects.toMatchObject({ code: 'OTSParameterInvalid' });
    expect(stage.calls('BatchWriteRow')).toBe(1);
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
    const written = await stage.tables.write(
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
    for (const pod of ['web-0', 'web-1', 'web-2']) await stage.claims.save(save(boundClaim(pod)));
    const { batchGetRow } = TableStore.Client.prototype;
    vi.spyOn(TableStore.Client.prototype, 'batchGetRow').mockImplementation(async function (
      this: TableStore.Client,
      params: TableStore.BatchGetRowParams,
    ) {
      const answer = (await batchGetRow.call(this, params)) as unknown as { tables: object[][] };
      return { ...answer, tables: [[spoil, ...(answer.tables[0]?.slice(1) ?? [])]] } as never;
    } as never);
    const reads = ['web-0', 'web-1', 'web-2'].map((pod) => stage.claims.read(keyOf(pod)));
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
    const writes = ['web-0', 'web-1', 'web-2'].map((pod) => stage.claims.save(save(boundClaim(pod))));
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

  const writeOnRevisionSeven = () =>
    stage.tables.write([
      {
        table: 'control',
        key: row('a'),
        expect: { kind: 'equals', column: 'rev', value: 7 },
        row: { rev: 8 },
      },
    ]);

  it('fails on such a row in the adapter', async () => {
    await stage.put('a', { other: 'x' });
    const [written] = await writeOnRevisionSeven();
    expect(written).toBe(false);
    expect(await stage.cell('a')).toEqual({ name: 'a', other: 'x' });
  });

  it('fails on a row that is not there', async () => {
    const [written] = await writeOnRevisionSeven();
    expect(written).toBe(false);
    expect(await stage.cell('a')).toBeUndefined();
  });
});

describe('a text of other than ASCII', () => {
  it('breaks the SDK as the name of a column', async () => {
    await expect(rawPut('a', [{ größe: 'x' }])).rejects.toThrow(/OTSParameterInvalid/);
  });

  it('arrives as a value, and no column of a claim is called by one', async () => {
    await stage.put('a', { value: 'größe 漢 😀' });
    expect(await stage.cell('a')).toMatchObject({ value: 'größe 漢 😀' });
    await stage.claims.save(save(boundClaim('web-0')));
    const columns = (await stage.rowsOf('claims')).flatMap(Object.keys);
    expect(columns).toContain('claim');
    expect(columns.filter((name) => !/^\w+$/.test(name))).toEqual([]);
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
    await stage.put('a', { rev: Number.MAX_SAFE_INTEGER, negative: -5, flag: true, text: '7' });
    expect(await stage.cell('a')).toEqual({
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
    stage.losing('drop', 'BatchWriteRow');
    expect(await stage.claims.save(save(boundClaim('web-0')))).toBe('saved');
    expect(await stage.claimsOf('web-0')).toEqual({ eip: boundClaim('web-0') });
  });

  it('after the write looks like a rival, and a look shows the own claim', async () => {
    stage.losing('drop-after', 'BatchWriteRow');
    expect(await stage.claims.save(save(boundClaim('web-0')))).toBe('conflict');
    expect(await stage.claimsOf('web-0')).toEqual({ eip: boundClaim('web-0') });
  });

  it('for ever is "unavailable"', async () => {
    stage.losing('drop', 'BatchGetRow', 99);
    await expect(stage.claims.read(keyOf('web-0'))).rejects.toMatchObject({ verdict: 'unavailable' });
  });
});

describe('a function that is running out of time', () => {
  it('begins no call of the store, and no second try at one', async () => {
    const client = stage.newClient();
    await expect(createTables(client, () => 9_999).get('control', [row('a')])).rejects.toMatchObject({
      verdict: 'late',
    });
    expect(stage.calls('BatchGetRow')).toBe(0);
    stage.failing('BatchGetRow', 'OTSServerBusy', 503, 4);
    let left = 20_000;
    const hasty = createTables(client, () => (left -= 6_000));
    await expect(hasty.get('control', [row('a')])).rejects.toMatchObject({ verdict: 'late' });
    expect(stage.calls('BatchGetRow')).toBe(1);
  });
});
