import type { Claim } from '../claim/claim.ts';
import { formatClaimKey } from '../claim/identity.ts';
import { ipLock } from '../claim/ip-steps.ts';
import type { Listing } from './listing.ts';
import { seenFor } from './marks.ts';
import { momentByAll } from './moment.ts';
import type { ParkingEni, Ports, TaggedEip } from './ports.ts';
import { standsFor } from './stands-for.ts';

export interface OrphanSummary {
  readonly orphans: number;
  readonly suspects: number;
  readonly strays: number;
  readonly parkingDropped: number;
}

/**
 * Older than any function that could still be about to name it: the longest timeout is five minutes, and a call that
 * was paused before it left can land that much later.
 */
const YOUNG_MS = 10 * 60_000;
/** Two sightings lie at least this far apart. */
const APART_MS = 30_000;
/** At most so many are tried in one pass, also of those that then turn out to be none. */
const MOST_TRIED = 50;
/** Where there are more, each pass begins half as many further on: each is tried in two passes, one after the other. */
const STEP = MOST_TRIED / 2;
const PASS_MS = 60_000;
/** Longest that giving back one may take: a few reads of the store, one look and one call. */
const ITEM_WORST_MS = 30_000;

/**
 * What we have and no claim names: EIPs with our tags, private IPs on parking ENIs, and parking ENIs that hold nothing.
 * The listing was made before the claims were read, so that whatever it shows had its intent on record by then (law 1): a claim names it, or has
 * moved on. Only what is free, old enough and seen twice is given back.
 */
export async function sweepOrphans(
  ports: Ports,
  { eips, parking }: Listing,
  claims: ReadonlyMap<string, Claim>,
): Promise<OrphanSummary> {
  // Without another clock than the own, nobody knows how old anything is.
  const moment = momentByAll(ports);
  if (!moment) return { orphans: 0, suspects: 0, strays: 0, parkingDropped: 0 };
  const { earliest } = moment;
  const named = new Set<string>();
  // What is bought on an intent that still stands: its claim will find it by the token, whatever the other tags say.
  const intended = new Set<string>();
  for (const claim of claims.values()) {
    if ('allocation' in claim) named.add(claim.allocation.id);
    if (claim.phase === 'Allocating') intended.add(claim.token);
  }
  const suspects = eips.filter((eip) => isOrphan(eip, { named, intended, earliest }));
  const orphans = await give(ports, suspects, async (eip) => {
    if ((await seenFor(ports, eip.allocationId, moment)) < APART_MS) return false;
    return releaseOrphan(ports, eip);
  });

  const strays = await give(ports, straysIn(parking, claims), async (stray) => {
    if ((await seenFor(ports, stray.id, moment)) < APART_MS) return false;
    return unassignStray(ports, stray);
  });

  const idle = parking.filter((eni) => isIdle(eni, earliest));
  const parkingDropped = await give(ports, idle, async (eni) => {
    if ((await seenFor(ports, eni.id, moment)) < APART_MS || (await ports.releases.frozen())) return false;
    if (!(await ports.cloud.release.enis.dropParking(eni))) return false;
    await ports.claims.clearSuspect(eni.id);
    return true;
  });
  return { orphans, suspects: suspects.length, strays, parkingDropped };
}

/**
 * Gives back one after the other, at most so many in a pass, and none that there is no time left for (law 9). Those that
 * cannot be given back, because somebody has protected them or because they are locked, hold up no other.
 */
async function give<T extends { readonly allocationId: string } | { readonly id: string }>(
  ports: Ports,
  items: readonly T[],
  giveBack: (item: T) => Promise<boolean>,
): Promise<number> {
  let given = 0;
  for (const item of turnOf(items, ports.now())) {
    if (ports.remainingMs() < ITEM_WORST_MS) break;
    try {
      if (await giveBack(item)) given++;
    } catch (error) {
      const allocationId = 'id' in item ? item.id : item.allocationId;
      ports.log.warn('an orphan could not be given back', { allocationId, err: error });
    }
  }
  return given;
}

