import { describe, expect, it } from 'vitest';
import type { Claim } from '../../shared/claim/claim.ts';
import { TOMBSTONE_MS } from '../../shared/claim/decide.ts';
import type { EipView, NotSeen, Observed, Unread } from '../../shared/claim/observation.ts';
import type { Reason } from '../../shared/claim/reason.ts';
import {
  ALLOCATION,
  allocating,
  BEFORE,
  bound,
  decideEip,
  ELSEWHERE,
  eipIs,
  eniOf,
  FRESH_TOKEN,
  HERE,
  MINUTE,
  NO_WISHES,
  NOW,
  podAt,
  RETENTION,
  released,
  releasing,
  retained,
  seeing,
  THERE,
  told,
  UNREADABLE,
  wishing,
  without,
} from './claim-scene.ts';

const ID = ALLOCATION.eip.id;
const BOUND = { reason: 'Bound', address: ALLOCATION.eip.address } as const;

/** Every state that the cloud can show the EIP in, and both ways in which it can show none. */
const CLOUD: readonly (EipView | NotSeen | Unread)[] = [
  'unread',
  'absent',
  'gone',
  eipIs('Available'),
  eipIs('Associating', HERE),
  eipIs('Associating', ELSEWHERE),
  eipIs('InUse', HERE),
  eipIs('InUse', BEFORE),
  eipIs('InUse', ELSEWHERE),
  eipIs('Unassociating', HERE),
  eipIs('Releasing'),
];
const whateverTheCloud = (check: (eip: EipView | NotSeen | Unread) => void) => {
  for (const eip of CLOUD) check(eip);
};

const leaving = podAt(HERE, { terminating: true });
const finished = podAt(HERE, { finished: true });
const off = podAt(HERE, { wishes: NO_WISHES });
const unreadable = podAt(HERE, { wishes: UNREADABLE });
const withoutIp = (at = HERE) => without(podAt(at), 'ip');

const unassociatedFrom = ({ eniId, privateIp }: typeof HERE) => ({
  kind: 'unassociate-eip',
  allocationId: ID,
  eniId,
  privateIp,
});
const associatedTo = ({ eniId, privateIp }: typeof HERE) => ({
  kind: 'associate-eip',
  allocationId: ID,
  eniId,
  privateIp,
});
const waits = { kind: 'wait', ms: expect.any(Number), until: expect.any(String) };
const tells = (reason: string, more: object = {}) => ({ kind: 'tell', told: { reason, ...more } });

describe('an identity without a claim', () => {
  const decided = (pod: Parameters<typeof seeing>[0], changes: Partial<Observed> = {}, claim?: Claim) =>
    decideEip(claim, seeing(pod, changes));

  it('is left alone where no pod wants an EIP', () => {
    for (const pod of ['absent', off, finished, leaving] as const)
      expect(decided(pod)).toEqual({ kind: 'done' });
  });

  it('is told once what is wrong with its annotations, and nothing is bought', () => {
    expect(decided(unreadable)).toMatchObject({ ...tells('InvalidAnnotation'), podUid: HERE.podUid });
    const knowing = { ...unreadable, told: told('eip', { reason: 'InvalidAnnotation' }) };
    expect(decided(knowing)).toEqual({ kind: 'done' });
  });

  it('waits for the network of its pod, and tells it so', () => {
    expect(decided(withoutIp())).toMatchObject(tells('WaitingForPodIP'));
    expect(decided({ ...withoutIp(), told: told('eip', { reason: 'WaitingForPodIP' }) })).toEqual(waits);
    expect(decided(podAt(HERE), { eni: 'absent' })).toMatchObject(tells('WaitingForPodIP'));
  });

  it('gets no EIP in the network of its node, or on an ENI that refuses changes', () => {
    expect(decided(podAt(HERE, { hostNetwork: true }))).toMatchObject(tells('HostNetwork'));
    expect(decided(podAt(HERE), { eni: eniOf(HERE, { managed: true }) })).toMatchObject(
      tells('ManagedENI', { message: 'eni-1' }),
    );
  });

  it('is looked up in the cloud where the node does not say which ENI the pod has', () => {
    expect(decided(podAt(HERE))).toEqual({ kind: 'look-eni', privateIp: HERE.privateIp });
  });

  it('has its intent, with the ClientToken, on record before anything is bought', () => {
    for (const seen of [
      seeing(podAt(HERE), { eni: eniOf(HERE) }),
      seeing(podAt(HERE, { eniHint: HERE.eniId })),
    ]) {
      const action = decideEip(undefined, seen);
      expect(action).toMatchObject({
        kind: 'save',
        next: { phase: 'Allocating', rev: 1, token: FRESH_TOKEN, podUid: HERE.podUid, createdAt: NOW },
      });
      expect(action).not.toHaveProperty('lock');
    }
  });

  it('buys what the annotations ask for', () => {
    const wishes = wishing({ eip: { retention: { kind: 'never' }, bandwidth: 20 } });
    expect(decided(podAt(HERE, { wishes }), { eni: eniOf(HERE) })).toMatchObject({
      next: { retention: { kind: 'never' }, bandwidth: 20, origin: 'auto' },
    });
  });

  it('goes on from the revision of a tombstone', () => {
    expect(decided(podAt(HERE), { eni: eniOf(HERE) }, released('eip'))).toMatchObject({
      next: { phase: 'Allocating', rev: 8, createdAt: NOW },
    });
  });

  it('is forgotten with its tombstone when no late writer can exist any more', () => {
    const at = (age: number) => decideEip(released('eip', { releasedAt: NOW - age }), seeing('absent'));
    expect(at(TOMBSTONE_MS - 1)).toEqual({ kind: 'done' });
    expect(at(TOMBSTONE_MS)).toEqual({ kind: 'forget' });
    const old = released('eip', { releasedAt: NOW - TOMBSTONE_MS });
    expect(decideEip(old, seeing(unreadable))).toMatchObject({ kind: 'tell' });
  });
});

