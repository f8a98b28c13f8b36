import { beforeEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../shared/claim/claim.ts';
import { formatClaimKey, type Kind } from '../../shared/claim/identity.ts';
import { ipLock } from '../../shared/claim/ip-steps.ts';
import { sweepOrphans } from '../../shared/reconcile/orphans.ts';
import type { ParkingEni, Ports, TaggedEip } from '../../shared/reconcile/ports.ts';
import {
  ALLOCATION,
  allocating,
  bound,
  eipIs,
  HERE,
  heldAt,
  keyOf,
  MINUTE,
  NOBODY,
  NOW,
  PARKED,
  PARKING,
  releasing,
  retained,
  VSWITCH,
} from './claim-scene.ts';

let released: string[];
beforeEach(() => {
  released = [];
});

const listing = (...eips: TaggedEip[]) => ({ eips, parking: [] });

const portsWith = (
  eip: TaggedEip,
  {
    lockedBy,
    aheadMs = 0,
    skewMs = -aheadMs,
    unreadable = [],
  }: { lockedBy?: string; aheadMs?: number; skewMs?: number; unreadable?: readonly Kind[] } = {},
): Ports =>
  ({
    log: { debug() {}, info() {}, warn() {} },
    now: () => NOW + aheadMs,
    pods: { clusters: ['c-1'], skewMs: () => skewMs },
    remainingMs: () => 60_000,
    claims: {
      suspect: async () => NOW - MINUTE,
      clearSuspect: async () => {},
      read: async () => ({ claims: {}, unreadable }),
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
    quota: { mayRelease: async () => true },
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

describe('an EIP whose tags name a claim that does not name it', () => {
  const named = { ...nameless, claim: keyOf('eip') };

  it.each([
    ['and no claim is there is released', [], ['eip-1']],
    ['and whose record cannot be read is kept: in doubt, it is that claim’s', ['eip'], []],
    ['is released whatever the record of the pod’s fixed IP is like', ['ip'], ['eip-1']],
  ] as const)('%s', async (_, unreadable, gone) => {
    await sweepOrphans(portsWith(named, { unreadable }), listing(named), claimsOf());
    expect(released).toEqual(gone);
  });

  it.each([
    ['is released where only that claim has its lock, which a dead function left', keyOf('eip'), ['eip-1']],
    ['is kept where another claim has its lock', { ...keyOf('eip'), pod: 'web-9' }, []],
  ] as const)('%s', async (_, owner, gone) => {
    await sweepOrphans(
      portsWith(named, { lockedBy: formatClaimKey(owner) }),
      listing(named),
      claimsOf(allocating('eip', { token: 'token-2' })),
    );
    expect(released).toEqual(gone);
  });
});

describe('orphans that cannot be given back', () => {
  /** One sweep a minute over the same orphans. */
  async function sweepMinutes(minutes: number, eips: readonly TaggedEip[], known: Partial<Ports['claims']>) {
    const ports = portsWith(nameless);
    for (let minute = 0; minute < minutes; minute++) {
      const now = () => NOW + minute * MINUTE;
      await sweepOrphans(
        { ...ports, now, claims: { ...ports.claims, ...known } },
        listing(...eips),
        claimsOf(),
      );
    }
  }
  const manyOf = (name: string): readonly TaggedEip[] =>
    Array.from({ length: 120 }, (_, index) => ({ ...nameless, allocationId: `${name}-${index}` }));

  it('hold up no other, however many they are', async () => {
    const free = { ...nameless, allocationId: 'eip-free' };
    await sweepMinutes(6, [...manyOf('eip-stuck'), free], {
      lockedBy: async (id) => (id === 'eip-free' ? undefined : 'c-1/shop/web-0/eip'),
    });
    expect(new Set(released)).toEqual(new Set(['eip-free']));
  });

  it('begin to be suspects in two passes, one after the other, however many they are', async () => {
    const many = manyOf('eip');
    const marks = new Map<string, number>();
    await sweepMinutes(8, many, {
      async suspect(id, at) {
        if (!marks.has(id)) marks.set(id, at);
        return marks.get(id) ?? at;
      },
    });
    expect(new Set(released).size).toBe(many.length);
  });

  it('are left for another minute when this one has no more releases', async () => {
    const ports = portsWith(nameless);
    const none = { ...ports, quota: { ...ports.quota, mayRelease: async () => false } };
    await sweepOrphans(none, listing(nameless), claimsOf());
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

describe('a private IP on a parking ENI that no claim names', () => {
  const ADDRESS = '10.0.0.50';
  const LOCK = ipLock(VSWITCH, ADDRESS);

  /** One parking ENI that holds the address, and the sweeps that come by; what is said of the world can change. */
  function createWorld() {
    const marks = new Map<string, number>();
    const world = {
      now: NOW,
      held: [ADDRESS] as readonly string[],
      /** Where the address is when it is looked at, which is after the list was made. */
      holder: PARKED,
      lockedBy: undefined as string | undefined,
      frozen: false,
      claims: claimsOf(),
      unassigned: [] as string[],
      async sweep(afterMs = 0) {
        world.now += afterMs;
        const parked = {
          id: PARKING,
          vSwitchId: VSWITCH,
          held: world.held,
          createdAt: NOW - MINUTE,
        } as unknown as ParkingEni;
        return sweepOrphans(ports, { eips: [], parking: [parked] }, world.claims);
      },
    };
    const ports = {
      log: { debug() {}, info() {}, warn() {} },
      now: () => world.now,
      pods: { clusters: ['c-1'], skewMs: () => 0 },
      remainingMs: () => 60_000,
      claims: {
        suspect: async (name: string, at: number) => {
          if (!marks.has(name)) marks.set(name, at);
          return marks.get(name);
        },
        clearSuspect: async (name: string) => void marks.delete(name),
        lockedBy: async (lock: string) => (lock === LOCK ? world.lockedBy : undefined),
      },
      cloud: {
        release: {
          enis: {
            holderOf: async () => world.holder,
            unassign: async (eniId: string, address: string) =>
              void world.unassigned.push(`${address} off ${eniId}`),
          },
        },
      },
      releases: { frozen: async () => world.frozen },
      quota: { mayRelease: async () => true },
    } as unknown as Ports;
    return world;
  }
  const GIVEN_BACK = [`${ADDRESS} off ${PARKING}`];

  it('is given back when it was seen twice, half a minute apart: the claim that parks it may be on its way', async () => {
    const world = createWorld();
    expect(await world.sweep()).toMatchObject({ strays: 0 });
    expect(await world.sweep(20_000)).toMatchObject({ strays: 0 });
    expect(world.unassigned).toEqual([]);
    expect(await world.sweep(10_000)).toMatchObject({ strays: 1 });
    expect(world.unassigned).toEqual(GIVEN_BACK);
  });

  it('stays while a claim names it, in whichever phase', async () => {
    const world = createWorld();
    for (const claim of [retained('ip'), bound('ip'), releasing('ip')]) {
      world.claims = claimsOf(claim);
      await world.sweep();
      await world.sweep(MINUTE);
    }
    expect(world.unassigned).toEqual([]);
  });

  it('is another one than the same address in another vSwitch', async () => {
    const world = createWorld();
    world.claims = claimsOf(retained('ip', { allocation: { ...ALLOCATION.ip, id: 'vsw-2' } }));
    await world.sweep();
    await world.sweep(MINUTE);
    expect(world.unassigned).toEqual(GIVEN_BACK);
  });

  it('stays while its lock is held: by a claim that is younger than the list, or whose record cannot be read', async () => {
    const world = createWorld();
    world.lockedBy = 'c-1/shop/web-0/ip';
    await world.sweep();
    await world.sweep(MINUTE);
    expect(world.unassigned).toEqual([]);
  });

  it('stays while releases are frozen, and goes when they are not any more', async () => {
    const world = createWorld();
    world.frozen = true;
    await world.sweep();
    await world.sweep(MINUTE);
    expect(world.unassigned).toEqual([]);
    world.frozen = false;
    await world.sweep(MINUTE);
    expect(world.unassigned).toEqual(GIVEN_BACK);
  });

  it('is taken only from the parking ENI that the list showed, and not from who has it by now', async () => {
    for (const holder of [heldAt(HERE), NOBODY, { eniId: 'eni-parking-2', parking: true }]) {
      const world = createWorld();
      await world.sweep();
      world.holder = holder;
      expect(await world.sweep(MINUTE)).toMatchObject({ strays: 0 });
      expect(world.unassigned).toEqual([]);
    }
  });

  it('is seen anew where it comes back after it was given back', async () => {
    const world = createWorld();
    await world.sweep();
    await world.sweep(MINUTE);
    await world.sweep(MINUTE);
    expect(world.unassigned).toHaveLength(1);
  });
});
