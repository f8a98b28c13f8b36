import type { Wishes } from './policy.ts';
import type { Reason } from './reason.ts';

/** The pod, as far as a claim cares. */
export interface PodView {
  readonly uid: string;
  /** It has a deletion timestamp: it still runs, and still owns what it has. */
  readonly terminating: boolean;
  /** Failed, evicted or succeeded: the object is there, the containers are gone for good. */
  readonly finished: boolean;
  /** The pod's own IP, once its network is up. */
  readonly ip?: string;
  readonly hostNetwork: boolean;
  /** The ENI that its node says it gave the pod; the cloud checks it against the pod's IP at every bind. */
  readonly eniHint?: string;
  readonly wishes: Wishes;
  /** What the pod has been told so far, by kind of address. */
  readonly told: { readonly ip?: Told; readonly eip?: Told };
}

/** The condition and the annotations that a pod carries about one of its addresses. */
export interface Told {
  readonly reason: Reason;
  readonly address?: string;
  readonly message?: string;
}

/** Observed where the cloud was asked; `unread` where it was not, yet. */
export type Unread = 'unread';

/**
 * What a read did not show may only be too young to be seen: the cloud's reads are behind its writes. `gone` is what a
 * call that would have changed it was refused with.
 */
export type NotSeen = 'absent' | 'gone';

/** Looked at and there: what the cloud shows of it can be read. */
export const isView = <View extends object>(seen: View | NotSeen | Unread): seen is View =>
  typeof seen === 'object';

/** An EIP as the cloud shows it, or as the cloud's own answer to our last call implies. */
export interface EipView {
  readonly allocationId: string;
  readonly address: string;
  readonly status: 'Available' | 'Associating' | 'InUse' | 'Unassociating' | 'Releasing';
  readonly boundTo?: { readonly instanceId: string; readonly privateIp?: string };
  /** Another claim that it was bought for, and that stands for it still. */
  readonly keptFor?: string;
}

/** An ENI as the cloud shows it. */
export interface EniView {
  readonly id: string;
  readonly vSwitchId: string;
  readonly securityGroupId?: string;
  /** The account may look at it but not touch it (ECI's and ACS's own). */
  readonly managed: boolean;
  /** Other private IPs that it has, where the one that it was looked up by is its own: it is one pod's alone. */
  readonly beside?: readonly string[];
}

/** Who has a private IP: an ENI, or nobody. */
export interface HolderView {
  readonly eniId: string | undefined;
  /** The ENI is one of our parking ENIs. */
  readonly parking: boolean;
}

export interface Observed {
  readonly pod: PodView | 'absent';
  /** The ENI that has the pod's own IP. */
  readonly eni: EniView | 'absent' | Unread;
  readonly eip: EipView | NotSeen | Unread;
  readonly holder: HolderView | Unread;
  /** The private IP that `assign-any-ip` was answered with; `spent` where its token can bring none any more. */
  readonly assigned?: string | 'spent';
  /** The claim that has the lock on the address which this claim tried to take. */
  readonly lockedBy?: string;
}

export const nothingRead = (pod: PodView | 'absent'): Observed => ({
  pod,
  eni: 'unread',
  eip: 'unread',
  holder: 'unread',
});
