import TableStore from 'tablestore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  absent,
  anyRow,
  columnsOf,
  existing,
  failureOf,
  type Instance,
  Long,
  openInstance,
} from '../fixtures/tablestore-instance.ts';

type WriteRow = TableStore.BatchWriteRowParams['tables'][number]['rows'][number];

describe('Tablestore batches', () => {
  let instance: Instance;
  let client: TableStore.Client;
  let tableName: string;
  beforeAll(async () => {
    instance = await openInstance();
    client = instance.client;
    tableName = await instance.newTable();
  });
  afterAll(() => instance.close());

  const key = (pk: string) => [{ pk }];
  const put = (pk: string, value: string, condition = anyRow): WriteRow => ({
    type: 'PUT',
    condition,
    primaryKey: key(pk),
    attributeColumns: [{ value }],
  });
  const write = async (rows: WriteRow[], name = tableName) =>
    (await client.batchWriteRow({ tables: [{ tableName: name, rows }] })).tables;
  const read = async (pk: string) => columnsOf((await client.getRow({ tableName, primaryKey: key(pk) })).row);
  const INVALID = { status: 400, code: 'OTSParameterInvalid' };

  it('write rows of every kind at once', async () => {
    await write([put('changed', 'old'), put('gone', 'x')]);
    const results = await write([
      put('new', '1'),
      {
        type: 'UPDATE',
        condition: existing,
        primaryKey: key('changed'),
        attributeColumns: [{ PUT: [{ more: '2' }] }],
      },
      { type: 'DELETE', condition: anyRow, primaryKey: key('gone') },
    ]);
    expect(results.map(({ isOk }) => isOk)).toEqual([true, true, true]);
    expect(results[0]?.capacityUnit).toMatchObject({ read: 0, write: 1 });
    expect(await Promise.all(['new', 'changed', 'gone'].map(read))).toEqual([
      { value: '1' },
      { value: 'old', more: '2' },
      undefined,
    ]);
  });

  it('report each row by itself and write the others', async () => {
    await write([put('taken', 'first')]);
    const results = await write([
      put('free', 'second', absent),
      put('taken', 'second', absent),
      { type: 'PUT', condition: anyRow, primaryKey: [{ wrong: 'x' }], attributeColumns: [] },
    ]);
    expect(results.map(({ isOk, errorCode, errorMessage }) => [isOk, errorCode, errorMessage])).toEqual([
      [true, null, null],
      [false, 'OTSConditionCheckFail', 'Condition check failed.'],
      [false, 'OTSInvalidPK', 'Validate PK name fail. Input: wrong, Meta: pk.'],
    ]);
    expect(await read('free')).toEqual({ value: 'second' });
    expect(await read('taken')).toEqual({ value: 'first' });
  });

  it('change a row twice in the order given, but only without conditions', async () => {
    await write([put('twice', 'first'), put('twice', 'second')]);
    expect(await read('twice')).toEqual({ value: 'second' });
    expect(await failureOf(write([put('twice', 'third'), put('twice', 'fourth', existing)]))).toEqual({
      ...INVALID,
      message: 'Repeated rows do not support row exist expectation check in BatchModify.',
    });
    expect(await read('twice')).toEqual({ value: 'second' });
  });

  it('increment a column and answer with its value', async () => {
    const attributeColumns = [{ INCREMENT: [{ n: Long.fromNumber(3) }] }];
    const returnContent = { returnType: TableStore.ReturnType.AfterModify, returnColumns: ['n'] };
    const [result] = await write([
      {
        type: 'UPDATE',
        condition: anyRow,
        primaryKey: key('counter'),
        attributeColumns,
        returnContent,
      } as WriteRow,
    ]);
    expect(columnsOf(result)).toEqual({ n: 3 });
  });

  it('write up to 200 rows and refuse one more, writing none', async () => {
    const rows = Array.from({ length: 200 }, (_, n) => put(`many-${n}`, `${n}`));
    expect((await write(rows)).every(({ isOk }) => isOk)).toBe(true);
    expect(await failureOf(write([put('one-too-many', 'x'), ...rows]))).toEqual({
      ...INVALID,
      message: 'Rows count exceeds the upper limit: 200.',
    });
    expect(await read('one-too-many')).toBeUndefined();
  });

  it('refuse more than 4 MB of rows', async () => {
    const rows = Array.from({ length: 5 }, (_, n) => put(`large-${n}`, 'x'.repeat(900_000)));
    expect(await failureOf(write(rows))).toMatchObject(INVALID);
    expect(await read('large-0')).toBeUndefined();
  });

  it('refuse to be empty, or to name a table twice', async () => {
    expect(await failureOf(write([]))).toEqual({
      ...INVALID,
      message: `No operation is specified for table: '${tableName}'.`,
    });
    const once = { tableName, rows: [put('a', '1')] };
    expect(await failureOf(client.batchWriteRow({ tables: [once, once] }))).toEqual({
      ...INVALID,
      message: `Duplicated table name: '${tableName}'.`,
    });
    expect(await failureOf(client.batchGetRow({ tables: [] }))).toEqual({
      ...INVALID,
      message: 'No row specified in the request of BatchGetRow.',
    });
  });

  it('span tables, and report one that is not there row by row', async () => {
    const other = await instance.newTable();
    const { tables } = await client.batchWriteRow({
      tables: [
        { tableName: other, rows: [put('a', '1')] },
        { tableName: 'nowhere', rows: [put('a', '1')] },
      ],
    });
    expect(tables.map(({ isOk, errorCode }) => [isOk, errorCode])).toEqual([
      [true, null],
      [false, 'OTSObjectNotExist'],
    ]);
  });

  it('read rows in the order asked for, absent ones empty', async () => {
    await write([put('x', '1'), put('y', '2')]);
    const { tables } = await client.batchGetRow({
      tables: [{ tableName, primaryKey: [key('y'), key('absent'), key('x'), [{ wrong: 'k' }]] }],
    });
    expect(tables[0]?.map((row) => [row.isOk, row.errorCode, columnsOf(row)])).toEqual([
      [true, null, { value: '2' }],
      [true, null, undefined],
      [true, null, { value: '1' }],
      [false, 'OTSInvalidPK', undefined],
    ]);
  });

  it('read up to 100 rows and refuse one more', async () => {
    const keys = (count: number) => Array.from({ length: count }, (_, n) => key(`many-${n}`));
    const { tables } = await client.batchGetRow({ tables: [{ tableName, primaryKey: keys(100) }] });
    expect(tables[0]).toHaveLength(100);
    expect(await failureOf(client.batchGetRow({ tables: [{ tableName, primaryKey: keys(101) }] }))).toEqual({
      ...INVALID,
      message: 'Rows count exceeds the upper limit: 100.',
    });
  });
});
