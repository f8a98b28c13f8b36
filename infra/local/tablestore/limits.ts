/** What Tablestore refuses. Source: Tablestore "Limits" and "Naming conventions and data types". */
export const LIMITS = {
  tables: 64,
  keyColumns: 4,
  /** Bytes of a STRING or BINARY primary key value. */
  keyValue: 1024,
  /** Columns in one write of a row. */
  columns: 1024,
  /** Bytes of an attribute column's value. */
  columnValue: 2 * 1024 * 1024,
  definedColumns: 32,
  /** Bytes of a request's body. */
  body: 5 * 1024 * 1024,
  /** Bytes of the rows in one write, alone or in a batch. */
  writeSize: 4 * 1024 * 1024,
  rowsPerBatchWrite: 200,
  rowsPerBatchGet: 100,
  /** Rows and bytes that one GetRange reads at most. */
  rangeRows: 5000,
  rangeSize: 4 * 1024 * 1024,
} as const;

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;

/** Tables and columns: letters, digits and underscores, no digit first, up to 255 bytes. */
export const isName = (name: string): boolean => NAME.test(name);
