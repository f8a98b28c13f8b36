import { describe, expect, it } from 'vitest';
import { failure } from '../../shared/adapters/failure.ts';
import type { Claim } from '../../shared/claim/claim.ts';
import { formatClaimKey, type Identity, type Kind } from '../../shared/claim/identity.ts';
import type { DueClaim, Ports, Verdict } from '../../shared/reconcile/ports.ts';
import { retainPass } from '../../shared/reconcile/retain.ts';
import { eipIs, keyOf, MINUTE, NOW, retained } from './claim-scene.ts';

/** Deadlines, claims and EIPs in memory; a pod is never there, and of some the records of these kinds cannot be read. */
function createWorld(
  options: {
    unreadable?: Readonly<Record<string, readonly Kind[]>>;
    foreign?: readonly string[];
    refusing?: Verdict;
    callMs?: number;
    releasesPerMinute?: number;
  } = {},
) {
  const { unreadable = {}, foreign = [], refusing, callMs = 0, releasesPerMinute = 1_000 } = options;
  let now = NOW;
  let ends = Number.POSITIVE_INFINITY;
  /** By how much the function's clock is ahead of everybody else's. */
  let aheadMs = 0;
  const claims = new Map<string, Claim>();
  const deadlines = new Map<string, DueClaim>();
  const releases: string[] = [];
  const nameOf = ({ key, dueAt }: DueClaim) => `${formatClaimKey(key)} ${dueAt}`;
  const eipOf = (id: string) => ({
    ...eipIs('Available'),
    allocationId: id,
    ...(foreign.includes(id) ? { status: 'InUse' as const, boundTo: { instanceId: 'i-foreign' } } : {}),
  });
  const put = (due: DueClaim) => void deadlines.set(nameOf(due), due);
  const add = (pod: string, dueAt: number) => {
    const key = { ...keyOf('eip'), pod };
    claims.set(
      formatClaimKey(key),
      retained('eip', { key, retainUntil: dueAt, allocation: { id: pod, address: '47.0.0.1' } }),
    );
    put({ key, dueAt });
  };
  const ports = {
    log: { debug() {}, info() {}, warn() {} },
    now: () => now + aheadMs,
    newToken: () => 'fresh',
    remainingMs: () => ends - now,
    claims: {
      read: async ({ pod }: Identity) => {
        const broken = unreadable[pod] ?? [];
        const eip = claims.get(formatClaimKey({ ...keyOf('eip'), pod }));
        return { claims: eip && !broken.includes('eip') ? { eip } : {}, unreadable: broken };
      },
      save: async ({ next }: { next: Claim }) => {
        claims.set(formatClaimKey(next.key), next);
        return 'saved';
      },
      due: async (at: number, limit: number) =>
        [...deadlines.values()]
          .filter(({ dueAt }) => dueAt <= at)
          .sort((a, b) => a.dueAt - b.dueAt)
          .slice(0, limit),
      dropDeadline: async (due: DueClaim) => void deadlines.delete(nameOf(due)),
      postpone: async (due: DueClaim, until: number) => {
        deadlines.set(nameOf({ ...due, dueAt: until }), { ...due, dueAt: until });
        deadlines.delete(nameOf(due));
      },
    },
    cloud: {
      release: {
        eips: {
          describe: async (id: string) => {
            await new Promise(setImmediate);
            now += callMs;
            return eipOf(id);
          },
          release: async (id: string) => {
            releases.push(id);
            if (refusing) throw failure(refusing, 'Code', 'no');
          },
        },
      },
    },
    pods: {
      clusters: ['c-1'],
      read: async () => 'absent',
      isEmpty: async () => false,
      skewMs: () => -aheadMs,
    },
    quota: { prepare: async () => {}, mayRelease: async () => true },
    releases: { frozen: async () => false },
    releasesPerMinute,
    hints: { send: async () => {} },
  } as unknown as Ports;
  return {
    ports,
    releases,
    deadlines,
    add,
    put,
    pass: (ms = MINUTE) => {
      now += ms;
      return retainPass(ports);
    },
    jump(ms: number) {
      aheadMs = ms;
    },
    endAfter(ms: number) {
      ends = now + ms;
    },
  };
}

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

