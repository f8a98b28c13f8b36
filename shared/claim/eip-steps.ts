import { type Action, done } from './action.ts';
import { type Binding, type Bound, retainUntil } from './claim.ts';
import { type EipView, isView } from './observation.ts';
import type { EipWish } from './policy.ts';
import {
  atPlace,
  boundTo,
  type Claimant,
  carry,
  endOf,
  isTokenOld,
  isUnmoved,
  LOOK_AGAIN_MS,
  lookAgain,
  optional,
  type Situation,
  type Steps,
  sameBinding,
  tell,
  tombstone,
} from './steps.ts';

/** How long to leave an EIP alone that somebody else has bound by hand. */
const FOREIGN_WAIT_MS = 60_000;

export const eipSteps: Steps = {
  begin(situation, claimant, released) {
    const wish = claimant.wish as EipWish;
    const { key, now } = situation;
    const common = { key, rev: (released?.rev ?? 0) + 1, retention: wish.retention, createdAt: now };
    return atPlace(situation, claimant.pod, (binding) => {
      if (wish.allocationId) return takeGiven(situation, wish.allocationId, binding, common);
      return {
        kind: 'save',
        next: {
          ...common,
          origin: 'auto',
          phase: 'Allocating',
          token: situation.freshToken,
          podUid: claimant.pod.uid,
          ...optional('bandwidth', wish.bandwidth),
        },
      };
    });
  },

  allocate(situation, claim, claimant) {
    const { eip } = situation.seen;
    return atPlace(situation, claimant.pod, (binding) => {
      if (eip === 'unread') {
        // What an old token bought is found by its tags.
        if (isTokenOld(situation, claim)) return { kind: 'find-eip', token: claim.token };
        return {
          kind: 'allocate-eip',
          token: claim.token,
          ...optional('bandwidth', claim.bandwidth),
          ...optional('reclaim', claim.reclaim),
        };
      }
      if (eip === 'absent' || eip === 'gone') {
        // The token is spent (too old, refused, or its address cannot be had again) and bought nothing.
        const { reclaim: _, ...rest } = claim;
        const { freshToken, now } = situation;
        return {
          kind: 'save',
          next: { ...rest, rev: claim.rev + 1, token: freshToken, createdAt: now },
        };
      }
      return {
        kind: 'save',
        next: boundTo(situation, claim, claimant, { id: eip.allocationId, address: eip.address }, binding),
        lock: eip.allocationId,
      };
    });
  },

  abandon({ seen: { eip }, now }, claim) {
    if (eip === 'unread') return { kind: 'find-eip', token: claim.token };
    // A writer that is paused before its call can still buy one; the sweep finds that by its tags.
    if (eip === 'absent' || eip === 'gone') return { kind: 'save', next: tombstone(claim, now) };
    const until = retainUntil('eip', claim.retention, now);
    const allocation = { id: eip.allocationId, address: eip.address };
    return {
      kind: 'save',
      next: { ...carry(claim), phase: 'Retained', allocation, ...optional('retainUntil', until) },
      ...optional('deadline', until),
      lock: eip.allocationId,
    };
  },

  bind(situation, claim, claimant) {
    const { eip } = situation.seen;
    const { allocation } = claim;
    const told = claimant.pod.told.eip;
    if (eip === 'unread' && told?.reason === 'Bound' && told.address === allocation.address) return done;
    // The cloud says that the pod's own IP has it: which ENI that is need not be asked.
    if (isBoundAt(eip, claim.binding) && isUnmoved(claimant.pod, claim.binding))
      return tell(situation, { reason: 'Bound', address: allocation.address }, done);
    return atPlace(situation, claimant.pod, (binding) => {
      // The node's hint is against the record: the cloud decides before anything is taken from a pod that is there.
      if (!sameBinding(binding, claim.binding)) return { kind: 'look-eni', privateIp: binding.privateIp };
      if (eip === 'unread') {
        // Nothing told yet: most likely nothing was tried, and if it was, the cloud refuses the second try.
        if (told === undefined || told.reason === 'WaitingForPodIP') return associate(claim);
        // Just begun, by a function that looks again by itself: one more event is no reason to ask the cloud as well.
        if (told.reason === 'Binding' && isJustNow(claim.boundAt, situation)) return done;
        return { kind: 'look-eip', allocationId: allocation.id };
      }
      if (eip === 'gone') return replaceVanished(situation, claim, claimant);
      // Bought a moment ago, it may not be seen yet; taken for gone, another one would be bought, and another. Only
      // the call that needs it can tell.
      if (eip === 'absent' || eip.status === 'Available') return associate(claim);
      if (eip.status !== 'InUse')
        return tell(situation, { reason: 'Binding' }, lookAgain(`the EIP is no longer ${eip.status}`));
      if (claim.lastBinding && isAt(eip, claim.lastBinding))
        return unassociate(allocation.id, claim.lastBinding);
      return inUseElsewhere(situation, eip);
    });
  },

  free({ seen: { eip } }, claim, then) {
    // Fenced by what the record says was bound, so no read is needed: elsewhere, the cloud refuses.
    if (eip === 'unread' || eip === 'absent') return unassociate(claim.allocation.id, claim.binding);
    // Where it was before as well, if a late call left it there: once this binding is over, nobody remembers that.
    const left = [claim.binding, claim.lastBinding].find((binding) => binding && isBoundAt(eip, binding));
    if (left) return unassociate(claim.allocation.id, left);
    if (isView(eip) && eip.status === 'Associating') return lookAgain('the EIP is no longer Associating');
    return then();
  },

  // An EIP is nobody else's for being bound to nothing.
  hold: (_situation, _claim, then) => then,

  move(situation, claim, claimant, binding) {
    return {
      kind: 'save',
      next: {
        ...boundTo(situation, claim, claimant, claim.allocation, binding),
        lastBinding: claim.binding,
      },
      ended: endOf(claim, situation.now),
    };
  },

  retain({ now, seen }, claim) {
    const ended = endOf(claim, now);
    const { allocation } = claim;
    if (seen.eip === 'gone')
      return { kind: 'save', next: tombstone(claim, now), unlock: allocation.id, ended };
    const until = retainUntil('eip', claim.retention, now);
    return {
      kind: 'save',
      next: {
        ...carry(claim),
        phase: 'Retained',
        allocation,
        lastBinding: claim.binding,
        ...optional('retainUntil', until),
      },
      ...optional('deadline', until),
      ended,
    };
  },

  keep({ seen: { eip }, now }, claim) {
    if (eip === 'absent') {
      // Asked in the one way that changes nothing where it is there. One that was never bound is of a pod that went
      // while it was bought: as young as that, it is not seen yet, and its release will tell.
      return claim.lastBinding ? unassociate(claim.allocation.id, claim.lastBinding) : done;
    }
    if (eip === 'gone') return { kind: 'save', next: tombstone(claim, now), unlock: claim.allocation.id };
    if (claim.lastBinding && isBoundAt(eip, claim.lastBinding)) {
      // A bind that was paused and landed after its pod was gone.
      return unassociate(claim.allocation.id, claim.lastBinding);
    }
    return done;
  },

  rebind(situation, claim, claimant) {
    const { eip } = situation.seen;
    // A release may have been sent by a writer that died: only the cloud knows whether there is still an EIP.
    if (claim.phase === 'Releasing' && eip === 'unread')
      return { kind: 'look-eip', allocationId: claim.allocation.id };
    if (eip === 'gone' || (isView(eip) && eip.status === 'Releasing')) {
      return { kind: 'save', next: tombstone(claim, situation.now), unlock: claim.allocation.id };
    }
    return atPlace(situation, claimant.pod, (binding) => ({
      kind: 'save',
      next: {
        ...boundTo(situation, claim, claimant, claim.allocation, binding),
        ...optional('lastBinding', claim.lastBinding),
      },
    }));
  },

  release({ seen: { eip }, now }, claim) {
    const { id } = claim.allocation;
    if (eip === 'unread') return { kind: 'look-eip', allocationId: id };
    const released: Action = { kind: 'save', next: tombstone(claim, now), unlock: id };
    if (eip === 'gone' || (eip !== 'absent' && eip.status === 'Releasing')) return released;
    if (eip === 'absent')
      return claim.origin === 'given' ? released : { kind: 'release-eip', allocationId: id };
    if (eip.status === 'InUse') {
      if (claim.lastBinding && isAt(eip, claim.lastBinding)) return unassociate(id, claim.lastBinding);
      // Bound by hand to something else: theirs to unbind. A given EIP is merely forgotten.
      if (claim.origin === 'given') return released;
      return {
        kind: 'wait',
        ms: FOREIGN_WAIT_MS,
        until: `${eip.boundTo?.instanceId ?? 'an instance'} lets go of the EIP`,
      };
    }
    if (eip.status !== 'Available') return lookAgain(`the EIP is no longer ${eip.status}`);
    return claim.origin === 'given' ? released : { kind: 'release-eip', allocationId: id };
  },
};

