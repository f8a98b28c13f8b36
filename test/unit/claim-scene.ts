import type { Action } from '../../shared/claim/action.ts';
import type {
  Allocating,
  Binding,
  Bound,
  Claim,
  Released,
  Releasing,
  Retained,
} from '../../shared/claim/claim.ts';
import { decide } from '../../shared/claim/decide.ts';
import type { ClaimKey, Kind } from '../../shared/claim/identity.ts';
import {
  type EipView,
  type EniView,
  type HolderView,
  nothingRead,
  type Observed,
  type PodView,
  type Told,
} from '../../shared/claim/observation.ts';
import type { EipWish, IpWish } from '../../shared/claim/policy.ts';

export const NOW = 1_700_000_000_000;
export const MINUTE = 60_000;
export const RETENTION = { kind: 'after', ms: 10 * MINUTE } as const;
export const FRESH_TOKEN = 'token-fresh';
export const VSWITCH = 'vsw-1';

export const keyOf = (kind: Kind): ClaimKey => ({ clusterId: 'c-1', namespace: 'shop', pod: 'web-0', kind });

/** Where the pod is that the claims of this scene are bound to, where it was before, and somewhere else. */
export const HERE: Binding = { podUid: 'uid-1', eniId: 'eni-1', privateIp: '10.0.0.1' };
export const BEFORE: Binding = { podUid: 'uid-0', eniId: 'eni-0', privateIp: '10.0.0.9' };
export const ELSEWHERE: Binding = { podUid: 'uid-x', eniId: 'eni-x', privateIp: '10.0.0.7' };
/** The pod that comes after the one that is `HERE`. */
export const THERE: Binding = { podUid: 'uid-2', eniId: 'eni-2', privateIp: '10.0.0.2' };
export const PARKING = 'eni-parking';

/** A running pod that wants both kinds of address; `at` is where it is. */
export function podAt({ podUid, privateIp }: Binding, changes: Partial<PodView> = {}): PodView {
  return {
    uid: podUid,
    terminating: false,
    finished: false,
    ip: privateIp,
    hostNetwork: false,
    wishes: wishing({}),
    told: {},
    ...changes,
  };
}

export const wishing = ({
  eip = { retention: RETENTION },
  ip = { retention: RETENTION },
}: {
  eip?: EipWish | 'unreadable' | undefined;
  ip?: IpWish | 'unreadable' | undefined;
}): PodView['wishes'] => ({ eip, ip, problems: [] });

export const NO_WISHES: PodView['wishes'] = { eip: undefined, ip: undefined, problems: [] };
export const UNREADABLE: PodView['wishes'] = { eip: 'unreadable', ip: 'unreadable', problems: [] };

/** The pod that is `HERE`, where it is being deleted, has failed, wants nothing any more, or cannot say what it wants. */
export const leaving = podAt(HERE, { terminating: true });
export const finished = podAt(HERE, { finished: true });
export const off = podAt(HERE, { wishes: NO_WISHES });
export const unreadable = podAt(HERE, { wishes: UNREADABLE });

export const without = <T extends object, K extends keyof T>(value: T, name: K): Omit<T, K> => {
  const { [name]: _, ...rest } = value;
  return rest;
};

export const told = (kind: Kind, said: Told): PodView['told'] => ({ [kind]: said });

export const eniOf = ({ eniId }: Binding, changes: Partial<EniView> = {}): EniView => ({
  id: eniId,
  vSwitchId: VSWITCH,
  securityGroupId: 'sg-1',
  managed: false,
  ...changes,
});

export const ALLOCATION = {
  eip: { id: 'eip-1', address: '47.0.0.1' },
  ip: { id: VSWITCH, address: '10.0.0.50', securityGroupId: 'sg-1' },
} as const;

export function eipIs(status: EipView['status'], at?: Binding): EipView {
  const boundTo = at && { boundTo: { instanceId: at.eniId, privateIp: at.privateIp } };
  return { allocationId: ALLOCATION.eip.id, address: ALLOCATION.eip.address, status, ...boundTo };
}

export const NOBODY: HolderView = { eniId: undefined, parking: false };
export const PARKED: HolderView = { eniId: PARKING, parking: true };
export const heldAt = ({ eniId }: Binding): HolderView => ({ eniId, parking: false });

const common = (kind: Kind) => ({
  key: keyOf(kind),
  rev: 7,
  origin: 'auto' as const,
  retention: RETENTION,
  createdAt: NOW - 30 * MINUTE,
});

export const allocating = (kind: Kind, changes: Partial<Allocating> = {}): Allocating => ({
  ...common(kind),
  phase: 'Allocating',
  token: 'token-1',
  podUid: HERE.podUid,
  ...(kind === 'ip' ? { eniId: HERE.eniId } : {}),
  ...changes,
});

export const bound = (kind: Kind, changes: Partial<Bound> = {}): Bound => ({
  ...common(kind),
  phase: 'Bound',
  allocation: ALLOCATION[kind],
  binding: HERE,
  boundAt: NOW - 20 * MINUTE,
  ...changes,
});

export const retained = (kind: Kind, changes: Partial<Retained> = {}): Retained => ({
  ...common(kind),
  phase: 'Retained',
  allocation: ALLOCATION[kind],
  retainUntil: NOW + 5 * MINUTE,
  lastBinding: HERE,
  ...(kind === 'ip' ? { holdEniId: PARKING } : {}),
  ...changes,
});

export const releasing = (kind: Kind, changes: Partial<Releasing> = {}): Releasing => ({
  ...common(kind),
  phase: 'Releasing',
  allocation: ALLOCATION[kind],
  lastBinding: HERE,
  ...changes,
});

export const released = (kind: Kind, changes: Partial<Released> = {}): Released => ({
  ...common(kind),
  phase: 'Released',
  releasedAt: NOW - MINUTE,
  ...changes,
});

export const seeing = (pod: PodView | 'absent', changes: Partial<Observed> = {}): Observed => ({
  ...nothingRead(pod),
  ...changes,
});

export const decideEip = (claim: Claim | undefined, seen: Observed, now = NOW, earliest = now): Action =>
  decide(claim, { key: keyOf('eip'), seen, now, earliest, freshToken: FRESH_TOKEN });

export const decideIp = (claim: Claim | undefined, seen: Observed, now = NOW, earliest = now): Action =>
  decide(claim, { key: keyOf('ip'), seen, now, earliest, freshToken: FRESH_TOKEN });
