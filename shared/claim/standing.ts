import type { Claim } from './claim.ts';
import type { Kind } from './identity.ts';
import type { PodView } from './observation.ts';
import type { EipWish, IpWish } from './policy.ts';

export type Wish = EipWish | IpWish;

/**
 * How the pod that bears the claim's name stands to the claim.
 * - `claimant`: it lives and wants this address.
 * - `leaving`: it is being deleted and still has the address; containers run until the object is gone.
 * - `undecided`: what it wants cannot be read, so nothing is taken and nothing is bought.
 * - `other`: it lives and wants another address of this kind than the one the claim keeps.
 * - `none`: no pod, or one that is finished, or one that does not want the feature.
 */
export type Standing =
  | { readonly kind: 'claimant'; readonly pod: PodView; readonly wish: Wish }
  | { readonly kind: 'other'; readonly pod: PodView }
  | { readonly kind: 'leaving' | 'undecided'; readonly pod: PodView }
  | { readonly kind: 'none' };

const none: Standing = { kind: 'none' };

export function standing(kind: Kind, claim: Claim | undefined, pod: PodView | 'absent'): Standing {
  // A failed or evicted pod counts as deleted: its containers never run again, only the object lingers.
  if (pod === 'absent' || pod.finished) return none;
  const owns =
    (claim?.phase === 'Bound' && claim.binding.podUid === pod.uid) ||
    (claim?.phase === 'Allocating' && claim.podUid === pod.uid);
  if (pod.terminating) return owns ? { kind: 'leaving', pod } : none;
  const wish = pod.wishes[kind];
  if (wish === 'unreadable') return { kind: 'undecided', pod };
  if (wish === undefined) return none;
  return wants(claim, wish) ? { kind: 'claimant', pod, wish } : { kind: 'other', pod };
}

/** A pod that names an EIP wants that one; a pod that names none wants whichever was bought for its name. */
function wants(claim: Claim | undefined, wish: Wish): boolean {
  if (!claim || claim.phase === 'Released') return true;
  const named = 'allocationId' in wish ? wish.allocationId : undefined;
  // Stryker disable next-line ConditionalExpression,StringLiteral: no intent is for a given EIP, so that both ways say the same.
  if (claim.phase === 'Allocating') return named === undefined;
  return claim.origin === 'given' ? claim.allocation.id === named : named === undefined;
}
