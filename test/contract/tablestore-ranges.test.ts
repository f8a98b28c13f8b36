import TableStore from 'tablestore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  anyRow,
  columnsOf,
  failureOf,
  INF_MAX,
  INF_MIN,
  type Instance,
  keyOf,
  Long,
  openInstance,
} from '../fixtures/tablestore-instance.ts';

const { FORWARD, BACKWARD } = TableStore.Direction;

describe('Tablestore ranges', () => {
  let instance: Instance;
  let client: TableStore.Client;
  beforeAll(async () => {
    instance = await openInstance();
    client = instance.client;
  });
  afterAll(() => instance.close());

  type End = string | number | typeof INF_MIN | typeof INF_MAX;
  const keyValue = (value: End) => (typeof value === 'number' ? Long.fromNumber(value) : value);
  const key = (owner: End, due: End): TableStore.PrimaryKeyInput => [
    { owner: keyValue(owner) },
    { due: keyValue(due) },
  ];

  const newTable = async (rows: readonly (readonly [string, number])[]) => {
    const tableName = await instance.newTable({
      key: [
        { name: 'owner', type: 'STRING' },
        { name: 'due', type: 'INTEGER' },
      ],
    });
    for (const [owner, due] of rows) {
      const attributeColumns = [{ label: `${owner}${due}` }, { even: due % 2 === 0 }];
      await client.putRow({ tableName, primaryKey: key(owner, due), condition: anyRow, attributeColumns });
    }
    return tableName;
  };

  const range = (
    tableName: string,
    from: TableStore.PrimaryKeyInput,
    to: TableStore.PrimaryKeyInput,
    more: Partial<TableStore.GetRangeParams> = {},
  ) =>
    client.getRange({
      tableName,
      direction: FORWARD,
      inclusiveStartPrimaryKey: from,
      exclusiveEndPrimaryKey: to,
      ...more,
    });
  const keysOf = ({ rows }: TableStore.GetRangeResult) =>
    rows.map(({ primaryKey }) => keyOf(primaryKey).join(''));
  const FIRST = key(INF_MIN, INF_MIN);
  const LAST = key(INF_MAX, INF_MAX);

  describe('over a few rows', () => {
    let tableName: string;
    beforeAll(async () => {
      tableName = await newTable([
        ['b', 1],
        ['a', 10],
        ['a', -5],
        ['a', 2],
        ['ab', 3],
        ['c', 0],
      ]);
    });

    it('come in the order of their keys, numbers as numbers', async () => {
      expect(keysOf(await range(tableName, FIRST, LAST))).toEqual(['a-5', 'a2', 'a10', 'ab3', 'b1', 'c0']);
    });

    it('come in the opposite order backwards', async () => {
      const all = await range(tableName, LAST, FIRST, { direction: BACKWARD });
      expect(keysOf(all)).toEqual(['c0', 'b1', 'ab3', 'a10', 'a2', 'a-5']);
    });

    it('include their start and leave out their end, in both directions', async () => {
      expect(keysOf(await range(tableName, key('a', 2), key('b', 1)))).toEqual(['a2', 'a10', 'ab3']);
      const back = await range(tableName, key('b', 1), key('a', 2), { direction: BACKWARD });
      expect(keysOf(back)).toEqual(['b1', 'ab3', 'a10']);
    });

    it('can be all rows of one partition up to a bound', async () => {
      expect(keysOf(await range(tableName, key('a', INF_MIN), key('a', 3)))).toEqual(['a-5', 'a2']);
      expect(keysOf(await range(tableName, key('a', INF_MIN), key('a', INF_MAX)))).toEqual([
        'a-5',
        'a2',
        'a10',
      ]);
    });

    it.each([FORWARD, BACKWARD])('are read page by page %s, without gap or repetition', async (direction) => {
      const [from, to] = direction === FORWARD ? [FIRST, LAST] : [LAST, FIRST];
      const pages: string[][] = [];
      let start: TableStore.PrimaryKeyInput | undefined = from;
      while (start) {
        const page: TableStore.GetRangeResult = await range(tableName, start, to, { direction, limit: 4 });
        pages.push(keysOf(page));
        start = page.nextStartPrimaryKey?.map(({ name, value }) => ({ [name]: value }));
      }
      const all = ['a-5', 'a2', 'a10', 'ab3', 'b1', 'c0'];
      if (direction === BACKWARD) all.reverse();
      expect(pages).toEqual([all.slice(0, 4), all.slice(4)]);
    });

    it('have no next page when the limit takes the last row', async () => {
      expect((await range(tableName, FIRST, LAST, { limit: 6 })).nextStartPrimaryKey).toBeNull();
    });

    it('show only the columns asked for, and only rows that have one', async () => {
      const { rows } = await range(tableName, key('a', INF_MIN), key('a', 3), { columnsToGet: ['label'] });
      expect(rows.map(columnsOf)).toEqual([{ label: 'a-5' }, { label: 'a2' }]);
      expect((await range(tableName, FIRST, LAST, { columnsToGet: ['nothing'] })).rows).toEqual([]);
    });

    it('leave out what a filter refuses, and still count their limit by what they show', async () => {
      const even = new TableStore.SingleColumnCondition('even', true, TableStore.ComparatorType.EQUAL, false);
      const page = await range(tableName, FIRST, LAST, { columnFilter: even, limit: 2 });
      expect(keysOf(page)).toEqual(['a2', 'a10']);
      expect(keyOf(page.nextStartPrimaryKey)).toEqual(['ab', 3]);
    });

    it('are refused where their start is not before their end', async () => {
      const refused = { status: 400, code: 'OTSParameterInvalid' };
      expect(await failureOf(range(tableName, LAST, FIRST))).toEqual({
        ...refused,
        message: 'Begin key must less than end key in FORWARD',
      });
      expect(await failureOf(range(tableName, FIRST, LAST, { direction: BACKWARD }))).toEqual({
        ...refused,
        message: 'Begin key must more than end key in BACKWARD',
      });
      expect(await failureOf(range(tableName, key('a', 1), key('a', 1)))).toMatchObject(refused);
      expect(await failureOf(range(tableName, FIRST, LAST, { limit: -1 }))).toEqual({
        ...refused,
        message: 'The limit must be greater than 0.',
      });
    });
  });

  it('sorts keys that hold zero bytes and bytes of every size', async () => {
    const tableName = await instance.newTable({ key: [{ name: 'pk', type: 'BINARY' }] });
    const keys = ['', '00', '0000', '0001', '00ff', '01', '7f', '80', 'ff', 'ff00', 'ffff'];
    for (const hex of keys.toReversed()) {
      const primaryKey = [{ pk: Buffer.from(hex, 'hex') }];
      await client.putRow({ tableName, primaryKey, condition: anyRow, attributeColumns: [] });
    }
    const { rows } = await range(tableName, [{ pk: INF_MIN }], [{ pk: INF_MAX }]);
    expect(rows.map(({ primaryKey }) => (keyOf(primaryKey)[0] as Buffer).toString('hex'))).toEqual(keys);
  });

  it('ends a page at 4 MB', async () => {
    const tableName = await instance.newTable();
    for (let n = 0; n < 6; n++) {
      const attributeColumns = [{ text: 'x'.repeat(1024 * 1024) }];
      await client.putRow({ tableName, primaryKey: [{ pk: `${n}` }], condition: anyRow, attributeColumns });
    }
    const page = await range(tableName, [{ pk: INF_MIN }], [{ pk: INF_MAX }]);
    expect(page.rows).toHaveLength(4);
    expect(keyOf(page.nextStartPrimaryKey)).toEqual(['4']);
    expect(page.consumed.capacityUnit.read).toBeGreaterThan(1024);
  });

  it('ends a page at 5000 rows', async () => {
    const tableName = await instance.newTable({ key: [{ name: 'pk', type: 'INTEGER' }] });
    for (let batch = 0; batch < 26; batch++) {
      const rows = Array.from({ length: 200 }, (_, n) => ({
        type: 'PUT' as const,
        condition: anyRow,
        primaryKey: [{ pk: Long.fromNumber(batch * 200 + n) }],
        attributeColumns: [],
      }));
      await client.batchWriteRow({ tables: [{ tableName, rows }] });
    }
    const page = await range(tableName, [{ pk: INF_MIN }], [{ pk: INF_MAX }]);
    expect(page.rows).toHaveLength(5000);
    expect(keyOf(page.nextStartPrimaryKey)).toEqual([5000]);
  });
});
