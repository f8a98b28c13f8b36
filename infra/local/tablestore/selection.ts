import { parameterInvalid } from './failure.ts';
import { type Pagination, parseFilter, passes, type Test } from './filter.ts';
import type { Selection } from './messages.ts';
import { encodeRow } from './plain-buffer-writer.ts';
import {
  type Column,
  liveRow,
  type Row,
  type StoredRow,
  sizeOfCells,
  sizeOfColumns,
  wireRow,
} from './row.ts';
import type { Table } from './table.ts';

/** What a read makes of a stored row. */
export interface Selected {
  /** The row in PlainBuffer, without a header; missing where the row is not part of the answer. */
  readonly wire?: Buffer;
  /** Bytes that were read, for capacity units and page sizes. */
  readonly size: number;
}

/**
 * Prepares a read of a table at one moment: versions, then columns, then the filter, in the cloud's order, so a filter
 * sees no column that `columnsToGet` leaves out. Throws OTSParameterInvalid.
 */
export function compileSelection(
  table: Table,
  selection: Selection,
  now: number,
): (stored: StoredRow) => Selected {
  const { filter: filterBytes, maxVersions, timeRange } = selection;
  if (maxVersions === undefined && timeRange === undefined) {
    throw parameterInvalid('No version condition is specified while querying row.');
  }
  if (maxVersions !== undefined && maxVersions <= 0) {
    throw parameterInvalid(`Invalid max versions: ${maxVersions} . Reason: Max versions must be positive.`);
  }
  const filter = filterBytes?.length ? parseFilter(filterBytes) : undefined;
  const { timeToLive } = table.options;
  const wanted = columnTest(table, selection);
  if (!filter && !wanted && timeToLive === -1) return ({ wire, size }) => ({ wire, size });

  const timeToLiveMs = timeToLive === -1 ? Number.POSITIVE_INFINITY : timeToLive * 1000;
  return (stored) => {
    const row = liveRow(stored, timeToLiveMs, now);
    return row ? selectFrom(row, wanted, filter) : { size: 0 };
  };
}

/** Which columns are read; `keepsRow` says whether a row shows when none of its columns is. */
interface ColumnTest {
  readonly keepsRow: boolean;
  matches(name: string, column: Column): boolean;
}

function columnTest(table: Table, selection: Selection): ColumnTest | undefined {
  const { columnsToGet, timeRange, startColumn, endColumn } = selection;
  if (columnsToGet.length === 0 && !timeRange && !startColumn && !endColumn) return undefined;
  const names = columnsToGet.length > 0 ? new Set(columnsToGet) : undefined;
  const inTime = timeTest(timeRange);
  return {
    keepsRow: table.key.some(({ name }) => names?.has(name)),
    matches: (name, { timestamp }) =>
      (!names || names.has(name)) &&
      (!startColumn || name >= startColumn) &&
      (!endColumn || name < endColumn) &&
      inTime(timestamp),
  };
}

function timeTest(range: Selection['timeRange']): (timestamp: number) => boolean {
  if (!range) return () => true;
  const { startTime, endTime, specificTime } = range;
  if (specificTime !== undefined) {
    if (specificTime < 0) throw parameterInvalid('Specific timestamp cannot be less than 0.');
    return (timestamp) => timestamp === specificTime;
  }
  if (startTime === undefined || endTime === undefined) {
    throw parameterInvalid('Start and end time must be given at the same time.');
  }
  return (timestamp) => timestamp >= startTime && timestamp < endTime;
}

function selectFrom(
  row: Row,
  wanted: ColumnTest | undefined,
  filter: Test | Pagination | undefined,
): Selected {
  let columns = row.columns;
  if (wanted) columns = new Map([...columns].filter(([name, column]) => wanted.matches(name, column)));
  const size = sizeOfCells(row.key) + sizeOfColumns(columns);
  if (wanted && columns.size === 0 && !wanted.keepsRow) return { size };
  if (filter && filter.kind !== 'pagination' && !passes(filter, columns)) return { size };
  const wire = wireRow(row.key, columns);
  const cells =
    filter?.kind === 'pagination'
      ? wire.cells.slice(filter.offset, filter.offset + filter.limit)
      : wire.cells;
  return { wire: encodeRow({ ...wire, cells }), size };
}
