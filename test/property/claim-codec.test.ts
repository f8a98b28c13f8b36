import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeClaim, encodeClaim, SCHEMA } from '../../shared/adapters/tablestore/claim-codec.ts';
import type { Row } from '../../shared/adapters/tablestore/table.ts';
import type { Claim } from '../../shared/claim/claim.ts';
import { formatClaimKey } from '../../shared/claim/identity.ts';
import { claimOf, kind } from './claim-worlds.ts';
import { runs } from './effort.ts';

const claim: fc.Arbitrary<Claim> = kind.chain(claimOf).filter((one) => one !== undefined);

/** As the store gives a row back: with the columns of its primary key. */
const stored = (one: Claim): Record<string, Row[string]> => ({
  bucket: '0f',
  claim: formatClaimKey(one.key),
  ...encodeClaim(one),
});

const cell = fc.oneof(
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom('', 'follow', 'never', '10m', 'auto', 'Bound', 'Released', -1, 2 ** 60),
);

/** What decoding gives: a claim, or the failure by which such a record is left alone. Anything else is a fault. */
function decodedOrRefused(row: Row): Claim | string {
  try {
    return decodeClaim(row);
  } catch (error) {
    expect(error).toMatchObject({
      verdict: 'refused',
      code: expect.stringMatching(/^(?:Newer|Broken)Record$/),
    });
    return (error as { code: string }).code;
  }
}

describe('the record of a claim', () => {
  it('is read back as the claim that was written', () => {
    fc.assert(
      fc.property(claim, (one) => {
        expect(decodeClaim(stored(one))).toEqual(one);
      }),
      runs(1_000),
    );
  });

  it('holds plain values only, and none that is empty', () => {
    fc.assert(
      fc.property(claim, (one) => {
        for (const value of Object.values(encodeClaim(one))) {
          expect(['string', 'number']).toContain(typeof value);
          expect(value).not.toBe('');
          if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
        }
      }),
    );
  });

  it('may have columns that nobody knows', () => {
    const columns = fc.dictionary(
      fc.string({ minLength: 1, maxLength: 8 }).map((name) => `later${name}`),
      cell,
    );
    fc.assert(
      fc.property(claim, columns, (one, more) => {
        expect(decodeClaim({ ...stored(one), ...more })).toEqual(one);
      }),
    );
  });

  it('of a newer layout is refused, whatever else is in it', () => {
    const newer = fc.integer({ min: SCHEMA + 1, max: 1_000 });
    fc.assert(
      fc.property(
        claim,
        newer,
        fc.dictionary(fc.constantFrom('phase', 'rev', 'retention'), cell),
        (one, schema, more) => {
          expect(decodedOrRefused({ ...stored(one), ...more, schema })).toBe('NewerRecord');
        },
      ),
    );
  });

  it('that lacks a column is refused or means the same without it; never something else', () => {
    fc.assert(
      fc.property(claim, fc.nat(), (one, draw) => {
        const row = stored(one);
        const names = Object.keys(row).filter((name) => name !== 'schema' && name !== 'bucket');
        const name = names[draw % names.length] ?? '';
        const { [name]: _, ...rest } = row;
        const result = decodedOrRefused(rest);
        if (typeof result === 'string') return;
        // What can be left out: the end of the retention, what an EIP is bought with, where an address was before.
        expect(name).toMatch(/^(?:retainUntil|bandwidth|reclaim|eniId|holdEniId|securityGroupId|lastEniId)$/);
        expect(result).toMatchObject({ phase: one.phase, rev: one.rev, key: one.key });
      }),
      runs(1_000),
    );
  });

  it('with any value in any column is read or refused, and nothing worse', () => {
    fc.assert(
      fc.property(claim, fc.nat(), cell, (one, draw, value) => {
        const row = stored(one);
        const name = Object.keys(row)[draw % Object.keys(row).length] ?? '';
        decodedOrRefused({ ...row, [name]: value });
      }),
      runs(2_000),
    );
  });

  it('of anything at all is read or refused, and nothing worse', () => {
    const names = [
      'schema',
      'rev',
      'phase',
      'origin',
      'retention',
      'createdAt',
      'claim',
      'token',
      'allocationId',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), cell), (row) => {
        expect(typeof decodedOrRefused(row)).toBe('string');
      }),
      runs(1_000),
    );
  });
});
