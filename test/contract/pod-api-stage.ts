import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { createContext } from '../../infra/local/kernel/context.ts';
import { type Listening, listen } from '../../infra/local/kernel/http.ts';
import { startKubernetesApi } from '../../infra/local/kubernetes/api/server.ts';
import { openClusters } from '../../shared/adapters/kubernetes/cluster.ts';
import { createPodApi } from '../../shared/adapters/kubernetes/pods.ts';
import type { ClaimKey } from '../../shared/claim/identity.ts';
import { createLogger } from '../../shared/runtime/log.ts';

export const CLUSTER = 'c-test';
export const EIP: ClaimKey = { clusterId: CLUSTER, namespace: 'default', pod: 'web-0', kind: 'eip' };
export const FIXED_IP: ClaimKey = { ...EIP, kind: 'ip' };
export const ANNOTATIONS = { 'k8s.aliyun.com/pod-with-eip': 'true' };

/** A cluster with an API server and no controllers, what the adapter makes of it, and the vendor's client beside it. */
export async function openPodApiStage() {
  const context = createContext();
  const kubernetes = await startKubernetesApi(context, { clusterId: CLUSTER });
  const lines: string[] = [];
  const closing: Listening[] = [];

  /** The vendor's client as its README sets it up. */
  const rawClient = (kubeconfig = kubernetes.kubeconfig()): CoreV1Api => {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    return config.makeApiClient(CoreV1Api);
  };
  const podsOf = (kubeconfig: string, remainingMs = () => 60_000, now = context.clock.now) =>
    createPodApi({
      clusters: openClusters(kubeconfig),
      log: createLogger({ level: 'debug', write: (line) => lines.push(line) }),
      now,
      remainingMs,
    });
  const core = rawClient();
  const readPod = (name = 'web-0') => core.readNamespacedPod({ namespace: 'default', name });

  return {
    context,
    kubernetes,
    core,
    pods: podsOf(kubernetes.kubeconfig()),
    /** What was logged. */
    lines,
    closing,
    rawClient,
    podsOf,
    readPod,

    /** Gives its UID. */
    async createPod(name = 'web-0', annotations: Record<string, string> = ANNOTATIONS): Promise<string> {
      const { metadata } = await core.createNamespacedPod({
        namespace: 'default',
        body: {
          metadata: { name, annotations },
          spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'nginx' }] },
        },
      });
      return metadata?.uid ?? '';
    },
    deletePod: (name = 'web-0') =>
      core.deleteNamespacedPod({ namespace: 'default', name, gracePeriodSeconds: 0 }),
    conditionsOf: async (name = 'web-0') => (await readPod(name)).status?.conditions ?? [],
    eventsOf: async () => (await core.listNamespacedEvent({ namespace: 'default' })).items,

    failing: (operation: string, status: number, code: string, skip = 0) =>
      context.faults.add({
        service: 'kubernetes',
        operation,
        skip,
        times: 1,
        fault: { kind: 'error', status, code },
      }),

    /** A server that answers every request with a page of its own, as a proxy does whose upstream is gone. */
    async proxyWithout(status: number, body: string): Promise<string> {
      const listening = await listen(context, {
        service: 'proxy',
        operation: () => 'Any',
        handle: () => ({ status, headers: { 'content-type': 'application/json' }, body }),
        fail: () => ({ status: 500 }),
      });
      closing.push(listening);
      return kubernetes.kubeconfig().replace(kubernetes.url, listening.url);
    },

    async close(): Promise<void> {
      await Promise.all([kubernetes.close(), ...closing.map((one) => one.close())]);
      context.clock.close();
    },
  };
}

export type PodApiStage = Awaited<ReturnType<typeof openPodApiStage>>;
