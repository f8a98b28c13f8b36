import type { Store } from '../kernel/store.ts';
import { applyChange, type Change, checkCondition, checkVersions } from './change.ts';
import { parameterInvalid } from './failure.ts';
import { createKeyLock } from './key-lock.ts';
import { encodeKey } from './key-order.ts';
import { LIMITS } from './limits.ts';
import type {
  Consumed,
  GetRangeRequest,
  GetRangeResponse,
  GetRowResponse,
  Selection,
  WriteRowResponse,
} from './messages.ts';
import { decodeBareRow, decodeRow } from './plain-buffer-reader.ts';
import { encodeRow, withHeader } from './plain-buffer-writer.ts';
import {
  capacityUnits,
  liveRow,
  packRow,
  type Row,
  type StoredRow,
  sizeOfCells,
  sizeOfColumns,
  unpackRow,
  wireRow,
} from './row.ts';
import { compileSelection, type Selected } from './selection.ts';
import { keyValuesOf, type Table } from './table.ts';
import type { CellValue } from './value.ts';

/** The rows of all tables. Every call throws the cloud's own failure where it cannot serve. */
export interface Rows {
  get(table: Table, primaryKey: Buffer, selection: Selection): Promise<GetRowResponse>;
  /** Checks and writes one row as one step: nobody sees or changes the row in between. */
  write(table: Table, change: Change): Promise<WriteRowResponse>;
  range(table: Table, request: GetRangeRequest): Promise<GetRangeResponse>;
  /** Removes every row of a table. */
  clear(table: Table): Promise<void>;
}

const BYTES = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
const EMPTY = Buffer.alloc(0);
const FORWARD = 0;
/** Rows taken from the store at a time. */
const CHUNK = 256;

export function createRows(store: Store<Buffer>, now: () => number): Rows {
  const lock = createKeyLock();
  const lastAssigned = new Map<number, bigint>();

  const load = (key: Buffer) => store.get<Buffer, Buffer>(key, BYTES);
  const rowAt = async (table: Table, key: Buffer): Promise<Row | undefined> => {
    const bytes = await load(key);
    return bytes && liveRow(unpackRow(bytes), timeToLiveMs(table), now());
  };

  /** Grows with the clock, and never gives a number twice. */
  const assign = (table: Table): CellValue => {
    const last = lastAssigned.get(table.id) ?? 0n;
    const fromClock = BigInt(now()) * 1000n;
    const value = fromClock > last ? fromClock : last + 1n;
    lastAssigned.set(table.id, value);
    return { type: 'INTEGER', value };
  };

  const write = async (table: Table, change: Change): Promise<WriteRowResponse> => {
    const given = keyValuesOf(table, change.key, ['AUTO_INCREMENT']);
    const assigns = given.some(({ type }) => type === 'AUTO_INCREMENT');
    const values = assigns
      ? given.map((value) => (value.type === 'AUTO_INCREMENT' ? assign(table) : value))
      : given;
    const key = rowKey(table, values);
    const taken = await lock(key.toString('latin1'), async () => {
      const before = await rowAt(table, key);
      // A number assigned before a restart, when the clock was ahead.
      if (assigns && before) return undefined;
      checkCondition(change, before);
      checkVersions(change, table, now());
      const cells = table.key.map(({ name }, index) => ({ name, value: values[index] as CellValue }));
      const after = applyChange(change, before, cells, now());
      if (after) await store.put<Buffer, Buffer>(key, packRow(after), BYTES);
      else if (before) await store.del<Buffer>(key, BYTES);
      return { before, after, cells };
    });
    if (!taken) return write(table, change);
    const row = returnedRow(change, taken.cells, taken.after);
    return { consumed: costOf(change, taken.before), ...(row && { row }) };
  };

  return {
    write,
    async get(table, primaryKey, selection) {
      const key = rowKey(table, keyValuesOf(table, readOnlyKey(primaryKey)));
      const select = compileSelection(table, selection, now());
      const bytes = await load(key);
      const { wire, size } = bytes ? select(unpackRow(bytes)) : { size: 0 };
      return {
        consumed: { capacityUnit: { read: capacityUnits(size), write: 0 } },
        row: wire ? withHeader([wire]) : EMPTY,
      };
    },

    async range(table, request) {
      const { limit = LIMITS.rangeRows } = request;
      if (limit <= 0) throw parameterInvalid('The limit must be greater than 0.');
      const select = compileSelection(table, request, now());
      const iterator = store.iterator<Buffer, Buffer>({ ...rangeBounds(table, request), ...BYTES });
      try {
        return await readPage(limit, select, async () =>
          (await iterator.nextv(Math.min(CHUNK, limit + 1))).map(([, bytes]) => unpackRow(bytes)),
        );
      } finally {
        await iterator.close();
      }
    },

    async clear(table) {
      await store.clear<Buffer>({
        gte: tablePrefix(table.id),
        lt: tablePrefix(table.id + 1),
        keyEncoding: 'buffer',
      });
    },
  };
}

