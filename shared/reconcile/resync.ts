import type { Claim } from '../claim/claim.ts';
import { decide } from '../claim/decide.ts';
import { formatClaimKey, formatIdentity, type Identity, KINDS, type Kind } from '../claim/identity.ts';
import { nothingRead, type PodView } from '../claim/observation.ts';
import { isLongEmpty, showsPods } from './absence.ts';
import { TERMINAL_REASONS } from './failure.ts';
import { type Looks, listCloud, lookAtClaims } from './listing.ts';
import { momentIn } from './moment.ts';
import { type OrphanSummary, sweepOrphans } from './orphans.ts';
import { inParallel } from './parallel.ts';
import type { Hint, ListedPod, Ports } from './ports.ts';
import { reportProblems } from './reconcile.ts';

export interface ResyncSummary extends OrphanSummary {
  readonly claims: number;
  readonly pods: number;
  readonly unseen: number;
  readonly hinted: number;
}

const EVENTS_AT_ONCE = 16;
const MINUTE_MS = 60_000;

/**
 * Claims against the cloud against pods: whatever `decide` would act on becomes a hint. Nothing is concluded here from
 * a list, so that an empty or stale one costs some hints and never an address: each hint reads its own pod again.
 */
export async function resyncPass(ports: Ports): Promise<ResyncSummary> {
  // Law 3, and what the sweep for orphans rests on: the cloud's list, then the records, then the pods.
  const listing = await listCloud(ports);
  const claims = new Map<string, Claim>();
  const unreadable = new Set<string>();
  for await (const page of ports.claims.all()) {
    for (const claim of page.claims) claims.set(formatClaimKey(claim.key), claim);
    for (const key of page.unreadable) unreadable.add(formatClaimKey(key));
  }
  const looks = await lookAtClaims(ports, claims.values(), listing.eips);
  const clusters = await listClusters(ports, [...claims.values()]);

  // No hint comes of an annotation that nobody can read and that changes nothing: a pod keeps what it has.
  const puzzling = clusters.pods.filter(({ view }) => !view.finished && view.wishes.problems.length > 0);
  await inParallel(puzzling, EVENTS_AT_ONCE, ({ identity, view }) => reportProblems(ports, identity, view));

  const hints = findWork(ports, { claims, unreadable }, clusters, looks);
  await ports.hints.send(hints.map((hint) => ({ hint })));
  // Last, because it can fail and take its time, and live pods wait for the hints.
  const orphans = await sweepOrphans(ports, listing, claims);
  return {
    claims: claims.size,
    pods: clusters.pods.length,
    unseen: looks.unseen,
    hinted: hints.length,
    ...orphans,
  };
}

interface Clusters {
  readonly pods: readonly ListedPod[];
  /** Clusters whose list is believed: a claim there that has no pod in it is looked into. */
  readonly believed: ReadonlySet<string>;
}

async function listClusters(ports: Ports, claims: readonly Claim[]): Promise<Clusters> {
  const pods: ListedPod[] = [];
  const believed = new Set<string>();
  for (const cluster of ports.pods.clusters) {
    try {
      const listed = await ports.pods.list(cluster);
      pods.push(...listed);
      if (await isBelievable(ports, cluster, listed, claims)) believed.add(cluster);
    } catch (error) {
      ports.log.warn('a cluster could not be listed; its claims are left as they are', {
        cluster,
        err: error,
      });
    }
  }
  return { pods, believed };
}

/** Whether its list says anything about the claims that have no pod in it. */
async function isBelievable(
  ports: Ports,
  cluster: string,
  listed: readonly ListedPod[],
  claims: readonly Claim[],
): Promise<boolean> {
  const isHolding = ({ phase, key }: Claim) => phase === 'Bound' && key.clusterId === cluster;
  if (listed.length > 0) {
    await showsPods(ports, cluster);
    return true;
  }
  if (!claims.some(isHolding) || (await isLongEmpty(ports, cluster))) return true;
  ports.log.warn('a cluster with bound addresses shows no pod; its claims are left as they are', { cluster });
  return false;
}

/** What the store has, by the claims' names. */
interface Records {
  readonly claims: ReadonlyMap<string, Claim>;
  readonly unreadable: ReadonlySet<string>;
}

function findWork(
  ports: Ports,
  { claims, unreadable }: Records,
  { pods, believed }: Clusters,
  { views }: Looks,
): readonly Hint[] {
  const hints = new Map<string, Hint>();
  let ends = 0;
  const consider = (identity: Identity, kind: Kind, claim: Claim | undefined, view: PodView | 'absent') => {
    const key = { ...identity, kind };
    // Nothing can be done for a claim whose record cannot be read: to hint at it would be to fail once a minute.
    if (unreadable.has(formatClaimKey(key))) return;
    const seen = { ...nothingRead(view), ...views.get(formatClaimKey(key)) };
    const { earliest, latest: now } = momentIn(ports, identity.clusterId);
    const action = decide(claim, { key, seen, now, earliest, freshToken: 'unused' });
    if (action.kind === 'done') return;
    if (isRefused(kind, claim, view) && !isTurnOf(identity, earliest)) return;
    // The timer sees to those that are due. A few of them are hinted at as well, should a deadline have been lost.
    if (action.kind === 'save' && action.next.phase === 'Releasing' && ++ends > ports.releasesPerMinute)
      return;
    const { clusterId, namespace, pod } = identity;
    hints.set(formatIdentity(identity), { clusterId, namespace, pod, look: true });
  };

  const there = new Set<string>();
  for (const { identity, view } of pods) {
    there.add(formatIdentity(identity));
    for (const kind of KINDS)
      consider(identity, kind, claims.get(formatClaimKey({ ...identity, kind })), view);
  }
  for (const claim of claims.values()) {
    if (there.has(formatIdentity(claim.key)) || !believed.has(claim.key.clusterId)) continue;
    consider(claim.key, claim.key.kind, claim, 'absent');
  }
  return [...hints.values()];
}

/** Tried before, and refused for good; or a release that is under way, which the retention's timer sees to. */
const isRefused = (kind: Kind, claim: Claim | undefined, pod: PodView | 'absent'): boolean => {
  if (pod === 'absent') return claim?.phase === 'Releasing';
  const told = pod.told[kind]?.reason;
  return told !== undefined && TERMINAL_REASONS.includes(told);
};

/** What was refused for good is asked again by every tenth sweep: somebody may have given the role what it lacked. */
const EVERY_NTH = 10;

/** Whether it is this pod's turn: each has a minute of its own, so that all of them together cost little in any one. */
function isTurnOf(identity: Identity, at: number): boolean {
  const number = [...formatIdentity(identity)].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  return number % EVERY_NTH === Math.floor(at / MINUTE_MS) % EVERY_NTH;
}
