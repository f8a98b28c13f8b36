import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { CloudContext } from '../local/kernel/context.ts';
import {
  createKubernetesClient,
  isStatus,
  type KubernetesClient,
} from '../local/kubernetes/client/client.ts';
import { createInformer, type Informer } from '../local/kubernetes/client/informer.ts';
import type { KubernetesObject, Pod } from '../local/kubernetes/client/objects.ts';
import { paths } from '../local/kubernetes/client/paths.ts';

export type WorkloadKind = 'StatefulSet' | 'Deployment';

/** What the story does to the cluster: what a person would do with kubectl. */
export interface Cluster {
  readonly pods: Informer<Pod>;
  /** Creates the object of a sample in a namespace, which is made when it is missing. */
  apply(sample: string, namespace: string): Promise<void>;
  rolloutRestart(kind: WorkloadKind, namespace: string, name: string, at: string): Promise<void>;
  deletePod(namespace: string, name: string): Promise<void>;
  deleteWorkload(kind: WorkloadKind, namespace: string, name: string): Promise<void>;
  close(): void;
}

const SAMPLES = new URL('../kubernetes/samples/', import.meta.url);

const pathOf = (kind: WorkloadKind, namespace: string, name?: string) =>
  (kind === 'StatefulSet' ? paths.statefulSets : paths.deployments)(namespace, name);

export async function openCluster({ clock, log }: CloudContext, kubeconfig: string): Promise<Cluster> {
  const client = await createKubernetesClient(kubeconfig);
  const pods = createInformer<Pod>({ client, clock, path: paths.pods(), log });
  return {
    pods,
    async apply(sample, namespace) {
      const manifest = parse(await readFile(new URL(sample, SAMPLES), 'utf8')) as KubernetesObject;
      await ensureNamespace(client, namespace);
      await client.create(pathOf(manifest.kind as WorkloadKind, namespace), manifest);
    },
    async rolloutRestart(kind, namespace, name, at) {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': at };
      await client.patch(pathOf(kind, namespace, name), 'strategic', {
        spec: { template: { metadata: { annotations } } },
      });
    },
    async deletePod(namespace, name) {
      await client.remove(paths.pods(namespace, name));
    },
    async deleteWorkload(kind, namespace, name) {
      await client.remove(pathOf(kind, namespace, name), { propagationPolicy: 'Background' });
    },
    close() {
      pods.close();
      client.close();
    },
  };
}

async function ensureNamespace(client: KubernetesClient, name: string): Promise<void> {
  try {
    await client.create(paths.namespaces(), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  } catch (error) {
    if (!isStatus(error, 409)) throw error;
  }
}
