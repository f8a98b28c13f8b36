/** CRC-64/XZ: ECMA-182's polynomial, reflected, in two halves as numbers hold 53 bits. */
const POLYNOMIAL_HIGH = 0xc96c5795;
const POLYNOMIAL_LOW = 0xd7870f42;

const { high: HIGH, low: LOW } = table();

function table(): { high: Uint32Array; low: Uint32Array } {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = ((l >>> 1) | (h << 31)) >>> 0;
      h = h >>> 1;
      if (odd) {
        h = (h ^ POLYNOMIAL_HIGH) >>> 0;
        l = (l ^ POLYNOMIAL_LOW) >>> 0;
      }
    }
    high[byte] = h;
    low[byte] = l;
  }
  return { high, low };
}

/**
 * The checksum that Function Compute gives of a code package, in decimal.
 * Source: Function Compute API, OutputFuncCode.checksum: "the CRC-64 value of the function code package".
 */
export function crc64(bytes: Uint8Array): string {
  let h = 0xffffffff;
  let l = 0xffffffff;
  for (const byte of bytes) {
    const index = (l ^ byte) & 0xff;
    l = (((l >>> 8) | (h << 24)) ^ (LOW[index] as number)) >>> 0;
    h = ((h >>> 8) ^ (HIGH[index] as number)) >>> 0;
  }
  return ((BigInt(~h >>> 0) << 32n) | BigInt(~l >>> 0)).toString();
}
