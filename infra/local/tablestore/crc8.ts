/** CRC-8, polynomial x^8 + x^2 + x + 1 (0x07), as PlainBuffer uses it for cells and rows. */
const TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  return crc;
});

/** Folds one byte into a checksum. */
export const crc8Byte = (crc: number, byte: number): number => TABLE[(crc ^ byte) & 0xff] as number;

/** Folds `bytes[start, end)` into a checksum. */
export function crc8(crc: number, bytes: Buffer, start = 0, end = bytes.length): number {
  let folded = crc;
  for (let index = start; index < end; index++) folded = TABLE[folded ^ (bytes[index] as number)] as number;
  return folded;
}
