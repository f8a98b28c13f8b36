import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { createContext } from '../../infra/local/kernel/context.ts';
import {
  absent,
  anyRow,
  columnsOf,
  createTable,
  failureOf,
  INF_MAX,
  INF_MIN,
  keyOf,
  Long,
  openLocalInstance,
} from '../fixtures/tablestore-instance.ts';

describe('Tablestore on disk', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tablestore-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  const open = (start = Date.now(), tableReadyMs = 0) =>
    openLocalInstance(createContext({ dataDir, clock: createClock({ start, rate: 0 }) }), { tableReadyMs });
  const tableName = 'kept';
  const key = (pk: number) => [{ pk: Long.fromNumber(pk) }];
  const integerKey = { key: [{ name: 'pk', type: 'INTEGER' as const }] };

  it('has its tables and rows, in order, after a restart', async () => {
    const before = await open();
    await createTable(before.client, tableName, integerKey);
    for (const pk of [3, -1, 2]) {
      const attributeColumns = [{ n: Long.fromNumber(pk) }];
      await before.client.putRow({ tableName, primaryKey: key(pk), condition: anyRow, attributeColumns });
    }
    await before.client.deleteRow({ tableName, primaryKey: key(2), condition: anyRow });
    await before.close();

    const after = await open();
    expect((await after.client.listTable({})).tableNames).toEqual([tableName]);
    const { rows } = await after.client.getRange({
      tableName,
      direction: 'FORWARD',
      inclusiveStartPrimaryKey: [{ pk: INF_MIN }],
      exclusiveEndPrimaryKey: [{ pk: INF_MAX }],
    });
    expect(rows.map((row) => [keyOf(row.primaryKey), columnsOf(row)])).toEqual([
      [[-1], { n: -1 }],
      [[3], { n: 3 }],
    ]);
    const again = after.client.putRow({
      tableName,
      primaryKey: key(3),
      condition: absent,
      attributeColumns: [],
    });
    expect(await failureOf(again)).toMatchObject({ code: 'OTSConditionCheckFail' });
    await after.close();
  });

  it('goes on when its clock is set back by a restart', async () => {
    const before = await open(Date.now() + 86_400_000, 1000);
    await createTable(before.client, tableName, integerKey);
    await before.context.clock.advance(1000);
    const put = (n: number) => [{ PUT: [{ n: Long.fromNumber(n) }] }];
    const row = { tableName, primaryKey: key(1), condition: anyRow };
    await before.client.updateRow({ ...row, updateOfAttributeColumns: put(1) });
    await before.close();

    const after = await open(Date.now(), 1000);
    await after.client.updateRow({ ...row, updateOfAttributeColumns: put(2) });
    expect(columnsOf((await after.client.getRow({ tableName, primaryKey: key(1) })).row)).toEqual({ n: 2 });
    await after.client.deleteTable({ tableName });
    await after.context.clock.advance(1000);
    await createTable(after.client, tableName, integerKey);
    await after.close();
  });

  it('changes a row in one step, though the disk answers later', async () => {
    const { client, close } = await open();
    await createTable(client, tableName, integerKey);
    const add = () =>
      client.updateRow({
        tableName,
        primaryKey: key(1),
        condition: anyRow,
        updateOfAttributeColumns: [{ INCREMENT: [{ n: Long.fromNumber(1) }] }],
      });
    const claim = () =>
      client
        .putRow({ tableName, primaryKey: key(2), condition: absent, attributeColumns: [] })
        .then(() => 1)
        .catch(() => 0);
    const [, claims] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, add)),
      Promise.all(Array.from({ length: 50 }, claim)),
    ]);
    expect(columnsOf((await client.getRow({ tableName, primaryKey: key(1) })).row)).toEqual({ n: 50 });
    expect(claims.reduce((sum: number, won) => sum + won, 0)).toBe(1);
    await close();
  });

  it('does not find the rows of a deleted table in a new one of its name', async () => {
    const before = await open();
    await createTable(before.client, tableName, integerKey);
    await before.client.putRow({ tableName, primaryKey: key(1), condition: anyRow, attributeColumns: [] });
    await before.client.deleteTable({ tableName });
    await before.close();

    const after = await open();
    expect((await after.client.listTable({})).tableNames).toEqual([]);
    await createTable(after.client, tableName, integerKey);
    const { row } = await after.client.getRow({ tableName, primaryKey: key(1) });
    expect(columnsOf(row)).toBeUndefined();
    await after.close();
  });
});
