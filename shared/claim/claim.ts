import type { ClaimKey, Kind } from './identity.ts';

/** What becomes of the address when its pod is gone. `after.ms` counts from the moment the pod is seen to be gone. */
export type Retention =
  | { readonly kind: 'follow' }
  | { readonly kind: 'never' }
  | { readonly kind: 'after'; readonly ms: number };

/** Where an address is meant to be: on this ENI, for the pod with this UID. */
export interface Binding {
  readonly podUid: string;
  readonly eniId: string;
  /** The pod's own IP: an EIP is bound to it, a fixed private IP stands beside it. */
  readonly privateIp: string;
}

/** The address in the cloud. */
export interface Allocation {
  /** The EIP's allocation id (`eip-…`), or the vSwitch (`vsw-…`) that the private IP belongs to. */
  readonly id: string;
  /** Dotted IPv4. */
  readonly address: string;
  /** For a private IP: a security group of its first pod's ENI, which a parking ENI in that vSwitch can be put into. */
  readonly securityGroupId?: string;
}

interface Common {
  readonly key: ClaimKey;
  /** Grows by one with each write; every write carries the one it read. */
  readonly rev: number;
  /** `given`: the user's own EIP, which we bind and unbind but never release. */
  readonly origin: 'auto' | 'given';
  readonly retention: Retention;
  /** When this life of the claim began, epoch ms. */
  readonly createdAt: number;
}

/** Intent is on record; the cloud may or may not have acted on `token`. */
export interface Allocating extends Common {
  readonly phase: 'Allocating';
  readonly token: string;
  /** Where a private IP is being assigned: the answer can only be replayed there. */
  readonly eniId?: string;
  readonly podUid: string;
  /** What the EIP is bought with. */
  readonly bandwidth?: number;
  /** An address that vanished and that we ask the cloud to give again. */
  readonly reclaim?: string;
}

/** The address belongs on `binding`; whether it is there yet, the cloud says. */
export interface Bound extends Common {
  readonly phase: 'Bound';
  readonly allocation: Allocation;
  readonly binding: Binding;
  /** When this binding was decided, epoch ms. */
  readonly boundAt: number;
  /** The parking ENI that held a private IP before this binding. */
  readonly holdEniId?: string;
  /** The binding before this one: the only other place that the address may be taken from. */
  readonly lastBinding?: Binding;
}

/** No pod has the address. `retainUntil` (epoch ms) is the end of the retention; undefined means for ever. */
export interface Retained extends Common {
  readonly phase: 'Retained';
  readonly allocation: Allocation;
  readonly retainUntil?: number;
  /** The parking ENI that holds a private IP. */
  readonly holdEniId?: string;
  /** Where the address was last: the only place that it may be taken from. */
  readonly lastBinding?: Binding;
}

/** The decision to give the address back is on record; only a pod that returns in time undoes it. */
export interface Releasing extends Common {
  readonly phase: 'Releasing';
  readonly allocation: Allocation;
  readonly holdEniId?: string;
  readonly lastBinding?: Binding;
}

/** Tombstone: kept until writers that read an earlier revision can no longer exist. */
export interface Released extends Common {
  readonly phase: 'Released';
  readonly releasedAt: number;
}

export type Claim = Allocating | Bound | Retained | Releasing | Released;
export type Phase = Claim['phase'];

/**
 * How long a private IP goes to no other name after its pod is gone, whatever the retention says: until then, what is
 * on its way to the old pod, and what its peers remember of it, would reach the new one. The same name takes it back at
 * once. Source: amazon-vpc-cni, whose cool-down was 30 s and was raised to 60 s.
 */
export const COOL_DOWN_MS = 60_000;

/** The end of the retention for a pod that was seen gone at `now`; undefined means never. */
export function retainUntil(kind: Kind, retention: Retention, now: number): number | undefined {
  if (retention.kind === 'never') return undefined;
  const least = kind === 'ip' ? COOL_DOWN_MS : 0;
  return now + Math.max(timeOf(retention) ?? 0, least);
}

// Stryker disable next-line ConditionalExpression: a retention of another kind has no time, only its type asks.
const timeOf = (retention: Retention) => (retention.kind === 'after' ? retention.ms : undefined);

export const sameRetention = (a: Retention, b: Retention): boolean =>
  a.kind === b.kind && timeOf(a) === timeOf(b);
