import type { Bound, Claim } from '../../shared/claim/claim.ts';
import type { ClaimKey } from '../../shared/claim/identity.ts';

export const AT = 1_700_000_000_000;

export const keyOf = (pod: string, kind: 'ip' | 'eip' = 'eip'): ClaimKey => ({
  clusterId: 'c-test',
  namespace: 'default',
  pod,
  kind,
});

export const boundClaim = (pod: string, changes: Partial<Bound> = {}): Bound => ({
  key: keyOf(pod),
  rev: 1,
  origin: 'auto',
  retention: { kind: 'after', ms: 600_000 },
  createdAt: AT,
  phase: 'Bound',
  allocation: { id: `eip-${pod}`, address: '47.0.0.1' },
  binding: { podUid: 'uid-1', eniId: 'eni-1', privateIp: '192.168.1.1' },
  boundAt: AT,
  ...changes,
});

export const save = (next: Claim) => ({ kind: 'save', next }) as const;
