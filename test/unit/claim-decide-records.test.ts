import { describe, expect, it } from 'vitest';
import type { Action, Save } from '../../shared/claim/action.ts';
import {
  ALLOCATION,
  allocating,
  BEFORE,
  bound,
  decideEip,
  decideIp,
  eipIs,
  eniOf,
  FRESH_TOKEN,
  HERE,
  heldAt,
  keyOf,
  MINUTE,
  NOBODY,
  NOW,
  PARKED,
  PARKING,
  podAt,
  RETENTION,
  released,
  releasing,
  retained,
  seeing,
  THERE,
  UNREADABLE,
  wishing,
  without,
} from './claim-scene.ts';

/** What the claims of the scene were made with is replaced by what the pod that is there asks for. */
const ASKED = { kind: 'after', ms: 3 * MINUTE } as const;
const wishes = wishing({ eip: { retention: ASKED }, ip: { retention: ASKED } });
const here = podAt(HERE, { eniHint: HERE.eniId, wishes });
const there = podAt(THERE, { eniHint: THERE.eniId, wishes });
const unreadable = podAt(THERE, { wishes: UNREADABLE });

const OVER = NOW + 60 * MINUTE;
const { eip, ip } = ALLOCATION;
const LOCK = `${ip.id}/${ip.address}`;
const EIP_ENDED = {
  address: eip.address,
  allocationId: eip.id,
  podUid: HERE.podUid,
  from: NOW - 20 * MINUTE,
  to: NOW,
};
const IP_ENDED = { ...EIP_ENDED, address: ip.address, allocationId: ip.id };

const saved = (next: Save['next'], more: Partial<Save> = {}): Save => ({ kind: 'save', next, ...more });
const began = (kind: 'eip' | 'ip') => ({ key: keyOf(kind), rev: 1, retention: ASKED, createdAt: NOW });
/** The next record of a claim of the scene, for the pod that asks. */
const NEXT = { rev: 8, retention: ASKED };
const GONE = { rev: 8, releasedAt: NOW };