describe('a pod that names its own EIP', () => {
  const wishes = wishing({ eip: { retention: RETENTION, allocationId: ID } });
  const naming = podAt(HERE, { wishes, eniHint: HERE.eniId });
  const decided = (eip: Observed['eip'], more: Partial<Observed> = {}) =>
    decideEip(undefined, seeing(naming, { eip, ...more }));

  it('has it looked up first', () => {
    expect(decided('unread')).toEqual({ kind: 'look-eip', allocationId: ID });
  });

  it('gets it where it is free, or already here, under a lock', () => {
    for (const eip of [eipIs('Available'), eipIs('InUse', HERE), eipIs('Associating', HERE)])
      expect(decided(eip)).toMatchObject({
        kind: 'save',
        lock: ID,
        next: { phase: 'Bound', origin: 'given', rev: 1, allocation: ALLOCATION.eip, binding: HERE },
      });
  });

  it('is told who has it, and nothing is taken from them', () => {
    expect(decided(eipIs('InUse', ELSEWHERE))).toMatchObject(
      tells('AddressInUse', { message: expect.stringContaining(ELSEWHERE.eniId) }),
    );
    expect(decided(eipIs('Available'), { lockedBy: 'c-1/shop/other-0/eip' })).toMatchObject(
      tells('AddressInUse', { message: expect.stringContaining('c-1/shop/other-0/eip') }),
    );
  });

  it('is told that there is no such EIP, and none is bought in its place', () => {
    expect(decided('absent')).toMatchObject(tells('AddressNotFound', { message: ID }));
    const vanished = decideEip(bound('eip', { origin: 'given' }), seeing(naming, { eip: 'gone' }));
    expect(vanished).toMatchObject(tells('AddressNotFound'));
  });

  it('waits for the EIP that is kept for its name to be released, and takes nothing from it', () => {
    const other = podAt(THERE, {
      wishes: wishing({ eip: { retention: RETENTION, allocationId: 'eip-mine' } }),
    });
    expect(decideEip(retained('eip'), seeing(other))).toMatchObject(tells('WaitingForRelease'));
  });
});

