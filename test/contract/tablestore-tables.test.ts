import TableStore from 'tablestore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  type LocalInstance,
  openLocalInstance,
} from '../fixtures/tablestore-instance.ts';

const INVALID = { status: 400, code: 'OTSParameterInvalid' };
const NOT_THERE = { status: 404, code: 'OTSObjectNotExist', message: 'Requested table does not exist.' };
const throughput = { capacityUnit: { read: 0, write: 0 } };

describe('Tablestore tables', () => {
  let instance: LocalInstance;
  let client: TableStore.Client;
  beforeAll(async () => {
    instance = await openLocalInstance();
    client = instance.client;
  });
  afterAll(() => instance.close());

  it('are described as they were created', async () => {
    await client.createTable({
      tableMeta: {
        tableName: 'described',
        primaryKey: [
          { name: 'a', type: 'STRING' },
          { name: 'b', type: 'INTEGER', option: 'AUTO_INCREMENT' },
          { name: 'c', type: 'BINARY' },
        ],
        definedColumn: [{ name: 'state', type: TableStore.DefinedColumnType.DCT_STRING }],
      },
      tableOptions: { timeToLive: 86_400, maxVersions: 1 },
      reservedThroughput: { capacityUnit: { read: 3, write: 4 } },
    });
    const description = await client.describeTable({ tableName: 'described' });
    expect(description.tableMeta).toMatchObject({
      tableName: 'described',
      primaryKey: [
        { name: 'a', type: TableStore.PrimaryKeyType.STRING },
        {
          name: 'b',
          type: TableStore.PrimaryKeyType.INTEGER,
          option: TableStore.PrimaryKeyOption.AUTO_INCREMENT,
        },
        { name: 'c', type: TableStore.PrimaryKeyType.BINARY },
      ],
      definedColumn: [{ name: 'state', type: TableStore.DefinedColumnType.DCT_STRING }],
    });
    expect(description.tableOptions).toMatchObject({ timeToLive: 86_400, maxVersions: 1 });
    expect(description.reservedThroughputDetails.capacityUnit).toMatchObject({ read: 3, write: 4 });
  });

  it('are listed by name until they are deleted', async () => {
    await createTable(client, 'listed');
    expect((await client.listTable({})).tableNames).toContain('listed');
    await client.deleteTable({ tableName: 'listed' });
    expect((await client.listTable({})).tableNames).not.toContain('listed');
    expect(await failureOf(client.describeTable({ tableName: 'listed' }))).toEqual(NOT_THERE);
    expect(await failureOf(client.deleteTable({ tableName: 'listed' }))).toEqual(NOT_THERE);
  });

  it('are empty when they are made again', async () => {
    const primaryKey = [{ pk: 'a' }];
    await createTable(client, 'again');
    await client.putRow({
      tableName: 'again',
      primaryKey,
      condition: anyRow,
      attributeColumns: [{ x: '1' }],
    });
    await client.deleteTable({ tableName: 'again' });
    await createTable(client, 'again');
    expect(columnsOf((await client.getRow({ tableName: 'again', primaryKey })).row)).toBeUndefined();
  });

  it('exist once', async () => {
    await createTable(client, 'once');
    expect(await failureOf(createTable(client, 'once'))).toEqual({
      status: 409,
      code: 'OTSObjectAlreadyExist',
      message: 'Requested table already exists.',
    });
  });

  const column = (name: string, type: keyof typeof TableStore.PrimaryKeyType = 'STRING') => ({ name, type });
  it.each([
    ['a name that is none', '1st', [column('pk')], "Invalid table name: '1st'."],
    ['no key', 'refused', [], 'The number of primary key columns must be in range: [1, 4].'],
    ['five key columns', 'refused', ['a', 'b', 'c', 'd', 'e'].map((name) => column(name)), undefined],
    ['a key column twice', 'refused', [column('a'), column('a')], "Duplicated primary key name: 'a'."],
    [
      'an automatic first key column',
      'refused',
      [{ ...column('a', 'INTEGER'), option: 'AUTO_INCREMENT' as const }],
      "First primary key can't be auto increment, table: refused.",
    ],
  ])('are refused with %s', async (_, name, key, message) => {
    expect(await failureOf(createTable(client, name, { key }))).toMatchObject({
      ...INVALID,
      ...(message && { message }),
    });
  });

  it('live for a day at least, or for ever', async () => {
    expect(await failureOf(createTable(client, 'refused', { timeToLive: 0 }))).toMatchObject(INVALID);
    expect(await failureOf(createTable(client, 'refused', { timeToLive: 86_399 }))).toMatchObject(INVALID);
  });

  it('are refused more than one version of a column, which the local cloud does not keep', async () => {
    const refused = client.createTable({
      tableMeta: { tableName: 'refused', primaryKey: [column('pk')] },
      tableOptions: { timeToLive: -1, maxVersions: 2 },
      reservedThroughput: throughput,
    });
    expect(await failureOf(refused)).toMatchObject(INVALID);
  });

  it('fill in a key column that increments by itself', async () => {
    const tableName = await instance.newTable({
      key: [column('pk'), { ...column('n', 'INTEGER'), option: 'AUTO_INCREMENT' }],
    });
    const add = (condition = anyRow) =>
      client.putRow({
        tableName,
        primaryKey: [{ pk: 'a' }, { n: TableStore.PK_AUTO_INCR }],
        condition,
        attributeColumns: [],
        returnContent: { returnType: TableStore.ReturnType.Primarykey },
      });
    const answers = await Promise.all([add(), add(), add()]);
    const numbers = answers.map(({ row }) => keyOf(row?.primaryKey)[1] as number);
    expect(new Set(numbers).size).toBe(3);
    const { rows } = await client.getRange({
      tableName,
      direction: 'FORWARD',
      inclusiveStartPrimaryKey: [{ pk: 'a' }, { n: INF_MIN }],
      exclusiveEndPrimaryKey: [{ pk: 'a' }, { n: INF_MAX }],
    });
    expect(rows.map(({ primaryKey }) => keyOf(primaryKey)[1])).toEqual(numbers.sort());
    expect(await failureOf(add(absent))).toMatchObject(INVALID);
  });
});

