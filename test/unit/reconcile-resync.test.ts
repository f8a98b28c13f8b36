import { describe, expect, it } from 'vitest';
import { failure } from '../../shared/adapters/failure.ts';
import type { Claim } from '../../shared/claim/claim.ts';
import { type ClaimKey, KINDS } from '../../shared/claim/identity.ts';
import type { EipView, PodView } from '../../shared/claim/observation.ts';
import { readWishes } from '../../shared/claim/policy.ts';
import type { Hint, Ports } from '../../shared/reconcile/ports.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { bound, eipIs, HERE, keyOf, MINUTE, NOW, podAt, releasing, wishing } from './claim-scene.ts';

const PAGE = 100;

/** Claims, EIPs and pods of one cluster in memory, with a note of every call. */
function createWorld({
  claims = [] as readonly Claim[],
  unreadable = [] as readonly ClaimKey[],
  eips = [] as readonly EipView[],
  pods = {} as Record<string, PodView>,
  breaksAfter = Number.POSITIVE_INFINITY,
  windowOf = Number.POSITIVE_INFINITY,
} = {}) {
  let now = NOW;
  let asked = 0;
  const calls: string[] = [];
  const hinted: string[] = [];
  const warnings: string[] = [];
  const marks = new Map<string, number>();
  const spend = () => {
    if (++asked > windowOf)
      throw Object.assign(failure('throttled', 'WindowUsedUp', 'no calls are left'), { afterMs: 1 });
  };
  const cloud = {
    eips: {
      async *tagged() {
        calls.push('list eips');
        for (let page = 0; page * PAGE < eips.length; page++) {
          if (page >= breaksAfter) throw failure('unavailable', 'InternalError', 'no more pages');
          yield eips
            .slice(page * PAGE, (page + 1) * PAGE)
            .map((eip) => ({ ...eip, claim: undefined, token: undefined, allocatedAt: now }));
        }
      },
      async describe(id: string) {
        calls.push(`describe ${id}`);
        spend();
        return eips.find(({ allocationId }) => allocationId === id) ?? 'absent';
      },
    },
    enis: {
      parking: async () => {
        calls.push('list parking');
        return [];
      },
    },
  };
  const ports = {
    log: { debug() {}, info() {}, warn: (message: string) => void warnings.push(message) },
    now: () => now,
    remainingMs: () => 60_000,
    claims: {
      async *all() {
        calls.push('read claims');
        yield { claims, unreadable };
      },
      suspect: async (name: string, at: number) => {
        if (!marks.has(name)) marks.set(name, at);
        return marks.get(name);
      },
      clearSuspect: async (name: string) => void marks.delete(name),
    },
    cloud: { bind: {}, release: cloud },
    pods: {
      clusters: ['c-1'],
      skewMs: () => 0,
      list: async () => {
        calls.push('list pods');
        return Object.entries(pods).map(([pod, view]) => ({
          identity: { clusterId: 'c-1', namespace: 'shop', pod },
          view,
        }));
      },
    },
    hints: {
      send: async (hints: readonly { hint: Hint }[]) => {
        for (const { hint } of hints) hinted.push(hint.pod);
      },
    },
  } as unknown as Ports;
  return {
    calls,
    hinted,
    warnings,
    pods,
    pass: (ms = MINUTE) => {
      now += ms;
      hinted.length = 0;
      return resyncPass(ports);
    },
  };
}

const boundAs = (pod: string, id: string): Claim =>
  bound('eip', { key: { ...keyOf('eip'), pod }, allocation: { id, address: '47.0.0.1' } });
const told = { told: { eip: { reason: 'Bound', address: '47.0.0.1' } } } as const;
const asBound = (id: string): EipView => ({
  ...eipIs('InUse'),
  allocationId: id,
  address: '47.0.0.1',
  boundTo: { instanceId: HERE.eniId, privateIp: HERE.privateIp },
});

