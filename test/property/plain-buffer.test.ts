import fc from 'fast-check';
import TableStore from 'tablestore';
import { describe, expect, it } from 'vitest';
import { TablestoreFailure } from '../../infra/local/tablestore/failure.ts';
import type { Cell, WireRow } from '../../infra/local/tablestore/plain-buffer.ts';
import { decodeRow } from '../../infra/local/tablestore/plain-buffer-reader.ts';
import { encodeRow, withHeader } from '../../infra/local/tablestore/plain-buffer-writer.ts';
import type { CellValue, Value } from '../../infra/local/tablestore/value.ts';

const text = fc.string({ unit: 'grapheme' });
const bytes = fc.uint8Array().map((array) => Buffer.from(array));
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
const timestamp = fc.nat({ max: 2 ** 48 });

const keyValue: fc.Arbitrary<CellValue> = fc.oneof(
  integer.map((value) => ({ type: 'INTEGER', value }) as const),
  text.map((value) => ({ type: 'STRING', value }) as const),
  bytes.map((value) => ({ type: 'BLOB', value }) as const),
);
const marker = fc.constantFrom<CellValue>(
  { type: 'INF_MIN' },
  { type: 'INF_MAX' },
  { type: 'AUTO_INCREMENT' },
);
const columnValue = fc.oneof(
  keyValue,
  fc.double({ noNaN: true }).map((value) => ({ type: 'DOUBLE', value }) as const),
  fc.boolean().map((value) => ({ type: 'BOOLEAN', value }) as const),
) as fc.Arbitrary<Value>;

const cell: fc.Arbitrary<Cell> = fc.record(
  {
    name,
    value: columnValue,
    timestamp,
    operation: fc.constantFrom('DELETE_ALL', 'DELETE_ONE', 'INCREMENT'),
  },
  { requiredKeys: ['name'] },
);
const keyCell = fc.record({ name, value: fc.oneof(keyValue, marker) });

const row: fc.Arbitrary<WireRow> = fc.record({
  key: fc.array(keyCell, { minLength: 1, maxLength: 4 }),
  cells: fc.array(cell, { maxLength: 8 }),
  deleted: fc.boolean(),
});

const encode = (value: WireRow) => withHeader([encodeRow(value)]);

describe('PlainBuffer', () => {
  it('decodes to the row that was encoded', () => {
    fc.assert(
      fc.property(row, (value) => {
        expect(decodeRow(encode(value))).toEqual(value);
      }),
    );
  });

  it('takes zero bytes after a row, and no others', () => {
    fc.assert(
      fc.property(row, fc.nat(8), (value, zeros) => {
        expect(decodeRow(Buffer.concat([encode(value), Buffer.alloc(zeros)]))).toEqual(value);
        expect(() => decodeRow(Buffer.concat([encode(value), Buffer.alloc(zeros), Buffer.of(1)]))).toThrow(
          TablestoreFailure,
        );
      }),
    );
  });

  it('never takes one row for another when a bit of a value changes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (content, position) => {
        const value = Buffer.from(content);
        const sent = encode({
          key: [{ name: 'pk', value: { type: 'BLOB', value } }],
          cells: [],
          deleted: false,
        });
        // Behind the header, two tags, the name, and the value's tag, outer length, type and length.
        const start = 4 + 2 + 1 + 4 + 2 + 1 + 4 + 1 + 4;
        const bit = position % (value.length * 8);
        sent.writeUInt8(sent.readUInt8(start + (bit >> 3)) ^ (1 << (bit & 7)), start + (bit >> 3));
        expect(() => decodeRow(sent)).toThrow(/checksum is mismatch/);
      }),
    );
  });

  it('fails as a bad request on any bytes that are no row', () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), (junk, headed) => {
        expect(() => decodeRow(headed ? withHeader([junk]) : junk)).toThrow(TablestoreFailure);
      }),
    );
  });

  it('is byte for byte what the vendor’s SDK writes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ name, value: keyValue }), {
          selector: (part) => part.name,
          minLength: 1,
          maxLength: 4,
        }),
        fc.array(fc.record({ name, value: columnValue, timestamp }, { requiredKeys: ['name', 'value'] })),
        (key, cells) => {
          // A column that is called like the SDK's own field for its version cannot be told from it.
          fc.pre(cells.every((part) => part.name !== 'timestamp'));
          const theirs = builder.serializeForPutRow(
            key.map((part) => ({ [part.name]: forSdk(part.value) })),
            cells.map((part) => ({
              [part.name]: forSdk(part.value),
              ...(part.timestamp !== undefined && { timestamp: part.timestamp }),
            })),
          );
          expect(encode({ key, cells, deleted: false }).toString('hex')).toBe(theirs.toString('hex'));
        },
      ),
    );
  });
});

/** The SDK's own encoder, which its typings leave out. */
const builder = (
  TableStore as unknown as {
    PlainBufferBuilder: { serializeForPutRow(key: object[], columns: object[]): Buffer };
  }
).PlainBufferBuilder;

const forSdk = (value: CellValue) => {
  if (!('value' in value)) throw new TypeError(`the SDK writes no ${value.type} into a row`);
  return value.type === 'INTEGER' ? TableStore.Long.fromString(value.value.toString()) : value.value;
};
