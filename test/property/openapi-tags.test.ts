import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimTags, readTags } from '../../shared/adapters/openapi/tags.ts';
import { formatClaimKey } from '../../shared/claim/identity.ts';
import { runs } from './effort.ts';

const KEYS = [
  'holdfast/owner',
  'holdfast/claim',
  'holdfast/claim-2',
  'holdfast/token',
  'holdfast/role',
  '__proto__',
];
const junk = fc.oneof(fc.constantFrom<unknown>(null, undefined, 0, '', 'a/b/c/eip', {}), fc.anything());
const tag = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      Key: fc.oneof(fc.constantFrom(...KEYS), junk),
      Value: junk,
    }) as fc.Arbitrary<unknown>,
  },
  fc.record({ TagKey: fc.constantFrom(...KEYS), TagValue: fc.string() }),
  junk,
);
const resource = fc.oneof(
  { weight: 4, arbitrary: fc.array(tag, { maxLength: 6 }).map((tags): unknown => ({ Tags: { Tag: tags } })) },
  junk.map((Tags): unknown => ({ Tags })),
  junk.map((Tag): unknown => ({ Tags: { Tag } })),
  junk,
);

describe('the tags of anything that the cloud lists', () => {
  it('are read without a fault, into texts that stand in them', () => {
    fc.assert(
      fc.property(resource, (one) => {
        const { owner, token, role, claim } = readTags(one);
        for (const text of [owner, token, role]) expect(['string', 'undefined']).toContain(typeof text);
        if (claim) expect(formatClaimKey(claim)).toMatch(/^[^/]+\/[^/]+\/[^/]+\/(?:ip|eip)$/);
      }),
      runs(3_000),
    );
  });

  it('that have no value have none, and are nobody called "undefined"', () => {
    expect(readTags({ Tags: { Tag: [{ Key: 'holdfast/owner' }, null, {}] } })).toEqual({});
  });

  it('are read back whatever other tags stand between them, in any order', () => {
    const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,120}[a-z0-9])?$/);
    const key = fc.record({
      clusterId: part,
      namespace: part,
      pod: part,
      kind: fc.constantFrom('ip' as const, 'eip' as const),
    });
    const foreign = fc.array(
      fc.record({ Key: fc.constantFrom('team', 'acs:x', 'holdfast'), Value: fc.string() }),
    );
    fc.assert(
      fc.property(key, foreign, fc.infiniteStream(fc.nat()), (one, others, draws) => {
        const tags = [...claimTags('prod', one, 'token-1'), ...others]
          .map((item) => ({ item, at: draws.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item);
        expect(readTags({ Tags: { Tag: tags } })).toEqual({ owner: 'prod', token: 'token-1', claim: one });
      }),
      runs(500),
    );
  });
});
