import type { Allocation, Claim } from './claim.ts';
import type { Told } from './observation.ts';

/** The one thing to do next. After it the world is looked at again, with what its answer taught. */
export type Action =
  /** The world is as it should be. */
  | { readonly kind: 'done' }
  /** Something is under way; look again after `ms`. Nothing waits inside a function. */
  | { readonly kind: 'wait'; readonly ms: number; readonly until: string }
  | { readonly kind: 'look-eni'; readonly privateIp: string }
  | { readonly kind: 'look-eip'; readonly allocationId: string }
  /** The EIP that was bought with this token, if it was. */
  | { readonly kind: 'find-eip'; readonly token: string }
  | { readonly kind: 'look-holder'; readonly vSwitchId: string; readonly address: string }
  | {
      readonly kind: 'allocate-eip';
      readonly token: string;
      readonly bandwidth?: number;
      readonly reclaim?: string;
    }
  | {
      readonly kind: 'associate-eip';
      readonly allocationId: string;
      readonly eniId: string;
      readonly privateIp: string;
    }
  /** Fenced: refused unless the EIP is bound exactly there. */
  | {
      readonly kind: 'unassociate-eip';
      readonly allocationId: string;
      readonly eniId: string;
      readonly privateIp: string | undefined;
    }
  | { readonly kind: 'release-eip'; readonly allocationId: string }
  /** Any idle private IP of the ENI's vSwitch; replayed by token. */
  | { readonly kind: 'assign-any-ip'; readonly eniId: string; readonly token: string }
  | { readonly kind: 'assign-ip'; readonly eniId: string; readonly address: string }
  | { readonly kind: 'unassign-ip'; readonly eniId: string; readonly address: string }
  /** Put the address on a parking ENI of its vSwitch. */
  | { readonly kind: 'park-ip'; readonly allocation: Allocation }
  /** Compare and set on the revision that was read. */
  | Save
  /** Condition, annotations and Event of the pod with this UID. */
  | { readonly kind: 'tell'; readonly podUid: string; readonly told: Told }
  /** Delete a tombstone that no late writer can meet any more. */
  | { readonly kind: 'forget' };

export interface Save {
  readonly kind: 'save';
  readonly next: Claim;
  /** Due time of the deadline row that is written before the claim. */
  readonly deadline?: number;
  /** Lock on the address that is taken with the claim, and by whom it must not be held. */
  readonly lock?: string;
  /** Lock that is let go after the claim is saved. */
  readonly unlock?: string;
  /** A binding that has ended, for the audit: appended before the claim is saved. */
  readonly ended?: EndedBinding;
}

/** Who had an address from when to when (epoch ms). */
export interface EndedBinding {
  readonly address: string;
  readonly allocationId: string;
  readonly podUid: string;
  readonly from: number;
  readonly to: number;
}

export const done: Action = { kind: 'done' };