/** The user's own EIP: taken where it is free, refused where somebody has it. */
function takeGiven(
  situation: Situation,
  allocationId: string,
  binding: Binding,
  common: Pick<Bound, 'key' | 'rev' | 'retention' | 'createdAt'>,
): Action {
  const { eip } = situation.seen;
  if (eip === 'unread') return { kind: 'look-eip', allocationId };
  if (eip === 'absent' || eip === 'gone')
    return tell(situation, { reason: 'AddressNotFound', message: allocationId }, done);
  // One that was just bought for another pod is on its way into that pod's record, and has no lock yet.
  const owner = situation.seen.lockedBy ?? eip.keptFor;
  if (owner) {
    return tell(
      situation,
      { reason: 'AddressInUse', message: `${allocationId} is kept for ${owner}` },
      lookAgain('it is free'),
    );
  }
  if (eip.status !== 'Available' && !isAt(eip, binding)) return inUseElsewhere(situation, eip);
  const allocation = { id: allocationId, address: eip.address };
  return {
    kind: 'save',
    next: { ...common, origin: 'given', phase: 'Bound', allocation, binding, boundAt: situation.now },
    lock: allocationId,
  };
}

/** The EIP of a live pod is gone from the account: ask for the same address again. A given one is the user's matter. */
function replaceVanished(situation: Situation, claim: Bound, claimant: Claimant): Action {
  const { allocation } = claim;
  if (claim.origin === 'given')
    return tell(situation, { reason: 'AddressNotFound', message: allocation.id }, done);
  return {
    kind: 'save',
    next: {
      ...carry(claim),
      phase: 'Allocating',
      createdAt: situation.now,
      token: situation.freshToken,
      podUid: claimant.pod.uid,
      reclaim: allocation.address,
    },
    unlock: allocation.id,
    ended: endOf(claim, situation.now),
  };
}

