import type { Claim } from '../claim/claim.ts';
import type { Identity } from '../claim/identity.ts';
import type { PodView } from '../claim/observation.ts';
import { seenFor } from './marks.ts';
import { momentIn } from './moment.ts';
import type { Ports } from './ports.ts';

/**
 * Law 6. An API server that came up without its data, or one that a wrong address reaches, shows no pod at all and
 * answers every GET with a 404: an empty snapshot that was believed once freed every address that was in use (Cilium,
 * issue 9888). A cluster that had pods a minute ago has at least those that run it. Where it is really emptied, as one
 * without system pods can be, it is believed when it has been so for a while: long against the time in which a server
 * gets its data back, because what was seen twice need not have been so in between, where sweeps have failed.
 */
const EMPTY_DOUBT_MS = 10 * 60_000;

const markOf = (clusterId: string): string => `cluster/${clusterId}`;

/** Whether a cluster that shows no pod has shown none for so long that it is believed. */
export const isLongEmpty = async (ports: Ports, clusterId: string): Promise<boolean> =>
  (await seenFor(ports, markOf(clusterId), momentIn(ports, clusterId))) >= EMPTY_DOUBT_MS;

export const showsPods = (ports: Ports, clusterId: string): Promise<void> =>
  ports.claims.clearSuspect(markOf(clusterId));

/**
 * The pod as its cluster has it now. That it is absent counts against what is on record for it only where the same API
 * server shows some other pod, or has shown none for long; else this throws.
 */
export async function readPod(
  ports: Ports,
  identity: Identity,
  claims: readonly (Claim | undefined)[],
): Promise<PodView | 'absent'> {
  const pod = await ports.pods.read(identity);
  const isHeld = claims.some((claim) => claim && claim.phase !== 'Released');
  if (pod !== 'absent' || !isHeld) return pod;
  const { clusterId } = identity;
  // Its data may have come back between the two answers: what counts is what it says after it has shown some.
  if (!(await ports.pods.isEmpty(clusterId))) return ports.pods.read(identity);
  if (await isLongEmpty(ports, clusterId)) return pod;
  throw new Error(`${clusterId} shows no pod at all: that ${identity.pod} is not there proves nothing`);
}
