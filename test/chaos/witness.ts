import type { Cloud } from '../../infra/local/cloud.ts';
import type { Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { podUidOf } from '../../infra/local/nodes/interfaces.ts';
import type { Eip, Eni, RecordWrite } from '../../infra/local/openapi/records.ts';
import type { VpcWorld } from '../../infra/local/openapi/world.ts';
import type { AddressKind, Ledger } from './ledger.ts';
import type { Workload } from './plan.ts';
import { WORKLOAD_LABEL } from './workloads.ts';

/** A private IP, as the ledger and the table of locks name it. */
export const ipName = (vSwitchId: string, ip: string): string => `${vSwitchId}/${ip}`;

export interface WitnessOptions {
  readonly cloud: Cloud;
  readonly workloads: readonly Workload[];
  readonly ledger: Ledger;
  readonly note: (line: string) => void;
}

/**
 * Writes into the ledger what happens in the cloud and in the cluster, at the moment it happens and past every network:
 * what is injected there, and what Holdfast has on record, cannot blur it. Returns the way to stop.
 */
export function startWitness({ cloud, workloads, ledger, note }: WitnessOptions): () => void {
  const { world } = cloud.openApi;
  const { clock } = cloud.context;
  const wishesOf = new Map(workloads.map(({ name, wishes }) => [name, wishes]));
  const known = new Set<string>();

  const sawPod = (pod: Pod, gone: boolean) => {
    const { uid = '', namespace, name, labels } = pod.metadata;
    const wishes = wishesOf.get(labels?.[WORKLOAD_LABEL] ?? '');
    if (!wishes) return;
    if (!known.has(uid)) {
      known.add(uid);
      note(`born ${namespace}/${name} ${uid}`);
      ledger.born({ uid, name: `${namespace}/${name}`, wishes }, clock.now());
    }
    if (!gone && !isFinished(pod)) return;
    note(`${gone ? 'gone' : pod.status?.phase} ${namespace}/${name} ${uid}`);
    ledger.ended(uid, clock.now());
  };
  const sawAddress = (
    what: 'bound' | 'unbound',
    eniId: string,
    kind: AddressKind,
    address: string,
    at: number,
  ) => {
    note(`${what} ${address} ${eniId} ${world.eni(eniId)?.name}`);
    const uid = podUidOf(world.eni(eniId)?.name ?? '');
    if (uid !== undefined) ledger[what](uid, kind, address, at);
  };
  const sawEip = (before: Eip | undefined, after: Eip | undefined, at: number) => {
    if (before?.status === after?.status) return;
    note(`eip ${(after ?? before)?.id} ${before?.status} > ${after?.status} ${tagsOf(after ?? before)}`);
    if (after?.status === 'InUse' && after.binding)
      sawAddress('bound', after.binding.instanceId, 'eip', after.id, at);
    if (before?.status === 'InUse' && after?.status === 'Unassociating' && before.binding)
      sawAddress('unbound', before.binding.instanceId, 'eip', before.id, at);
    if (after?.status === 'Releasing') ledger.released(after.id, at);
  };
  const sawEni = (before: Eni | undefined, after: Eni | undefined, at: number) => {
    if (!after) return;
    const [were, are] = [secondaryIps(before), secondaryIps(after)];
    for (const ip of are) if (!were.includes(ip)) sawAddress('bound', after.id, 'ip', ip, at);
    for (const ip of were) if (!are.includes(ip)) sawAddress('unbound', after.id, 'ip', ip, at);
  };

  const stops = [
    world.onWrite((write: RecordWrite) => {
      if (write.resource === 'eip') sawEip(write.before, write.after, write.at);
      else sawEni(write.before, write.after, write.at);
    }),
    cloud.kubernetes?.store.onChange('Pod', ({ object, gone }) => sawPod(object as unknown as Pod, gone)),
  ];
  return () => {
    for (const stop of stops) stop?.();
  };
}

/** Every private IP that is a secondary one of any ENI. */
export const heldIps = (world: VpcWorld): ReadonlySet<string> => new Set(world.enis().flatMap(secondaryIps));

const secondaryIps = (eni: Eni | undefined): readonly string[] =>
  eni?.addresses.slice(1).map(({ ip }) => ipName(eni.vSwitchId, ip)) ?? [];

const isFinished = ({ status }: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';

const tagsOf = (eip: Eip | undefined): string => eip?.tags.map(({ value }) => value).join(' ') ?? '';
