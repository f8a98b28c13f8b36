import { describe, expect, it } from 'vitest';
import { failure } from '../../shared/adapters/failure.ts';
import type { Claim } from '../../shared/claim/claim.ts';
import type { EipView, EniView, Observed } from '../../shared/claim/observation.ts';
import { act } from '../../shared/reconcile/act.ts';
import type { Cloud, Ports, Saved, Verdict } from '../../shared/reconcile/ports.ts';
import type { Step, View } from '../../shared/reconcile/step.ts';
import {
  ALLOCATION,
  allocating,
  bound,
  decideEip,
  decideIp,
  eipIs,
  eniOf,
  FRESH_TOKEN,
  HERE,
  heldAt,
  keyOf,
  NOW,
  PARKING,
  podAt,
  RETENTION,
  released,
  releasing,
  retained,
  seeing,
  THERE,
  wishing,
} from './claim-scene.ts';

/** Ports of which a test gives those that it expects to be used; any other use is an error. */
const portsOf = (given: { [K in keyof Ports]?: Partial<Ports[K]> }): Ports => {
  const silent = { debug() {}, info() {}, warn() {} };
  const pods = { skewMs: () => 0, ...given.pods };
  return { log: silent, now: () => NOW, remainingMs: () => 60_000, ...given, pods } as unknown as Ports;
};

/** The same cloud in both lanes, of which a test gives the calls that it expects. */
const cloudOf = (given: { [K in keyof Cloud]?: Partial<Cloud[K]> }): Ports['cloud'] => {
  const cloud = given as Cloud;
  return { bind: cloud, release: cloud };
};

const viewOf = (claim: Claim | undefined, seen: Observed, podIsFresh = true): View => ({
  key: keyOf('eip'),
  claim,
  seen,
  podIsFresh,
});

const saving = (claim: Claim, next: Claim, seen: Observed, saved: Saved = 'saved', podIsFresh = true) =>
  act(
    portsOf({
      claims: { save: async () => saved },
      releases: { frozen: async () => false },
      quota: { prepare: async () => {}, mayRelease: async () => true },
      pods: { read: async () => podAt(HERE) },
    }),
    viewOf(claim, seen, podIsFresh),
    { kind: 'save', next },
  );

const seenAfter = (step: Step): Observed => {
  if ('again' in step) throw new Error(`put back: ${step.again.why}`);
  return step.view.seen;
};

describe('what is known after a save', () => {
  const seen = seeing(podAt(HERE), { eip: eipIs('Available'), holder: heldAt(HERE), assigned: '10.0.0.50' });

  it('is still known of an address that stays with its claim', async () => {
    const step = await saving(bound('eip'), retained('eip', { rev: 8 }), seen);
    expect(seenAfter(step)).toEqual(seeing(podAt(HERE), { eip: eipIs('Available'), holder: heldAt(HERE) }));
  });

  it.each([
    ['a new intent', allocating('eip', { rev: 8 })],
    ['a tombstone', released('eip', { rev: 8 })],
  ])('is nothing of the address before %s', async (_, next) => {
    const step = await saving(releasing('eip'), next, seen);
    expect(seenAfter(step)).toEqual(seeing(podAt(HERE)));
  });

  it('is never taken for the EIP that a pod names next', async () => {
    const wishes = wishing({ eip: { retention: RETENTION, allocationId: 'eip-other' } });
    const naming = podAt(HERE, { wishes, eniHint: HERE.eniId });
    const before = releasing('eip', { origin: 'given' });
    const tombstone = released('eip', { rev: 8 });
    const step = await saving(before, tombstone, seeing(naming, { eip: eipIs('Available') }));
    expect(decideEip(tombstone, seenAfter(step))).toEqual({ kind: 'look-eip', allocationId: 'eip-other' });
  });

  it('is who has the lock, where another claim has it', async () => {
    const step = await saving(allocating('eip'), bound('eip', { rev: 8 }), seen, {
      lockedBy: 'c/ns/other/eip',
    });
    expect(seenAfter(step)).toMatchObject({ lockedBy: 'c/ns/other/eip' });
  });

  it('is left for later where a rival has written', async () => {
    expect(await saving(bound('eip'), retained('eip', { rev: 8 }), seen, 'conflict')).toMatchObject({
      again: { afterMs: 1_000 },
    });
  });
});

