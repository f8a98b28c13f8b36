/** The network interface of one pod. */
export interface PodInterface {
  readonly id: string;
  /** Its primary address, the pod's. */
  readonly ip: string;
}

export interface InterfaceWish {
  /** Identifies the pod: the same UID always gets the same interface. */
  readonly podUid: string;
  readonly vSwitchId: string;
  /** The ECS instance to attach it to, if any. */
  readonly instanceId?: string | undefined;
  /** Default: any idle address. */
  readonly primaryIp?: string | undefined;
}

/**
 * Gives pods their network interfaces. Both calls can be repeated at any time, also after a crash: they look at what
 * is there and go on from it.
 */
export interface PodInterfaces {
  /** Resolves when the interface is in use. */
  ensure(wish: InterfaceWish, signal: AbortSignal): Promise<PodInterface>;
  /** Resolves when the pod has no interface any more. `id` where it is known. */
  release(podUid: string, id: string | undefined, signal: AbortSignal): Promise<void>;
  /** The UIDs of the pods that have an interface. */
  holders(): Promise<readonly string[]>;
}

const PREFIX = 'pod-';

/** The name that tells whose interface it is. */
export const interfaceName = (podUid: string): string => PREFIX + podUid;

/** The pod's UID in the name of its interface; undefined for one that is no pod's. */
export const podUidOf = (name: string): string | undefined =>
  name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;

/** The tags by which Terway finds what it has made. Source: Terway, CreateNetworkInterface of its controller. */
export const interfaceTags = (clusterId: string): { key: string; value: string }[] => [
  { key: 'creator', value: 'terway-controller' },
  { key: 'ack.aliyun.com', value: clusterId },
];
