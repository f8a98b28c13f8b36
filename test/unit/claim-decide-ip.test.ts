import { describe, expect, it } from 'vitest';
import { COOL_DOWN_MS } from '../../shared/claim/claim.ts';
import type { HolderView, Observed, Unread } from '../../shared/claim/observation.ts';
import { tells, waits } from './claim-expected.ts';
import {
  ALLOCATION,
  allocating,
  BEFORE,
  bound,
  decideIp,
  ELSEWHERE,
  eniOf,
  FRESH_TOKEN,
  finished,
  HERE,
  heldAt,
  leaving,
  MINUTE,
  NO_WISHES,
  NOBODY,
  NOW,
  off,
  PARKED,
  PARKING,
  podAt,
  RETENTION,
  releasing,
  retained,
  seeing,
  THERE,
  told,
  unreadable,
  VSWITCH,
  wishing,
  without,
} from './claim-scene.ts';

const { address } = ALLOCATION.ip;
const LOCK = `${VSWITCH}/${address}`;
const BOUND = { reason: 'Bound', address } as const;

/** Everybody who can have the address. */
const HOLDERS: readonly (HolderView | Unread)[] = [
  'unread',
  NOBODY,
  PARKED,
  heldAt(HERE),
  heldAt(BEFORE),
  heldAt(ELSEWHERE),
];
const whoeverHasIt = (check: (holder: HolderView | Unread) => void) => {
  for (const holder of HOLDERS) check(holder);
};

const hinted = podAt(HERE, { eniHint: HERE.eniId });

const unassignedFrom = (eniId: string) => ({ kind: 'unassign-ip', eniId, address });
const assignedTo = (eniId: string) => ({ kind: 'assign-ip', eniId, address });
const parks = { kind: 'park-ip', allocation: ALLOCATION.ip };
const looks = { kind: 'look-holder', vSwitchId: VSWITCH, address };

describe('the first fixed IP of a name', () => {
  it('needs a look at the ENI even where the node names it, for its vSwitch is where the address belongs', () => {
    expect(decideIp(undefined, seeing(hinted))).toEqual({ kind: 'look-eni', privateIp: HERE.privateIp });
  });

  it('has its intent, with token and ENI, on record before it is assigned', () => {
    expect(decideIp(undefined, seeing(podAt(HERE), { eni: eniOf(HERE) }))).toMatchObject({
      kind: 'save',
      next: { phase: 'Allocating', rev: 1, token: FRESH_TOKEN, eniId: HERE.eniId, podUid: HERE.podUid },
    });
  });

  it('is not for pods on an ENI that refuses changes, nor for those that nobody wants one for', () => {
    const managed = seeing(podAt(HERE), { eni: eniOf(HERE, { managed: true }) });
    expect(decideIp(undefined, managed)).toMatchObject(tells('ManagedENI'));
    for (const pod of ['absent', off, finished, leaving] as const)
      expect(decideIp(undefined, seeing(pod))).toEqual({ kind: 'done' });
  });
});

