import type { Cloud } from '../local/cloud.ts';
import type { Pod } from '../local/kubernetes/client/objects.ts';
import type { AddressKind } from './ledger.ts';

/** What a pod of the samples wants and has, read off the cluster and the cloud, and not through Holdfast. */
export interface Sight {
  /** `<namespace>/<pod>` */
  readonly pod: string;
  readonly uid: string;
  readonly kind: AddressKind;
  readonly podIp: string | undefined;
  /** The address, once the cloud has it on the pod's ENI and the pod was told. */
  readonly address: string | undefined;
  /** Why it has none yet. */
  readonly reason: string | undefined;
}

const WISHES: readonly { kind: AddressKind; annotation: string; result: string; condition: string }[] = [
  {
    kind: 'ip',
    annotation: 'network.alibabacloud.com/enable-fixed-ip',
    result: 'holdfast.io/fixed-ip',
    condition: 'holdfast.io/fixed-ip',
  },
  {
    kind: 'eip',
    annotation: 'k8s.aliyun.com/pod-with-eip',
    result: 'k8s.aliyun.com/allocated-eipAddress',
    condition: 'k8s.aliyun.com/eip',
  },
];

export function sightsOf(
  { openApi: { world } }: Pick<Cloud, 'openApi'>,
  { metadata, status }: Pod,
): readonly Sight[] {
  const podIp = status?.podIP;
  return WISHES.filter(({ annotation }) => metadata.annotations?.[annotation] === 'true').map(
    ({ kind, result, condition }) => {
      const told = status?.conditions?.find(({ type }) => type === condition);
      const address = metadata.annotations?.[result];
      const bound = podIp !== undefined && address !== undefined && isOnPod(world, kind, address, podIp);
      return {
        pod: `${metadata.namespace}/${metadata.name}`,
        uid: metadata.uid ?? '',
        kind,
        podIp,
        address: bound && told?.status === 'True' ? address : undefined,
        reason: told?.reason,
      };
    },
  );
}

function isOnPod(
  world: Cloud['openApi']['world'],
  kind: AddressKind,
  address: string,
  podIp: string,
): boolean {
  if (kind === 'eip') {
    return world
      .eips()
      .some((eip) => eip.address === address && eip.status === 'InUse' && eip.binding?.privateIp === podIp);
  }
  return world
    .enis()
    .some(({ addresses: [own, ...others] }) => own?.ip === podIp && others.some(({ ip }) => ip === address));
}

/** Every address that anything in the cloud holds. */
export function addressesInCloud({ openApi: { world } }: Pick<Cloud, 'openApi'>): ReadonlySet<string> {
  return new Set([
    ...world.eips().map(({ address }) => address),
    ...world.enis().flatMap(({ addresses }) => addresses.map(({ ip }) => ip)),
  ]);
}

/** What is left when every pod is gone and every retention over: nothing should be. */
export function leftovers({ openApi: { world } }: Pick<Cloud, 'openApi'>): readonly string[] {
  return [
    ...world.eips().map(({ id, address, status }) => `EIP ${address} (${id}, ${status})`),
    ...world.enis().map(({ id, name, status }) => `ENI ${id} (${name || 'unnamed'}, ${status})`),
  ];
}