describe('an intent to buy', () => {
  const here = podAt(HERE, { eniHint: HERE.eniId });
  const decided = (pod: Observed['pod'], eip: Observed['eip'], changes = {}) =>
    decideEip(allocating('eip', changes), seeing(pod, { eip }));

  it('is carried out with the token on record, again and again, for whichever pod of the name is there', () => {
    for (const pod of [here, podAt(THERE, { eniHint: THERE.eniId })])
      expect(decided(pod, 'unread', { bandwidth: 20, reclaim: '47.0.0.9' })).toEqual({
        kind: 'allocate-eip',
        token: 'token-1',
        bandwidth: 20,
        reclaim: '47.0.0.9',
      });
  });

  it('of more than half a day ago is looked up by its tag, for the cloud may have forgotten the token', () => {
    const aged = (ms: number) => decided(here, 'unread', { createdAt: NOW - ms });
    expect(aged(12 * 60 * MINUTE)).toEqual({ kind: 'allocate-eip', token: 'token-1' });
    expect(aged(12 * 60 * MINUTE + 1)).toEqual({ kind: 'find-eip', token: 'token-1' });
  });

  it('that brought nothing is renewed with a fresh token, and asks for any address', () => {
    const action = decided(here, 'absent', { reclaim: '47.0.0.9' });
    expect(action).toMatchObject({ kind: 'save', next: { phase: 'Allocating', rev: 8, token: FRESH_TOKEN } });
    expect(action).not.toHaveProperty('next.reclaim');
  });

  it('that brought an EIP binds it to the pod that is there, under a lock', () => {
    expect(decided(podAt(THERE, { eniHint: THERE.eniId }), eipIs('Available'))).toMatchObject({
      kind: 'save',
      lock: ID,
      next: { phase: 'Bound', rev: 8, allocation: ALLOCATION.eip, binding: THERE, boundAt: NOW },
    });
  });

  it('waits while its pod is being deleted, and stands while the wish cannot be read', () => {
    whateverTheCloud((eip) => {
      expect(decided(leaving, eip)).toEqual(waits);
      expect(decided(unreadable, eip)).toMatchObject(tells('InvalidAnnotation'));
    });
  });

  it.each([
    ['there is no pod', 'absent'],
    ['the pod has finished', finished],
    ['the pod does not want it any more', off],
  ] as const)('is settled where %s: what it bought is kept for the retention', (_, pod) => {
    expect(decided(pod, 'unread')).toEqual({ kind: 'find-eip', token: 'token-1' });
    expect(decided(pod, 'absent')).toMatchObject({
      kind: 'save',
      next: { phase: 'Released', releasedAt: NOW },
    });
    expect(decided(pod, eipIs('Available'))).toMatchObject({
      kind: 'save',
      lock: ID,
      deadline: NOW + RETENTION.ms,
      next: { phase: 'Retained', rev: 8, allocation: ALLOCATION.eip, retainUntil: NOW + RETENTION.ms },
    });
  });
});