describe('an intent to assign', () => {
  const decided = (pod: Observed['pod'], changes: Partial<Observed> = {}) =>
    decideIp(allocating('ip'), seeing(pod, changes));
  const here = { eni: eniOf(HERE) };

  it('is carried out on the ENI and with the token on record', () => {
    expect(decided(podAt(HERE), here)).toEqual({
      kind: 'assign-any-ip',
      eniId: HERE.eniId,
      token: 'token-1',
    });
  });

  it('is not carried out on the word of a node alone', () => {
    expect(decided(hinted)).toEqual({ kind: 'look-eni', privateIp: HERE.privateIp });
  });

  it('that brought an address puts it on record under a lock, with where it can be parked', () => {
    expect(decided(podAt(HERE), { ...here, assigned: address, holder: heldAt(HERE) })).toMatchObject({
      kind: 'save',
      lock: LOCK,
      next: { phase: 'Bound', rev: 8, allocation: ALLOCATION.ip, binding: HERE },
    });
  });

  it('that brought an address which another claim keeps gives it back, and asks for another', () => {
    const locked = { ...here, assigned: address, lockedBy: 'c-1/shop/web-9/ip' };
    for (const holder of [heldAt(HERE), 'unread'] as const)
      expect(decided(podAt(HERE), { ...locked, holder })).toEqual(unassignedFrom(HERE.eniId));
    expect(decided(podAt(HERE), { ...locked, holder: NOBODY })).toMatchObject({
      kind: 'save',
      next: { phase: 'Allocating', rev: 8, token: FRESH_TOKEN },
    });
  });

  it('whose token can bring nothing is renewed', () => {
    expect(decided(podAt(HERE), { ...here, assigned: 'spent' })).toMatchObject({
      next: { phase: 'Allocating', token: FRESH_TOKEN, rev: 8 },
    });
  });

  it.each([
    ['there is no pod', 'absent'],
    ['the pod has finished', finished],
    ['the pod does not want it any more', off],
    ['another pod has come', podAt(THERE, { eniHint: THERE.eniId })],
    ['another pod has come on the same ENI', podAt(THERE, { eniHint: HERE.eniId })],
    ['the pod is on another ENI', podAt(HERE, { eniHint: THERE.eniId })],
  ] as const)('is settled first where %s: replayed, given back, and over', (_, pod) => {
    expect(decided(pod)).toEqual({ kind: 'assign-any-ip', eniId: HERE.eniId, token: 'token-1' });
    for (const holder of [heldAt(HERE), 'unread'] as const)
      expect(decided(pod, { assigned: address, holder })).toEqual(unassignedFrom(HERE.eniId));
    for (const settled of [{ assigned: address, holder: NOBODY }, { assigned: 'spent' }] as const)
      expect(decided(pod, settled)).toMatchObject({ kind: 'save', next: { phase: 'Released', rev: 8 } });
  });

  describe('that is so old that the cloud may have forgotten its token', () => {
    const TRUSTED_MS = 12 * 60 * MINUTE;
    const old = allocating('ip', { createdAt: NOW - TRUSTED_MS - 1 });
    const young = allocating('ip', { createdAt: NOW - TRUSTED_MS });
    const beside = (...addresses: string[]) => ({ eni: eniOf(HERE, { beside: addresses }) });
    const replayed = { kind: 'assign-any-ip', eniId: HERE.eniId, token: 'token-1' };

    it('takes what it has brought: the one address beside the own one of the ENI', () => {
      expect(decideIp(old, seeing(podAt(HERE), beside(address)))).toMatchObject({
        kind: 'save',
        lock: LOCK,
        next: { phase: 'Bound', allocation: ALLOCATION.ip },
      });
      const ahead = allocating('ip', { createdAt: NOW + TRUSTED_MS + 1 });
      expect(decideIp(ahead, seeing(podAt(HERE), beside(address)))).toMatchObject({ lock: LOCK });
    });

    it('is carried out anew where it brought none, where nobody can say which, and while it is trusted', () => {
      for (const seen of [beside(), beside(address, '10.0.0.51'), here])
        expect(decideIp(old, seeing(podAt(HERE), seen))).toEqual(replayed);
      expect(decideIp(young, seeing(podAt(HERE), beside(address)))).toEqual(replayed);
    });

    it('gives back what it has brought where the pod does not want it any more, and replays nothing', () => {
      expect(decideIp(old, seeing(off))).toEqual({ kind: 'look-eni', privateIp: HERE.privateIp });
      expect(decideIp(old, seeing(off, beside(address)))).toEqual(unassignedFrom(HERE.eniId));
      const over = { kind: 'save', next: { phase: 'Released', rev: 8 } };
      for (const seen of [beside(), { eni: eniOf(THERE, { beside: [address] }) }, { eni: 'absent' as const }])
        expect(decideIp(old, seeing(off, seen))).toMatchObject(over);
      expect(decideIp(old, seeing(off, { ...beside(address), holder: NOBODY }))).toMatchObject(over);
      for (const pod of ['absent', without(off, 'ip')] as const)
        expect(decideIp(old, seeing(pod))).toMatchObject(over);
    });
  });

  it('waits while its pod is being deleted, and stands while the wish cannot be read', () => {
    whoeverHasIt((holder) => {
      expect(decided(leaving, { holder })).toEqual(waits);
      expect(decided(unreadable, { holder })).toMatchObject(tells('InvalidAnnotation'));
    });
  });
});

