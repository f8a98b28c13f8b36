import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../shared/claim/action.ts';
import type { Claim } from '../../shared/claim/claim.ts';
import { decide, TOMBSTONE_MS } from '../../shared/claim/decide.ts';
import type { Kind } from '../../shared/claim/identity.ts';
import type { Observed } from '../../shared/claim/observation.ts';
import { standing } from '../../shared/claim/standing.ts';
import { FRESH_TOKEN, keyOf, PARKING } from '../unit/claim-scene.ts';
import { claimOf, kind, lockOf, now, observed } from './claim-worlds.ts';
import { runs } from './effort.ts';

interface Case {
  readonly ofKind: Kind;
  readonly claim: Claim | undefined;
  readonly seen: Observed;
  readonly at: number;
}

const anything: fc.Arbitrary<Case> = kind.chain((ofKind) =>
  fc.record({ ofKind: fc.constant(ofKind), claim: claimOf(ofKind), seen: observed, at: now }),
);

const decided = ({ ofKind, claim, seen, at }: Case): Action =>
  decide(claim, { key: keyOf(ofKind), seen, now: at, earliest: at, freshToken: FRESH_TOKEN });

/** Checks what `decide` answers against a law, over thousands of claims, observations and moments. */
const always = (law: (action: Action, given: Case) => void) =>
  fc.assert(
    fc.property(anything, (given) => law(decided(given), given)),
    runs(4_000),
  );

/** A pod that lives, has its address where record and observation say, and has not turned it down. */
function hasItsAddress({ ofKind, claim, seen: { pod, eni } }: Case): boolean {
  if (claim?.phase !== 'Bound' || pod === 'absent' || pod.finished) return false;
  const { binding } = claim;
  if (pod.uid !== binding.podUid || (pod.ip !== undefined && pod.ip !== binding.privateIp)) return false;
  if (eni !== 'unread' && eni !== 'absent' && eni.id !== binding.eniId) return false;
  return ['claimant', 'leaving', 'undecided'].includes(standing(ofKind, claim, pod).kind);
}