describe('an EIP that belongs to a pod which is there', () => {
  const hinted = { eniHint: HERE.eniId };
  const decided = (eip: Observed['eip'], pod = podAt(HERE, hinted), claim = bound('eip')) =>
    decideEip(claim, seeing(pod, { eip }));

  it('is not even looked at where record and pod agree', () => {
    expect(decided('unread', podAt(HERE, { told: told('eip', BOUND) }))).toEqual({ kind: 'done' });
  });

  const knowing = (reason: Reason, more: object = {}) =>
    podAt(HERE, { ...hinted, told: told('eip', { reason, ...more }) });

  it('is bound at once where nobody has tried yet, and looked at where somebody may have', () => {
    expect(decided('unread')).toEqual(associatedTo(HERE));
    expect(decided('unread', knowing('WaitingForPodIP'))).toEqual(associatedTo(HERE));
    expect(decided('unread', knowing('Binding'))).toEqual({ kind: 'look-eip', allocationId: ID });
  });

  it('is left for a second to the function that has begun to bind it', () => {
    const since = (ms: number) => bound('eip', { boundAt: NOW - ms });
    const looks = { kind: 'look-eip', allocationId: ID };
    expect(decided('unread', knowing('Binding'), since(999))).toEqual({ kind: 'done' });
    expect(decided('unread', knowing('Binding'), since(1_000))).toEqual(looks);
    expect(decided('unread', knowing('AddressInUse'), since(0))).toEqual(looks);
  });

  it('is not taken for bound because the pod was told of another address, or that it had this one once', () => {
    const other = knowing('Bound', { address: '47.0.0.9' });
    expect(decided('unread', other)).toEqual({ kind: 'look-eip', allocationId: ID });
    expect(decided(eipIs('Available'), knowing('Bound', BOUND))).toEqual(associatedTo(HERE));
  });

  it('is bound where it is free', () => {
    expect(decided(eipIs('Available'))).toEqual(associatedTo(HERE));
  });

  it('is waited for while the cloud works on it', () => {
    for (const eip of [eipIs('Associating', HERE), eipIs('Unassociating', HERE), eipIs('Releasing')]) {
      expect(decided(eip)).toMatchObject(tells('Binding'));
      const knowing = podAt(HERE, { ...hinted, told: told('eip', { reason: 'Binding' }) });
      expect(decided(eip, knowing)).toEqual(waits);
    }
  });

  it('is told to the pod when it is there, once', () => {
    expect(decided(eipIs('InUse', HERE))).toMatchObject(tells('Bound', { address: ALLOCATION.eip.address }));
    expect(decided(eipIs('InUse', HERE), podAt(HERE, { ...hinted, told: told('eip', BOUND) }))).toEqual({
      kind: 'done',
    });
  });

  it('is told again where any part of what the pod was told is no longer true', () => {
    const tellsBound = { ...tells('Bound', BOUND), podUid: HERE.podUid };
    for (const before of [
      { ...BOUND, reason: 'Binding' },
      { ...BOUND, address: '47.0.0.9' },
      { ...BOUND, message: 'it is on its way' },
    ] as const)
      expect(decided(eipIs('InUse', HERE), knowing(before.reason, before))).toEqual(tellsBound);
  });

  it('is told to the pod at once where the cloud shows it there, whichever ENI that is', () => {
    expect(decided(eipIs('InUse', HERE), podAt(HERE))).toMatchObject(tells('Bound'));
  });

  it('is not told to a pod that has no IP for a moment, or none that the cloud knows', () => {
    expect(decided(eipIs('InUse', HERE), withoutIp())).toMatchObject(tells('WaitingForPodIP'));
    const misled = podAt(HERE, { eniHint: ELSEWHERE.eniId });
    const seen = seeing(misled, { eip: eipIs('InUse', HERE), eni: 'absent' });
    expect(decideEip(bound('eip'), seen)).toMatchObject(tells('WaitingForPodIP'));
  });

  it('stays where it is while the cloud knows of no ENI with the IP of the pod', () => {
    whateverTheCloud((eip) => {
      const action = decideEip(bound('eip'), seeing(podAt(HERE), { eip, eni: 'absent' }));
      expect(action).not.toMatchObject({ kind: 'unassociate-eip' });
      expect(action).not.toMatchObject({ kind: 'save' });
    });
  });

  it('is on another IP of the same ENI as little as on another ENI', () => {
    const beside = eipIs('InUse', { ...HERE, privateIp: '10.0.0.33' });
    expect(decided(beside)).toMatchObject(tells('AddressInUse'));
  });

  it('is there also where the cloud leaves the private IP out', () => {
    const eip = { ...eipIs('InUse'), boundTo: { instanceId: HERE.eniId } };
    expect(decided(eip)).toMatchObject(tells('Bound'));
  });

  it('is not taken from a stranger who bound it by hand', () => {
    expect(decided(eipIs('InUse', ELSEWHERE))).toMatchObject(tells('AddressInUse'));
  });

  it('is taken from the binding before, where a late call put it', () => {
    const claim = bound('eip', { lastBinding: BEFORE });
    expect(decided(eipIs('InUse', BEFORE), podAt(HERE, hinted), claim)).toEqual(unassociatedFrom(BEFORE));
  });

  it('that a read does not show is bound all the same: bought a moment ago, it may be too young to be seen', () => {
    // Taken for gone, another one would be bought, which is as young, and another, up to the account's quota.
    expect(decided('absent')).toEqual(associatedTo(HERE));
  });

  it('is asked for again, under the same address, once a call is refused because it is gone', () => {
    expect(decided('gone')).toMatchObject({
      kind: 'save',
      unlock: ID,
      next: {
        phase: 'Allocating',
        rev: 8,
        token: FRESH_TOKEN,
        reclaim: ALLOCATION.eip.address,
        createdAt: NOW,
      },
    });
  });

  it('gets the retention that the pod asks for now, in place', () => {
    const wishes = wishing({ eip: { retention: { kind: 'never' } } });
    whateverTheCloud((eip) => {
      for (const known of [{}, told('eip', BOUND)])
        expect(decided(eip, podAt(HERE, { ...hinted, wishes, told: known }))).toEqual({
          kind: 'save',
          next: bound('eip', { rev: 8, retention: { kind: 'never' } }),
        });
    });
  });

  it('gets another retention for any other word or number, and none for the same', () => {
    const retentions = [
      { kind: 'follow' },
      { kind: 'never' },
      { kind: 'after', ms: 0 },
      { kind: 'after', ms: 1 },
    ] as const;
    for (const before of retentions)
      for (const asked of retentions) {
        const wishes = wishing({ eip: { retention: asked } });
        const action = decided(
          'unread',
          podAt(HERE, { ...hinted, wishes }),
          bound('eip', { retention: before }),
        );
        expect(action.kind).toBe(before === asked ? 'associate-eip' : 'save');
      }
  });

  it('stays while the pod has no IP for a moment', () => {
    whateverTheCloud((eip) => {
      expect(decided(eip, withoutIp())).not.toMatchObject({ kind: 'unassociate-eip' });
      expect(decided(eip, withoutIp())).not.toMatchObject({ kind: 'save' });
    });
  });

  it('stays whatever the cloud says while the pod is being deleted', () => {
    whateverTheCloud((eip) => expect(decided(eip, leaving)).toEqual(waits));
  });

  it('stays whatever the cloud says while the wish cannot be read', () => {
    whateverTheCloud((eip) => expect(decided(eip, unreadable)).toEqual({ kind: 'done' }));
  });

  it('is not taken on the word of a node alone: a hint against the record is checked with the cloud', () => {
    const misled = podAt(HERE, { eniHint: ELSEWHERE.eniId });
    for (const eip of [eipIs('Available'), eipIs('InUse', HERE), 'unread'] as const)
      expect(decided(eip, misled)).toEqual({ kind: 'look-eni', privateIp: HERE.privateIp });
  });

  it('stays where the cloud shows it, once the cloud has said that the hint is mistaken', () => {
    const misled = podAt(HERE, { eniHint: ELSEWHERE.eniId });
    const claim = bound('eip', { lastBinding: { ...HERE, podUid: BEFORE.podUid } });
    const seen = seeing(misled, { eip: eipIs('InUse', HERE), eni: eniOf(HERE) });
    expect(decideEip(claim, seen)).toMatchObject(tells('Bound'));
  });
});