describe('a fixed IP that belongs to a pod which is there', () => {
  const decided = (holder: Observed['holder'], pod = hinted, claim = bound('ip')) =>
    decideIp(claim, seeing(pod, { holder }));

  it('is not even looked at where record and pod agree', () => {
    expect(decided('unread', podAt(HERE, { told: told('ip', BOUND) }))).toEqual({ kind: 'done' });
  });

  it('is looked at where the pod was told of another address, or the cloud says otherwise', () => {
    const telling = (more: object) =>
      podAt(HERE, { eniHint: HERE.eniId, told: told('ip', { ...BOUND, ...more }) });
    expect(decided('unread', telling({ address: '10.0.0.99' }))).toEqual(looks);
    expect(decided(NOBODY, telling({}))).toEqual(assignedTo(HERE.eniId));
  });

  it('stays where it is while the cloud knows of no ENI with the IP of the pod', () => {
    whoeverHasIt((holder) => {
      const action = decideIp(bound('ip'), seeing(podAt(HERE), { holder, eni: 'absent' }));
      expect(action).not.toMatchObject({ kind: 'unassign-ip' });
      expect(action).not.toMatchObject({ kind: 'save' });
    });
  });

  it('is taken off the parking ENI that the record names, without a look', () => {
    expect(decided('unread', hinted, bound('ip', { holdEniId: PARKING }))).toEqual(unassignedFrom(PARKING));
  });

  it('is looked for where nobody knows', () => {
    expect(decided('unread')).toEqual(looks);
    const binding = podAt(HERE, { eniHint: HERE.eniId, told: told('ip', { reason: 'Binding' }) });
    expect(decided('unread', binding, bound('ip', { holdEniId: PARKING }))).toEqual(looks);
  });

  it('is assigned where nobody has it, and fetched from where it was kept', () => {
    expect(decided(NOBODY)).toEqual(assignedTo(HERE.eniId));
    expect(decided(PARKED)).toEqual(unassignedFrom(PARKING));
    expect(decided(heldAt(BEFORE), hinted, bound('ip', { lastBinding: BEFORE }))).toEqual(
      unassignedFrom(BEFORE.eniId),
    );
  });

  it('is told to the pod when it is there, once', () => {
    expect(decided(heldAt(HERE))).toMatchObject(tells('Bound', { address }));
    expect(decided(heldAt(HERE), podAt(HERE, { eniHint: HERE.eniId, told: told('ip', BOUND) }))).toEqual({
      kind: 'done',
    });
  });

  it('is never taken from a stranger', () => {
    expect(decided(heldAt(ELSEWHERE))).toMatchObject(tells('AddressInUse'));
    expect(decided(heldAt(BEFORE))).toMatchObject(tells('AddressInUse'));
  });

  it('gets the retention that the pod asks for now, in place', () => {
    const wishes = wishing({ ip: { retention: { kind: 'never' } } });
    whoeverHasIt((holder) =>
      expect(decided(holder, podAt(HERE, { eniHint: HERE.eniId, wishes }))).toEqual({
        kind: 'save',
        next: bound('ip', { rev: 8, retention: { kind: 'never' } }),
      }),
    );
  });

  it('stays, whoever the cloud says has it, while the pod is being deleted or its wish cannot be read', () => {
    whoeverHasIt((holder) => {
      expect(decided(holder, leaving)).toEqual(waits);
      expect(decided(holder, unreadable)).toEqual({ kind: 'done' });
      expect(decided(holder, without(podAt(HERE), 'ip'))).not.toMatchObject({ kind: 'unassign-ip' });
    });
  });

  it('is not taken on the word of a node alone: a hint against the record is checked with the cloud', () => {
    const misled = podAt(HERE, { eniHint: ELSEWHERE.eniId });
    for (const holder of ['unread', heldAt(HERE)] as const)
      expect(decided(holder, misled)).toEqual({ kind: 'look-eni', privateIp: HERE.privateIp });
  });

  it('stays where the cloud shows it, once the cloud has said that the hint is mistaken', () => {
    const misled = podAt(HERE, { eniHint: ELSEWHERE.eniId });
    const claim = bound('ip', { lastBinding: { ...HERE, podUid: BEFORE.podUid } });
    const seen = seeing(misled, { holder: heldAt(HERE), eni: eniOf(HERE) });
    expect(decideIp(claim, seen)).toMatchObject(tells('Bound'));
  });
});

