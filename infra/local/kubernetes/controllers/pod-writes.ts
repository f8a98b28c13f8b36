import { isStatus, type KubernetesClient } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { KubernetesObject, OwnerReference, Pod, PodTemplate } from '../client/objects.ts';
import { paths } from '../client/paths.ts';

export function ownerReference(owner: KubernetesObject, apiVersion: string, kind: string): OwnerReference {
  const { name = '', uid = '' } = owner.metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** A pod's manifest from a template; `metadata` adds to the template's labels and replaces the rest. */
export function podFrom(
  template: PodTemplate,
  metadata: Pod['metadata'],
  spec: Partial<Pod['spec']> = {},
): object {
  const { labels = {}, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      labels: { ...labels, ...metadata.labels },
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
    },
    spec: { ...template.spec, ...spec },
  };
}

/** Creates a pod; false when one of that name is already there. */
export async function createPod(
  client: KubernetesClient,
  pods: Informer<Pod>,
  namespace: string,
  body: object,
): Promise<Pod | undefined> {
  try {
    const pod = await client.create<Pod>(paths.pods(namespace), body);
    pods.learn(pod);
    return pod;
  } catch (error) {
    if (isStatus(error, 409)) return undefined;
    throw error;
  }
}

/** Deletes this pod and no later one of its name; false when it is already gone. */
export async function removePod(client: KubernetesClient, pods: Informer<Pod>, pod: Pod): Promise<boolean> {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  try {
    const answer = await client.remove(paths.pods(namespace, name), { preconditions: { uid } });
    if (answer.kind !== 'Status' && answer.metadata.deletionTimestamp) pods.learn(answer as Pod);
    return true;
  } catch (error) {
    if (isStatus(error, 404) || isStatus(error, 409)) return false;
    throw error;
  }
}
