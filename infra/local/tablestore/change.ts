import { conditionCheckFailed, parameterInvalid } from './failure.ts';
import { parseCondition, passes, type Test } from './filter.ts';
import { isName, LIMITS } from './limits.ts';
import type { Condition, ReturnContent } from './messages.ts';
import type { Cell } from './plain-buffer.ts';
import { decodeRow } from './plain-buffer-reader.ts';
import { type Column, type Row, sizeOfCells } from './row.ts';
import type { Table } from './table.ts';
import { isValue, type Value } from './value.ts';

export type ChangeKind = 'PUT' | 'UPDATE' | 'DELETE';

/** One row's write, checked as far as that can be done without its table. */
export interface Change {
  readonly kind: ChangeKind;
  readonly key: readonly Cell[];
  readonly cells: readonly Cell[];
  readonly existence: Existence;
  readonly condition?: Test;
  readonly returns: 'nothing' | 'key' | { readonly columns: readonly string[] };
  /** Bytes that count for capacity units. */
  readonly size: number;
}

const EXISTENCES = ['IGNORE', 'EXPECT_EXIST', 'EXPECT_NOT_EXIST'] as const;
type Existence = (typeof EXISTENCES)[number];

const RETURN_NOTHING = 0;
const RETURN_KEY = 1;
const RETURN_AFTER_MODIFY = 2;

/** Reads and checks a write. Throws OTSParameterInvalid. */
export function parseChange(
  kind: ChangeKind,
  bytes: Buffer,
  condition: Condition,
  returns?: ReturnContent,
): Change {
  const { key, cells, deleted } = decodeRow(bytes);
  checkKeyCells(key);
  checkShape(kind, cells, deleted);
  checkColumns(kind, key, cells);
  const existence = EXISTENCES[condition.rowExistence];
  if (!existence) throw parameterInvalid(`Invalid row-existence expectation: ${condition.rowExistence}.`);
  const change: Change = {
    kind,
    key,
    cells,
    existence,
    ...(condition.columnCondition?.length && { condition: parseCondition(condition.columnCondition) }),
    returns: returnsOf(returns),
    size: sizeOfCells(key) + sizeOfCells(cells),
  };
  if (key.some(({ value }) => value?.type === 'AUTO_INCREMENT')) checkAutoIncrement(change);
  return change;
}

function checkKeyCells(key: readonly Cell[]): void {
  for (const { name, value, operation, timestamp } of key) {
    if (operation) throw parameterInvalid(`OpType cannot be given for primary key name :${name}.`);
    if (timestamp !== undefined)
      throw parameterInvalid(`Timestamp cannot be given for primary key name:${name}.`);
    const size =
      value?.type === 'STRING'
        ? Buffer.byteLength(value.value)
        : value?.type === 'BLOB'
          ? value.value.length
          : 0;
    if (size > LIMITS.keyValue) {
      throw parameterInvalid(
        `The length of primary key column: '${name}' exceeds the MaxLength: ${LIMITS.keyValue} with CurrentLength: ${size}.`,
      );
    }
  }
}

function checkShape(kind: ChangeKind, cells: readonly Cell[], deleted: boolean): void {
  if (kind === 'DELETE') {
    if (!deleted)
      throw parameterInvalid('Invalid request of delete row: missing RowDeleteMarker in request.');
    if (cells.length > 0) throw parameterInvalid('Invalid delete row request: unexpected cells in request.');
    return;
  }
  if (deleted)
    throw parameterInvalid('Invalid request of put/update row: unexpected RowDeleteMarker in request.');
  if (kind === 'UPDATE' && cells.length === 0) throw parameterInvalid('Attribute column is missing.');
}

function checkColumns(kind: ChangeKind, key: readonly Cell[], cells: readonly Cell[]): void {
  if (cells.length > LIMITS.columns) {
    throw parameterInvalid(
      `The number of attribute columns exceeds the limit, limit count: ${LIMITS.columns}, column count: ${cells.length}.`,
    );
  }
  for (const cell of cells) {
    if (!isName(cell.name)) throw parameterInvalid(`Invalid column name: '${cell.name}'.`);
    if (key.some(({ name }) => name === cell.name)) {
      throw parameterInvalid(`Duplicated attribute column name with primary key column: '${cell.name}'.`);
    }
    if (kind === 'PUT' && cell.operation) {
      throw parameterInvalid(`OpType cannot be given for column name:${cell.name} in PutRow.`);
    }
    checkColumn(cell);
  }
}

const INT64_MAX = 2n ** 63n - 1n;

/** Timestamps end here, for the cloud counts in microseconds inside. */
const TIMESTAMP_END = Number(INT64_MAX / 1000n);

function checkColumn({ name, value, operation, timestamp }: Cell): void {
  if (timestamp !== undefined && (timestamp < 0 || timestamp >= TIMESTAMP_END)) {
    throw parameterInvalid('Timestamp must be in range [0, INT64_MAX/1000).');
  }
  if (operation === 'DELETE_ALL' || operation === 'DELETE_ONE') {
    if (value) {
      throw parameterInvalid(
        'Column value cannot be given when type is DELETE_ONE_VERSION,DELETE_ALL_VERSION.',
      );
    }
    if (operation === 'DELETE_ONE' && timestamp === undefined) {
      throw parameterInvalid('Timestamp must be given when type is DELETE_ONE_VERSION.');
    }
    if (operation === 'DELETE_ALL' && timestamp !== undefined) {
      throw parameterInvalid('Timestamp cannot be given when type is DELETE_ALL_VERSION.');
    }
    return;
  }
  if (!value) throw parameterInvalid(`Cell data broken, attr has no value, name:${name}.`);
  if (!isValue(value))
    throw parameterInvalid(`VT_${value.type} is an invalid type for the attribute column.`);
  if (operation === 'INCREMENT' && value.type !== 'INTEGER') {
    throw parameterInvalid(`Column '${name}' can only be incremented by an INTEGER, got VT_${value.type}.`);
  }
  checkValue(name, value);
}