describe('whatever is known, a decision', () => {
  it('is the same for the same', () => {
    fc.assert(
      fc.property(anything, (given) => {
        expect(decided(structuredClone(given))).toEqual(decided(given));
      }),
    );
  });

  it('is the same for one kind of address, whatever the pod asks for and has been told of the other', () => {
    always((action, given) => {
      const { ofKind, seen } = given;
      const { pod } = seen;
      if (pod === 'absent') return;
      const { [ofKind]: wish, problems } = pod.wishes;
      const nothing = { eip: undefined, ip: undefined };
      const view = {
        ...pod,
        wishes: { ...nothing, [ofKind]: wish, problems: problems.filter(({ kind: of }) => of === ofKind) },
        told: pod.told[ofKind] ? { [ofKind]: pod.told[ofKind] } : {},
      };
      expect(decided({ ...given, seen: { ...seen, pod: view } })).toEqual(action);
    });
  });

  it('takes nothing from a live pod that has its address where it is observed', () => {
    always((action, given) => {
      if (!hasItsAddress(given) || given.claim?.phase !== 'Bound') return;
      const { binding } = given.claim;
      if (action.kind === 'unassociate-eip')
        expect([action.eniId, action.privateIp]).not.toEqual([binding.eniId, binding.privateIp]);
      if (action.kind === 'unassign-ip') expect(action.eniId).not.toBe(binding.eniId);
      expect(action.kind).not.toBe('release-eip');
      // Only a new EIP for one that is gone from the account begins anew; else the claim stays bound where it is.
      if (action.kind === 'save' && given.seen.eip !== 'gone')
        expect(action.next).toMatchObject({ phase: 'Bound', binding });
    });
  });

  it('releases nothing before its deadline, and nothing that has none', () => {
    always((action, { ofKind, claim, seen, at }) => {
      if (action.kind === 'save' && action.next.phase === 'Releasing') {
        const until = claim?.phase === 'Retained' ? claim.retainUntil : undefined;
        expect(until).toBeLessThanOrEqual(at);
        expect(['none', 'other']).toContain(standing(ofKind, claim, seen.pod).kind);
      }
      if (action.kind === 'release-eip') {
        expect(claim).toMatchObject({ phase: 'Releasing', origin: 'auto' });
        // What a read does not show may be too young for it, and is free or nobody's: the cloud refuses what is bound.
        if (seen.eip !== 'absent') expect(seen.eip).toMatchObject({ status: 'Available' });
        expect(['none', 'other']).toContain(standing(ofKind, claim, seen.pod).kind);
      }
    });
  });

  it('lets a claim go to its tombstone only from Releasing, or where there is nothing to release', () => {
    always((action, { ofKind, claim, seen }) => {
      if (action.kind !== 'save' || action.next.phase !== 'Released') return;
      // That a read does not show it is no proof: only an intent is settled so, which has no EIP on record to lose.
      const isIntent = claim?.phase === 'Allocating';
      const isGone = seen.eip === 'gone' || (isIntent && seen.eip === 'absent');
      const nothingLeft = ofKind === 'eip' ? isGone : isIntent;
      const isGoing = typeof seen.eip === 'object' && seen.eip.status === 'Releasing';
      expect(claim?.phase === 'Releasing' || nothingLeft || isGoing).toBe(true);
    });
  });

  it('saves the next revision of the same claim', () => {
    always((action, { ofKind, claim }) => {
      if (action.kind !== 'save') return;
      expect(action.next.rev).toBe((claim?.rev ?? 0) + 1);
      expect(action.next.key).toEqual(keyOf(ofKind));
    });
  });

  it('stores the deadline of every retention that has one, and of nothing else', () => {
    always((action, { at, claim }) => {
      if (action.kind !== 'save') return;
      const { next, deadline } = action;
      const until = next.phase === 'Retained' ? next.retainUntil : undefined;
      if (claim?.phase !== 'Retained') expect(deadline).toBe(until);
      if (deadline !== undefined) {
        expect(deadline).toBe(until);
        expect(deadline).toBeGreaterThanOrEqual(at);
        expect(next.retention.kind).not.toBe('never');
      }
    });
  });

  it('takes the lock with the address and lets it go with the address', () => {
    always((action, { claim }) => {
      if (action.kind !== 'save') return;
      const had = lockOf(claim);
      const has = lockOf(action.next);
      expect(action.lock).toBe(had === undefined ? has : undefined);
      expect(action.unlock).toBe(has === undefined ? had : undefined);
    });
  });

  it('takes an address from where the record says it was, from a parking ENI, and from nowhere else', () => {
    always((action, { claim }) => {
      const ours = claim && 'allocation' in claim ? [claim.lastBinding] : [];
      if (claim?.phase === 'Bound') ours.push(claim.binding);
      if (action.kind === 'unassociate-eip') {
        const { eniId, privateIp } = action;
        expect(ours.some((one) => one?.eniId === eniId && one.privateIp === privateIp)).toBe(true);
      }
      if (action.kind === 'unassign-ip') {
        const intended = claim?.phase === 'Allocating' ? claim.eniId : PARKING;
        expect([...ours.map((one) => one?.eniId), intended]).toContain(action.eniId);
      }
    });
  });

  it('buys for a pod that lives and wants it, on an intent that is on record', () => {
    always((action, { ofKind, claim, seen }) => {
      const isNew = action.kind === 'save' && action.next.phase === 'Allocating';
      if (isNew || action.kind === 'allocate-eip')
        expect(standing(ofKind, claim, seen.pod).kind).toBe('claimant');
      if (action.kind === 'allocate-eip' || action.kind === 'assign-any-ip')
        expect(claim).toMatchObject({ phase: 'Allocating', token: action.token });
    });
  });

  it('binds where the record says, for the pod that is there', () => {
    always((action, { claim, seen }) => {
      if (action.kind !== 'associate-eip' && action.kind !== 'assign-ip') return;
      expect(claim).toMatchObject({ phase: 'Bound', binding: { eniId: action.eniId } });
      expect(seen.pod).toMatchObject({ uid: claim?.phase === 'Bound' ? claim.binding.podUid : '' });
    });
  });

  it('tells the pod that is there something that it does not know', () => {
    always((action, { ofKind, seen: { pod } }) => {
      if (action.kind !== 'tell') return;
      expect(pod).not.toBe('absent');
      if (pod === 'absent') return;
      expect(action.podUid).toBe(pod.uid);
      expect(pod.finished).toBe(false);
      expect(pod.told[ofKind]).not.toEqual(action.told);
    });
  });

  it('announces an address that the cloud shows at the pod', () => {
    always((action, { ofKind, claim, seen }) => {
      if (action.kind !== 'tell' || action.told.reason !== 'Bound' || claim?.phase !== 'Bound') return;
      expect(action.told.address).toBe(claim.allocation.address);
      if (ofKind === 'ip') expect(seen.holder).toMatchObject({ eniId: claim.binding.eniId });
      else
        expect(seen.eip).toMatchObject({
          status: 'InUse',
          boundTo: { instanceId: claim.binding.eniId, privateIp: claim.binding.privateIp },
        });
    });
  });

  it('forgets a tombstone that is old enough, and nothing else', () => {
    always((action, { claim, at }) => {
      if (action.kind !== 'forget') return;
      expect(claim?.phase).toBe('Released');
      expect(at - (claim?.phase === 'Released' ? claim.releasedAt : at)).toBeGreaterThanOrEqual(TOMBSTONE_MS);
    });
  });

  it('waits for a moment that can be put on the queue', () => {
    always((action) => {
      if (action.kind === 'wait') expect(action.ms).toBeGreaterThanOrEqual(1_000);
    });
  });
});