describe('the step to Releasing', () => {
  it('is not taken on a pod that was read before the last cloud call, but on a fresh look', async () => {
    const step = await saving(
      retained('eip', { retainUntil: NOW }),
      releasing('eip', { rev: 8 }),
      seeing('absent'),
      'saved',
      false,
    );
    expect(step).toMatchObject({
      view: { podIsFresh: true, claim: { phase: 'Retained' }, seen: { pod: podAt(HERE) } },
    });
  });

  it('is not taken while releases are frozen', async () => {
    const step = await act(
      portsOf({ releases: { frozen: async () => true } }),
      viewOf(retained('eip', { retainUntil: NOW }), seeing('absent')),
      { kind: 'save', next: releasing('eip', { rev: 8 }) },
    );
    expect(step).toMatchObject({ again: { why: 'releases are frozen' } });
  });
});

describe('an ENI that is gone when it is to get any address', () => {
  const claim = allocating('ip');
  const asked: string[] = [];
  const assigning = (verdict: 'gone' | 'token-spent', there: EniView | 'absent') =>
    act(
      portsOf({
        pods: { read: async () => podAt(HERE) },
        cloud: cloudOf({
          enis: {
            assignAny: async () => {
              throw failure(verdict, 'Code', 'no');
            },
            ofPrivateIp: async (ip) => {
              asked.push(ip);
              return there;
            },
          },
        }),
      }),
      { ...viewOf(claim, seeing(podAt(HERE), { eni: eniOf(HERE) })), key: keyOf('ip') },
      { kind: 'assign-any-ip', eniId: HERE.eniId, token: claim.token },
    );

  it.each([
    ['is on another ENI by now', eniOf(THERE), eniOf(THERE)],
    ['is on none', 'absent' as const, 'absent' as const],
    ['is on none, whatever a list says that is behind', eniOf(HERE), 'absent' as const],
  ])('is looked for: the pod %s', async (_, there, eni) => {
    const seen = seenAfter(await assigning('gone', there));
    expect(seen).toMatchObject({ assigned: 'spent', eni });
    expect(decideIp(claim, seen)).not.toMatchObject({ next: { phase: 'Allocating' } });
  });

  it('is not looked for where only the token is spent', async () => {
    asked.length = 0;
    const seen = seenAfter(await assigning('token-spent', 'absent'));
    expect(asked).toEqual([]);
    expect(decideIp(claim, seen)).toMatchObject({ next: { phase: 'Allocating', token: FRESH_TOKEN } });
  });
});

describe('an EIP that a read does not show', () => {
  const place = { allocationId: ALLOCATION.eip.id, eniId: HERE.eniId, privateIp: HERE.privateIp };
  const changes = [
    ['associate-eip', { kind: 'associate-eip', ...place }],
    ['unassociate-eip', { kind: 'unassociate-eip', ...place }],
    ['release-eip', { kind: 'release-eip', allocationId: place.allocationId }],
  ] as const;
  /** The cloud refuses every change; its reads show what `shown` is. */
  const refusing = (verdict: Verdict, shown: EipView | 'absent') => {
    const refuse = async () => {
      throw failure(verdict, 'Code', 'no');
    };
    return portsOf({
      pods: { read: async () => podAt(HERE) },
      releases: { frozen: async () => false },
      cloud: cloudOf({
        eips: { associate: refuse, unassociate: refuse, release: refuse, describe: async () => shown },
      }),
    });
  };
  const view = viewOf(bound('eip'), seeing(podAt(HERE), { eip: 'absent' }));

  it.each(changes)('is gone where %s is refused because there is none', async (_, change) => {
    // Whatever a read shows that is behind in the other direction.
    for (const shown of ['absent', eipIs('Available')] as const)
      expect(seenAfter(await act(refusing('gone', shown), view, change))).toMatchObject({ eip: 'gone' });
  });

  it.each(changes)(
    'is there where %s is refused for another reason: it is left for later',
    async (_, change) => {
      // Tried again at once, on the same read, it would be refused again, until the function's steps are used up.
      await expect(act(refusing('elsewhere', 'absent'), view, change)).rejects.toThrow('no');
    },
  );

  it.each(changes)('is looked at where %s is refused and a read shows it', async (_, change) => {
    const shown = eipIs('InUse', THERE);
    expect(seenAfter(await act(refusing('elsewhere', shown), view, change))).toMatchObject({ eip: shown });
  });

  it('is looked at no more where its place has another one: that says nothing about it', async () => {
    const ports = refusing('occupied', eipIs('Available'));
    await expect(act(ports, view, { kind: 'associate-eip', ...place })).rejects.toThrow('no');
  });
});

