import { TABLES, type TableName } from '../../infra/resources/tables.ts';
import { failure } from '../../shared/adapters/failure.ts';
import {
  type Cell,
  INF_MAX,
  INF_MIN,
  type PrimaryKey,
  type Row,
  type RowChange,
  type Tables,
} from '../../shared/adapters/tablestore/table.ts';
import { requireTime, workTime } from '../../shared/adapters/time-left.ts';
import type { Process, Words } from './process/process.ts';

interface Stored {
  readonly key: readonly Cell[];
  readonly row: Row;
  /** The row with its key, as it is read. */
  readonly whole: Row;
}

/** A write that came to pass, as an auditor sees it. */
export interface Written {
  readonly table: TableName;
  readonly key: PrimaryKey;
  readonly before: Row | undefined;
  /** Undefined where the row was deleted. */
  readonly after: Row | undefined;
  readonly by: Process | undefined;
  /** When it was sent, by the clock of who sent it, epoch ms; it may have acted long after. */
  readonly sentAt: number;
}

/** Tables as Tablestore keeps them: rows in the order of their keys, each written for itself, on a condition. */
export interface RowStore {
  /** The tables as a process reaches them. */
  tablesFor(process: Process): Tables;
  rows(table: TableName): readonly Row[];
  /** What an operator writes by hand. */
  put(table: TableName, key: PrimaryKey, row: Row): void;
}

type Call = <T>(what: Words, act: () => T) => Promise<T>;
type Page = Awaited<ReturnType<Tables['range']>>;

const KEYS = new Map<string, readonly string[]>(
  TABLES.map(({ name, primaryKey }) => [name, primaryKey.map((column) => column.name)]),
);

export function createRowStore(onWrite: (written: Written) => void): RowStore {
  const tables = new Map<string, Map<string, Stored>>(TABLES.map(({ name }) => [name, new Map()]));

  const tableOf = (name: string): Map<string, Stored> => {
    const table = tables.get(name);
    if (!table) throw new Error(`there is no table ${name}`);
    return table;
  };
  const cellsOf = (key: PrimaryKey) => key.map(([, value]) => value as Cell);
  const stored = (key: PrimaryKey, row: Row): Stored => {
    const whole: Record<string, Cell> = { ...row };
    for (const [name, value] of key) whole[name] = value as Cell;
    return { key: cellsOf(key), row, whole };
  };

  const read = (table: string, key: PrimaryKey): Row | undefined => tableOf(table).get(nameOf(key))?.whole;

  const change = (
    { table, key, expect, row, add }: RowChange,
    by: Process | undefined,
    sentAt: number,
  ): Row | undefined => {
    const name = nameOf(key);
    const rows = tableOf(table);
    const before = rows.get(name);
    if (!holds(expect, before?.row)) return undefined;
    const added =
      add &&
      Object.fromEntries(
        Object.entries(add).map(([column, more]) => [column, Number(before?.row[column] ?? 0) + more]),
      );
    const after = added ? { ...before?.row, ...added } : row;
    if (after) rows.set(name, stored(key, after));
    else rows.delete(name);
    onWrite({ table: table as TableName, key, before: before?.row, after, by, sentAt });
    return added ?? {};
  };

  const range = (table: string, start: PrimaryKey, end: PrimaryKey, limit: number): Page => {
    const rows = tableOf(table);
    if (rows.size === 0) return { rows: [], next: undefined };
    const inRange = [...rows.values()]
      .filter(({ key }) => compare(key, start) >= 0 && compare(key, end) < 0)
      .sort((a, b) => compare(a.key, asKey(b.key)));
    const following = inRange[limit];
    const names = KEYS.get(table) ?? [];
    return {
      rows: inRange.slice(0, limit).map(({ whole }) => whole),
      next: following?.key.map((value, index) => [names[index] ?? '', value] as const),
    };
  };

  /** Ranges that are asked for in one instant, such as those of all buckets, are one call: one thing that can go wrong. */
  const joined = (call: Call): Tables['range'] => {
    let asked: Parameters<typeof range>[] = [];
    let answers: Promise<readonly Page[]> | undefined;
    return async (...one) => {
      const place = asked.push(one) - 1;
      answers ??= Promise.resolve().then(() => {
        const mine = asked;
        asked = [];
        answers = undefined;
        return call(
          () => `range ${one[0]} ${wordKey(one[1])}`,
          () => mine.map((each) => range(...each)),
        );
      });
      return (await answers)[place] as Page;
    };
  };

  return {
    tablesFor(process) {
      const call: Call = (what, act) => {
        requireTime(workTime(process.remainingMs), 'the store');
        return process.call('store', what, act);
      };
      const changeOne = async (one: RowChange) => {
        const sentAt = process.now();
        return call(
          () => `write ${one.table} ${wordKey(one.key)}`,
          () => change(one, process, sentAt),
        );
      };
      const getEach: Tables['getEach'] = async (table, keys) =>
        call(
          () => `read ${table} ${keys.map(wordKey).join(' ')}`,
          () => keys.map((key) => read(table, key)),
        );
      return {
        getEach,
        async get(table, keys) {
          const rows = await getEach(table, keys);
          return rows.map((row) => {
            if (row instanceof Error) throw row;
            return row;
          });
        },
        change: changeOne,
        write: (changes) => Promise.all(changes.map(async (one) => (await changeOne(one)) !== undefined)),
        range: joined(call),
      };
    },
    rows: (table) => [...tableOf(table).values()].map(({ whole }) => whole),
    put(table, key, row) {
      change({ table, key, expect: { kind: 'any' }, row }, undefined, Number.NaN);
    },
  };
}

function nameOf(key: PrimaryKey): string {
  let name = '';
  for (const [, value] of key) name += `${String(value)}\n`;
  return name;
}

const asKey = (cells: readonly Cell[]): PrimaryKey => cells.map((cell) => ['', cell] as const);

function holds(expect: RowChange['expect'], row: Row | undefined): boolean {
  switch (expect.kind) {
    case 'any':
      return true;
    case 'absent':
      return row === undefined;
    case 'equals':
      return row !== undefined && row[expect.column] === expect.value;
  }
}

/** The order of keys, column by column; a column is of one type throughout. */
function compare(cells: readonly Cell[], key: PrimaryKey): number {
  for (const [index, [, bound]] of key.entries()) {
    const cell = cells[index];
    if (cell === undefined) throw failure('refused', 'OTSInvalidPK', 'the key has too few columns');
    if (bound === INF_MIN) return 1;
    if (bound === INF_MAX) return -1;
    if (cell === bound) continue;
    return cell < (bound as Cell) ? -1 : 1;
  }
  return 0;
}

const wordKey = (key: PrimaryKey): string =>
  key
    .map(([, value]) => (value === INF_MIN || value === INF_MAX ? '*' : String(value)))
    .slice(-2)
    .join('/');