/** Where clocks disagree, or the time was written by one that was ahead, nobody can tell. */
const isJustNow = (at: number, { now, earliest }: Situation): boolean =>
  earliest === now && at <= now && now - at < LOOK_AGAIN_MS;

const associate = ({ allocation, binding: { eniId, privateIp } }: Bound): Action => ({
  kind: 'associate-eip',
  allocationId: allocation.id,
  eniId,
  privateIp,
});

const unassociate = (allocationId: string, { eniId, privateIp }: Binding): Action => ({
  kind: 'unassociate-eip',
  allocationId,
  eniId,
  privateIp,
});

function inUseElsewhere(situation: Situation, eip: EipView): Action {
  const holder = eip.boundTo?.instanceId ?? `nobody yet (${eip.status})`;
  return tell(
    situation,
    { reason: 'AddressInUse', message: `${eip.allocationId} is bound to ${holder}` },
    lookAgain('it is free'),
  );
}

const isBoundAt = (eip: Situation['seen']['eip'], binding: Binding): boolean =>
  isView(eip) && eip.status === 'InUse' && isAt(eip, binding);

/** Bound to exactly this ENI and IP. The cloud may leave the IP out where it is the ENI's primary one. */
const isAt = ({ boundTo }: EipView, { eniId, privateIp }: Binding): boolean =>
  boundTo?.instanceId === eniId && (boundTo.privateIp === undefined || boundTo.privateIp === privateIp);
