import fc from 'fast-check';
import TableStore from 'tablestore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  absent,
  anyRow,
  columnsOf,
  existing,
  INF_MAX,
  INF_MIN,
  keyOf,
  type LocalInstance,
  Long,
  openLocalInstance,
} from '../fixtures/tablestore-instance.ts';

// Random sequences of calls, made through the SDK and on a plain map: every answer and the final table must agree.

type Columns = Readonly<Record<string, number>>;
type Key = readonly [string, number];

const CONDITIONS = { IGNORE: anyRow, EXPECT_EXIST: existing, EXPECT_NOT_EXIST: absent } as const;
type Existence = keyof typeof CONDITIONS;

interface Guard {
  readonly existence: Existence;
  /** The column has to hold the value; a missing column passes or not. */
  readonly equal?: { readonly column: string; readonly value: number; readonly passIfMissing: boolean };
}

type Step =
  | { readonly kind: 'put'; readonly key: Key; readonly guard: Guard; readonly columns: Columns }
  | {
      readonly kind: 'update';
      readonly key: Key;
      readonly guard: Guard;
      readonly set: Columns;
      readonly drop: readonly string[];
      readonly add: Columns;
    }
  | { readonly kind: 'delete'; readonly key: Key; readonly guard: Guard }
  | { readonly kind: 'get'; readonly key: Key }
  | {
      readonly kind: 'range';
      readonly from: Key;
      readonly to: Key;
      readonly backward: boolean;
      readonly limit: number;
    };

const NAMES = ['a', 'b', 'c'];
const owner = fc.constantFrom('', 'a', 'a\0', 'ab', 'b', 'é', '🙂');
const key: fc.Arbitrary<Key> = fc.tuple(owner, fc.integer({ min: -2, max: 2 }));
const columns = fc.dictionary(fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 3 }), {
  noNullPrototype: true,
});
const guard: fc.Arbitrary<Guard> = fc.record(
  {
    existence: fc.constantFrom<Existence>('IGNORE', 'IGNORE', 'EXPECT_EXIST', 'EXPECT_NOT_EXIST'),
    equal: fc.record({
      column: fc.constantFrom(...NAMES),
      value: fc.integer({ min: 0, max: 3 }),
      passIfMissing: fc.boolean(),
    }),
  },
  { requiredKeys: ['existence'] },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, guard, columns }),
  fc.record({
    kind: fc.constant('update' as const),
    key,
    guard,
    set: columns,
    drop: fc.subarray(NAMES),
    add: columns,
  }),
  fc.record({ kind: fc.constant('delete' as const), key, guard }),
  fc.record({ kind: fc.constant('get' as const), key }),
  fc.record({
    kind: fc.constant('range' as const),
    from: key,
    to: key,
    backward: fc.boolean(),
    limit: fc.integer({ min: 1, max: 6 }),
  }),
);

const REFUSED = 'refused';

function refusal(error: Error): string {
  if (/OTSConditionCheckFail|OTSParameterInvalid/.test(error.message)) return REFUSED;
  throw error;
}

/** What Tablestore promises, as simply as it can be said. */
function createModel() {
  const rows = new Map<string, { key: Key; columns: Columns }>();
  const id = (of: Key) => JSON.stringify(of);
  const compare = (left: Key, right: Key) =>
    Buffer.from(left[0]).compare(Buffer.from(right[0])) || left[1] - right[1];
  const sorted = () => [...rows.values()].sort((left, right) => compare(left.key, right.key));
  const admits = ({ existence, equal }: Guard, row: Columns | undefined) => {
    if (existence === 'EXPECT_EXIST' && !row) return false;
    if (existence === 'EXPECT_NOT_EXIST' && row) return false;
    if (!equal) return true;
    const held = row?.[equal.column];
    return held === undefined ? equal.passIfMissing : held === equal.value;
  };
  return {
    sorted,
    run(taken: Step): unknown {
      if (taken.kind === 'range') {
        const { from, to, backward, limit } = taken;
        const order = compare(from, to);
        if (backward ? order <= 0 : order >= 0) return REFUSED;
        const inRange = ({ key: at }: { key: Key }) =>
          backward
            ? compare(at, from) <= 0 && compare(at, to) > 0
            : compare(at, from) >= 0 && compare(at, to) < 0;
        const found = sorted().filter(inRange);
        if (backward) found.reverse();
        return { rows: found.slice(0, limit), next: found[limit]?.key };
      }
      const row = rows.get(id(taken.key))?.columns;
      if (taken.kind === 'get') return row;
      if (!admits(taken.guard, row)) return REFUSED;
      if (taken.kind === 'put') rows.set(id(taken.key), { key: taken.key, columns: taken.columns });
      if (taken.kind === 'delete') rows.delete(id(taken.key));
      if (taken.kind === 'update') {
        const { set, drop, add } = taken;
        if (Object.keys({ ...set, ...add }).length + drop.length === 0) return REFUSED;
        const next: Record<string, number> = { ...row, ...set };
        for (const name of drop) delete next[name];
        for (const [name, by] of Object.entries(add)) next[name] = (next[name] ?? 0) + by;
        const writes = Object.keys({ ...set, ...add }).length > 0;
        if (row || writes) rows.set(id(taken.key), { key: taken.key, columns: next });
      }
      return 'done';
    },
  };
}

