import { describe, expect, it } from 'vitest';
import { failure } from '../../shared/adapters/failure.ts';
import { type Identity, KINDS, type Kind } from '../../shared/claim/identity.ts';
import type { Told } from '../../shared/claim/observation.ts';
import { reconcileBatch } from '../../shared/reconcile/hints.ts';
import type { Hint, Ports, Verdict } from '../../shared/reconcile/ports.ts';
import { bound, HERE, NOW, podAt, RETENTION } from './claim-scene.ts';

const HINT: Hint = { clusterId: 'c-1', namespace: 'shop', pod: 'web-0', attempt: 2 };

/** A pod whose EIP is still to be bound, and a cloud that answers the attempt with this. */
function createScene(
  verdict: Verdict | undefined,
  {
    afterMs,
    unreadable = [],
    lookFails,
  }: { afterMs?: number; unreadable?: readonly Kind[]; lookFails?: Error } = {},
) {
  const backs: { hint: Hint; delayMs?: number }[] = [];
  const told: Told[] = [];
  let associated = 0;
  const pod = podAt(HERE, {
    eniHint: HERE.eniId,
    wishes: { eip: { retention: RETENTION }, ip: undefined, problems: [] },
  });
  const ports = {
    log: { debug() {}, info() {}, warn() {} },
    now: () => NOW,
    newToken: () => 'fresh',
    remainingMs: () => 60_000,
    claims: {
      read: async ({ pod: name }: Identity) => {
        const broken = name === HINT.pod ? unreadable : [];
        return { claims: broken.includes('eip') ? {} : { eip: bound('eip') }, unreadable: broken };
      },
    },
    pods: {
      clusters: ['c-1'],
      skewMs: () => 0,
      read: async () => pod,
      tell: async (_: unknown, __: string, what: Told) => void told.push(what),
    },
    cloud: {
      bind: {
        eips: {
          describe: async () => {
            throw lookFails;
          },
          associate: async () => {
            associated++;
            if (verdict)
              throw Object.assign(failure(verdict, 'Code', 'no'), afterMs === undefined ? {} : { afterMs });
          },
        },
      },
    },
    hints: { send: async (sent: typeof backs) => void backs.push(...sent) },
  } as unknown as Ports;
  return {
    backs,
    told,
    associated: () => associated,
    run: (hints: readonly Hint[] = [HINT]) => reconcileBatch(ports, hints),
  };
}

describe('an error of the class', () => {
  it('"retry" is tried again soon, after a delay that grows with each attempt', async () => {
    const { backs, run } = createScene('unavailable');
    expect(await run()).toMatchObject({ again: 1, refused: 0, failed: 0 });
    expect(backs).toMatchObject([{ hint: { attempt: 3 }, delayMs: 8_000 }]);
  });

  it('"retry after" is tried again at the time that the answer names, whatever the attempt', async () => {
    const { backs, run } = createScene('throttled', { afterMs: 12_345 });
    expect(await run()).toMatchObject({ again: 1 });
    expect(backs).toMatchObject([{ hint: { attempt: 3 }, delayMs: 12_345 }]);
  });

  it.each(['throttled', 'exhausted', 'unpaid', 'drained', 'full'] as const)(
    '"retry after" whose answer names no time is left to the sweep, or each sweep would begin a chain of its own (%s)',
    async (verdict) => {
      const { backs, told, run } = createScene(verdict);
      for (const attempt of [0, 1]) await run([{ ...HINT, attempt }]);
      expect(backs).toEqual([]);
      expect(told).not.toEqual([]);
    },
  );

  it.each([
    ['put off', Object.assign(failure('throttled', 'WindowUsedUp', 'no calls are left'), { afterMs: 5_000 })],
    ['lost', new Error('no answer')],
  ])('keeps what the hint asked for where the look itself is %s', async (_, error) => {
    const { backs, run } = createScene(undefined, { lookFails: error });
    await run([{ ...HINT, look: true }]);
    expect(backs).toMatchObject([{ hint: { look: true } }]);
  });

  it('"retry after" that needs no minute is tried again by itself, each time later', async () => {
    const { backs, run } = createScene('late');
    for (const attempt of [0, 2]) await run([{ ...HINT, attempt }]);
    expect(backs.map(({ delayMs }) => delayMs)).toEqual([1_000, 4_000]);
  });

  it('"terminal" is told and acknowledged', async () => {
    const { backs, told, run } = createScene('forbidden');
    expect(await run()).toMatchObject({ again: 0, refused: 1, settled: 0, failed: 0 });
    expect(backs).toEqual([]);
    expect(told).toMatchObject([{ reason: 'Forbidden' }]);
  });

  it('"poison" is counted and acknowledged, and stops nobody else', async () => {
    const { backs, run } = createScene(undefined, { unreadable: KINDS });
    const summary = await run([HINT, { ...HINT, pod: 'web-1' }]);
    expect(summary).toMatchObject({ pods: 2, poison: 1, failed: 0, refused: 0 });
    expect(backs.filter(({ hint }) => hint.pod === HINT.pod)).toEqual([]);
    expect(summary.settled + summary.again).toBe(1);
  });

  it.each([
    ['ip', 'goes on with the readable one', 1],
    ['eip', 'does nothing for it, not even what a pod without a claim is given', 0],
  ] as const)('"poison" of one claim (%s) %s', async (kind, _, associations) => {
    const { associated, backs, told, run } = createScene(undefined, { unreadable: [kind] });
    expect(await run()).toMatchObject({ poison: 1, settled: 0, refused: 0, failed: 0, again: associations });
    expect(associated()).toBe(associations);
    expect(backs).toHaveLength(associations);
    expect(told).toHaveLength(associations);
  });

  it('"poison" of one claim stays what it is where the other one is refused', async () => {
    const { told, run } = createScene('forbidden', { unreadable: ['ip'] });
    expect(await run()).toMatchObject({ poison: 1, refused: 0, again: 0 });
    expect(told).toMatchObject([{ reason: 'Forbidden' }]);
  });
});