describe('a cloud call', () => {
  const release = { kind: 'release-eip', allocationId: 'eip-1' } as const;
  const view = viewOf(releasing('eip'), seeing('absent', { eip: eipIs('Available') }));

  it.each([
    ['the pod is there', podAt(HERE), 'bind'],
    ['there is no pod', 'absent', 'release'],
    ['the pod has finished', podAt(HERE, { finished: true }), 'release'],
  ] as const)('uses the share of its lane: %s', async (_, pod, lane) => {
    const used: string[] = [];
    const inLane = (name: string) =>
      ({ eips: { unassociate: async () => void used.push(name) } }) as unknown as Cloud;
    await act(
      portsOf({ cloud: { bind: inLane('bind'), release: inLane('release') } }),
      viewOf(bound('eip'), seeing(pod)),
      { kind: 'unassociate-eip', allocationId: 'eip-1', eniId: HERE.eniId, privateIp: HERE.privateIp },
    );
    expect(used).toEqual([lane]);
  });

  it('that releases is not made while releases are frozen', async () => {
    const ports = portsOf({ cloud: cloudOf({}), releases: { frozen: async () => true } });
    expect(await act(ports, view, release)).toMatchObject({ again: { why: 'releases are frozen' } });
  });
});

describe('a private IP that is taken off an ENI while releases are frozen', () => {
  /** What `decide` does there, with what came of it. */
  const taking = async (claim: Claim, seen: Observed) => {
    const action = decideIp(claim, seen);
    if (action.kind !== 'unassign-ip') throw new Error(`no unassign-ip but ${action.kind}`);
    const unassigned: string[] = [];
    const enis = { unassign: async (eniId: string) => void unassigned.push(eniId) };
    const ports = portsOf({ cloud: cloudOf({ enis }), releases: { frozen: async () => true } });
    const step = await act(ports, { ...viewOf(claim, seen), key: keyOf('ip') }, action);
    return { unassigned, why: 'again' in step ? step.again.why : undefined };
  };
  const assigned = { assigned: ALLOCATION.ip.address };
  const own = { eni: eniOf(HERE), ...assigned };
  const off = { ...wishing({}), ip: undefined };

  it.each([
    ['of a claim at its end', releasing('ip'), seeing('absent', { holder: heldAt(HERE) })],
    ['of an intent whose pod is gone', allocating('ip'), seeing('absent', assigned)],
    [
      'of an intent whose pod is another one by now',
      allocating('ip'),
      seeing(podAt(THERE, { eniHint: THERE.eniId }), assigned),
    ],
    ['of an intent whose pod has finished', allocating('ip'), seeing(podAt(HERE, { finished: true }), own)],
    ['of an intent that is not wished any more', allocating('ip'), seeing(podAt(HERE, { wishes: off }), own)],
    [
      'of an intent whose pod is gone, though its lock is another claim’s: nobody waits for that',
      allocating('ip'),
      seeing('absent', { ...assigned, lockedBy: 'c-1/shop/web-1/ip' }),
    ],
  ])('stays: %s', async (_, claim, seen) => {
    expect(await taking(claim, seen)).toEqual({ unassigned: [], why: 'releases are frozen' });
  });

  it.each([
    [
      'its lock is another claim’s, and the pod is to have another one',
      allocating('ip'),
      seeing(podAt(HERE, { eniHint: HERE.eniId }), { ...own, lockedBy: 'c-1/shop/web-1/ip' }),
      HERE.eniId,
    ],
    [
      'its pod is back, and it moves there from its hold',
      bound('ip', { holdEniId: PARKING }),
      seeing(podAt(HERE, { eniHint: HERE.eniId })),
      PARKING,
    ],
    ['its pod is gone, and it moves to its hold', bound('ip'), seeing('absent'), HERE.eniId],
  ])('goes: %s', async (_, claim, seen, eniId) => {
    expect(await taking(claim, seen)).toEqual({ unassigned: [eniId], why: undefined });
  });
});
