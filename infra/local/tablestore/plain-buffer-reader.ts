import { isUtf8 } from 'node:buffer';
import { crc8, crc8Byte } from './crc8.ts';
import { parameterInvalid } from './failure.ts';
import {
  type Cell,
  type CellOperation,
  HEADER,
  OPERATION_CODE,
  TAG,
  TYPE_CODE,
  type WireRow,
} from './plain-buffer.ts';
import type { CellValue, Value, ValueType } from './value.ts';

/**
 * Decodes exactly one row behind a header. Zero bytes may follow: the vendor's Node SDK reserves one too many for each
 * INF_MIN and INF_MAX. Throws OTSParameterInvalid where bytes or checksums are wrong.
 */
export function decodeRow(bytes: Buffer): WireRow {
  const source = createSource(bytes);
  const header = source.length32();
  if (header !== HEADER) throw broken(`mismatch header, actual: ${header} , expect: ${HEADER}`);
  const row = readRow(source);
  if (!source.onlyZerosLeft()) throw broken("has more data in cell, but they can't be parsed");
  return row;
}

/** Decodes one row that stands without a header. */
export const decodeBareRow = (bytes: Buffer): WireRow => readRow(createSource(bytes));

/** Decodes a lone value, as filters carry it: the type byte and the payload, without an outer length. */
export function decodeVariant(bytes: Buffer): Value {
  const value = readVariant(createSource(bytes));
  if (!('value' in value))
    throw parameterInvalid(`VT_${value.type} is an invalid type for the attribute column.`);
  return value;
}

function readRow(source: Source): WireRow {
  let checksum = 0;
  const readCells = () => {
    const cells: Cell[] = [];
    while (source.skip(TAG.CELL)) {
      const { cell, checksum: cellChecksum } = readCell(source);
      checksum = crc8Byte(checksum, cellChecksum);
      cells.push(cell);
    }
    return cells;
  };
  const key = source.skip(TAG.ROW_KEY) ? readCells() : [];
  if (key.length === 0) throw broken('PK is empty');
  const cells = source.skip(TAG.ROW_DATA) ? readCells() : [];
  const deleted = source.skip(TAG.DELETE_ROW_MARKER);
  checksum = crc8Byte(checksum, deleted ? 1 : 0);
  if (!source.skip(TAG.ROW_CHECKSUM)) throw broken('row is not end with checksum tag');
  compare(source.byte(), checksum);
  return { key, cells, deleted };
}

function readCell(source: Source): { cell: Cell; checksum: number } {
  if (!source.skip(TAG.CELL_NAME)) throw broken('attr has no name');
  const nameLength = source.length32();
  const nameStart = source.position();
  const name = source.text(nameLength);
  let checksum = source.checksum(0, nameStart);

  let value: CellValue | undefined;
  if (source.skip(TAG.CELL_VALUE)) {
    const length = source.length32();
    const start = source.position();
    value = readVariant(source);
    if (source.position() - start !== length) throw broken(`wrong string format, size: ${length}`);
    checksum = source.checksum(checksum, start);
  }
  const operation = source.skip(TAG.CELL_OPERATION) ? operationOf(source.byte()) : undefined;
  let timestamp: number | undefined;
  if (source.skip(TAG.CELL_TIMESTAMP)) {
    const start = source.position();
    timestamp = Number(source.integer());
    checksum = source.checksum(checksum, start);
  }
  if (operation) checksum = crc8Byte(checksum, OPERATION_CODE[operation]);
  if (!source.skip(TAG.CELL_CHECKSUM)) throw broken('cell is not end with checksum[0x0A] tag');
  compare(source.byte(), checksum);
  const cell = {
    name,
    ...(value && { value }),
    ...(operation && { operation }),
    ...(timestamp !== undefined && { timestamp }),
  };
  return { cell, checksum };
}

function readVariant(source: Source): CellValue {
  const type = TYPE_OF_CODE.get(source.byte());
  switch (type) {
    case 'INTEGER':
      return { type, value: source.integer() };
    case 'DOUBLE':
      return { type, value: source.double() };
    case 'BOOLEAN':
      return { type, value: source.byte() !== 0 };
    case 'STRING':
      return { type, value: source.text(source.length32()) };
    case 'BLOB':
      return { type, value: source.blob(source.length32()) };
    case 'INF_MIN':
    case 'INF_MAX':
    case 'AUTO_INCREMENT':
      return { type };
    default:
      throw parameterInvalid('data format is invalid, unknown variant type occured.');
  }
}

const TYPE_OF_CODE = new Map<number, ValueType>(
  (Object.keys(TYPE_CODE) as ValueType[]).map((type) => [TYPE_CODE[type], type]),
);

function operationOf(code: number): CellOperation {
  for (const operation of ['DELETE_ALL', 'DELETE_ONE', 'INCREMENT'] as const) {
    if (OPERATION_CODE[operation] === code) return operation;
  }
  throw parameterInvalid(`Invalid op type of cell: ${code}.`);
}

function compare(given: number, computed: number): void {
  if (given !== computed) throw broken(`checksum is mismatch, ${given} :${computed} :`);
}

const broken = (what: string) => parameterInvalid(`Cell data broken, ${what}.`);

type Source = ReturnType<typeof createSource>;

function createSource(buffer: Buffer) {
  let at = 0;
  const take = (size: number) => {
    if (at + size > buffer.length)
      throw parameterInvalid('Input encoded PK broken, length is shorter than expect.');
    const start = at;
    at += size;
    return start;
  };
  return {
    position: () => at,
    onlyZerosLeft: () => buffer.subarray(at).every((byte) => byte === 0),
    /** Steps over the tag if it comes next. */
    skip(tag: number) {
      if (buffer[at] !== tag) return false;
      at++;
      return true;
    },
    byte: () => buffer[take(1)] as number,
    length32: () => buffer.readUInt32LE(take(4)),
    integer: () => buffer.readBigInt64LE(take(8)),
    double: () => buffer.readDoubleLE(take(8)),
    text(size: number) {
      const start = take(size);
      const bytes = buffer.subarray(start, at);
      if (!isUtf8(bytes)) throw parameterInvalid('Value of column must be UTF8 encoding.');
      return bytes.toString('utf8');
    },
    blob(size: number) {
      const start = take(size);
      return buffer.subarray(start, at);
    },
    checksum: (crc: number, from: number) => crc8(crc, buffer, from, at),
  };
}