describe('Tablestore tables as time passes', () => {
  const DAY = 86_400_000;
  const open = async (tableReadyMs = 0) => {
    const clock = createClock({ rate: 0 });
    const instance = await openLocalInstance(createContext({ clock }), { tableReadyMs });
    return { ...instance, clock };
  };
  const primaryKey = [{ pk: 'a' }];

  it('serve rows only after a while, and free their name only after a while', async () => {
    const { client, clock, newTable, close } = await open(1000);
    const tableName = await newTable();
    const read = () => client.getRow({ tableName, primaryKey });
    expect(await failureOf(read())).toEqual({
      status: 404,
      code: 'OTSTableNotReady',
      message: 'The table is not ready.',
    });
    await clock.advance(500);
    expect(await failureOf(read())).toEqual({
      status: 503,
      code: 'OTSPartitionUnavailable',
      message: 'The partition is not available.',
    });
    await clock.advance(500);
    await read();

    await client.deleteTable({ tableName });
    expect(await failureOf(read())).toEqual(NOT_THERE);
    expect(await failureOf(createTable(client, tableName))).toMatchObject({ code: 'OTSObjectAlreadyExist' });
    await clock.advance(1000);
    await createTable(client, tableName);
    await close();
  });

  it('lose columns, then rows, that are older than their time to live', async () => {
    const { client, clock, newTable, close } = await open();
    const tableName = await newTable({ timeToLive: 86_400 });
    const update = (column: string) =>
      client.updateRow({
        tableName,
        primaryKey,
        condition: anyRow,
        updateOfAttributeColumns: [{ PUT: [{ [column]: 'x' }] }],
      });
    const read = async () => columnsOf((await client.getRow({ tableName, primaryKey })).row);

    await update('older');
    await clock.advance(DAY / 2);
    await update('newer');
    expect(await read()).toEqual({ older: 'x', newer: 'x' });
    await clock.advance(DAY / 2);
    expect(await read()).toEqual({ newer: 'x' });
    await clock.advance(DAY / 2);
    expect(await read()).toBeUndefined();
    const { rows } = await client.getRange({
      tableName,
      direction: 'FORWARD',
      inclusiveStartPrimaryKey: [{ pk: INF_MIN }],
      exclusiveEndPrimaryKey: [{ pk: INF_MAX }],
    });
    expect(rows).toEqual([]);
    await client.putRow({ tableName, primaryKey, condition: absent, attributeColumns: [{ again: 'x' }] });
    expect(await read()).toEqual({ again: 'x' });
    await close();
  });

  it('take a new time to live, once in two minutes', async () => {
    const { client, clock, newTable, close } = await open();
    const tableName = await newTable({ timeToLive: 86_400 });
    await client.putRow({ tableName, primaryKey, condition: anyRow, attributeColumns: [{ a: 'x' }] });
    await client.updateTable({ tableName, tableOptions: { timeToLive: -1 } });
    expect((await client.describeTable({ tableName })).tableOptions).toMatchObject({
      timeToLive: -1,
      maxVersions: 1,
    });
    expect(
      await failureOf(client.updateTable({ tableName, tableOptions: { timeToLive: 86_400 } })),
    ).toMatchObject({
      status: 403,
      code: 'OTSTooFrequentReservedThroughputAdjustment',
    });
    await clock.advance(10 * DAY);
    expect(columnsOf((await client.getRow({ tableName, primaryKey })).row)).toEqual({ a: 'x' });
    await client.updateTable({ tableName, tableOptions: { timeToLive: 86_400 } });
    expect(columnsOf((await client.getRow({ tableName, primaryKey })).row)).toBeUndefined();
    await close();
  });

  it('are 64 at most', async () => {
    const { client, close } = await open();
    for (let n = 0; n < 64; n++) await createTable(client, `t${n}`);
    expect(await failureOf(createTable(client, 't64'))).toEqual({
      status: 403,
      code: 'OTSQuotaExhausted',
      message: 'Number of tables exceeded the quota.',
    });
    await client.deleteTable({ tableName: 't0' });
    await createTable(client, 't64');
    await close();
  });
});
