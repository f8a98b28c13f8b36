import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeKey } from '../../infra/local/tablestore/key-order.ts';
import type { CellValue } from '../../infra/local/tablestore/value.ts';

const integer = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value): CellValue => ({ type: 'INTEGER', value }));
const text = fc.string({ unit: fc.constantFrom('\0', 'a', 'b', 'é', '\uffff', '🙂') });
const string = text.map((value): CellValue => ({ type: 'STRING', value }));
const binary = fc
  .array(fc.constantFrom(0, 1, 0x7f, 0xfe, 0xff))
  .map((value): CellValue => ({ type: 'BLOB', value: Buffer.from(value) }));
const end = fc.constantFrom<CellValue>({ type: 'INF_MIN' }, { type: 'INF_MAX' });

const RANK = {
  INF_MIN: 0,
  INTEGER: 1,
  DOUBLE: 1,
  BOOLEAN: 1,
  STRING: 2,
  BLOB: 3,
  AUTO_INCREMENT: 4,
  INF_MAX: 5,
};

/** The documented order, written down the slow way. */
function compare(left: readonly CellValue[], right: readonly CellValue[]): number {
  for (const [index, one] of left.entries()) {
    const other = right[index] as CellValue;
    const order = RANK[one.type] - RANK[other.type] || compareSame(one, other);
    if (order !== 0) return Math.sign(order);
  }
  return 0;
}

function compareSame(one: CellValue, other: CellValue): number {
  if (one.type === 'INTEGER' && other.type === 'INTEGER')
    return Number(one.value > other.value) - Number(one.value < other.value);
  if (one.type === 'STRING' && other.type === 'STRING')
    return Buffer.from(one.value).compare(Buffer.from(other.value));
  if (one.type === 'BLOB' && other.type === 'BLOB') return one.value.compare(other.value);
  return 0;
}

describe('the bytes of a primary key', () => {
  it('sort as the documented order of the keys does', () => {
    const value = fc.oneof(integer, string, binary, end);
    const key = fc.array(value, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(key, key, (left, right) => {
        expect(encodeKey(left).compare(encodeKey(right))).toBe(compare(left, right));
      }),
      { numRuns: 2000 },
    );
  });
});