describe('what is put on record of an EIP, to the last field', () => {
  const free = eipIs('Available');
  it.each<[string, () => Action, Save]>([
    [
      'the intent to buy one',
      () => decideEip(undefined, seeing(here)),
      saved({
        ...began('eip'),
        phase: 'Allocating',
        origin: 'auto',
        token: FRESH_TOKEN,
        podUid: HERE.podUid,
      }),
    ],
    [
      'the intent to buy one with a bandwidth',
      () =>
        decideEip(
          undefined,
          seeing({ ...here, wishes: wishing({ eip: { retention: ASKED, bandwidth: 20 } }) }),
        ),
      saved({
        ...began('eip'),
        phase: 'Allocating',
        origin: 'auto',
        token: FRESH_TOKEN,
        podUid: HERE.podUid,
        bandwidth: 20,
      }),
    ],
    [
      'the user’s own',
      () =>
        decideEip(
          released('eip'),
          seeing(
            { ...here, wishes: wishing({ eip: { retention: ASKED, allocationId: eip.id } }) },
            { eip: free },
          ),
        ),
      saved(
        {
          ...began('eip'),
          rev: 8,
          phase: 'Bound',
          origin: 'given',
          allocation: eip,
          binding: HERE,
          boundAt: NOW,
        },
        { lock: eip.id },
      ),
    ],
    [
      'another try, after a token that brought nothing',
      () =>
        decideEip(allocating('eip', { bandwidth: 20, reclaim: '47.0.0.9' }), seeing(here, { eip: 'absent' })),
      saved(allocating('eip', { rev: 8, bandwidth: 20, token: FRESH_TOKEN, createdAt: NOW })),
    ],
    [
      'the one that was bought',
      () => decideEip(allocating('eip', { bandwidth: 20 }), seeing(here, { eip: free })),
      saved(bound('eip', { ...NEXT, boundAt: NOW }), { lock: eip.id }),
    ],
    [
      'that nothing was bought for a pod that is gone',
      () => decideEip(allocating('eip'), seeing('absent', { eip: 'absent' })),
      saved(released('eip', GONE)),
    ],
    [
      'the one that was bought for a pod that is gone',
      () => decideEip(allocating('eip'), seeing('absent', { eip: free })),
      saved(without(retained('eip', { rev: 8, retainUntil: NOW + RETENTION.ms }), 'lastBinding'), {
        deadline: NOW + RETENTION.ms,
        lock: eip.id,
      }),
    ],
    [
      'the one that was bought for a pod that is gone, to be kept for ever',
      () => decideEip(allocating('eip', { retention: { kind: 'never' } }), seeing('absent', { eip: free })),
      saved(
        without(
          without(retained('eip', { rev: 8, retention: { kind: 'never' } }), 'lastBinding'),
          'retainUntil',
        ),
        { lock: eip.id },
      ),
    ],
    [
      'another retention',
      () => decideEip(bound('eip', { lastBinding: BEFORE }), seeing(here)),
      saved(bound('eip', { ...NEXT, lastBinding: BEFORE })),
    ],
    [
      'another pod of the name',
      () => decideEip(bound('eip', { lastBinding: BEFORE }), seeing(there, { eip: free })),
      saved(bound('eip', { ...NEXT, binding: THERE, boundAt: NOW, lastBinding: HERE }), {
        ended: EIP_ENDED,
      }),
    ],
    [
      'that it is gone from the account while its pod lives',
      () => decideEip(bound('eip', { retention: ASKED }), seeing(here, { eip: 'gone' })),
      saved(
        allocating('eip', {
          ...NEXT,
          createdAt: NOW,
          token: FRESH_TOKEN,
          reclaim: eip.address,
        }),
        { unlock: eip.id, ended: EIP_ENDED },
      ),
    ],
    [
      'the end of its pod',
      () => decideEip(bound('eip', { lastBinding: BEFORE }), seeing('absent', { eip: free })),
      saved(retained('eip', { rev: 8, retainUntil: NOW + RETENTION.ms }), {
        deadline: NOW + RETENTION.ms,
        ended: EIP_ENDED,
      }),
    ],
    [
      'the end of its pod, with the EIP gone as well',
      () => decideEip(bound('eip'), seeing('absent', { eip: 'gone' })),
      saved(released('eip', GONE), { unlock: eip.id, ended: EIP_ENDED }),
    ],
    [
      'that it is gone from the account while it is kept',
      () => decideEip(retained('eip'), seeing('absent', { eip: 'gone' })),
      saved(released('eip', GONE), { unlock: eip.id }),
    ],
    [
      'that it is gone from the account when a pod is back',
      () => decideEip(retained('eip'), seeing(there, { eip: 'gone' })),
      saved(released('eip', GONE), { unlock: eip.id }),
    ],
    [
      'the pod that is back',
      () => decideEip(retained('eip'), seeing(there)),
      saved(bound('eip', { ...NEXT, binding: THERE, boundAt: NOW, lastBinding: HERE })),
    ],
    [
      'the pod that is back to one that was on no ENI yet',
      () => decideEip(without(retained('eip'), 'lastBinding'), seeing(there)),
      saved(bound('eip', { ...NEXT, binding: THERE, boundAt: NOW })),
    ],
    [
      'the end of its retention',
      () => decideEip(retained('eip'), seeing('absent'), OVER),
      saved(releasing('eip', { rev: 8 })),
    ],
    [
      'that an unreadable pod came while it was being released',
      () => decideEip(releasing('eip'), seeing(unreadable)),
      saved(without(retained('eip', { rev: 8 }), 'retainUntil')),
    ],
    [
      'its release',
      () => decideEip(releasing('eip'), seeing('absent', { eip: 'gone' })),
      saved(released('eip', GONE), { unlock: eip.id }),
    ],
  ])('%s', (_, action, expected) => {
    expect(action()).toStrictEqual(expected);
  });
});

