import type { Action } from '../../shared/claim/action.ts';
import type { Claim } from '../../shared/claim/claim.ts';
import { decide } from '../../shared/claim/decide.ts';
import type { Kind } from '../../shared/claim/identity.ts';
import type {
  EipView,
  EniView,
  HolderView,
  NotSeen,
  Observed,
  PodView,
} from '../../shared/claim/observation.ts';
import { ALLOCATION, keyOf, NOBODY, PARKED, PARKING, seeing } from '../unit/claim-scene.ts';

/**
 * One claim, one pod and a cloud that does what it is told, with nothing of either left out that `decide` goes by.
 * Every transitional state ends while the claim waits.
 */
export interface World {
  readonly kind: Kind;
  claim: Claim | undefined;
  pod: PodView | 'absent';
  /** By the pod IPs that are theirs. */
  readonly enis: ReadonlyMap<string, EniView>;
  readonly eips: Map<string, EipView>;
  /** ENIs by the private IPs that they have beside their own. */
  readonly holders: Map<string, string>;
  /** What each ClientToken brought: an allocation id or an address. */
  readonly bought: Map<string, string>;
  /** Until when a read does not show an EIP: the cloud's reads are behind its writes. */
  readonly unseenUntil: Map<string, number>;
  /** How far behind they are. */
  readonly lagMs: number;
  now: number;
}

export interface Visit {
  readonly actions: readonly Action[];
  readonly end: Extract<Action, { kind: 'done' | 'wait' }> | 'endless';
}

/** More than the longest honest way of one claim. */
const MOST_ACTIONS = 24;

/** What a refusal that no look resolves ends in. */
const REFUSED = { kind: 'wait', ms: 10_000, until: 'it is tried again' } as const;

/** One function's visit: from a first look to `done` or `wait`, or to where nobody would look any longer. */
export function visit(world: World, look: boolean, check: (action: Action, world: World) => void): Visit {
  const actions: Action[] = [];
  let seen: Observed = { ...seeing(world.pod), ...(look ? lookAt(world) : {}) };
  while (actions.length < MOST_ACTIONS) {
    const freshToken = `token-${world.bought.size}-${world.claim?.rev ?? 0}`;
    const action = decide(world.claim, {
      key: keyOf(world.kind),
      seen,
      now: world.now,
      earliest: world.now,
      freshToken,
    });
    check(action, world);
    if (action.kind === 'done' || action.kind === 'wait') return { actions, end: action };
    actions.push(action);
    const next = apply(world, seen, action);
    if (next === 'refused') return { actions, end: REFUSED };
    seen = next;
  }
  return { actions, end: 'endless' };
}

/** Time passes: whatever the cloud was doing, it has done. */
export function settle(world: World, ms: number): void {
  world.now += ms;
  for (const [id, eip] of world.eips) {
    if (eip.status === 'Associating') world.eips.set(id, { ...eip, status: 'InUse' });
    if (eip.status === 'Unassociating') world.eips.set(id, freed(eip));
    if (eip.status === 'Releasing') world.eips.delete(id);
  }
}

export const freed = ({ boundTo: _, ...eip }: EipView): EipView => ({ ...eip, status: 'Available' });

const allocationOf = ({ claim }: World) => (claim && 'allocation' in claim ? claim.allocation : undefined);

/** As a hint with `look` begins: the address that the record names. */
function lookAt(world: World): Partial<Observed> {
  const allocation = allocationOf(world);
  if (!allocation) return {};
  return world.kind === 'eip'
    ? { eip: shown(world, allocation.id) }
    : { holder: holderOf(world, allocation.address) };
}

/** What a read shows of an EIP. */
function shown({ eips, unseenUntil, now }: World, allocationId: string): EipView | 'absent' {
  return now < (unseenUntil.get(allocationId) ?? 0) ? 'absent' : (eips.get(allocationId) ?? 'absent');
}

/** What is known of an EIP that could not be changed: gone, or as a look shows it. */
function unchanged(world: World, allocationId: string): EipView | 'gone' | 'refused' {
  if (!world.eips.has(allocationId)) return 'gone';
  const view = shown(world, allocationId);
  return view === 'absent' ? 'refused' : view;
}

function holderOf({ holders }: World, address: string): HolderView {
  const eniId = holders.get(address);
  if (eniId === undefined) return NOBODY;
  return eniId === PARKING ? PARKED : { eniId, parking: false };
}

const newest = (world: World): EipView => {
  const number = world.eips.size + world.bought.size + 2;
  return { allocationId: `eip-${number}`, address: `47.0.0.${number}`, status: 'Available' };
};

type Effect = Exclude<Action, { kind: 'done' | 'wait' }>;

