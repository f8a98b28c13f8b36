import type { Kind } from '../../../shared/claim/identity.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A pod as the API server has it; `eniId` is what its node knows. */
export interface Pod {
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly workload: string | undefined;
  readonly createdAt: number;
  annotations: Readonly<Record<string, string>>;
  conditions: readonly Condition[];
  deletedAt: number | undefined;
  phase: 'Pending' | 'Running' | 'Failed';
  ip: string | undefined;
  eniId: string | undefined;
  /** The object is in the API server. */
  exists: boolean;
  onLostNode: boolean;
}

/** A pod as its controller asks for it: nothing has come of it yet. */
export const newPod = (
  asked: Pick<Pod, 'clusterId' | 'namespace' | 'name' | 'uid' | 'workload' | 'createdAt' | 'annotations'>,
): Pod => ({
  ...asked,
  conditions: [],
  deletedAt: undefined,
  phase: 'Pending',
  ip: undefined,
  eniId: undefined,
  exists: true,
  onLostNode: false,
});

/** The name of a pod's claim, as it stands in records and in tags. */
export const claimNameOf = (
  { clusterId, namespace, name }: Pick<Pod, 'clusterId' | 'namespace' | 'name'>,
  kind: Kind,
): string => `${clusterId}/${namespace}/${name}/${kind}`;
