import { type Action, done } from './action.ts';
import { type Allocating, type Bound, retainUntil } from './claim.ts';
import { isView } from './observation.ts';
import {
  atPlace,
  boundTo,
  carry,
  endOf,
  isTokenOld,
  isUnmoved,
  lookAgain,
  optional,
  type Situation,
  type Steps,
  sameBinding,
  tell,
  tombstone,
} from './steps.ts';

/** The lock on a private IP: addresses repeat across VPCs, vSwitch ids do not. */
export const ipLock = (vSwitchId: string, address: string): string => `${vSwitchId}/${address}`;

const lockOf = ({ allocation }: Pick<Bound, 'allocation'>): string =>
  ipLock(allocation.id, allocation.address);

/**
 * The `eni` way: the address is a secondary IP of the pod's own ENI, and of a parking ENI while no pod has it. The
 * cloud answers at once who has it, so what it answers needs no second look.
 */
export const ipSteps: Steps = {
  begin(situation, claimant, released) {
    const { key, now, seen } = situation;
    return atPlace(situation, claimant.pod, (binding) => {
      // The first bind needs to know the vSwitch, to park the address there one day, and whether the ENI is managed.
      if (seen.eni === 'unread') return { kind: 'look-eni', privateIp: binding.privateIp };
      return {
        kind: 'save',
        next: {
          key,
          rev: (released?.rev ?? 0) + 1,
          origin: 'auto',
          retention: claimant.wish.retention,
          createdAt: now,
          phase: 'Allocating',
          token: situation.freshToken,
          eniId: binding.eniId,
          podUid: binding.podUid,
        },
      };
    });
  },

  allocate(situation, claim, claimant) {
    const { seen } = situation;
    return atPlace(situation, claimant.pod, (binding) => {
      if (claim.podUid !== binding.podUid || claim.eniId !== binding.eniId) {
        // The pod that this was meant for is gone, or its ENI: settle that intent before another is begun.
        return ipSteps.abandon(situation, claim);
      }
      if (!isView(seen.eni)) return { kind: 'look-eni', privateIp: binding.privateIp };
      const address = seen.assigned ?? broughtBefore(situation, claim);
      if (address === undefined) return { kind: 'assign-any-ip', eniId: binding.eniId, token: claim.token };
      if (address === 'spent') return withFreshToken(situation, claim);
      const allocation = {
        id: seen.eni.vSwitchId,
        address,
        ...optional('securityGroupId', seen.eni.securityGroupId),
      };
      if (seen.lockedBy) {
        // Another claim keeps this address and lost its hold on it: give it back and ask for another.
        if (isView(seen.holder) && seen.holder.eniId === undefined) return withFreshToken(situation, claim);
        return { kind: 'unassign-ip', eniId: binding.eniId, address };
      }
      return {
        kind: 'save',
        next: boundTo(situation, claim, claimant, allocation, binding),
        lock: ipLock(allocation.id, allocation.address),
      };
    });
  },

  abandon(situation, claim) {
    const { seen, now } = situation;
    const released: Action = { kind: 'save', next: tombstone(claim, now) };
    if (!claim.eniId || seen.assigned === 'spent') return released;
    if (isView(seen.holder) && seen.holder.eniId === undefined) return released;
    if (seen.assigned !== undefined)
      return { kind: 'unassign-ip', eniId: claim.eniId, address: seen.assigned };
    if (!isTokenOld(situation, claim)) {
      // Replaying the token tells which address was assigned, if any; with the ENI gone there is none.
      return { kind: 'assign-any-ip', eniId: claim.eniId, token: claim.token };
    }
    const { pod, eni } = seen;
    // What it brought goes with the ENI, if the pod is gone.
    if (pod === 'absent' || pod.ip === undefined) return released;
    if (eni === 'unread') return { kind: 'look-eni', privateIp: pod.ip };
    const address = isView(eni) && eni.id === claim.eniId ? broughtBefore(situation, claim) : undefined;
    return address === undefined ? released : { kind: 'unassign-ip', eniId: claim.eniId, address };
  },

  bind(situation, claim, claimant) {
    const { holder } = situation.seen;
    const { allocation } = claim;
    const told = claimant.pod.told.ip;
    if (holder === 'unread' && told?.reason === 'Bound' && told.address === allocation.address) return done;
    // It is where it belongs, and the pod is still there: whose ENI that is need not be asked.
    if (isView(holder) && holder.eniId === claim.binding.eniId && isUnmoved(claimant.pod, claim.binding))
      return tell(situation, { reason: 'Bound', address: allocation.address }, done);
    return atPlace(situation, claimant.pod, (binding) => {
      // The node's hint is against the record: the cloud decides before anything is taken from a pod that is there.
      if (!sameBinding(binding, claim.binding)) return { kind: 'look-eni', privateIp: binding.privateIp };
      if (holder === 'unread') {
        if (claim.holdEniId && told === undefined) return unassign(claim.holdEniId, claim);
        return { kind: 'look-holder', vSwitchId: allocation.id, address: allocation.address };
      }
      if (holder.eniId === undefined)
        return { kind: 'assign-ip', eniId: binding.eniId, address: allocation.address };
      if (holder.parking || holder.eniId === claim.lastBinding?.eniId) return unassign(holder.eniId, claim);
      return tell(
        situation,
        { reason: 'AddressInUse', message: `${allocation.address} is on ${holder.eniId}` },
        lookAgain('it is free'),
      );
    });
  },

  free({ seen: { holder } }, claim, then) {
    if (holder === 'unread') return unassign(claim.binding.eniId, claim);
    // Where it was before as well, if it was left there: once this binding is over, nobody remembers that.
    const { eniId } = holder;
    if (eniId && (eniId === claim.binding.eniId || eniId === claim.lastBinding?.eniId))
      return unassign(eniId, claim);
    return then();
  },

  hold({ seen: { holder } }, { allocation }, then) {
    if (holder === 'unread')
      return { kind: 'look-holder', vSwitchId: allocation.id, address: allocation.address };
    return holder.eniId === undefined ? { kind: 'park-ip', allocation } : then;
  },

  move(situation, claim, claimant, binding) {
    if (situation.seen.eni === 'unread') return { kind: 'look-eni', privateIp: binding.privateIp };
    if (isElsewhere(situation, claim)) return ipSteps.retain(situation, claim);
    return {
      kind: 'save',
      next: {
        ...boundTo(situation, claim, claimant, claim.allocation, binding),
        lastBinding: claim.binding,
      },
      ended: endOf(claim, situation.now),
    };
  },

  retain({ now, seen: { holder } }, claim) {
    const { allocation } = claim;
    // Idle from the moment the pod's ENI is gone, and anybody's in the vSwitch: hold it before anything is written.
    if (isView(holder) && holder.eniId === undefined) {
      return { kind: 'park-ip', allocation };
    }
    const until = retainUntil('ip', claim.retention, now);
    const holdEniId = isView(holder) && holder.parking ? holder.eniId : undefined;
    return {
      kind: 'save',
      next: {
        ...carry(claim),
        phase: 'Retained',
        allocation,
        lastBinding: claim.binding,
        ...optional('retainUntil', until),
        ...optional('holdEniId', holdEniId),
      },
      ...optional('deadline', until),
      ended: endOf(claim, now),
    };
  },

  keep({ seen: { holder } }, claim) {
    const { allocation } = claim;
    if (holder === 'unread') return done;
    if (holder.eniId === undefined) return { kind: 'park-ip', allocation };
    if (holder.parking && holder.eniId !== claim.holdEniId) {
      return { kind: 'save', next: { ...claim, rev: claim.rev + 1, holdEniId: holder.eniId } };
    }
    if (!holder.parking && holder.eniId === claim.lastBinding?.eniId) return unassign(holder.eniId, claim);
    return done;
  },

  rebind(situation, claim, claimant) {
    return atPlace(situation, claimant.pod, (binding) => {
      if (situation.seen.eni === 'unread') return { kind: 'look-eni', privateIp: binding.privateIp };
      if (isElsewhere(situation, claim)) {
        // Off its hold it would be idle, and anybody's: it stays parked until its pod is back in reach.
        if (claim.phase === 'Releasing') return ipSteps.release(situation, claim);
        const message = `${claim.allocation.address} belongs to ${claim.allocation.id}`;
        return tell(situation, { reason: 'WrongVSwitch', message }, ipSteps.keep(situation, claim));
      }
      return {
        kind: 'save',
        next: {
          ...boundTo(situation, claim, claimant, claim.allocation, binding),
          ...optional('holdEniId', claim.holdEniId),
          ...optional('lastBinding', claim.lastBinding),
        },
      };
    });
  },

  release({ seen: { holder }, now }, claim) {
    const { allocation } = claim;
    if (holder === 'unread')
      return { kind: 'look-holder', vSwitchId: allocation.id, address: allocation.address };
    if (holder.eniId && (holder.parking || holder.eniId === claim.lastBinding?.eniId))
      return unassign(holder.eniId, claim);
    // On nobody's ENI, or on one that is not ours to touch: either way it is no longer ours.
    return { kind: 'save', next: tombstone(claim, now), unlock: lockOf(claim) };
  },
};

/**
 * The pod's ENI is in another vSwitch than the address. That the cloud was asked for the ENI matters for more than
 * this: nothing in an assignment names the pod, so that a node's hint alone, or whoever can write it, could put the
 * address on any ENI of the account.
 */
const isElsewhere = ({ seen: { eni } }: Situation, { allocation }: Pick<Bound, 'allocation'>): boolean =>
  isView(eni) && eni.vSwitchId !== allocation.id;

const withFreshToken = ({ freshToken, now }: Situation, claim: Allocating): Action => ({
  kind: 'save',
  next: { ...claim, rev: claim.rev + 1, token: freshToken, createdAt: now },
});

/** What an old token has brought, if anything, is the one private IP that the pod's ENI has beside its own. */
const broughtBefore = (situation: Situation, claim: Allocating): string | undefined => {
  const { eni } = situation.seen;
  if (!isView(eni) || !isTokenOld(situation, claim)) return undefined;
  const [address, ...others] = eni.beside ?? [];
  return others.length === 0 ? address : undefined;
};

const unassign = (eniId: string, { allocation }: Pick<Bound, 'allocation'>): Action => ({
  kind: 'unassign-ip',
  eniId,
  address: allocation.address,
});
