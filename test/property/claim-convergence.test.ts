import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../shared/claim/action.ts';
import { TOMBSTONE_MS } from '../../shared/claim/decide.ts';
import type { EipView, EniView, PodView } from '../../shared/claim/observation.ts';
import { standing } from '../../shared/claim/standing.ts';
import { ALLOCATION, ELSEWHERE, eniOf, MINUTE, NOW } from '../unit/claim-scene.ts';
import { settle, visit, type World } from './claim-model.ts';
import { claimOf, eip, holder, kind, PLACES, pod } from './claim-worlds.ts';
import { runs } from './effort.ts';

/** Every pod IP is on its own ENI; one of them may be managed, and one gone. */
const enis: fc.Arbitrary<ReadonlyMap<string, EniView>> = fc
  .record({ managed: fc.nat({ max: 20 }), gone: fc.nat({ max: 20 }) })
  .map(
    ({ managed, gone }) =>
      new Map(
        PLACES.flatMap((at, index) =>
          index === gone ? [] : [[at.privateIp, eniOf(at, { managed: index === managed })] as const],
        ),
      ),
  );

/** The node names the ENI that the pod's IP is on, or none: what a mistaken hint does is tested by itself. */
function truthful({ eniHint, ...view }: PodView, there: ReadonlyMap<string, EniView>): PodView {
  const eni = there.get(view.ip ?? '');
  return eniHint === undefined || eni === undefined ? view : { ...view, eniHint: eni.id };
}

/** How long reads do not show an EIP that is there; most often they do at once. */
const lagMs = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.constantFrom(500, 1_500, 3_000));

const world: fc.Arbitrary<World> = kind.chain((ofKind) =>
  fc
    .record({ claim: claimOf(ofKind), pod, enis, eip, holder, hasBought: fc.boolean(), lagMs })
    .map(({ claim, eip: first, holder: { eniId }, hasBought, ...rest }): World => {
      const eips = new Map<string, EipView>();
      const unseenUntil = new Map<string, number>();
      if (first !== 'absent') {
        eips.set(first.allocationId, first);
        unseenUntil.set(first.allocationId, NOW + rest.lagMs);
      }
      const bought = new Map<string, string>();
      if (hasBought && claim?.phase === 'Allocating')
        bought.set(claim.token, ofKind === 'eip' ? ALLOCATION.eip.id : ALLOCATION.ip.address);
      const holders = new Map(eniId === undefined ? [] : [[ALLOCATION.ip.address, eniId]]);
      const { pod: drawn, enis: there } = rest;
      const honest = drawn === 'absent' ? drawn : truthful(drawn, there);
      return { ...rest, pod: honest, kind: ofKind, claim, eips, unseenUntil, holders, bought, now: NOW };
    }),
);

/** Asserts, at each action, that a pod which lives keeps what it has. */
function keepsWhatLives(
  action: Action,
  { kind: ofKind, claim, pod: view, enis: there, eips, holders }: World,
): void {
  if (claim?.phase !== 'Bound' || view === 'absent' || view.finished) return;
  const { binding, allocation } = claim;
  const isThere = view.uid === binding.podUid && (view.ip ?? binding.privateIp) === binding.privateIp;
  const isOn = there.get(binding.privateIp)?.id ?? binding.eniId;
  if (
    !isThere ||
    isOn !== binding.eniId ||
    !['claimant', 'leaving', 'undecided'].includes(standing(ofKind, claim, view).kind)
  )
    return;
  if (action.kind === 'unassociate-eip' && eips.get(allocation.id)?.boundTo?.privateIp === binding.privateIp)
    expect(action.privateIp).not.toBe(binding.privateIp);
  if (action.kind === 'unassign-ip' && holders.get(allocation.address) === binding.eniId)
    expect(action.eniId).not.toBe(binding.eniId);
  expect(action.kind).not.toBe('release-eip');
}

const stateOf = ({ claim, pod: view, eips, holders }: World): string =>
  JSON.stringify([claim, view, [...eips], [...holders]]);

/** Visits, with a look at the cloud each other time, until two in a row with a look change nothing any more. */
function run(start: World): { visits: number } {
  let quiet = 0;
  for (let visits = 1; visits <= 12; visits++) {
    const before = stateOf(start);
    const { actions, end } = visit(start, visits % 2 === 0 || quiet > 0, keepsWhatLives);
    expect(end).not.toBe('endless');
    settle(start, end !== 'endless' && end.kind === 'wait' ? end.ms : 1_000);
    // Calls that the cloud refuses change nothing; what is written or told is work, even if it comes out the same.
    const worked = actions.some(({ kind: done }) => done === 'save' || done === 'tell');
    // While reads are behind there may be more to do than can be seen.
    const isBehind = [...start.unseenUntil.values()].some((until) => until > start.now);
    quiet = worked || isBehind || before !== stateOf(start) ? 0 : quiet + 1;
    if (quiet === 2) return { visits };
  }
  throw new Error(`no rest after 12 visits: ${JSON.stringify(start.claim)}`);
}