function turnOf<T>(items: readonly T[], now: number): readonly T[] {
  if (items.length <= MOST_TRIED) return items;
  const start = (Math.floor(now / PASS_MS) * STEP) % items.length;
  return [...items.slice(start), ...items.slice(0, start)].slice(0, MOST_TRIED);
}

interface Known {
  readonly named: ReadonlySet<string>;
  readonly intended: ReadonlySet<string>;
  readonly earliest: number;
}

const isOrphan = (
  { allocationId, status, token, allocatedAt }: TaggedEip,
  { named, intended, earliest }: Known,
): boolean =>
  status === 'Available' &&
  !named.has(allocationId) &&
  !(token !== undefined && intended.has(token)) &&
  earliest - allocatedAt >= YOUNG_MS;

const isIdle = (eni: ParkingEni, earliest: number): boolean =>
  eni.held.length === 0 && earliest - eni.createdAt >= YOUNG_MS;

/** A private IP on a parking ENI that no claim names: `id` is the name of its lock. */
interface Stray {
  readonly id: string;
  readonly eniId: string;
  readonly vSwitchId: string;
  readonly address: string;
}

/**
 * An address is parked while its claim names it. One that none names was put there by a call that came late: its sender
 * was slow or dead, and meanwhile the address had been given back, and was nobody's.
 */
function straysIn(parking: readonly ParkingEni[], claims: ReadonlyMap<string, Claim>): readonly Stray[] {
  const named = new Set<string>();
  for (const claim of claims.values())
    if (claim.key.kind === 'ip' && 'allocation' in claim)
      named.add(ipLock(claim.allocation.id, claim.allocation.address));
  return parking.flatMap(({ id: eniId, vSwitchId, held }) =>
    held
      .map((address) => ({ id: ipLock(vSwitchId, address), eniId, vSwitchId, address }))
      .filter(({ id }) => !named.has(id)),
  );
}

async function unassignStray(ports: Ports, { id, eniId, vSwitchId, address }: Stray): Promise<boolean> {
  if (await ports.releases.frozen()) return false;
  // A claim that has it by now, or whose record cannot be read, has its lock.
  if ((await ports.claims.lockedBy(id)) !== undefined) return false;
  const { enis } = ports.cloud.release;
  if ((await enis.holderOf(vSwitchId, address)).eniId !== eniId) return false;
  if (!(await ports.quota.mayRelease())) return false;
  await enis.unassign(eniId, address);
  await ports.claims.clearSuspect(id);
  ports.log.warn('a private IP that no claim names was given back', { allocationId: id });
  return true;
}

async function releaseOrphan(ports: Ports, eip: TaggedEip): Promise<boolean> {
  if (await ports.releases.frozen()) return false;
  // The list is old by now: what is done cannot be undone, so both sides are read again.
  if ((await standsFor(ports, eip)) !== undefined) return false;
  // A claim whose record or whose tags cannot be read still has its lock. That of the claim in the tags, which has just
  // said that it stands for something else, is left from a function that died: it cannot save any more what it locked.
  const owner = await ports.claims.lockedBy(eip.allocationId);
  if (owner !== undefined && owner !== (eip.claim && formatClaimKey(eip.claim))) {
    ports.log.warn('an EIP without a claim is locked, and kept', { allocationId: eip.allocationId, owner });
    return false;
  }
  const view = await ports.cloud.release.eips.describe(eip.allocationId);
  if (view === 'absent' || view.status !== 'Available') return false;
  if (!(await ports.quota.mayRelease())) return false;
  await ports.cloud.release.eips.release(eip.allocationId);
  await ports.claims.clearSuspect(eip.allocationId);
  ports.log.warn('orphan released', {
    allocationId: eip.allocationId,
    key: eip.claim && formatClaimKey(eip.claim),
  });
  return true;
}