describe('Tablestore', () => {
  let instance: LocalInstance;
  beforeAll(async () => {
    instance = await openLocalInstance();
  });
  afterAll(() => instance.close());

  const primaryKey = ([ownerValue, due]: Key) =>
    [{ owner: ownerValue }, { due: Long.fromNumber(due) }] as TableStore.PrimaryKeyInput;
  const cells = (of: Columns) =>
    Object.entries(of).map(([name, value]) => ({ [name]: Long.fromNumber(value) }));
  const condition = ({ existence, equal }: Guard) => {
    if (!equal) return CONDITIONS[existence];
    const { column, value, passIfMissing } = equal;
    return new TableStore.Condition(
      TableStore.RowExistenceExpectation[existence],
      new TableStore.SingleColumnCondition(
        column,
        Long.fromNumber(value),
        TableStore.ComparatorType.EQUAL,
        passIfMissing,
      ),
    );
  };
  const rowsOf = (rows: readonly TableStore.Row[]) =>
    rows.map((row) => ({ key: keyOf(row.primaryKey), columns: columnsOf(row) }));

  async function call(tableName: string, taken: Step): Promise<unknown> {
    const { client } = instance;
    if (taken.kind === 'get')
      return columnsOf((await client.getRow({ tableName, primaryKey: primaryKey(taken.key) })).row);
    if (taken.kind === 'range') {
      const page = await client.getRange({
        tableName,
        direction: taken.backward ? 'BACKWARD' : 'FORWARD',
        inclusiveStartPrimaryKey: primaryKey(taken.from),
        exclusiveEndPrimaryKey: primaryKey(taken.to),
        limit: taken.limit,
      });
      const next = page.nextStartPrimaryKey ? keyOf(page.nextStartPrimaryKey) : undefined;
      return { rows: rowsOf(page.rows), next };
    }
    const target = { tableName, primaryKey: primaryKey(taken.key), condition: condition(taken.guard) };
    if (taken.kind === 'put') await client.putRow({ ...target, attributeColumns: cells(taken.columns) });
    if (taken.kind === 'delete') await client.deleteRow(target);
    if (taken.kind === 'update') {
      await client.updateRow({
        ...target,
        updateOfAttributeColumns: [
          { PUT: cells(taken.set) },
          { DELETE_ALL: [...taken.drop] },
          { INCREMENT: cells(taken.add) as { [name: string]: TableStore.int64 }[] },
        ],
      });
    }
    return 'done';
  }

  it('answers any sequence of calls as a sorted map would', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const tableName = await instance.newTable({
        key: [
          { name: 'owner', type: 'STRING' },
          { name: 'due', type: 'INTEGER' },
        ],
      });
      const model = createModel();
      for (const taken of steps) {
        const answer = await call(tableName, taken).catch(refusal);
        expect(answer).toEqual(model.run(taken));
      }
      const { rows } = await instance.client.getRange({
        tableName,
        direction: 'FORWARD',
        inclusiveStartPrimaryKey: [{ owner: INF_MIN }, { due: INF_MIN }],
        exclusiveEndPrimaryKey: [{ owner: INF_MAX }, { due: INF_MAX }],
      });
      expect(rowsOf(rows)).toEqual(model.sorted());
      await instance.client.deleteTable({ tableName });
    });
    await fc.assert(property, { numRuns: 80, endOnFailure: true });
  });
});
