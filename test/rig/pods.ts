import { PatchStrategy, setHeaderOptions, type V1Pod } from '@kubernetes/client-node';
import type { Rig } from './parts.ts';

type Api = Rig['core'];

const NAMESPACE = 'default';

/** A pod that is on a node and has no network yet. */
export async function createPendingPod(
  core: Api,
  name: string,
  annotations: Record<string, string>,
  spec: Partial<V1Pod['spec']> = {},
): Promise<void> {
  await core.createNamespacedPod({
    namespace: NAMESPACE,
    body: {
      metadata: { name, annotations },
      spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'nginx' }], ...spec },
    },
  });
}

export async function setStatus(core: Api, name: string, status: V1Pod['status']): Promise<void> {
  await core.patchNamespacedPodStatus(
    { namespace: NAMESPACE, name, body: { status } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}

/** Sets annotations; null takes one away. */
export async function annotate(
  core: Api,
  name: string,
  annotations: Record<string, string | null>,
): Promise<void> {
  await core.patchNamespacedPod(
    { namespace: NAMESPACE, name, body: { metadata: { annotations } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}

/** `True` or why not: the status, reason and message of a condition in one line. */
export async function conditionOf(core: Api, name: string, type: string): Promise<string | undefined> {
  const { status } = await core.readNamespacedPod({ namespace: NAMESPACE, name });
  const found = status?.conditions?.find((condition) => condition.type === type);
  return found && `${found.status} ${found.reason}${found.message ? `: ${found.message}` : ''}`;
}

export const EIP_CONDITION = 'k8s.aliyun.com/eip';
export const IP_CONDITION = 'holdfast.io/fixed-ip';

/** `<reason>: <message>` of every Event about the pod, oldest first. */
export async function eventsOf(core: Api, name: string): Promise<readonly string[]> {
  const { items } = await core.listNamespacedEvent({ namespace: NAMESPACE });
  return items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);
}