describe('an EIP whose pod was replaced', () => {
  const next = podAt(THERE, { eniHint: THERE.eniId });
  const decided = (eip: Observed['eip'], pod = next, claim = bound('eip')) =>
    decideEip(claim, seeing(pod, { eip }));

  it('is taken from where the record says it was, and only there', () => {
    expect(decided('unread')).toEqual(unassociatedFrom(HERE));
    expect(decided(eipIs('InUse', HERE))).toEqual(unassociatedFrom(HERE));
  });

  it.each([eipIs('Unassociating', HERE), eipIs('Available'), eipIs('InUse', ELSEWHERE)])(
    'goes to the new pod once it is no longer there (%s)',
    (eip) => {
      expect(decided(eip)).toEqual({
        kind: 'save',
        next: bound('eip', { rev: 8, binding: THERE, boundAt: NOW, lastBinding: HERE }),
        ended: {
          address: ALLOCATION.eip.address,
          allocationId: ID,
          podUid: HERE.podUid,
          from: NOW - 20 * MINUTE,
          to: NOW,
        },
      });
    },
  );

  it('is waited for while a late call still binds it', () => {
    expect(decided(eipIs('Associating', HERE))).toEqual(waits);
  });

  it('is also taken from the binding before, so that it is left nowhere', () => {
    const claim = bound('eip', { lastBinding: BEFORE });
    expect(decided(eipIs('InUse', BEFORE), next, claim)).toEqual(unassociatedFrom(BEFORE));
  });

  it('stays until the cloud has said which ENI the new pod has, where its node does not', () => {
    expect(decided('unread', podAt(THERE))).toEqual({ kind: 'look-eni', privateIp: THERE.privateIp });
  });

  it('is retained where the new pod has no network yet', () => {
    expect(decided('unread', withoutIp(THERE))).toEqual(unassociatedFrom(HERE));
    expect(decided(eipIs('Unassociating', HERE), withoutIp(THERE))).toMatchObject({
      kind: 'save',
      next: { phase: 'Retained' },
    });
  });

  it('moves with a pod that has got another IP or another ENI', () => {
    const sandbox = podAt({ ...HERE, privateIp: '10.0.0.33' }, { eniHint: HERE.eniId });
    expect(decided('unread', sandbox)).toEqual(unassociatedFrom(HERE));
    const seen = seeing(podAt(HERE), { eip: eipIs('Available'), eni: eniOf(THERE) });
    expect(decideEip(bound('eip'), seen)).toMatchObject({
      next: { binding: { ...HERE, eniId: THERE.eniId } },
    });
  });

  it('is not announced as bound by what the pod was told about an earlier binding', () => {
    const sandbox = podAt(
      { ...HERE, privateIp: '10.0.0.33' },
      { eniHint: HERE.eniId, told: told('eip', BOUND) },
    );
    expect(decided(eipIs('Available'), sandbox)).toMatchObject(tells('Binding'));
  });
});