function tablePrefix(id: number): Buffer {
  const prefix = Buffer.from('rows/0000');
  prefix.writeUInt32BE(id, 5);
  return prefix;
}

const rowKey = (table: Table, values: readonly CellValue[]) =>
  Buffer.concat([tablePrefix(table.id), encodeKey(values)]);

const timeToLiveMs = ({ options }: Table) =>
  options.timeToLive === -1 ? Number.POSITIVE_INFINITY : options.timeToLive * 1000;

/** The key of a read, which may carry nothing else. */
function readOnlyKey(bytes: Buffer) {
  const { key, cells, deleted } = decodeRow(bytes);
  if (cells.length > 0) throw parameterInvalid('Attribute column cannot be given while reading data.');
  if (deleted) throw parameterInvalid('Delete marker cannot be given.');
  return key;
}

/** The keys that a range spans, from its inclusive start to its exclusive end in its own direction. */
function rangeBounds(table: Table, request: GetRangeRequest) {
  const end = (bytes: Buffer) =>
    rowKey(table, keyValuesOf(table, readOnlyKey(bytes), ['INF_MIN', 'INF_MAX']));
  const start = end(request.inclusiveStartPrimaryKey);
  const stop = end(request.exclusiveEndPrimaryKey);
  const order = Buffer.compare(start, stop);
  if (request.direction === FORWARD) {
    if (order >= 0) throw parameterInvalid('Begin key must less than end key in FORWARD');
    return { gte: start, lt: stop };
  }
  if (order <= 0) throw parameterInvalid('Begin key must more than end key in BACKWARD');
  return { lte: start, gt: stop, reverse: true };
}

/** Takes rows until the page is full; the row after the last one taken starts the next page. */
async function readPage(
  limit: number,
  select: (stored: StoredRow) => Selected,
  take: () => Promise<StoredRow[]>,
): Promise<GetRangeResponse> {
  const rows: Buffer[] = [];
  let scanned = 0;
  let size = 0;
  const page = (next?: StoredRow): GetRangeResponse => ({
    consumed: { capacityUnit: { read: capacityUnits(size), write: 0 } },
    rows: rows.length > 0 ? withHeader(rows) : EMPTY,
    ...(next && { nextStartPrimaryKey: keyOnly(next) }),
  });
  for (;;) {
    const chunk = await take();
    if (chunk.length === 0) return page();
    for (const stored of chunk) {
      if (rows.length >= limit || scanned >= LIMITS.rangeRows || size >= LIMITS.rangeSize)
        return page(stored);
      const selected = select(stored);
      scanned++;
      size += selected.size;
      if (selected.wire) rows.push(selected.wire);
    }
  }
}

const keyOnly = ({ wire }: StoredRow) =>
  withHeader([encodeRow({ key: decodeBareRow(wire).key, cells: [], deleted: false })]);

/** What a write costs: what it writes, and what it had to read where it set a condition. */
function costOf({ size, existence, condition }: Change, before: Row | undefined): Consumed {
  const reads = existence !== 'IGNORE' || condition !== undefined;
  const read = reads
    ? capacityUnits(before ? sizeOfCells(before.key) + sizeOfColumns(before.columns) : 0)
    : 0;
  return { capacityUnit: { read, write: capacityUnits(size) } };
}

/** The row that a write answers with, if it was asked to. */
function returnedRow({ returns }: Change, key: Row['key'], after: Row | undefined): Buffer | undefined {
  if (returns === 'nothing') return undefined;
  const names = returns === 'key' ? [] : returns.columns;
  const columns = new Map([...(after?.columns ?? [])].filter(([name]) => names.includes(name)));
  return withHeader([encodeRow(wireRow(key, columns))]);
}
