import { describe, expect, it } from 'vitest';
import { failure } from '../../shared/adapters/failure.ts';
import type { PodView, Told } from '../../shared/claim/observation.ts';
import type { Ports, Verdict } from '../../shared/reconcile/ports.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { bound, eipIs, HERE, keyOf, NOW, podAt, wishing } from './claim-scene.ts';

const { clusterId, namespace, pod } = keyOf('eip');

/** A pod whose EIP the cloud refuses to bind, with these words, and how often it is told so. */
function createWorld(said: { verdict?: Verdict; code: string; message: string }, view: PodView = waiting) {
  let current = view;
  const tellings: Told[] = [];
  const ports = {
    log: { debug() {}, info() {}, warn() {} },
    now: () => NOW,
    newToken: () => 'fresh',
    remainingMs: () => 60_000,
    claims: { read: async () => ({ claims: { eip: bound('eip') }, unreadable: [] }) },
    pods: {
      clusters: [clusterId],
      skewMs: () => 0,
      read: async () => current,
      tell: async (_key: unknown, _uid: string, told: Told) => {
        tellings.push(told);
        current = { ...current, told: { ...current.told, eip: told } };
      },
      event: async () => {},
    },
    cloud: {
      bind: {
        eips: {
          describe: async () => eipIs('Available'),
          associate: async () => {
            throw failure(said.verdict ?? 'exhausted', said.code, said.message);
          },
        },
      },
    },
    quota: { prepare: async () => {}, mayRelease: async () => true },
    releases: { frozen: async () => false },
  } as unknown as Ports;
  return { tellings, visit: () => reconcile(ports, { clusterId, namespace, pod }) };
}

const waiting = podAt(HERE, { eniHint: HERE.eniId, wishes: { ...wishing({}), ip: undefined } });

describe('a pod whose EIP the cloud refuses to bind', () => {
  it('is told why, once: to say it again at every visit would write, and teach nobody anything', async () => {
    const world = createWorld({ code: 'QuotaExceeded.Eip', message: 'no more' });
    for (let visit = 0; visit < 3; visit++)
      expect(await world.visit()).toMatchObject({ again: { why: 'associate-eip: QuotaExceeded.Eip' } });
    expect(world.tellings).toEqual([{ reason: 'QuotaExceeded', message: 'QuotaExceeded.Eip: no more' }]);
  });

  it('is told again when it is refused for something else', async () => {
    const said = { code: 'QuotaExceeded.Eip', message: 'no more' };
    const world = createWorld(said);
    await world.visit();
    said.message = 'no more in this zone';
    await world.visit();
    expect(world.tellings.map(({ message }) => message)).toEqual([
      'QuotaExceeded.Eip: no more',
      'QuotaExceeded.Eip: no more in this zone',
    ]);
  });

  it('is told of a minute without calls, where it was told nothing that says more', async () => {
    const used = { verdict: 'throttled' as const, code: 'WindowUsedUp', message: 'no calls are left' };
    const fresh = createWorld(used);
    await fresh.visit();
    expect(fresh.tellings).toMatchObject([{ reason: 'Throttled' }]);

    const said: { verdict?: Verdict; code: string; message: string } = {
      code: 'QuotaExceeded.Eip',
      message: 'no more',
    };
    const refused = createWorld(said);
    await refused.visit();
    Object.assign(said, used);
    await refused.visit();
    expect(refused.tellings).toMatchObject([{ reason: 'QuotaExceeded' }]);
  });

  it('is told nothing where it has finished', async () => {
    const world = createWorld(
      { code: 'QuotaExceeded.Eip', message: 'no more' },
      { ...waiting, finished: true },
    );
    await world.visit().catch(() => {});
    expect(world.tellings).toEqual([]);
  });
});
