/** A value that a column can hold; the names are those of the wire protocol without their `VT_`. */
export type Value =
  | { readonly type: 'INTEGER'; readonly value: bigint }
  | { readonly type: 'DOUBLE'; readonly value: number }
  | { readonly type: 'BOOLEAN'; readonly value: boolean }
  | { readonly type: 'STRING'; readonly value: string }
  | { readonly type: 'BLOB'; readonly value: Buffer };

/** What stands in place of a primary key value: an end of a range, or "choose one for me". */
export type Marker = { readonly type: 'INF_MIN' | 'INF_MAX' | 'AUTO_INCREMENT' };

export type CellValue = Value | Marker;

export type ValueType = CellValue['type'];

export const isValue = (cell: CellValue | undefined): cell is Value => cell !== undefined && 'value' in cell;

/** Bytes that a value counts for in sizes and capacity units. Source: Tablestore "Read and write throughput". */
export function sizeOfValue(value: CellValue): number {
  switch (value.type) {
    case 'INTEGER':
    case 'DOUBLE':
      return 8;
    case 'BOOLEAN':
      return 1;
    case 'STRING':
      return Buffer.byteLength(value.value);
    case 'BLOB':
      return value.value.length;
    default:
      return 0;
  }
}

/** Negative, zero or positive as `left` sorts before, with or after `right`; undefined where their types differ. */
export function compareValues(left: Value, right: Value): number | undefined {
  if (left.type === 'INTEGER' && right.type === 'INTEGER') return order(left.value, right.value);
  if (left.type === 'DOUBLE' && right.type === 'DOUBLE') return order(left.value, right.value);
  if (left.type === 'BOOLEAN' && right.type === 'BOOLEAN') return order(left.value, right.value);
  if (left.type === 'STRING' && right.type === 'STRING') return compareText(left.value, right.value);
  if (left.type === 'BLOB' && right.type === 'BLOB') return Buffer.compare(left.value, right.value);
  return undefined;
}

/** Orders strings by their UTF-8 bytes, as the cloud does; JavaScript's own order differs above U+FFFF. */
const compareText = (left: string, right: string) =>
  left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));

const order = <T extends bigint | number | boolean>(left: T, right: T) =>
  left < right ? -1 : left > right ? 1 : 0;
