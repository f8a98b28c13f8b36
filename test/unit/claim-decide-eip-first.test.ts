import { describe, expect, it } from 'vitest';
import type { Claim } from '../../shared/claim/claim.ts';
import { TOMBSTONE_MS } from '../../shared/claim/decide.ts';
import type { Observed } from '../../shared/claim/observation.ts';
import { ID, whateverTheCloud, withoutIp } from './claim-eip-scene.ts';
import { tells, waits } from './claim-expected.ts';
import {
  ALLOCATION,
  allocating,
  bound,
  decideEip,
  ELSEWHERE,
  eipIs,
  eniOf,
  FRESH_TOKEN,
  finished,
  HERE,
  leaving,
  MINUTE,
  NOW,
  off,
  podAt,
  RETENTION,
  released,
  retained,
  seeing,
  THERE,
  told,
  unreadable,
  wishing,
} from './claim-scene.ts';

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
