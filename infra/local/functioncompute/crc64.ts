/** The reflected ECMA-182 polynomial, as two halves: 64 bits as BigInt would be a hundred times slower. */
const HIGH = 0xc96c5795;
const LOW = 0xd7870f42;

const table = Array.from({ length: 256 }, (_, byte): readonly [number, number] => {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const odd = low & 1;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (odd) {
      low = (low ^ LOW) >>> 0;
      high = (high ^ HIGH) >>> 0;
    }
  }
  return [high, low];
});

/** CRC-64/XZ as a decimal number. Source: Function Compute API, "Function": `codeChecksum` is the code's CRC-64. */
export function crc64(bytes: Uint8Array): string {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const [tableHigh, tableLow] = table[(low ^ byte) & 0xff] as readonly [number, number];
    low = (((low >>> 8) | (high << 24)) ^ tableLow) >>> 0;
    high = ((high >>> 8) ^ tableHigh) >>> 0;
  }
  const value = (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
  return value.toString();
}