describe('an EIP whose pod is gone', () => {
  it.each([
    ['there is none', 'absent'],
    ['it has finished', finished],
    ['it does not want it any more', off],
    ['a new one does not want it', podAt(THERE, { wishes: NO_WISHES })],
    ['a new one is already being deleted', podAt(THERE, { terminating: true })],
    ['a new one has an unreadable wish', podAt(THERE, { wishes: UNREADABLE })],
  ] as const)('is unbound and kept for its retention: %s', (_, pod) => {
    const decided = (eip: Observed['eip']) => decideEip(bound('eip'), seeing(pod, { eip }));
    expect(decided('unread')).toEqual(unassociatedFrom(HERE));
    expect(decided(eipIs('InUse', HERE))).toEqual(unassociatedFrom(HERE));
    expect(decided(eipIs('Associating', HERE))).toEqual(waits);
    for (const eip of [eipIs('Unassociating', HERE), eipIs('Available'), eipIs('InUse', ELSEWHERE)])
      expect(decided(eip)).toMatchObject({
        kind: 'save',
        deadline: NOW + RETENTION.ms,
        ended: { podUid: HERE.podUid, to: NOW },
        next: { phase: 'Retained', rev: 8, lastBinding: HERE, retainUntil: NOW + RETENTION.ms },
      });
  });

  it('is gone though its ENI is still there', () => {
    expect(decideEip(bound('eip'), seeing('absent', { eni: eniOf(HERE) }))).toEqual(unassociatedFrom(HERE));
  });

  it('is taken from the binding before, where a late call put it', () => {
    const claim = bound('eip', { lastBinding: BEFORE });
    expect(decideEip(claim, seeing('absent', { eip: eipIs('InUse', BEFORE) }))).toEqual(
      unassociatedFrom(BEFORE),
    );
  });

  it.each([
    [{ kind: 'follow' }, NOW],
    [{ kind: 'after', ms: 1 }, NOW + 1],
  ] as const)('with retention %j has its deadline stored', (retention, until) => {
    expect(
      decideEip(bound('eip', { retention }), seeing('absent', { eip: eipIs('Available') })),
    ).toMatchObject({
      deadline: until,
      next: { retainUntil: until },
    });
  });

  it('with retention never has no deadline', () => {
    const claim = bound('eip', { retention: { kind: 'never' } });
    const action = decideEip(claim, seeing('absent', { eip: eipIs('Available') }));
    expect(action).toMatchObject({ next: { phase: 'Retained' } });
    expect(action).not.toHaveProperty('deadline');
    expect(action).not.toHaveProperty('next.retainUntil');
  });

  it('that a read does not show is unbound all the same, for the cloud tells whether it is there', () => {
    expect(decideEip(bound('eip'), seeing('absent', { eip: 'absent' }))).toEqual(unassociatedFrom(HERE));
  });

  it('leaves a tombstone where a call is refused because the EIP is gone as well', () => {
    expect(decideEip(bound('eip'), seeing('absent', { eip: 'gone' }))).toMatchObject({
      kind: 'save',
      unlock: ID,
      next: { phase: 'Released', rev: 8 },
    });
  });
});