describe('what is put on record of a fixed IP, to the last field', () => {
  const eni = eniOf(HERE);
  it.each<[string, () => Action, Save]>([
    [
      'the intent to have one assigned',
      () => decideIp(released('ip'), seeing(here, { eni })),
      saved({
        ...began('ip'),
        rev: 8,
        phase: 'Allocating',
        origin: 'auto',
        token: FRESH_TOKEN,
        eniId: HERE.eniId,
        podUid: HERE.podUid,
      }),
    ],
    [
      'another try, after a token that can bring none any more',
      () => decideIp(allocating('ip'), seeing(here, { eni, assigned: 'spent' })),
      saved(allocating('ip', { rev: 8, createdAt: NOW, token: FRESH_TOKEN })),
    ],
    [
      'the one that was assigned',
      () => decideIp(allocating('ip'), seeing(here, { eni, assigned: ip.address, holder: heldAt(HERE) })),
      saved(bound('ip', { ...NEXT, boundAt: NOW }), { lock: LOCK }),
    ],
    [
      'the one that was assigned on an ENI whose security group is not shown',
      () =>
        decideIp(
          allocating('ip'),
          seeing(here, { eni: without(eni, 'securityGroupId'), assigned: ip.address }),
        ),
      saved(bound('ip', { ...NEXT, boundAt: NOW, allocation: without(ip, 'securityGroupId') }), {
        lock: LOCK,
      }),
    ],
    [
      'that none is left of what was assigned for a pod that is gone',
      () => decideIp(allocating('ip'), seeing('absent', { assigned: ip.address, holder: NOBODY })),
      saved(released('ip', GONE)),
    ],
    [
      'another retention',
      () => decideIp(bound('ip', { holdEniId: PARKING }), seeing(here)),
      saved(bound('ip', { ...NEXT, holdEniId: PARKING })),
    ],
    [
      'another pod of the name',
      () =>
        decideIp(
          bound('ip', { lastBinding: BEFORE, holdEniId: PARKING }),
          seeing(there, { eni: eniOf(THERE), holder: NOBODY }),
        ),
      saved(bound('ip', { ...NEXT, binding: THERE, boundAt: NOW, lastBinding: HERE }), {
        ended: IP_ENDED,
      }),
    ],
    [
      'the end of its pod, when it is parked',
      () => decideIp(bound('ip', { lastBinding: BEFORE }), seeing('absent', { holder: PARKED })),
      saved(retained('ip', { rev: 8, retainUntil: NOW + RETENTION.ms }), {
        deadline: NOW + RETENTION.ms,
        ended: IP_ENDED,
      }),
    ],
    [
      'the end of its pod, to be kept for ever',
      () => decideIp(bound('ip', { retention: { kind: 'never' } }), seeing('absent', { holder: PARKED })),
      saved(without(retained('ip', { rev: 8, retention: { kind: 'never' } }), 'retainUntil'), {
        ended: IP_ENDED,
      }),
    ],
    [
      'another parking ENI',
      () => decideIp(without(retained('ip'), 'holdEniId'), seeing('absent', { holder: PARKED })),
      saved(retained('ip', { rev: 8 })),
    ],
    [
      'the pod that is back',
      () => decideIp(retained('ip'), seeing(there, { eni: eniOf(THERE) })),
      saved(bound('ip', { ...NEXT, binding: THERE, boundAt: NOW, lastBinding: HERE, holdEniId: PARKING })),
    ],
    [
      'the end of its retention',
      () => decideIp(retained('ip'), seeing('absent'), OVER),
      saved(releasing('ip', { rev: 8, holdEniId: PARKING })),
    ],
    [
      'that an unreadable pod came while it was being released',
      () => decideIp(releasing('ip', { holdEniId: PARKING }), seeing(unreadable)),
      saved(without(retained('ip', { rev: 8 }), 'retainUntil')),
    ],
    [
      'its release',
      () => decideIp(releasing('ip'), seeing('absent', { holder: NOBODY })),
      saved(released('ip', GONE), { unlock: LOCK }),
    ],
  ])('%s', (_, action, expected) => {
    expect(action()).toStrictEqual(expected);
  });
});