describe('a fixed IP whose pod was replaced', () => {
  const next = podAt(THERE, { eniHint: THERE.eniId });
  const decided = (holder: Observed['holder'], changes: Partial<Observed> = {}, claim = bound('ip')) =>
    decideIp(claim, seeing(next, { holder, ...changes }));

  it('is taken from the ENI that the record names, and from the one before', () => {
    expect(decided('unread')).toEqual(unassignedFrom(HERE.eniId));
    expect(decided(heldAt(HERE))).toEqual(unassignedFrom(HERE.eniId));
    expect(decided(heldAt(BEFORE), {}, bound('ip', { lastBinding: BEFORE }))).toEqual(
      unassignedFrom(BEFORE.eniId),
    );
  });

  it('goes to the new pod once it is free, without a stop at a parking ENI', () => {
    expect(decided(NOBODY, { eni: eniOf(THERE) })).toMatchObject({
      kind: 'save',
      next: { phase: 'Bound', rev: 8, binding: THERE, lastBinding: HERE, boundAt: NOW },
      ended: { podUid: HERE.podUid, address, from: NOW - 20 * MINUTE, to: NOW },
    });
  });

  it('goes nowhere on the word of its node alone: whoever can write that could send it to any ENI', () => {
    expect(decided(NOBODY)).toEqual({ kind: 'look-eni', privateIp: THERE.privateIp });
  });

  it('is parked where the new pod runs in another vSwitch', () => {
    expect(decided(NOBODY, { eni: eniOf(THERE, { vSwitchId: 'vsw-other' }) })).toEqual(parks);
  });
});

describe('a fixed IP whose pod is gone', () => {
  it.each([
    ['there is none', 'absent'],
    ['it has finished', finished],
    ['it does not want it any more', off],
    ['a new one does not want it', podAt(THERE, { wishes: NO_WISHES })],
    ['a new one has no network yet', without(podAt(THERE), 'ip')],
  ] as const)('is freed, parked, and only then put on record as retained: %s', (_, pod) => {
    const decided = (holder: Observed['holder']) => decideIp(bound('ip'), seeing(pod, { holder }));
    expect(decided('unread')).toEqual(unassignedFrom(HERE.eniId));
    expect(decided(heldAt(HERE))).toEqual(unassignedFrom(HERE.eniId));
    expect(decided(NOBODY)).toEqual(parks);
    expect(decided(PARKED)).toMatchObject({
      kind: 'save',
      deadline: NOW + RETENTION.ms,
      ended: { podUid: HERE.podUid },
      next: { phase: 'Retained', holdEniId: PARKING, lastBinding: HERE, retainUntil: NOW + RETENTION.ms },
    });
  });

  it('is kept on record where a stranger has it, without a hold that it does not have', () => {
    const action = decideIp(bound('ip'), seeing('absent', { holder: heldAt(ELSEWHERE) }));
    expect(action).toMatchObject({ kind: 'save', next: { phase: 'Retained' } });
    expect(action).not.toHaveProperty('next.holdEniId');
  });
});

describe('a retained fixed IP', () => {
  const decided = (pod: Observed['pod'], holder: Observed['holder'], claim = retained('ip'), now = NOW) =>
    decideIp(claim, seeing(pod, { holder }), now);

  it('is left alone where it is parked, and parked again where it fell off', () => {
    expect(decided('absent', 'unread')).toEqual({ kind: 'done' });
    expect(decided('absent', PARKED)).toEqual({ kind: 'done' });
    expect(decided('absent', NOBODY)).toEqual(parks);
    expect(decided('absent', heldAt(ELSEWHERE))).toEqual({ kind: 'done' });
  });

  it('is taken off the ENI of the pod that is gone, where a late call put it', () => {
    expect(decided('absent', heldAt(HERE))).toEqual(unassignedFrom(HERE.eniId));
  });

  it('is left to whoever has it, where it was on no ENI of a pod yet', () => {
    const claim = without(retained('ip'), 'lastBinding');
    expect(decided('absent', heldAt(ELSEWHERE), claim)).toEqual({ kind: 'done' });
    expect(
      decideIp(without(releasing('ip'), 'lastBinding'), seeing('absent', { holder: heldAt(ELSEWHERE) })),
    ).toMatchObject({
      next: { phase: 'Released' },
      unlock: LOCK,
    });
  });

  it('has its true hold put on record', () => {
    expect(decided('absent', PARKED, retained('ip', { holdEniId: 'eni-other' }))).toEqual({
      kind: 'save',
      next: retained('ip', { rev: 8 }),
    });
  });

  it('stays to the last millisecond of its retention', () => {
    const until = NOW + 5 * MINUTE;
    expect(decided('absent', 'unread', retained('ip'), until - 1)).toEqual({ kind: 'done' });
    expect(decided('absent', 'unread', retained('ip'), until)).toMatchObject({
      kind: 'save',
      next: { phase: 'Releasing', holdEniId: PARKING, lastBinding: HERE },
    });
  });

  it('is never released while a pod of the name has a wish that cannot be read', () => {
    whoeverHasIt((holder) =>
      expect(decided(unreadable, holder, retained('ip'), NOW + 60 * MINUTE)).toMatchObject(
        tells('InvalidAnnotation'),
      ),
    );
  });

  it('goes to the pod that comes back, and the record still names its hold', () => {
    whoeverHasIt((holder) =>
      expect(decideIp(retained('ip'), seeing(podAt(THERE), { holder, eni: eniOf(THERE) }))).toMatchObject({
        kind: 'save',
        next: { phase: 'Bound', binding: THERE, holdEniId: PARKING, lastBinding: HERE },
      }),
    );
  });

  it('goes nowhere on the word of a node alone', () => {
    expect(decided(podAt(THERE, { eniHint: THERE.eniId }), PARKED)).toEqual({
      kind: 'look-eni',
      privateIp: THERE.privateIp,
    });
  });

  it('stays parked, and says why, while its pod runs in another vSwitch', () => {
    const elsewhere = { eni: eniOf(THERE, { vSwitchId: 'vsw-other' }) };
    const seen = seeing(podAt(THERE), { holder: PARKED, ...elsewhere });
    expect(decideIp(retained('ip'), seen)).toMatchObject({
      kind: 'tell',
      told: { reason: 'WrongVSwitch' },
    });
  });
});

