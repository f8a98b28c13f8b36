import { type Action, done, type EndedBinding } from './action.ts';
import type {
  Allocating,
  Allocation,
  Binding,
  Bound,
  Claim,
  Released,
  Releasing,
  Retained,
} from './claim.ts';
import type { ClaimKey, Kind } from './identity.ts';
import type { Observed, PodView, Told } from './observation.ts';
import type { Standing } from './standing.ts';
import { wordTold } from './words.ts';

/** What one decision is made from. */
export interface Situation {
  readonly key: ClaimKey;
  readonly seen: Observed;
  /** Epoch ms, the latest that it can be: what is written down is reckoned from it. */
  readonly now: number;
  /** Epoch ms, the earliest that it can be: what is due is compared with it. */
  readonly earliest: number;
  /** A ClientToken that nobody has used yet. */
  readonly freshToken: string;
}

export type Claimant = Extract<Standing, { kind: 'claimant' }>;

/** What differs between an EIP and a fixed private IP; the life of the claim around it is one. */
export interface Steps {
  /** No claim yet, or only a tombstone. */
  begin(situation: Situation, claimant: Claimant, tombstone: Released | undefined): Action;
  allocate(situation: Situation, claim: Allocating, claimant: Claimant): Action;
  /** The pod is gone before the address was ever its own. */
  abandon(situation: Situation, claim: Allocating): Action;
  /** See to it that the address is where the claim says. */
  bind(situation: Situation, claim: Bound, claimant: Claimant): Action;
  /** Take the address from where it was; `then` once it is free to go elsewhere. */
  free(situation: Situation, claim: Bound, then: () => Action): Action;
  /** Its pod lives and is on no network for a moment: see that nobody else gets the address; `then` once it is safe. */
  hold(situation: Situation, claim: Bound, then: Action): Action;
  /** The address was freed and its next pod is here. */
  move(situation: Situation, claim: Bound, claimant: Claimant, binding: Binding): Action;
  /** The address of a claim that was freed: keep it safe, and put the retention on record. */
  retain(situation: Situation, claim: Bound): Action;
  keep(situation: Situation, claim: Retained): Action;
  /** A pod is back: give it the address. */
  rebind(situation: Situation, claim: Retained | Releasing, claimant: Claimant): Action;
  release(situation: Situation, claim: Releasing): Action;
}

/** How soon the cloud is asked again about something it is doing. The queue's delays are whole seconds. */
export const LOOK_AGAIN_MS = 1_000;

export const lookAgain = (until: string): Action => ({ kind: 'wait', ms: LOOK_AGAIN_MS, until });

/** The pod knows this already: to say it again would write, and teach nobody anything. */
export function isTold(pod: PodView, kind: Kind, told: Told): boolean {
  const known = pod.told[kind];
  return known !== undefined && known.address === told.address && wordTold(known) === wordTold(told);
}

/** Tell the pod, unless it knows; then go on with `next`. */
export function tell({ key, seen }: Situation, told: Told, next: Action): Action {
  // Stryker disable next-line ConditionalExpression,StringLiteral: nothing is told without a pod; only the type asks.
  if (seen.pod === 'absent') return next;
  if (isTold(seen.pod, key.kind, told)) return next;
  return { kind: 'tell', podUid: seen.pod.uid, told };
}

/** Where the pod can be given an address now; or what to look at first; or what keeps it from having one yet. */
export type Place = { readonly binding: Binding } | { readonly look: Action } | { readonly blocked: Action };

export function placeOf(situation: Situation, pod: PodView): Place {
  if (pod.hostNetwork) return { blocked: tell(situation, { reason: 'HostNetwork' }, done) };
  if (!pod.ip)
    return { blocked: tell(situation, { reason: 'WaitingForPodIP' }, lookAgain('the pod has an IP')) };
  const { eni } = situation.seen;
  if (eni === 'unread') {
    // The hint is the node's word. A false one cannot misplace the address: the cloud refuses to bind where the
    // pod's IP is not on the ENI named. Where the cloud has once said that the pod's ENI is managed, it is asked again:
    // a hint that says otherwise would have the address bound, refused and kept at every sweep.
    if (pod.eniHint && pod.told[situation.key.kind]?.reason !== 'ManagedENI')
      return { binding: { podUid: pod.uid, eniId: pod.eniHint, privateIp: pod.ip } };
    return { look: { kind: 'look-eni', privateIp: pod.ip } };
  }
  if (eni === 'absent') {
    const message = `no ENI has ${pod.ip} yet`;
    return {
      blocked: tell(situation, { reason: 'WaitingForPodIP', message }, lookAgain("the pod's ENI appears")),
    };
  }
  if (eni.managed) return { blocked: tell(situation, { reason: 'ManagedENI', message: eni.id }, done) };
  return { binding: { podUid: pod.uid, eniId: eni.id, privateIp: pod.ip } };
}

/** `next` with the place's binding, or what has to come before. */
export function atPlace(situation: Situation, pod: PodView, next: (binding: Binding) => Action): Action {
  const place = placeOf(situation, pod);
  if ('binding' in place) return next(place.binding);
  return 'look' in place ? place.look : place.blocked;
}

export const sameBinding = (a: Binding, b: Binding): boolean =>
  a.podUid === b.podUid && a.eniId === b.eniId && a.privateIp === b.privateIp;

/** Nothing that the pod shows says that it is elsewhere than the record has it. */
export const isUnmoved = ({ ip, eniHint }: PodView, { privateIp, eniId }: Binding): boolean =>
  ip === privateIp && (eniHint === undefined || eniHint === eniId);

/**
 * How long the cloud is trusted to know a ClientToken: one that it has forgotten would bring a second address. Source:
 * VPC API reference, idempotence (tokens are kept for a day).
 */
const TOKEN_TRUST_MS = 12 * 3_600_000;

/** As old as that, or of a time to come: then a clock was wrong, and nobody knows how old it is. */
export const isTokenOld = ({ now }: Situation, { createdAt }: Claim): boolean =>
  Math.abs(now - createdAt) > TOKEN_TRUST_MS;

/** The fields that every phase of one life of a claim carries, with the revision grown by one. */
export const carry = ({ key, rev, origin, retention, createdAt }: Claim) => ({
  key,
  rev: rev + 1,
  origin,
  retention,
  createdAt,
});

/** The claim as it stands once the claimant has the address: on this binding, kept as the claimant asks. */
export const boundTo = (
  { now }: Situation,
  claim: Claim,
  { wish }: Claimant,
  allocation: Allocation,
  binding: Binding,
): Bound => ({
  ...carry(claim),
  phase: 'Bound',
  retention: wish.retention,
  allocation,
  binding,
  boundAt: now,
});

/** An optional field, left out where it has no value (`exactOptionalPropertyTypes`). */
export const optional = <K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };

export const tombstone = (claim: Claim, now: number): Released => ({
  ...carry(claim),
  phase: 'Released',
  releasedAt: now,
});

/** The record of a binding that ends now. */
export const endOf = (claim: Bound, to: number): EndedBinding => ({
  address: claim.allocation.address,
  allocationId: claim.allocation.id,
  podUid: claim.binding.podUid,
  from: claim.boundAt,
  to,
});
