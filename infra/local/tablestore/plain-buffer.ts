import type { CellValue } from './value.ts';

// PlainBuffer, the encoding of rows inside Tablestore's protobuf messages.
// Source: Tablestore API reference, "PlainBuffer"; order of the checksums as the vendor's Node and Python writers have it.

export const HEADER = 0x75;

export const TAG = {
  ROW_KEY: 0x1,
  ROW_DATA: 0x2,
  CELL: 0x3,
  CELL_NAME: 0x4,
  CELL_VALUE: 0x5,
  CELL_OPERATION: 0x6,
  CELL_TIMESTAMP: 0x7,
  DELETE_ROW_MARKER: 0x8,
  ROW_CHECKSUM: 0x9,
  CELL_CHECKSUM: 0xa,
} as const;

export const OPERATION_CODE = { DELETE_ALL: 0x1, DELETE_ONE: 0x3, INCREMENT: 0x4 } as const;

/** What an update does to a column; a cell without one is written. */
export type CellOperation = keyof typeof OPERATION_CODE;

export const TYPE_CODE = {
  INTEGER: 0x0,
  DOUBLE: 0x1,
  BOOLEAN: 0x2,
  STRING: 0x3,
  BLOB: 0x7,
  INF_MIN: 0x9,
  INF_MAX: 0xa,
  AUTO_INCREMENT: 0xb,
} as const;

export interface Cell {
  readonly name: string;
  readonly value?: CellValue;
  readonly operation?: CellOperation;
  /** Version of the value, milliseconds since the epoch. */
  readonly timestamp?: number;
}

/** A row on the wire, or a change to one. */
export interface WireRow {
  readonly key: readonly Cell[];
  readonly cells: readonly Cell[];
  /** The change deletes the row. */
  readonly deleted: boolean;
}
