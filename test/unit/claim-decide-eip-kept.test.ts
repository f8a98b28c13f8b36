import { describe, expect, it } from 'vitest';
import type { Observed } from '../../shared/claim/observation.ts';
import { BOUND, ID, unassociatedFrom, whateverTheCloud, withoutIp } from './claim-eip-scene.ts';
import { tells, waits } from './claim-expected.ts';
import {
  ALLOCATION,
  BEFORE,
  bound,
  decideEip,
  ELSEWHERE,
  eipIs,
  eniOf,
  finished,
  HERE,
  MINUTE,
  NO_WISHES,
  NOW,
  off,
  podAt,
  RETENTION,
  releasing,
  retained,
  seeing,
  THERE,
  told,
  UNREADABLE,
  unreadable,
  without,
} from './claim-scene.ts';

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
