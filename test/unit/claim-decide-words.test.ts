import { describe, expect, it } from 'vitest';
import type { Action } from '../../shared/claim/action.ts';
import type { Told } from '../../shared/claim/observation.ts';
import {
  ALLOCATION,
  allocating,
  bound,
  decideEip,
  decideIp,
  ELSEWHERE,
  eipIs,
  eniOf,
  HERE,
  heldAt,
  leaving,
  podAt,
  RETENTION,
  releasing,
  retained,
  seeing,
  THERE,
  told,
  wishing,
  without,
} from './claim-scene.ts';

const { eip, ip } = ALLOCATION;
const here = podAt(HERE, { eniHint: HERE.eniId });
const down = without(podAt(HERE), 'ip');
const naming = podAt(HERE, {
  eniHint: HERE.eniId,
  wishes: wishing({ eip: { retention: RETENTION, allocationId: eip.id } }),
});
const nowhere = eipIs('InUse');
const inUse = { reason: 'AddressInUse' } as const;
const elsewhere = { eni: eniOf(THERE, { vSwitchId: 'vsw-other' }) };

describe('a pod is told', () => {
  it.each<[string, () => Action, Told]>([
    ['that it has no IP yet', () => decideEip(undefined, seeing(down)), { reason: 'WaitingForPodIP' }],
    [
      'which IP no ENI has yet',
      () => decideEip(undefined, seeing(podAt(HERE), { eni: 'absent' })),
      { reason: 'WaitingForPodIP', message: 'no ENI has 10.0.0.1 yet' },
    ],
    [
      'which claim has the EIP that it names',
      () =>
        decideEip(undefined, seeing(naming, { eip: eipIs('Available'), lockedBy: 'c-1/shop/other-0/eip' })),
      { ...inUse, message: 'eip-1 is kept for c-1/shop/other-0/eip' },
    ],
    [
      'which ENI has the EIP that it names',
      () => decideEip(undefined, seeing(naming, { eip: eipIs('InUse', ELSEWHERE) })),
      { ...inUse, message: 'eip-1 is bound to eni-x' },
    ],
    [
      'what the EIP that it names is doing, where nobody is seen to have it',
      () => decideEip(undefined, seeing(naming, { eip: eipIs('Releasing') })),
      { ...inUse, message: 'eip-1 is bound to nobody yet (Releasing)' },
    ],
    [
      'which ENI has its EIP',
      () => decideEip(bound('eip'), seeing(here, { eip: eipIs('InUse', ELSEWHERE) })),
      { ...inUse, message: 'eip-1 is bound to eni-x' },
    ],
    [
      'which EIP is kept for its name, where it names another',
      () => decideEip(retained('eip'), seeing(naming)),
      { reason: 'WaitingForRelease', message: eip.address },
    ],
    [
      'which ENI has its fixed IP',
      () => decideIp(bound('ip'), seeing(here, { holder: heldAt(ELSEWHERE) })),
      { ...inUse, message: '10.0.0.50 is on eni-x' },
    ],
    [
      'where its fixed IP belongs, in another vSwitch',
      () => decideIp(retained('ip'), seeing(podAt(THERE), elsewhere)),
      { reason: 'WrongVSwitch', message: `${ip.address} belongs to ${ip.id}` },
    ],
  ])('%s', (_, action, said) => {
    expect(action()).toStrictEqual({ kind: 'tell', podUid: expect.any(String), told: said });
  });
});

describe('what is waited for is named, as long as it takes and no pod is to be told:', () => {
  const knowing = (pod: typeof here, about: Told) => ({ ...pod, told: told('eip', about) });
  const held = { ...inUse, message: 'eip-1 is bound to eni-x' };
  const kept = { ...inUse, message: 'eip-1 is kept for c-1/shop/other-0/eip' };
  const onTheWay = knowing(here, { reason: 'Binding' });

  it.each<[string, () => Action, number]>([
    ['the pod is gone', () => decideEip(allocating('eip'), seeing(leaving)), 1_000],
    ['the pod is gone', () => decideEip(bound('eip'), seeing(leaving)), 1_000],
    [
      'the pod has an IP',
      () => decideEip(undefined, seeing({ ...down, told: told('eip', { reason: 'WaitingForPodIP' }) })),
      1_000,
    ],
    [
      "the pod's ENI appears",
      () =>
        decideEip(
          undefined,
          seeing(knowing(podAt(HERE), { reason: 'WaitingForPodIP', message: 'no ENI has 10.0.0.1 yet' }), {
            eni: 'absent',
          }),
        ),
      1_000,
    ],
    [
      'the EIP is no longer Unassociating',
      () => decideEip(bound('eip'), seeing(onTheWay, { eip: eipIs('Unassociating', HERE) })),
      1_000,
    ],
    [
      'the EIP is no longer Associating',
      () => decideEip(bound('eip'), seeing('absent', { eip: eipIs('Associating', HERE) })),
      1_000,
    ],
    [
      'the EIP is no longer Unassociating',
      () => decideEip(releasing('eip'), seeing('absent', { eip: eipIs('Unassociating', HERE) })),
      1_000,
    ],
    [
      'it is free',
      () => decideEip(bound('eip'), seeing(knowing(here, held), { eip: eipIs('InUse', ELSEWHERE) })),
      1_000,
    ],
    [
      'it is free',
      () =>
        decideEip(
          undefined,
          seeing(knowing(naming, kept), { eip: eipIs('Available'), lockedBy: 'c-1/shop/other-0/eip' }),
        ),
      1_000,
    ],
    [
      'it is free',
      () =>
        decideIp(
          bound('ip'),
          seeing(
            { ...here, told: told('ip', { ...inUse, message: '10.0.0.50 is on eni-x' }) },
            { holder: heldAt(ELSEWHERE) },
          ),
        ),
      1_000,
    ],
    // By hand, by somebody: a minute, for nobody knows when that ends.
    [
      'eni-x lets go of the EIP',
      () => decideEip(releasing('eip'), seeing('absent', { eip: eipIs('InUse', ELSEWHERE) })),
      60_000,
    ],
    [
      'an instance lets go of the EIP',
      () => decideEip(releasing('eip'), seeing('absent', { eip: nowhere })),
      60_000,
    ],
  ])('until %s', (until, action, ms) => {
    expect(action()).toStrictEqual({ kind: 'wait', ms, until });
  });
});