/** A claim of our own for the pod, whose address nobody else has, on an ENI that can take it. */
function canBeServed({ kind: ofKind, claim, pod: view, enis: there, eips, holders }: World): boolean {
  if (view === 'absent' || view.hostNetwork || view.ip === undefined) return false;
  if (standing(ofKind, claim, view).kind !== 'claimant') return false;
  // Nothing is begun for a wish that cannot be read to its end; one for the other kind is no reason to wait.
  if (view.wishes.problems.some((slip) => slip.kind === ofKind && slip.counts === undefined)) return false;
  const eni = there.get(view.ip);
  if (!eni || eni.managed) return false;
  const address = claim && 'allocation' in claim ? claim.allocation : undefined;
  const wish = view.wishes[ofKind];
  const named = wish && typeof wish === 'object' && 'allocationId' in wish ? wish.allocationId : undefined;
  if (named) return false;
  const boundTo = address && eips.get(address.id)?.boundTo?.instanceId;
  const heldBy = address && holders.get(address.address);
  const isStrangers = (eniId: string | undefined) =>
    eniId !== undefined && eniId !== eni.id && PLACES.some((at) => at.eniId === eniId);
  return !isStrangers(ofKind === 'eip' ? boundTo : heldBy);
}

describe('one decision after the other', () => {
  it('comes to rest from wherever it starts, and takes nothing from a live pod on the way', () => {
    fc.assert(
      fc.property(world, (given) => {
        const start = structuredClone(given);
        expect(run(start).visits).toBeLessThanOrEqual(12);
      }),
      runs(3_000),
    );
  });

  it('ends with the address at the pod that wants it, and told to it', () => {
    fc.assert(
      fc.property(world, (given) => {
        const start = structuredClone(given);
        run(start);
        if (!canBeServed(start) || start.pod === 'absent') return;
        const { claim, pod: view } = start;
        expect(claim).toMatchObject({ phase: 'Bound', binding: { podUid: view.uid, privateIp: view.ip } });
        if (claim?.phase !== 'Bound') return;
        const { allocation, binding } = claim;
        if (start.kind === 'ip') expect(start.holders.get(allocation.address)).toBe(binding.eniId);
        else
          expect(start.eips.get(allocation.id)).toMatchObject({
            status: 'InUse',
            boundTo: { instanceId: binding.eniId, privateIp: binding.privateIp },
          });
        expect(view.told[start.kind]).toEqual({ reason: 'Bound', address: allocation.address });
      }),
      runs(3_000),
    );
  });

  it('ends with nothing left, when the pod is gone, the retention is over and the tombstone old', () => {
    fc.assert(
      fc.property(world, (given) => {
        const start = structuredClone(given);
        start.pod = 'absent';
        run(start);
        const { claim } = start;
        if (claim?.phase === 'Retained' && claim.retainUntil === undefined) {
          expect(claim.retention.kind).toBe('never');
          return;
        }
        const bought = claim && 'allocation' in claim ? claim.allocation : ALLOCATION[start.kind];
        start.now += 100 * MINUTE;
        run(start);
        // What a stranger has bound by hand is theirs to unbind.
        const boundTo = start.eips.get(bought.id)?.boundTo;
        if (start.claim?.phase === 'Releasing' && boundTo) {
          expect(start.claim.lastBinding?.eniId).not.toBe(boundTo.instanceId);
          return;
        }
        expect(start.claim?.phase ?? 'Released').toBe('Released');
        start.now += TOMBSTONE_MS;
        run(start);
        expect(start.claim).toBeUndefined();
      }),
      runs(3_000),
    );
  });

  it('buys no second EIP while the cloud does not show the first', () => {
    fc.assert(
      fc.property(world, (given) => {
        const start = structuredClone(given);
        const { claim } = start;
        if (claim?.origin !== 'auto' || !('allocation' in claim)) return;
        const isThere = start.eips.get(claim.allocation.id);
        if (!isThere || isThere.status === 'Releasing') return;
        run(start);
        expect([...start.eips.keys()].length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never touches what a stranger has', () => {
    fc.assert(
      fc.property(world, (given) => {
        const start = structuredClone(given);
        const strange: EipView = {
          allocationId: 'eip-strange',
          address: '47.0.0.99',
          status: 'InUse',
          boundTo: { instanceId: ELSEWHERE.eniId, privateIp: ELSEWHERE.privateIp },
        };
        start.eips.set(strange.allocationId, strange);
        start.holders.set('10.0.0.99', ELSEWHERE.eniId);
        run(start);
        expect(start.eips.get(strange.allocationId)).toEqual(strange);
        expect(start.holders.get('10.0.0.99')).toBe(ELSEWHERE.eniId);
      }),
    );
  });
});