describe('claims that are due', () => {
  it('are released, and their deadlines go', async () => {
    const world = createWorld();
    world.add('web-0', NOW);
    expect(await world.pass()).toEqual({ due: 1, spent: 1, waiting: 0, failed: 0, released: 1 });
    expect(world.deadlines.size).toBe(0);
  });

  it.each([
    [
      'cannot be read',
      { unreadable: Object.fromEntries(names('stuck', 300).map((name) => [name, ['eip' as const]])) },
    ],
    ['wait for somebody else', { foreign: names('stuck', 300) }],
  ])('do not wait behind 300 older ones that %s', async (_, options) => {
    const world = createWorld(options);
    for (const name of names('stuck', 300)) world.add(name, NOW - MINUTE);
    world.add('web-0', NOW);
    await world.pass();
    expect(world.releases).toEqual(['web-0']);
    expect(world.deadlines.size).toBe(300);
  });

  it('and cannot be settled are tried again by the next pass', async () => {
    const options = { foreign: ['web-0'] };
    const world = createWorld(options);
    world.add('web-0', NOW);
    expect(await world.pass()).toMatchObject({ due: 1, waiting: 1 });
    options.foreign.pop();
    expect(await world.pass()).toMatchObject({ due: 1, spent: 1, released: 1 });
    expect(world.deadlines.size).toBe(0);
  });

  it('are released so many at a time as one pass may, however many are due', async () => {
    const world = createWorld({ releasesPerMinute: 200 });
    for (const name of names('web', 450)) world.add(name, NOW);
    const passes = [await world.pass(), await world.pass(), await world.pass()];
    expect(passes.map(({ released }) => released)).toEqual([200, 200, 50]);
  });

  it('are left for the next pass where the time is up', async () => {
    const world = createWorld({ callMs: 1_000 });
    for (const name of names('web', 100)) world.add(name, NOW);
    world.endAfter(MINUTE);
    const { released } = await world.pass(0);
    expect(released).toBeGreaterThanOrEqual(30);
    expect(released).toBeLessThan(60);
    expect(world.deadlines.size).toBe(100 - released);
  });
});

describe('a clock that jumps', () => {
  const DAY = 24 * 60 * MINUTE;

  it('two days ahead releases nothing that is not due, and leaves its deadline where it is', async () => {
    const world = createWorld();
    world.add('web-0', NOW + 60 * MINUTE);
    world.jump(2 * DAY);
    expect(await world.pass()).toMatchObject({ released: 0 });
    expect([...world.deadlines.values()]).toMatchObject([{ dueAt: NOW + 60 * MINUTE }]);
    world.jump(0);
    expect(await world.pass(60 * MINUTE)).toMatchObject({ released: 1 });
  });

  it('a day behind releases nothing, and what is due later, when it is right again', async () => {
    const world = createWorld();
    world.add('web-0', NOW);
    world.jump(-DAY);
    expect(await world.pass()).toMatchObject({ due: 0, released: 0 });
    world.jump(0);
    expect(await world.pass()).toMatchObject({ released: 1 });
  });
});

describe('a release that fails', () => {
  it.each([
    ['unavailable', 'retry', 1],
    ['throttled', 'retry after', 1],
    ['refused', 'terminal', 10],
  ] as const)('by a verdict %s (%s) is tried again after %d minutes', async (refusing, _, minutes) => {
    const world = createWorld({ refusing });
    world.add('web-0', NOW);
    await world.pass();
    for (let minute = 1; minute < minutes; minute++) await world.pass();
    expect(world.releases).toHaveLength(1);
    await world.pass();
    expect(world.releases).toHaveLength(2);
  });

  it('because its record cannot be read (poison) is looked at once an hour, and hinders nobody', async () => {
    const world = createWorld({ unreadable: { 'broken-0': ['eip'] } });
    world.add('broken-0', NOW);
    expect(await world.pass()).toMatchObject({ failed: 1 });
    world.add('web-0', NOW);
    for (let minute = 0; minute < 58; minute++) expect(await world.pass()).toMatchObject({ failed: 0 });
    expect(world.releases).toEqual(['web-0']);
    await world.pass(2 * MINUTE);
    expect([...world.deadlines.values()]).toMatchObject([{ key: { pod: 'broken-0' } }]);
  });

  it('because its record cannot be read leaves the release of the same pod’s other address alone', async () => {
    const world = createWorld({ unreadable: { 'web-0': ['ip'] } });
    const broken = { ...keyOf('ip'), pod: 'web-0' };
    world.put({ key: broken, dueAt: NOW });
    world.add('web-0', NOW);
    expect(await world.pass()).toEqual({ due: 2, spent: 1, waiting: 1, failed: 1, released: 1 });
    expect(world.releases).toEqual(['web-0']);
    expect([...world.deadlines.values()]).toEqual([{ key: broken, dueAt: NOW + 61 * MINUTE }]);
  });

  it('is told apart from the record of the other address, which is not due and cannot be read', async () => {
    const world = createWorld({ unreadable: { 'web-0': ['ip'] } });
    world.add('web-0', NOW);
    expect(await world.pass()).toEqual({ due: 1, spent: 1, waiting: 0, failed: 0, released: 1 });
  });
});