describe('a retained EIP', () => {
  const decided = (pod: Observed['pod'], eip: Observed['eip'], claim = retained('eip'), now = NOW) =>
    decideEip(claim, seeing(pod, { eip }), now);

  it('stays as it is to the last millisecond of its retention', () => {
    const until = NOW + 5 * MINUTE;
    for (const pod of ['absent', finished, off, podAt(HERE, { terminating: true })] as const) {
      expect(decided(pod, 'unread', retained('eip'), until - 1)).toEqual({ kind: 'done' });
      expect(decided(pod, 'unread', retained('eip'), until)).toMatchObject({
        kind: 'save',
        next: { phase: 'Releasing', rev: 8, allocation: ALLOCATION.eip, lastBinding: HERE },
      });
    }
  });

  it('is kept for ever where it was asked for', () => {
    const { retainUntil: _, ...forEver } = retained('eip', { retention: { kind: 'never' } });
    whateverTheCloud((eip) => {
      const action = decideEip(forEver, seeing('absent', { eip }), NOW * 2);
      expect(action).not.toMatchObject({ next: { phase: 'Releasing' } });
      expect(action).not.toMatchObject({ kind: 'release-eip' });
    });
    expect(decideEip(forEver, seeing('absent'), NOW * 2)).toEqual({ kind: 'done' });
  });

  it('is never released while a pod of the name has a wish that cannot be read', () => {
    whateverTheCloud((eip) => {
      const action = decided(unreadable, eip, retained('eip'), NOW + 60 * MINUTE);
      expect(action).toMatchObject(tells('InvalidAnnotation'));
    });
  });

  it('goes to the pod that comes back, even after its time, as long as it is there', () => {
    for (const now of [NOW, NOW + 60 * MINUTE])
      for (const eip of ['unread', eipIs('Available'), eipIs('Unassociating', HERE)] as const)
        expect(decided(podAt(THERE, { eniHint: THERE.eniId }), eip, retained('eip'), now)).toMatchObject({
          kind: 'save',
          next: { phase: 'Bound', rev: 8, binding: THERE, lastBinding: HERE, boundAt: now },
        });
  });

  it('waits for the network of the pod that comes back, also beyond its time', () => {
    expect(decided(withoutIp(THERE), 'unread', retained('eip'), NOW + 60 * MINUTE)).toMatchObject(
      tells('WaitingForPodIP'),
    );
  });

  it('is not announced as bound to a pod that had it before, and wants it again', () => {
    const again = podAt(HERE, { eniHint: HERE.eniId, told: told('eip', BOUND) });
    expect(decided(again, 'unread')).toMatchObject(tells('Binding'));
    const knowing = podAt(HERE, { eniHint: HERE.eniId, told: told('eip', { reason: 'Binding' }) });
    expect(decided(knowing, 'unread')).toMatchObject({ kind: 'save', next: { phase: 'Bound' } });
  });

  it('that a late call bound to the pod that is gone is unbound, and to anybody else left', () => {
    expect(decided('absent', eipIs('InUse', HERE))).toEqual(unassociatedFrom(HERE));
    expect(decided('absent', eipIs('Associating', HERE))).toEqual({ kind: 'done' });
    expect(decided('absent', eipIs('InUse', ELSEWHERE))).toEqual({ kind: 'done' });
  });

  it('that a read does not show is kept, and the cloud asked in a way that changes nothing where it is there', () => {
    expect(decided('absent', 'absent')).toEqual(unassociatedFrom(HERE));
    // Off its place already, says the answer: it is there.
    expect(decided('absent', eipIs('Available'))).toEqual({ kind: 'done' });
  });

  it('that was never bound and that a read does not show is kept to its deadline: it is young', () => {
    const unbound = without(retained('eip'), 'lastBinding');
    expect(decided('absent', 'absent', unbound)).toEqual({ kind: 'done' });
    expect(decided('absent', 'absent', unbound, NOW + 5 * MINUTE)).toMatchObject({
      next: { phase: 'Releasing', allocation: ALLOCATION.eip },
    });
  });

  it('that a read does not show goes to the pod that comes back, and not another one', () => {
    expect(decided(podAt(THERE, { eniHint: THERE.eniId }), 'absent')).toMatchObject({
      kind: 'save',
      next: { phase: 'Bound', allocation: ALLOCATION.eip, binding: THERE },
    });
  });

  it('that a call is refused for because it is gone leaves a tombstone, and the pod that is there begins anew', () => {
    for (const pod of ['absent', podAt(THERE)] as const)
      expect(decided(pod, 'gone')).toMatchObject({ kind: 'save', unlock: ID, next: { phase: 'Released' } });
  });

  it('whose time was lifted for an unreadable wish gets it back when that pod is gone', () => {
    const { retainUntil: _, ...lifted } = retained('eip');
    expect(decideEip(lifted, seeing(unreadable))).toMatchObject(tells('InvalidAnnotation'));
    expect(decideEip(lifted, seeing('absent'))).toEqual({
      kind: 'save',
      deadline: NOW + RETENTION.ms,
      next: retained('eip', { rev: 8, retainUntil: NOW + RETENTION.ms }),
    });
  });
});

