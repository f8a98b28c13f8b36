import type { Claim } from '../claim/claim.ts';
import { decide } from '../claim/decide.ts';
import { formatClaimKey, formatIdentity, type Identity, KINDS, type Kind } from '../claim/identity.ts';
import { nothingRead, type Observed, type PodView } from '../claim/observation.ts';
import { type OrphanSummary, sweepOrphans } from './orphans.ts';
import { inParallel } from './parallel.ts';
import type { Hint, Ports } from './ports.ts';
import { reportProblems } from './reconcile.ts';

export interface ResyncSummary extends OrphanSummary {
  readonly claims: number;
  readonly pods: number;
  readonly hinted: number;
}

const AT_ONCE = 256;
const EVENTS_AT_ONCE = 16;

/**
 * Claims against the cloud against pods: whatever `decide` would act on becomes a hint. Nothing is concluded here from
 * a list, so that an empty or stale one costs some hints and never an address: each hint reads its own pod again.
 */
export async function resyncPass(ports: Ports): Promise<ResyncSummary> {
  const claims = new Map<string, Claim>();
  for await (const page of ports.claims.all())
    for (const claim of page) claims.set(formatClaimKey(claim.key), claim);
  const cloud = await lookAtAll(ports, [...claims.values()]);

  const unlisted = new Set<string>();
  const pods = new Map<string, { identity: Identity; view: PodView }>();
  for (const clusterId of ports.pods.clusters) {
    try {
      for (const { identity, view } of await ports.pods.list(clusterId))
        pods.set(formatIdentity(identity), { identity, view });
    } catch (error) {
      unlisted.add(clusterId);
      ports.log.warn('a cluster could not be listed; its claims are left as they are', {
        cluster: clusterId,
        err: error,
      });
    }
  }
  const configured = new Set(ports.pods.clusters);

  // No hint comes of an annotation that nobody can read and that changes nothing: a pod keeps what it has.
  const puzzling = [...pods.values()].filter(({ view }) => !view.finished && view.wishes.problems.length > 0);
  await inParallel(puzzling, EVENTS_AT_ONCE, ({ identity, view }) => reportProblems(ports, identity, view));

  const hints = new Map<string, Hint>();
  const consider = (identity: Identity, kind: Kind, claim: Claim | undefined, view: PodView | 'absent') => {
    const key = { ...identity, kind };
    const seen = { ...nothingRead(view), ...cloud.get(formatClaimKey(key)) };
    const action = decide(claim, { key, seen, now: ports.now(), freshToken: 'unused' });
    if (action.kind === 'done') return;
    const { clusterId, namespace, pod } = identity;
    hints.set(formatIdentity(identity), { clusterId, namespace, pod, look: true });
  };

  for (const { identity, view } of pods.values()) {
    for (const kind of KINDS)
      consider(identity, kind, claims.get(formatClaimKey({ ...identity, kind })), view);
  }
  for (const claim of claims.values()) {
    const { clusterId } = claim.key;
    if (pods.has(formatIdentity(claim.key)) || unlisted.has(clusterId) || !configured.has(clusterId))
      continue;
    consider(claim.key, claim.key.kind, claim, 'absent');
  }
  await ports.hints.send([...hints.values()].map((hint) => ({ hint })));
  // Last, because it can fail and take its time, and live pods wait for the hints.
  const orphans = await sweepOrphans(ports, claims);
  return { claims: claims.size, pods: pods.size, hinted: hints.size, ...orphans };
}

async function lookAtAll(
  ports: Ports,
  claims: readonly Claim[],
): Promise<ReadonlyMap<string, Partial<Observed>>> {
  const views = new Map<string, Partial<Observed>>();
  await inParallel(claims, AT_ONCE, async (claim) => {
    if (!('allocation' in claim)) return;
    const { id, address } = claim.allocation;
    try {
      const view: Partial<Observed> =
        claim.key.kind === 'eip'
          ? { eip: await ports.cloud.release.eips.describe(id) }
          : { holder: await ports.cloud.release.enis.holderOf(id, address) };
      views.set(formatClaimKey(claim.key), view);
    } catch (error) {
      ports.log.warn('an address could not be looked at', { key: formatClaimKey(claim.key), err: error });
    }
  });
  return views;
}