describe('a sweep', () => {
  it("reads the cloud's list, then the records, then the pods", async () => {
    const world = createWorld();
    await world.pass();
    expect(world.calls).toEqual(['list eips', 'list parking', 'read claims', 'list pods']);
  });

  it('looks at a thousand EIPs by their list alone, and at those by themselves that it does not show', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `eip-${index}`);
    const world = createWorld({
      claims: [...ids.map((id) => boundAs(`web-${id}`, id)), boundAs('web-gone', 'eip-gone')],
      eips: ids.map(asBound),
    });
    expect(await world.pass()).toMatchObject({ claims: 1_001, unseen: 0 });
    expect(world.calls.filter((call) => call.startsWith('describe'))).toEqual(['describe eip-gone']);
  });

  it('whose list breaks off looks at what stands behind the break all the same', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => `eip-${index}`);
    const world = createWorld({
      claims: ids.map((id) => boundAs(`web-${id}`, id)),
      eips: ids.map(asBound),
      breaksAfter: 1,
    });
    await world.pass();
    expect(world.calls.filter((call) => call.startsWith('describe'))).toHaveLength(50);
    expect(world.warnings).toContain('orphans could not be listed');
  });

  it('whose window is used up leaves the rest for the next pass, and says so once', async () => {
    const ids = Array.from({ length: 600 }, (_, index) => `eip-${index}`);
    const world = createWorld({ claims: ids.map((id) => boundAs(`web-${id}`, id)), windowOf: 10 });
    expect(await world.pass()).toMatchObject({ unseen: 590 });
    expect(world.warnings.filter((line) => line.startsWith('addresses are left'))).toHaveLength(1);
  });
});

describe('a cluster that shows no pod', () => {
  const claims = [boundAs('web-0', 'eip-1')];
  const eips = [asBound('eip-1')];

  it('and has bound addresses is not believed', async () => {
    const world = createWorld({ claims, eips });
    expect(await world.pass()).toMatchObject({ hinted: 0 });
    expect(world.warnings).toContain(
      'a cluster with bound addresses shows no pod; its claims are left as they are',
    );
  });

  it('is believed when it has been so for ten minutes', async () => {
    const world = createWorld({ claims, eips });
    for (let minute = 0; minute < 10; minute++) expect(await world.pass()).toMatchObject({ hinted: 0 });
    await world.pass();
    expect(world.hinted).toEqual(['web-0']);
  });

  it('is doubted anew when it had pods in between', async () => {
    const world = createWorld({ claims, eips });
    for (let minute = 0; minute < 10; minute++) await world.pass();
    world.pods['web-0'] = podAt(HERE, told);
    await world.pass();
    delete world.pods['web-0'];
    expect(await world.pass()).toMatchObject({ hinted: 0 });
  });

  it('is believed at once where it shows any other pod', async () => {
    const world = createWorld({
      claims,
      eips,
      pods: { 'coredns-0': podAt(HERE, { wishes: readWishes({}) }) },
    });
    await world.pass();
    expect(world.hinted).toEqual(['web-0']);
  });
});

describe('a pod that was told a refusal that stands', () => {
  it.each(['Forbidden', 'Refused', 'ManagedENI'] as const)(
    '%s is asked for by every tenth sweep',
    async (reason) => {
      const world = createWorld({
        pods: { 'web-0': podAt(HERE, { told: { eip: { reason }, ip: { reason } } }) },
      });
      let hints = 0;
      for (let minute = 0; minute < 30; minute++) hints += (await world.pass()).hinted;
      expect(hints).toBe(3);
    },
  );

  it('is asked for by every sweep where it was told anything else', async () => {
    const told = { told: { eip: { reason: 'QuotaExceeded' } } } as const;
    const world = createWorld({ pods: { 'web-0': podAt(HERE, told) } });
    for (let minute = 0; minute < 10; minute++) expect(await world.pass()).toMatchObject({ hinted: 1 });
  });
});

describe('a claim that is being released', () => {
  it("is left to the retention's timer, but for every tenth sweep", async () => {
    const claims = [releasing('eip')];
    const world = createWorld({
      claims,
      eips: [eipIs('Available')],
      pods: { 'coredns-0': podAt(HERE, { wishes: readWishes({}) }) },
    });
    let hints = 0;
    for (let minute = 0; minute < 20; minute++) hints += (await world.pass()).hinted;
    expect(hints).toBe(2);
  });
});

describe('a record that cannot be read', () => {
  it('is hinted at by no sweep, and hides nobody else', async () => {
    const world = createWorld({
      unreadable: KINDS.map((kind) => ({ ...keyOf(kind), pod: 'web-0' })),
      pods: { 'web-0': podAt(HERE), 'web-1': podAt(HERE) },
    });
    await world.pass();
    expect(world.hinted).toEqual(['web-1']);
  });

  it.each([
    ['has work to do is hinted at for that', podAt(HERE), ['web-0']],
    ['has none is left alone', podAt(HERE, { wishes: { ...wishing({}), eip: undefined } }), []],
  ])('of a pod whose other claim %s', async (_, pod, hinted) => {
    const world = createWorld({ unreadable: [{ ...keyOf('ip'), pod: 'web-0' }], pods: { 'web-0': pod } });
    await world.pass();
    expect(world.hinted).toEqual(hinted);
  });
});
