import type { Claim } from '../claim/claim.ts';
import { formatClaimKey } from '../claim/identity.ts';
import type { ParkingEni, Ports, TaggedEip } from './ports.ts';

export interface OrphanSummary {
  readonly orphans: number;
  readonly suspects: number;
  readonly parkingDropped: number;
}

/**
 * Older than any function that could still be about to name it: the longest timeout is five minutes, and a call that
 * was paused before it left can land that much later.
 */
const YOUNG_MS = 10 * 60_000;
/** Two sightings lie at least this far apart, and a mark older than an hour no longer counts as a first one. */
const APART_MS = 30_000;
const MARK_LIFE_MS = 3_600_000;
/** Law 8: at most so many are released in one pass. */
const MOST_PER_PASS = 50;

/**
 * What we bought and no claim names: EIPs with our tags, and parking ENIs that hold nothing. `claims` was read before;
 * an EIP whose claim was written since is young. Only what is free, old enough and seen twice is given back.
 */
export async function sweepOrphans(ports: Ports, claims: ReadonlyMap<string, Claim>): Promise<OrphanSummary> {
  const named = new Set<string>();
  // What is bought on an intent that still stands: its claim will find it by the token, whatever the other tags say.
  const intended = new Set<string>();
  for (const claim of claims.values()) {
    if ('allocation' in claim) named.add(claim.allocation.id);
    if (claim.phase === 'Allocating') intended.add(claim.token);
  }
  let orphans = 0;
  let suspects = 0;
  let parkingDropped = 0;

  const eips = await ports.eips.tagged();
  for (const eip of eips.filter((candidate) => isOrphan(candidate, { named, intended, now: ports.now() }))) {
    if (orphans >= MOST_PER_PASS) break;
    suspects++;
    try {
      if (!(await seenTwice(ports, eip.allocationId))) continue;
      if (await releaseOrphan(ports, eip)) orphans++;
    } catch (error) {
      ports.log.warn('an orphan could not be released', { allocationId: eip.allocationId, err: error });
    }
  }

  for (const eni of (await ports.enis.parking()).filter((candidate) => isIdle(candidate, ports.now()))) {
    try {
      if (!(await seenTwice(ports, eni.id)) || (await ports.releases.frozen())) continue;
      if (!(await ports.enis.dropParking(eni))) continue;
      await ports.claims.clearSuspect(eni.id);
      parkingDropped++;
    } catch (error) {
      ports.log.warn('an idle parking ENI could not be deleted', { eniId: eni.id, err: error });
    }
  }
  return { orphans, suspects, parkingDropped };
}

interface Known {
  readonly named: ReadonlySet<string>;
  readonly intended: ReadonlySet<string>;
  readonly now: number;
}

const isOrphan = (
  { allocationId, status, token, allocatedAt }: TaggedEip,
  { named, intended, now }: Known,
): boolean =>
  status === 'Available' &&
  !named.has(allocationId) &&
  !(token !== undefined && intended.has(token)) &&
  now - allocatedAt >= YOUNG_MS;

const isIdle = (eni: ParkingEni, now: number): boolean =>
  eni.held.length === 0 && now - eni.createdAt >= YOUNG_MS;

async function seenTwice(ports: Ports, allocationId: string): Promise<boolean> {
  const now = ports.now();
  const first = await ports.claims.suspect(allocationId, now);
  if (now - first > MARK_LIFE_MS) {
    await ports.claims.clearSuspect(allocationId);
    return false;
  }
  return now - first >= APART_MS;
}

async function releaseOrphan(ports: Ports, eip: TaggedEip): Promise<boolean> {
  if (await ports.releases.frozen()) return false;
  // The list is old by now: what is done cannot be undone, so both sides are read again.
  const current = eip.claim && (await ports.claims.read(eip.claim))[eip.claim.kind];
  if (current && 'allocation' in current && current.allocation.id === eip.allocationId) return false;
  if (current?.phase === 'Allocating' && current.token === eip.token) return false;
  // A claim whose record or whose tags cannot be read still has its lock.
  const owner = await ports.claims.lockedBy(eip.allocationId);
  if (owner !== undefined) {
    ports.log.warn('an EIP without a claim is locked, and kept', { allocationId: eip.allocationId, owner });
    return false;
  }
  const view = await ports.eips.describe(eip.allocationId);
  if (view === 'absent' || view.status !== 'Available') return false;
  if ((await ports.quota.take('ReleaseEipAddress', 'release')) > 0) return false;
  await ports.eips.release(eip.allocationId);
  await ports.claims.clearSuspect(eip.allocationId);
  ports.log.warn('orphan released', {
    allocationId: eip.allocationId,
    key: eip.claim && formatClaimKey(eip.claim),
  });
  return true;
}
