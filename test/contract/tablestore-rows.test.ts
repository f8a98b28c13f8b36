import TableStore from 'tablestore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  absent,
  anyRow,
  columnsOf,
  existing,
  failureOf,
  type Instance,
  keyOf,
  Long,
  openInstance,
  when,
} from '../fixtures/tablestore-instance.ts';

const { ComparatorType, CompositeCondition, LogicalOperator, ReturnType, SingleColumnCondition } = TableStore;

describe('Tablestore rows', () => {
  let instance: Instance;
  let client: TableStore.Client;
  let tableName: string;
  beforeAll(async () => {
    instance = await openInstance();
    client = instance.client;
    tableName = await instance.newTable();
  });
  afterAll(() => instance.close());

  let rows = 0;
  const newKey = () => [{ pk: `row-${++rows}` }];
  type Key = TableStore.PrimaryKeyInput;
  const put = (primaryKey: Key, attributeColumns: TableStore.AttributesInput, condition = anyRow) =>
    client.putRow({ tableName, primaryKey, condition, attributeColumns });
  const update = (
    primaryKey: Key,
    updateOfAttributeColumns: TableStore.UpdateRowParams['updateOfAttributeColumns'],
    condition = anyRow,
    returnContent?: TableStore.ReturnContent,
  ) =>
    client.updateRow({
      tableName,
      primaryKey,
      condition,
      updateOfAttributeColumns,
      ...(returnContent && { returnContent }),
    });
  const read = async (primaryKey: Key, selection: TableStore.FilterParams = {}) =>
    columnsOf((await client.getRow({ tableName, primaryKey, ...selection })).row);
  const CONDITION_FAILED = { status: 403, code: 'OTSConditionCheckFail', message: 'Condition check failed.' };

  it('returns every type of value as it was put', async () => {
    const key = newKey();
    const blob = Buffer.from([0, 255, 7]);
    await put(key, [
      { text: 'naïve 漢字 🙂' },
      { whole: Long.fromNumber(-42) },
      { real: 1.5 },
      { yes: true },
      { blob },
      { empty: '' },
    ]);
    expect(await read(key)).toEqual({
      text: 'naïve 漢字 🙂',
      whole: -42,
      real: 1.5,
      yes: true,
      blob,
      empty: '',
    });
  });

  it('keeps integers that a double cannot hold', async () => {
    const key = newKey();
    await put(key, [{ large: Long.fromString('9223372036854775807') }]);
    const { row } = await client.getRow({ tableName, primaryKey: key });
    expect(String(row?.attributes?.[0]?.columnValue)).toBe('9223372036854775807');
  });

  it('returns columns in the order of their names', async () => {
    const key = newKey();
    await put(key, [{ b: '2' }, { C: '3' }, { a: '1' }]);
    const { row } = await client.getRow({ tableName, primaryKey: key });
    expect(row?.attributes?.map(({ columnName }) => columnName)).toEqual(['C', 'a', 'b']);
  });

  it('answers with no row where there is none', async () => {
    expect(await read(newKey())).toBeUndefined();
  });

  it('replaces the whole row on a put', async () => {
    const key = newKey();
    await put(key, [{ a: '1' }, { b: '2' }]);
    await put(key, [{ c: '3' }]);
    expect(await read(key)).toEqual({ c: '3' });
  });

  it('keeps a row that was put without columns', async () => {
    const key = newKey();
    await put(key, []);
    expect(await read(key)).toEqual({});
  });

  it('answers a put with the primary key when asked to', async () => {
    const { row } = await client.putRow({
      tableName,
      primaryKey: [{ pk: 'asked' }],
      condition: anyRow,
      attributeColumns: [{ a: '1' }],
      returnContent: { returnType: ReturnType.Primarykey },
    });
    expect(keyOf(row?.primaryKey)).toEqual(['asked']);
  });

  it('changes only the columns that an update names', async () => {
    const key = newKey();
    await put(key, [{ kept: 'k' }, { changed: 'old' }, { dropped: 'd' }]);
    await update(key, [{ PUT: [{ changed: 'new' }, { added: 'a' }] }, { DELETE_ALL: ['dropped'] }]);
    expect(await read(key)).toEqual({ kept: 'k', changed: 'new', added: 'a' });
  });

  it('deletes one version only where its timestamp is the one named', async () => {
    const key = newKey();
    const version = Date.now();
    await put(key, [{ a: '1', timestamp: version }]);
    await update(key, [{ DELETE: [{ a: (version - 1) as never }] }]);
    expect(await read(key)).toEqual({ a: '1' });
    await update(key, [{ DELETE: [{ a: version as never }] }]);
    expect(await read(key)).toEqual({});
  });

  it('keeps the newer version when an older one is written later', async () => {
    const key = newKey();
    const version = Date.now();
    await update(key, [{ PUT: [{ a: 'newer', timestamp: version }] }]);
    await update(key, [{ PUT: [{ a: 'older', timestamp: version - 1000 }] }]);
    expect(await read(key)).toEqual({ a: 'newer' });
  });

  it('does not make a row by deleting columns of one that is not there', async () => {
    const key = newKey();
    await update(key, [{ DELETE_ALL: ['a'] }]);
    expect(await read(key)).toBeUndefined();
  });

  it('keeps a row whose last column is deleted', async () => {
    const key = newKey();
    await put(key, [{ a: '1' }]);
    await update(key, [{ DELETE_ALL: ['a'] }]);
    expect(await read(key)).toEqual({});
  });

  it('deletes a row', async () => {
    const key = newKey();
    await put(key, [{ a: '1' }]);
    await client.deleteRow({ tableName, primaryKey: key, condition: anyRow });
    expect(await read(key)).toBeUndefined();
  });

  describe('expected existence', () => {
    it('lets a put through only where the row is absent', async () => {
      const key = newKey();
      await put(key, [{ holder: 'first' }], absent);
      expect(await failureOf(put(key, [{ holder: 'second' }], absent))).toEqual(CONDITION_FAILED);
      expect(await read(key)).toEqual({ holder: 'first' });
    });

    it('refuses to change or delete a row that should exist and does not', async () => {
      const key = newKey();
      expect(await failureOf(put(key, [{ a: '1' }], existing))).toEqual(CONDITION_FAILED);
      expect(await failureOf(update(key, [{ PUT: [{ a: '1' }] }], existing))).toEqual(CONDITION_FAILED);
      expect(await failureOf(client.deleteRow({ tableName, primaryKey: key, condition: existing }))).toEqual(
        CONDITION_FAILED,
      );
      expect(await read(key)).toBeUndefined();
    });
  });

  describe('column conditions', () => {
    const { EQUAL, NOT_EQUAL, GREATER_THAN, GREATER_EQUAL, LESS_THAN, LESS_EQUAL } = ComparatorType;
    const number = (comparator: ConstructorParameters<typeof SingleColumnCondition>[2], value: number) =>
      new SingleColumnCondition('n', Long.fromNumber(value), comparator, false);
    const composite = (
      operator: ConstructorParameters<typeof CompositeCondition>[0],
      ...parts: TableStore.ColumnCondition[]
    ) => {
      const condition = new CompositeCondition(operator);
      for (const part of parts) condition.addSubCondition(part);
      return condition;
    };
    const holds = async (condition: TableStore.ColumnCondition) => {
      const key = newKey();
      await put(key, [{ n: Long.fromNumber(5) }, { text: 'abc' }]);
      return update(key, [{ PUT: [{ seen: true }] }], when(condition)).then(
        () => true,
        () => false,
      );
    };

    it.each([
      ['= 5', number(EQUAL, 5), true],
      ['= 4', number(EQUAL, 4), false],
      ['≠ 4', number(NOT_EQUAL, 4), true],
      ['≠ 5', number(NOT_EQUAL, 5), false],
      ['> 4', number(GREATER_THAN, 4), true],
      ['> 5', number(GREATER_THAN, 5), false],
      ['≥ 5', number(GREATER_EQUAL, 5), true],
      ['< 6', number(LESS_THAN, 6), true],
      ['< 5', number(LESS_THAN, 5), false],
      ['≤ 5', number(LESS_EQUAL, 5), true],
      ['text < "abd"', new SingleColumnCondition('text', 'abd', LESS_THAN, false), true],
      ['= 5 and > 4', composite(LogicalOperator.AND, number(EQUAL, 5), number(GREATER_THAN, 4)), true],
      ['= 5 and > 5', composite(LogicalOperator.AND, number(EQUAL, 5), number(GREATER_THAN, 5)), false],
      ['= 4 or > 4', composite(LogicalOperator.OR, number(EQUAL, 4), number(GREATER_THAN, 4)), true],
      ['= 4 or > 5', composite(LogicalOperator.OR, number(EQUAL, 4), number(GREATER_THAN, 5)), false],
      ['not = 4', composite(LogicalOperator.NOT, number(EQUAL, 4)), true],
      ['not = 5', composite(LogicalOperator.NOT, number(EQUAL, 5)), false],
    ])('of a column that holds 5: %s is %#', async (_, condition, expected) => {
      expect(await holds(condition)).toBe(expected);
    });

    it('passes a missing column unless passIfMissing is false', async () => {
      const lenient = new SingleColumnCondition('missing', 'x', EQUAL);
      const strict = new SingleColumnCondition('missing', 'x', EQUAL, false);
      expect(await holds(lenient)).toBe(true);
      expect(await holds(strict)).toBe(false);
    });

    it('takes every column of an absent row for missing', async () => {
      const strict = new SingleColumnCondition('revision', Long.fromNumber(1), EQUAL, false);
      const lenient = new SingleColumnCondition('revision', Long.fromNumber(1), EQUAL, true);
      const key = newKey();
      expect(await failureOf(update(key, [{ PUT: [{ a: '1' }] }], when(strict)))).toEqual(CONDITION_FAILED);
      await update(key, [{ PUT: [{ a: '1' }] }], when(lenient));
      expect(await read(key)).toEqual({ a: '1' });
    });

    it('lets exactly one of many compare-and-sets win', async () => {
      const key = newKey();
      await put(key, [{ revision: Long.fromNumber(7) }]);
      const rival = (holder: string) =>
        update(
          key,
          [{ PUT: [{ revision: Long.fromNumber(8) }, { holder }] }],
          when(new SingleColumnCondition('revision', Long.fromNumber(7), EQUAL, false)),
        ).then(
          () => holder,
          () => undefined,
        );
      const winners = (await Promise.all(Array.from({ length: 30 }, (_, n) => rival(`h${n}`)))).filter(
        Boolean,
      );
      expect(winners).toHaveLength(1);
      expect(await read(key)).toEqual({ revision: 8, holder: winners[0] });
    });

    it('lets exactly one of many puts of an absent row win', async () => {
      const key = newKey();
      const rival = (holder: string) =>
        put(key, [{ holder }], absent).then(
          () => holder,
          () => undefined,
        );
      const winners = (await Promise.all(Array.from({ length: 30 }, (_, n) => rival(`h${n}`)))).filter(
        Boolean,
      );
      expect(winners).toHaveLength(1);
      expect(await read(key)).toEqual({ holder: winners[0] });
    });

    it('refuses more than ten single conditions', async () => {
      const eleven = composite(LogicalOperator.OR, ...Array.from({ length: 11 }, (_, n) => number(EQUAL, n)));
      expect(await failureOf(update(newKey(), [{ PUT: [{ a: '1' }] }], when(eleven)))).toEqual({
        status: 400,
        code: 'OTSParameterInvalid',
        message: 'The count of filter exceeds the max:10.',
      });
    });
  });

  describe('increments', () => {
    const add = (key: Key, by: number) =>
      update(key, [{ INCREMENT: [{ n: Long.fromNumber(by) }] }], anyRow, {
        returnType: ReturnType.AfterModify,
        returnColumns: ['n'],
      });

    it('start from nothing and answer with the new value', async () => {
      const key = newKey();
      expect(columnsOf((await add(key, 5)).row)).toEqual({ n: 5 });
      expect(columnsOf((await add(key, -2)).row)).toEqual({ n: 3 });
    });

    it('are all counted when they come at once', async () => {
      const key = newKey();
      const answers = await Promise.all(Array.from({ length: 50 }, () => add(key, 1)));
      const seen = answers.map(({ row }) => columnsOf(row)?.n as number).sort((left, right) => left - right);
      expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
      expect(await read(key)).toEqual({ n: 50 });
    });

    it('refuse a column that holds no integer', async () => {
      const key = newKey();
      await put(key, [{ n: 'text' }]);
      expect(await failureOf(add(key, 1))).toMatchObject({ status: 400, code: 'OTSParameterInvalid' });
      expect(await read(key)).toEqual({ n: 'text' });
    });
  });

  describe('what a read shows', () => {
    it('is narrowed to the columns asked for', async () => {
      const key = newKey();
      await put(key, [{ a: '1' }, { b: '2' }, { c: '3' }]);
      expect(await read(key, { columnsToGet: ['c', 'a'] })).toEqual({ a: '1', c: '3' });
      expect(await read(key, { startColumn: 'b', endColumn: 'c' })).toEqual({ b: '2' });
    });

    it('is no row where it has none of the columns asked for', async () => {
      const key = newKey();
      await put(key, [{ a: '1' }]);
      expect(await read(key, { columnsToGet: ['b'] })).toBeUndefined();
    });

    it('is no row where the filter fails', async () => {
      const key = newKey();
      await put(key, [{ state: 'Bound' }]);
      const state = (value: string) => new SingleColumnCondition('state', value, ComparatorType.EQUAL, false);
      expect(await read(key, { columnFilter: state('Bound') })).toEqual({ state: 'Bound' });
      expect(await read(key, { columnFilter: state('Retained') })).toBeUndefined();
    });

    it('is filtered after it is narrowed', async () => {
      const key = newKey();
      await put(key, [{ state: 'Bound' }, { a: '1' }]);
      const columnFilter = new SingleColumnCondition('state', 'Bound', ComparatorType.EQUAL, false);
      expect(await read(key, { columnsToGet: ['a'], columnFilter })).toBeUndefined();
    });

    it('can be a page of the columns', async () => {
      const key = newKey();
      await put(key, [{ a: '1' }, { b: '2' }, { c: '3' }, { d: '4' }]);
      const columnFilter = new TableStore.ColumnPaginationFilter(2, 1);
      expect(await read(key, { columnFilter: columnFilter as never })).toEqual({ b: '2', c: '3' });
    });

    it('can be bounded by the time of the versions', async () => {
      const key = newKey();
      const version = Date.now();
      await put(key, [
        { early: '1', timestamp: version - 1000 },
        { late: '2', timestamp: version },
      ]);
      expect(await read(key, { timeRange: { startTime: version - 1000, endTime: version } })).toEqual({
        early: '1',
      });
    });
  });

  describe('capacity units', () => {
    const consumed = async (call: Promise<TableStore.SingleRowResult>) => ({
      ...(await call).consumed.capacityUnit,
    });

    it('count every 4 KB begun', async () => {
      const key = newKey();
      expect(await consumed(put(key, [{ a: 'x'.repeat(8192) }]))).toMatchObject({ read: 0, write: 3 });
      expect(await consumed(client.getRow({ tableName, primaryKey: key }))).toMatchObject({
        read: 3,
        write: 0,
      });
      expect(await consumed(update(key, [{ PUT: [{ b: '1' }] }]))).toMatchObject({ read: 0, write: 1 });
    });

    it('count a read for a condition', async () => {
      const key = newKey();
      expect(await consumed(put(key, [{ a: 'x' }], absent))).toMatchObject({ read: 1, write: 1 });
      expect(
        await consumed(client.deleteRow({ tableName, primaryKey: key, condition: existing })),
      ).toMatchObject({
        read: 1,
        write: 1,
      });
    });

    it('count one for a row that is not there', async () => {
      expect(await consumed(client.getRow({ tableName, primaryKey: newKey() }))).toMatchObject({
        read: 1,
        write: 0,
      });
    });
  });

  describe('what is refused', () => {
    const INVALID = { status: 400, code: 'OTSParameterInvalid' };

    it.each([
      [[{ other: 'x' }], 'Validate PK name fail. Input: other, Meta: pk.'],
      [[{ pk: Long.fromNumber(1) }], 'Validate PK type fail. Input: VT_INTEGER, Meta: VT_STRING.'],
      [[{ pk: 'a' }, { more: 'b' }], 'Validate PK size fail. Input: 2, Meta: 1.'],
    ])('a key that does not fit the table: %j', async (key, message) => {
      const refusal = { status: 400, code: 'OTSInvalidPK', message };
      expect(await failureOf(client.getRow({ tableName, primaryKey: key }))).toEqual(refusal);
      expect(await failureOf(put(key, [{ a: '1' }]))).toEqual(refusal);
    });

    it('a key value of more than 1 KB', async () => {
      await put([{ pk: 'k'.repeat(1024) }], [{ a: '1' }]);
      expect(await failureOf(put([{ pk: 'k'.repeat(1025) }], [{ a: '1' }]))).toMatchObject(INVALID);
    });

    it('a column value of more than 2 MB', async () => {
      const large = 'v'.repeat(2 * 1024 * 1024);
      const key = newKey();
      await put(key, [{ a: large }]);
      expect(await failureOf(put(key, [{ a: `${large}v` }]))).toMatchObject(INVALID);
    });

    it('more than 1024 columns in one write', async () => {
      const columns = (count: number) => Array.from({ length: count }, (_, n) => ({ [`c${n}`]: 'x' }));
      await put(newKey(), columns(1024));
      expect(await failureOf(put(newKey(), columns(1025)))).toMatchObject(INVALID);
    });

    it('a column named like a key column, or not like a name', async () => {
      expect(await failureOf(put(newKey(), [{ pk: 'again' }]))).toMatchObject(INVALID);
      expect(await failureOf(put(newKey(), [{ '1a': 'x' }]))).toMatchObject({
        ...INVALID,
        message: "Invalid column name: '1a'.",
      });
    });

    it('an update that changes nothing', async () => {
      expect(await failureOf(update(newKey(), []))).toMatchObject(INVALID);
    });

    it('numbers that are none', async () => {
      expect(await failureOf(put(newKey(), [{ a: Number.NaN }]))).toMatchObject(INVALID);
      expect(await failureOf(put(newKey(), [{ a: Number.POSITIVE_INFINITY }]))).toMatchObject(INVALID);
    });

    it('a version a week away from now', async () => {
      const week = 7 * 86_400_000;
      expect(await failureOf(put(newKey(), [{ a: '1', timestamp: Date.now() + week }]))).toMatchObject(
        INVALID,
      );
    });

    it('a table that is not there', async () => {
      expect(await failureOf(client.getRow({ tableName: 'nowhere', primaryKey: newKey() }))).toEqual({
        status: 404,
        code: 'OTSObjectNotExist',
        message: 'Requested table does not exist.',
      });
    });
  });
});