/** Does the action and says what a function knows after it, as `shared/reconcile/act.ts` does. */
function apply(world: World, seen: Observed, action: Effect): Observed | 'refused' {
  const learns = (learnt: Partial<Observed>): Observed => ({ ...seen, ...learnt, pod: world.pod });
  const learnsOf = (eip: EipView | NotSeen | 'refused') => (eip === 'refused' ? eip : learns({ eip }));
  switch (action.kind) {
    case 'look-eni':
      return learns({ eni: world.enis.get(action.privateIp) ?? 'absent' });
    case 'look-eip':
      return learns({ eip: shown(world, action.allocationId) });
    case 'find-eip':
      return learns({ eip: shown(world, world.bought.get(action.token) ?? '') });
    case 'look-holder':
      return learns({ holder: holderOf(world, action.address) });
    case 'allocate-eip': {
      const known = world.bought.get(action.token);
      const eip = (known && world.eips.get(known)) || newest(world);
      if (!world.eips.has(eip.allocationId)) world.unseenUntil.set(eip.allocationId, world.now + world.lagMs);
      world.eips.set(eip.allocationId, eip);
      world.bought.set(action.token, eip.allocationId);
      return learns({ eip: freed(eip) });
    }
    case 'associate-eip':
      // Refused where the pod's IP is not on the ENI named, and then looked up.
      if (world.enis.get(action.privateIp)?.id !== action.eniId)
        return learns({ eni: world.enis.get(action.privateIp) ?? 'absent' });
      return learnsOf(associate(world, action));
    case 'unassociate-eip':
      return learnsOf(unassociate(world, action));
    case 'release-eip': {
      const eip = world.eips.get(action.allocationId);
      if (eip?.status !== 'Available') return learnsOf(unchanged(world, action.allocationId));
      const going: EipView = { ...eip, status: 'Releasing' };
      world.eips.set(eip.allocationId, going);
      return learns({ eip: going });
    }
    case 'assign-any-ip': {
      const known = world.bought.get(action.token);
      if (![...world.enis.values()].some(({ id }) => id === action.eniId))
        return learns({ assigned: 'spent' });
      const address =
        known ??
        (world.holders.has(ALLOCATION.ip.address)
          ? `10.0.0.${60 + world.bought.size}`
          : ALLOCATION.ip.address);
      if (known === undefined) world.holders.set(address, action.eniId);
      world.bought.set(action.token, address);
      return learns({ assigned: address, holder: { eniId: action.eniId, parking: false } });
    }
    case 'assign-ip':
      if (!world.holders.has(action.address)) world.holders.set(action.address, action.eniId);
      return learns({ holder: holderOf(world, action.address) });
    case 'unassign-ip':
      if (world.holders.get(action.address) === action.eniId) world.holders.delete(action.address);
      return learns({ holder: NOBODY });
    case 'park-ip':
      if (!world.holders.has(action.allocation.address))
        world.holders.set(action.allocation.address, PARKING);
      return learns({ holder: holderOf(world, action.allocation.address) });
    case 'save': {
      world.claim = action.next;
      const { assigned: _, lockedBy: __, ...rest } = seen;
      const isAbout = action.next.phase !== 'Allocating' && action.next.phase !== 'Released';
      return isAbout ? rest : { ...rest, eip: 'unread', holder: 'unread' };
    }
    case 'tell':
      if (world.pod === 'absent') return learns({});
      world.pod = { ...world.pod, told: { ...world.pod.told, [world.kind]: action.told } };
      return learns({});
    case 'forget':
      world.claim = undefined;
      return seen;
  }
}

function associate(
  world: World,
  { allocationId, eniId, privateIp }: Extract<Action, { kind: 'associate-eip' }>,
): EipView | 'gone' | 'refused' {
  const { eips } = world;
  const eip = eips.get(allocationId);
  if (eip?.status !== 'Available') return unchanged(world, allocationId);
  const bound: EipView = { ...eip, status: 'Associating', boundTo: { instanceId: eniId, privateIp } };
  eips.set(allocationId, bound);
  return bound;
}

function unassociate(
  world: World,
  { allocationId, eniId, privateIp }: Extract<Action, { kind: 'unassociate-eip' }>,
): EipView | 'gone' | 'refused' {
  const { eips } = world;
  const eip = eips.get(allocationId);
  if (!eip) return 'gone';
  // In transition, or not bound: taken for free without a look.
  if (eip.status !== 'InUse') return freed(eip);
  if (eip.boundTo?.instanceId !== eniId || eip.boundTo.privateIp !== privateIp)
    return unchanged(world, allocationId);
  const going: EipView = { ...eip, status: 'Unassociating' };
  eips.set(allocationId, going);
  return going;
}