function checkValue(name: string, value: Value): void {
  if (value.type === 'DOUBLE') {
    if (Number.isNaN(value.value)) throw parameterInvalid("NaN can't be set to double value.");
    if (!Number.isFinite(value.value)) throw parameterInvalid("Infinity can't be set to double value.");
  }
  if (value.type !== 'STRING' && value.type !== 'BLOB') return;
  const size = value.type === 'STRING' ? Buffer.byteLength(value.value) : value.value.length;
  if (size > LIMITS.columnValue) {
    throw parameterInvalid(
      `The length of attribute column: '${name}' exceeded the MaxLength:${LIMITS.columnValue} with Current Length:${size}.`,
    );
  }
}

function returnsOf(content: ReturnContent | undefined): Change['returns'] {
  const type = content?.returnType ?? RETURN_NOTHING;
  if (type === RETURN_NOTHING) return 'nothing';
  if (type === RETURN_KEY) return 'key';
  if (type === RETURN_AFTER_MODIFY) return { columns: content?.returnColumnNames ?? [] };
  throw parameterInvalid(`Invalid return type: ${type}.`);
}

function checkAutoIncrement({ kind, existence, condition }: Change): void {
  if (kind === 'DELETE') throw parameterInvalid('Invalid row to delete which with pk auto increment.');
  if (existence !== 'IGNORE') {
    throw parameterInvalid(`Invalid expect:${existence} when modify row with pk auto increment.`);
  }
  if (condition) throw parameterInvalid("Can't set condition when modify row with pk auto increment.");
}

/** Throws OTSConditionCheckFail where the row is not as the change expects it. */
export function checkCondition({ existence, condition }: Change, row: Row | undefined): void {
  if (existence === 'EXPECT_EXIST' && !row) throw conditionCheckFailed();
  if (existence === 'EXPECT_NOT_EXIST' && row) throw conditionCheckFailed();
  if (condition && !passes(condition, row?.columns ?? NO_COLUMNS)) throw conditionCheckFailed();
}

const NO_COLUMNS: ReadonlyMap<string, Column> = new Map();

/** Throws OTSParameterInvalid where a version is further from the cloud's time than the table allows. */
export function checkVersions({ cells }: Change, table: Table, now: number): void {
  const deviation = table.options.deviationCellVersionInSec * 1000;
  const timeToLive =
    table.options.timeToLive === -1 ? Number.POSITIVE_INFINITY : table.options.timeToLive * 1000;
  for (const { name, operation, timestamp } of cells) {
    if (timestamp === undefined || operation === 'DELETE_ONE') continue;
    const inRange = timestamp >= now - Math.min(deviation, timeToLive) && timestamp < now + deviation;
    if (!inRange) throw parameterInvalid(`Invalid timestamp. Cell:${name}.`);
  }
}

/** The row after the change, or undefined where there is none. `key` is the row's, in the table's order. */
export function applyChange(
  change: Change,
  before: Row | undefined,
  key: readonly Cell[],
  now: number,
): Row | undefined {
  if (change.kind === 'DELETE') return undefined;
  const columns = new Map(change.kind === 'PUT' ? [] : before?.columns);
  let wrote = change.kind === 'PUT';
  for (const cell of change.cells) wrote = applyCell(columns, cell, now) || wrote;
  // Removing columns from a row that is not there does not make it.
  if (!wrote && !before) return undefined;
  return { key, columns, writtenAt: wrote || !before ? now : before.writtenAt };
}

/** Changes one column; true where it wrote a value. */
function applyCell(columns: Map<string, Column>, cell: Cell, now: number): boolean {
  const { name, value, operation, timestamp } = cell;
  const before = columns.get(name);
  if (operation === 'DELETE_ALL') {
    columns.delete(name);
    return false;
  }
  if (operation === 'DELETE_ONE') {
    if (before?.timestamp === timestamp) columns.delete(name);
    return false;
  }
  // Without a version of its own a write is the newest, even if the cloud's clock was set back by a restart.
  const version = timestamp ?? Math.max(now, before?.timestamp ?? 0);
  const next = operation === 'INCREMENT' ? incremented(name, before?.value, value) : value;
  // Of one version per column the newest is kept, so an older write leaves no trace.
  if (isValue(next) && version >= (before?.timestamp ?? 0))
    columns.set(name, { value: next, timestamp: version });
  return true;
}

function incremented(name: string, before: Value | undefined, by: Cell['value']): Value {
  if (before && before.type !== 'INTEGER') {
    throw parameterInvalid(`Column '${name}' holds VT_${before.type}, only VT_INTEGER can be incremented.`);
  }
  const step = by?.type === 'INTEGER' ? by.value : 0n;
  const sum = (before?.value ?? 0n) + step;
  if (sum > INT64_MAX || sum < -INT64_MAX - 1n) {
    throw parameterInvalid(`Incrementing column '${name}' by ${step} overflows a 64-bit integer.`);
  }
  return { type: 'INTEGER', value: sum };
}