describe('a fixed IP that is being released', () => {
  const decided = (pod: Observed['pod'], holder: Observed['holder']) =>
    decideIp(releasing('ip'), seeing(pod, { holder }));

  it('is looked for, taken from where we put it, and forgotten', () => {
    expect(decided('absent', 'unread')).toEqual(looks);
    expect(decided('absent', PARKED)).toEqual(unassignedFrom(PARKING));
    expect(decided('absent', heldAt(HERE))).toEqual(unassignedFrom(HERE.eniId));
    for (const holder of [NOBODY, heldAt(ELSEWHERE)])
      expect(decided('absent', holder)).toMatchObject({
        kind: 'save',
        unlock: LOCK,
        next: { phase: 'Released', rev: 8 },
      });
  });

  it('is released all the same where the pod that returns is out of its reach', () => {
    const elsewhere = { eni: eniOf(THERE, { vSwitchId: 'vsw-other' }), holder: PARKED };
    expect(decideIp(releasing('ip'), seeing(podAt(THERE), elsewhere))).toEqual(unassignedFrom(PARKING));
  });

  it('goes back to the pod that returns in time', () => {
    whoeverHasIt((holder) =>
      expect(decideIp(releasing('ip'), seeing(podAt(THERE), { holder, eni: eniOf(THERE) }))).toMatchObject({
        kind: 'save',
        next: { phase: 'Bound', binding: THERE },
      }),
    );
  });

  it('is kept again for a pod whose wish cannot be read', () => {
    whoeverHasIt((holder) =>
      expect(decided(unreadable, holder)).toMatchObject({ next: { phase: 'Retained' } }),
    );
  });
});

describe('a fixed IP that is to be kept for no time at all', () => {
  const retention = { kind: 'after', ms: 0 } as const;
  const parked = PARKED;

  it('goes to no other name for a minute after its pod is gone', () => {
    const gone = seeing('absent', { holder: parked });
    expect(decideIp(bound('ip', { retention }), gone)).toMatchObject({
      deadline: NOW + COOL_DOWN_MS,
      next: { phase: 'Retained', retainUntil: NOW + COOL_DOWN_MS },
    });
    const kept = retained('ip', { retention, retainUntil: NOW + COOL_DOWN_MS, holdEniId: PARKING });
    expect(decideIp(kept, gone, NOW + COOL_DOWN_MS - 1)).toEqual({ kind: 'done' });
    expect(decideIp(kept, gone, NOW + COOL_DOWN_MS)).toMatchObject({ next: { phase: 'Releasing' } });
  });

  it('is taken back at once by a pod of its own name', () => {
    const kept = retained('ip', { retention, retainUntil: NOW + COOL_DOWN_MS, holdEniId: PARKING });
    expect(decideIp(kept, seeing(podAt(HERE), { eni: eniOf(HERE), holder: parked }))).toMatchObject({
      next: { phase: 'Bound' },
    });
  });
});
