import type { Cell, WireRow } from './plain-buffer.ts';
import { decodeBareRow } from './plain-buffer-reader.ts';
import { encodeRow } from './plain-buffer-writer.ts';
import { isValue, sizeOfValue, type Value } from './value.ts';

/** A column's only version: what it holds, and since when (cloud time, ms). */
export interface Column {
  readonly value: Value;
  readonly timestamp: number;
}

/** A row as conditions and writes see it. */
export interface Row {
  readonly key: readonly Cell[];
  readonly columns: ReadonlyMap<string, Column>;
  /** When the row was last put or updated, cloud time, ms: a row without columns lives by it. */
  readonly writtenAt: number;
}

/** A row as the store keeps it: ready to be sent. */
export interface StoredRow {
  readonly writtenAt: number;
  /** Bytes that count for capacity units. */
  readonly size: number;
  /** The row in PlainBuffer, without a header. */
  readonly wire: Buffer;
}

const PREFIX = 12;

/** The stored form: writtenAt (8 bytes), size (4 bytes), PlainBuffer. Columns are sorted by name, as the cloud returns them. */
export function packRow(row: Row): Buffer {
  const wire = encodeRow(wireRow(row.key, row.columns));
  const prefix = Buffer.allocUnsafe(PREFIX);
  prefix.writeDoubleBE(row.writtenAt, 0);
  prefix.writeUInt32BE(sizeOfCells(row.key) + sizeOfColumns(row.columns), 8);
  return Buffer.concat([prefix, wire]);
}

export const unpackRow = (bytes: Buffer): StoredRow => ({
  writtenAt: bytes.readDoubleBE(0),
  size: bytes.readUInt32BE(8),
  wire: bytes.subarray(PREFIX),
});

/** The row behind its stored form, or undefined where the table's TTL has taken all of it. */
export function liveRow(stored: StoredRow, timeToLiveMs: number, now: number): Row | undefined {
  const { key, cells } = decodeBareRow(stored.wire);
  const oldest = now - timeToLiveMs;
  const columns = new Map<string, Column>();
  for (const { name, value, timestamp = 0 } of cells) {
    if (isValue(value) && timestamp > oldest) columns.set(name, { value, timestamp });
  }
  if (columns.size === 0 && stored.writtenAt <= oldest) return undefined;
  return { key, columns, writtenAt: stored.writtenAt };
}

export function wireRow(key: readonly Cell[], columns: ReadonlyMap<string, Column>): WireRow {
  const cells = [...columns].map(([name, { value, timestamp }]) => ({ name, value, timestamp }));
  // Column names are ASCII, so the order of code units is the order of bytes.
  cells.sort((left, right) => (left.name < right.name ? -1 : 1));
  return { key, cells, deleted: false };
}

export const sizeOfCells = (cells: readonly Cell[]): number =>
  cells.reduce((sum, { name, value }) => sum + Buffer.byteLength(name) + (value ? sizeOfValue(value) : 0), 0);

export function sizeOfColumns(columns: ReadonlyMap<string, Column>): number {
  let size = 0;
  for (const [name, { value }] of columns) size += Buffer.byteLength(name) + sizeOfValue(value);
  return size;
}

const CAPACITY_UNIT_BYTES = 4096;

/** Capacity units for reading or writing `size` bytes, at least one. Source: "Read and write throughput". */
export const capacityUnits = (size: number): number => Math.max(1, Math.ceil(size / CAPACITY_UNIT_BYTES));
