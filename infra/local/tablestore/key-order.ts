import type { CellValue } from './value.ts';

// Primary keys become bytes that sort as the rows do: column by column, INF_MIN < INTEGER < STRING < BINARY < INF_MAX.
// Source: Tablestore "Primary key and attributes".

const MIN = Buffer.of(0x00);
const INTEGER = 0x10;
const STRING = 0x20;
const BINARY = 0x30;
const MAX = Buffer.of(0xff);

const SIGN_BIT = 1n << 63n;

/** The bytes of a whole primary key, or of a range's end where a value is INF_MIN or INF_MAX. */
export const encodeKey = (values: readonly CellValue[]): Buffer => Buffer.concat(values.map(encodeKeyValue));

function encodeKeyValue(value: CellValue): Buffer {
  switch (value.type) {
    case 'INF_MIN':
      return MIN;
    case 'INF_MAX':
      return MAX;
    case 'INTEGER': {
      const bytes = Buffer.allocUnsafe(9);
      bytes[0] = INTEGER;
      // Flipping the sign bit makes negative numbers sort before positive ones as unsigned bytes.
      bytes.writeBigUInt64BE(BigInt.asUintN(64, value.value) ^ SIGN_BIT, 1);
      return bytes;
    }
    case 'STRING':
      return terminated(STRING, Buffer.from(value.value));
    case 'BLOB':
      return terminated(BINARY, value.value);
    default:
      throw new TypeError(`a primary key column cannot be ${value.type}`);
  }
}

/** Ends the bytes with 00 01 and writes a 00 inside them as 00 FF, so that a prefix sorts before what it starts. */
function terminated(tag: number, content: Buffer): Buffer {
  let zeros = 0;
  for (const byte of content) if (byte === 0) zeros++;
  const bytes = Buffer.allocUnsafe(content.length + zeros + 3);
  let at = 0;
  bytes[at++] = tag;
  for (const byte of content) {
    bytes[at++] = byte;
    if (byte === 0) bytes[at++] = 0xff;
  }
  bytes[at++] = 0x00;
  bytes[at++] = 0x01;
  return bytes;
}
