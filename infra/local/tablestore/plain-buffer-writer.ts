import { crc8, crc8Byte } from './crc8.ts';
import { type Cell, HEADER, OPERATION_CODE, TAG, TYPE_CODE, type WireRow } from './plain-buffer.ts';
import type { CellValue } from './value.ts';

const HEADER_BYTES = Buffer.from(Uint32Array.of(HEADER).buffer);

/** Encodes rows one after the other, behind one header. */
export const withHeader = (rows: readonly Buffer[]): Buffer => Buffer.concat([HEADER_BYTES, ...rows]);

/** Encodes one row, without the header. */
export function encodeRow(row: WireRow): Buffer {
  const sink = createSink();
  let rowChecksum = 0;
  if (row.key.length > 0) {
    sink.byte(TAG.ROW_KEY);
    for (const cell of row.key) rowChecksum = crc8Byte(rowChecksum, writeCell(sink, cell));
  }
  if (row.cells.length > 0) {
    sink.byte(TAG.ROW_DATA);
    for (const cell of row.cells) rowChecksum = crc8Byte(rowChecksum, writeCell(sink, cell));
  }
  if (row.deleted) sink.byte(TAG.DELETE_ROW_MARKER);
  rowChecksum = crc8Byte(rowChecksum, row.deleted ? 1 : 0);
  sink.byte(TAG.ROW_CHECKSUM);
  sink.byte(rowChecksum);
  return sink.bytes();
}

/** Writes a cell and returns its checksum. */
function writeCell(sink: Sink, cell: Cell): number {
  sink.byte(TAG.CELL);
  sink.byte(TAG.CELL_NAME);
  const nameStart = sink.text(cell.name);
  let checksum = sink.checksum(0, nameStart);
  if (cell.value) {
    sink.byte(TAG.CELL_VALUE);
    const valueStart = writeValue(sink, cell.value);
    checksum = sink.checksum(checksum, valueStart);
  }
  if (cell.operation) {
    sink.byte(TAG.CELL_OPERATION);
    sink.byte(OPERATION_CODE[cell.operation]);
  }
  if (cell.timestamp !== undefined) {
    sink.byte(TAG.CELL_TIMESTAMP);
    const timestampStart = sink.integer(BigInt(cell.timestamp));
    checksum = sink.checksum(checksum, timestampStart);
  }
  // The operation goes into the checksum after the timestamp, although it stands before it.
  if (cell.operation) checksum = crc8Byte(checksum, OPERATION_CODE[cell.operation]);
  sink.byte(TAG.CELL_CHECKSUM);
  sink.byte(checksum);
  return checksum;
}

/** Writes the value behind its outer length; returns where the part that counts for the checksum starts. */
function writeValue(sink: Sink, value: CellValue): number {
  const lengthAt = sink.length32(0);
  const start = sink.byte(TYPE_CODE[value.type]);
  switch (value.type) {
    case 'INTEGER':
      sink.integer(value.value);
      break;
    case 'DOUBLE':
      sink.double(value.value);
      break;
    case 'BOOLEAN':
      sink.byte(value.value ? 1 : 0);
      break;
    case 'STRING':
      sink.text(value.value);
      break;
    case 'BLOB':
      sink.blob(value.value);
      break;
  }
  sink.patchLength(lengthAt);
  return start;
}

type Sink = ReturnType<typeof createSink>;

/** A buffer that grows. Each write returns the offset at which its content (after a length, if any) starts. */
function createSink() {
  let buffer = Buffer.allocUnsafe(512);
  let end = 0;
  const reserve = (size: number) => {
    if (end + size > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, end + size));
      buffer.copy(larger, 0, 0, end);
      buffer = larger;
    }
    const start = end;
    end += size;
    return start;
  };
  const byte = (value: number) => {
    const start = reserve(1);
    buffer[start] = value;
    return start;
  };
  const length32 = (value: number) => {
    const start = reserve(4);
    buffer.writeUInt32LE(value, start);
    return start;
  };
  return {
    byte,
    length32,
    integer(value: bigint) {
      const start = reserve(8);
      buffer.writeBigInt64LE(value, start);
      return start;
    },
    double(value: number) {
      const start = reserve(8);
      buffer.writeDoubleLE(value, start);
      return start;
    },
    text(value: string) {
      const size = Buffer.byteLength(value);
      length32(size);
      const start = reserve(size);
      buffer.write(value, start, size, 'utf8');
      return start;
    },
    blob(value: Buffer) {
      length32(value.length);
      const start = reserve(value.length);
      value.copy(buffer, start);
      return start;
    },
    patchLength: (at: number) => buffer.writeUInt32LE(end - at - 4, at),
    checksum: (crc: number, from: number) => crc8(crc, buffer, from, end),
    bytes: () => buffer.subarray(0, end),
  };
}