describe('an EIP that is being released', () => {
  const decided = (pod: Observed['pod'], eip: Observed['eip'], claim = releasing('eip')) =>
    decideEip(claim, seeing(pod, { eip }));

  it('is looked at first, and released where it is free', () => {
    for (const pod of ['absent', finished, off] as const) {
      expect(decided(pod, 'unread')).toEqual({ kind: 'look-eip', allocationId: ID });
      expect(decided(pod, eipIs('Available'))).toEqual({ kind: 'release-eip', allocationId: ID });
    }
  });

  it('is waited for while the cloud works on it', () => {
    for (const eip of [eipIs('Associating', HERE), eipIs('Unassociating', HERE)])
      expect(decided('absent', eip)).toEqual(waits);
  });

  it('is unbound first where a late call bound it, and left to whoever bound it by hand', () => {
    expect(decided('absent', eipIs('InUse', HERE))).toEqual(unassociatedFrom(HERE));
    expect(decided('absent', eipIs('InUse', ELSEWHERE))).toEqual(waits);
  });

  it('that a read does not show is released all the same: the cloud refuses where there is none', () => {
    expect(decided('absent', 'absent')).toEqual({ kind: 'release-eip', allocationId: ID });
  });

  it('leaves a tombstone, and lets go of its lock, when the cloud has let go of it', () => {
    for (const eip of ['gone', eipIs('Releasing')] as const)
      expect(decided('absent', eip)).toMatchObject({
        kind: 'save',
        unlock: ID,
        next: { phase: 'Released', rev: 8 },
      });
  });

  it('is never released where it is the user’s own', () => {
    const given = releasing('eip', { origin: 'given' });
    whateverTheCloud((eip) =>
      expect(decided('absent', eip, given)).not.toMatchObject({ kind: 'release-eip' }),
    );
    for (const eip of [eipIs('Available'), eipIs('InUse', ELSEWHERE)])
      expect(decided('absent', eip, given)).toMatchObject({ next: { phase: 'Released' }, unlock: ID });
  });

  it('goes back to the pod that returns in time', () => {
    const back = podAt(THERE, { eniHint: THERE.eniId });
    expect(decided(back, 'unread')).toEqual({ kind: 'look-eip', allocationId: ID });
    expect(decided(back, eipIs('Available'))).toMatchObject({
      next: { phase: 'Bound', binding: THERE, rev: 8 },
    });
    // Not seen is not gone: bound, the call tells, and where it is gone the same address is asked for again.
    expect(decided(back, 'absent')).toMatchObject({ next: { phase: 'Bound', binding: THERE, rev: 8 } });
    for (const eip of ['gone', eipIs('Releasing')] as const)
      expect(decided(back, eip)).toMatchObject({ next: { phase: 'Released' }, unlock: ID });
  });

  it('is kept again, without a deadline, for a pod whose wish cannot be read', () => {
    const action = decided(unreadable, 'unread');
    expect(action).toMatchObject({
      kind: 'save',
      next: { phase: 'Retained', rev: 8, allocation: ALLOCATION.eip },
    });
    expect(action).not.toHaveProperty('next.retainUntil');
  });
});
