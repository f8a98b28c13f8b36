import { describe, expect, it } from 'vitest';
import type { Observed } from '../../shared/claim/observation.ts';
import type { Reason } from '../../shared/claim/reason.ts';
import { associatedTo, BOUND, ID, unassociatedFrom, whateverTheCloud, withoutIp } from './claim-eip-scene.ts';
import { tells, waits } from './claim-expected.ts';
import {
  ALLOCATION,
  BEFORE,
  bound,
  decideEip,
  ELSEWHERE,
  eipIs,
  eniOf,
  FRESH_TOKEN,
  HERE,
  leaving,
  MINUTE,
  NOW,
  podAt,
  seeing,
  THERE,
  told,
  unreadable,
  wishing,
} from './claim-scene.ts';

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
