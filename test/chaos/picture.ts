import type { Cloud } from '../../infra/local/cloud.ts';
import { conditionOf, type Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { podUidOf } from '../../infra/local/nodes/interfaces.ts';
import type { Picture, PodSight } from './audit.ts';
import { ADDRESS_KINDS } from './ledger.ts';
import type { Workload } from './plan.ts';
import { type Row, readRecords } from './records.ts';
import { ipName } from './witness.ts';
import { TOLD, WORKLOAD_LABEL } from './workloads.ts';

/** Source: docs/promises.md, the tags that Holdfast's EIPs carry, and the name of its parking ENIs. */
const CLAIM_TAG = 'holdfast/claim';
const PARKING = 'holdfast-parking';

/** Everything as it is now, read off the cloud's own world, the store's rows and the API server. */
export async function takePicture(
  cloud: Cloud,
  { workloads, givenEips }: { workloads: readonly Workload[]; givenEips: ReadonlyMap<string, string> },
): Promise<Picture> {
  const given = new Set(givenEips.values());
  const { claims } = await readRecords(cloud);
  const { world } = cloud.openApi;
  const ownerOf = (eniId: string) => podUidOf(world.eni(eniId)?.name ?? '');
  return {
    at: cloud.context.clock.now(),
    eips: world.eips().map(({ id, address, tags, status, binding }) => ({
      id,
      address,
      boughtFor: given.has(id) ? undefined : (tags.find(({ key }) => key === CLAIM_TAG)?.value ?? 'nobody'),
      podUid: binding && status === 'InUse' ? ownerOf(binding.instanceId) : undefined,
    })),
    ips: world
      .enis()
      .flatMap(({ id, vSwitchId, addresses }) =>
        addresses.slice(1).map(({ ip }) => ({ name: ipName(vSwitchId, ip), podUid: ownerOf(id) })),
      ),
    parkings: world
      .enis()
      .filter(({ name }) => name === PARKING)
      .map(({ id, addresses }) => ({ eniId: id, held: addresses.length - 1 })),
    claims: claims.map((row) => ({
      name: String(row.claim),
      phase: String(row.phase),
      address: addressOf(row),
    })),
    pods: livePods(cloud, workloads),
  };
}

function addressOf({ claim, allocationId, address }: Row): string | undefined {
  if (allocationId === undefined) return undefined;
  return String(claim).endsWith('/eip')
    ? String(allocationId)
    : ipName(String(allocationId), String(address));
}

/** The pods of the run that are there, in whatever state. */
export const podsOf = ({ kubernetes }: Cloud): readonly Pod[] =>
  (kubernetes?.store.list('Pod') ?? []).filter(
    ({ metadata }) => metadata.labels?.[WORKLOAD_LABEL],
  ) as unknown as Pod[];

/** The pods that run or are about to. */
export function livePods(cloud: Cloud, workloads: readonly Workload[]): readonly PodSight[] {
  const wishesOf = new Map(workloads.map(({ name, wishes }) => [name, wishes]));
  return podsOf(cloud)
    .filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase !== 'Failed')
    .map((pod) => ({
      uid: pod.metadata.uid ?? '',
      name: `${pod.metadata.namespace}/${pod.metadata.name}`,
      wishes: wishesOf.get(pod.metadata.labels?.[WORKLOAD_LABEL] ?? '') ?? {},
      told: toldOf(pod),
    }));
}

function toldOf({ metadata, status }: Pod): PodSight['told'] {
  const told = ADDRESS_KINDS.flatMap((kind) => {
    const { annotation, condition } = TOLD[kind];
    const address = metadata.annotations?.[annotation];
    return address !== undefined && conditionOf(status?.conditions, condition)?.status === 'True'
      ? [[kind, address]]
      : [];
  });
  return Object.fromEntries(told);
}
