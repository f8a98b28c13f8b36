import type { EipView, NotSeen, Unread } from '../../shared/claim/observation.ts';
import { ALLOCATION, BEFORE, ELSEWHERE, eipIs, HERE, podAt, without } from './claim-scene.ts';

export const ID = ALLOCATION.eip.id;
export const BOUND = { reason: 'Bound', address: ALLOCATION.eip.address } as const;

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
export const whateverTheCloud = (check: (eip: EipView | NotSeen | Unread) => void) => {
  for (const eip of CLOUD) check(eip);
};

export const withoutIp = (at = HERE) => without(podAt(at), 'ip');

export const unassociatedFrom = ({ eniId, privateIp }: typeof HERE) => ({
  kind: 'unassociate-eip',
  allocationId: ID,
  eniId,
  privateIp,
});
export const associatedTo = ({ eniId, privateIp }: typeof HERE) => ({
  kind: 'associate-eip',
  allocationId: ID,
  eniId,
  privateIp,
});
