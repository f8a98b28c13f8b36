import { beforeEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../shared/claim/claim.ts';
import { formatClaimKey } from '../../shared/claim/identity.ts';
import { sweepOrphans } from '../../shared/reconcile/orphans.ts';
import type { Ports, TaggedEip } from '../../shared/reconcile/ports.ts';
import { allocating, eipIs, MINUTE, NOW } from './claim-scene.ts';

let released: string[];
beforeEach(() => {
  released = [];
});

const listing = (...eips: TaggedEip[]) => ({ eips, parking: [] });

const portsWith = (
  eip: TaggedEip,
  { lockedBy, aheadMs = 0, skewMs = -aheadMs }: { lockedBy?: string; aheadMs?: number; skewMs?: number } = {},
): Ports =>
  ({
    log: { debug() {}, info() {}, warn() {} },
    now: () => NOW + aheadMs,
    pods: { clusters: ['c-1'], skewMs: () => skewMs },
    remainingMs: () => 60_000,
    claims: {
      suspect: async () => NOW - MINUTE,
      clearSuspect: async () => {},
      read: async () => ({}),
      lockedBy: async () => lockedBy,
    },
    cloud: {
      release: {
        eips: {
          describe: async () => eip,
          release: async (id: string) => void released.push(id),
        },
      },
    },
    releases: { frozen: async () => false },
  }) as unknown as Ports;

/** Its claim's name was lost: a tag was removed by hand. */
const nameless: TaggedEip = {
  ...eipIs('Available'),
  claim: undefined,
  token: 'token-1',
  allocatedAt: NOW - 60 * MINUTE,
};
const claimsOf = (...claims: Claim[]) => new Map(claims.map((claim) => [formatClaimKey(claim.key), claim]));

describe('an EIP whose tags name no claim', () => {
  it('is released where nobody knows of it', async () => {
    await sweepOrphans(portsWith(nameless), listing(nameless), claimsOf());
    expect(released).toEqual(['eip-1']);
  });

  it('is kept where an intent stands that has its token', async () => {
    await sweepOrphans(portsWith(nameless), listing(nameless), claimsOf(allocating('eip')));
    expect(released).toEqual([]);
  });

  it('is kept where a claim has the lock on it', async () => {
    await sweepOrphans(
      portsWith(nameless, { lockedBy: 'c-1/shop/web-0/eip' }),
      listing(nameless),
      claimsOf(),
    );
    expect(released).toEqual([]);
  });
});

describe('a clock that is wrong', () => {
  const young = { ...nameless, allocatedAt: NOW - 5 * MINUTE };
  const DAY = 24 * 60 * MINUTE;

  it('by two days ahead makes no young EIP old', async () => {
    await sweepOrphans(portsWith(young, { aheadMs: 2 * DAY }), listing(young), claimsOf());
    expect(released).toEqual([]);
  });

  it('by a day behind releases nothing either', async () => {
    await sweepOrphans(portsWith(young, { aheadMs: -DAY }), listing(young), claimsOf());
    expect(released).toEqual([]);
  });

  it('and that no other could be compared with releases nothing', async () => {
    const ports = portsWith(nameless);
    const deaf = { ...ports, pods: { ...ports.pods, skewMs: () => undefined } };
    await sweepOrphans(deaf, listing(nameless), claimsOf());
    expect(released).toEqual([]);
  });
});
