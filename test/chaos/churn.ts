import { createKubernetesClient, isStatus } from '../../infra/local/kubernetes/client/client.ts';
import type { Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import type { Deed, Workload } from './plan.ts';
import { manifestOf, NAMESPACE, WORKLOAD_LABEL } from './workloads.ts';

export interface ChurnOptions {
  readonly kubeconfig: string;
  readonly workloads: readonly Workload[];
  /** The user's own EIPs, by workload. */
  readonly givenEips: ReadonlyMap<string, string>;
  /** The pods of the cluster as they are now. */
  readonly pods: () => readonly Pod[];
  /** The kubelet evicts a pod. */
  readonly evict: (namespace: string, pod: string) => void;
  /** Aborts when there is nothing more to be done to the cluster. */
  readonly closing: AbortSignal;
}

/** Somebody who works on the cluster with kubectl, and insists. */
export interface Churn {
  start(): Promise<void>;
  carryOut(deed: Deed): void;
  /** How many pods there should be, once what was begun is done. */
  wanted(): number;
  /** Resolves when nothing is under way. */
  done(): Promise<void>;
  removeAll(): Promise<void>;
  close(): void;
}

const RETRY_MS = 300;

export async function openChurn(options: ChurnOptions): Promise<Churn> {
  const { workloads, closing } = options;
  const client = await createKubernetesClient(options.kubeconfig);
  const replicas = new Map(workloads.map(({ name, replicas: count }) => [name, count]));
  const away = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const insist = (step: () => Promise<unknown>) => untilDone(step, closing);

  const pathOf = ({ kind }: Workload, name?: string) =>
    (kind === 'StatefulSet' ? paths.statefulSets : paths.deployments)(NAMESPACE, name);
  const create = (workload: Workload) => {
    const current = { ...workload, replicas: replicas.get(workload.name) ?? workload.replicas };
    const manifest = manifestOf(current, options.givenEips.get(workload.name));
    return insist(() => client.create(pathOf(workload), manifest));
  };
  const remove = (workload: Workload) =>
    insist(() => client.remove(pathOf(workload, workload.name), { propagationPolicy: 'Background' }));
  const edit = (workload: Workload, patch: object) =>
    insist(() => client.patch(pathOf(workload, workload.name), 'strategic', patch));
  const deletePod = ({ metadata: { name = '', uid } }: Pod, grace: object) =>
    insist(() => client.remove(paths.pods(NAMESPACE, name), { preconditions: { uid }, ...grace }));

  const recreate = async (workload: Workload, awayMs: number) => {
    away.add(workload.name);
    await remove(workload);
    await pause(awayMs, closing);
    await create(workload);
    away.delete(workload.name);
  };

  const perform = async (deed: Deed, workload: Workload): Promise<void> => {
    switch (deed.kind) {
      case 'scale':
        replicas.set(workload.name, deed.replicas);
        return edit(workload, { spec: { replicas: deed.replicas } });
      case 'roll': {
        const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
        return edit(workload, { spec: { template: { metadata: { annotations } } } });
      }
      case 'recreate':
        return recreate(workload, deed.awayMs);
      default: {
        const pod = podOf(options.pods(), workload, deed.pick);
        if (!pod) return;
        if (deed.kind === 'evict pod') return evict(pod);
        return deletePod(pod, deed.kind === 'kill pod' ? { gracePeriodSeconds: 0 } : {});
      }
    }
  };
  const evict = ({ metadata: { name = '' } }: Pod) => {
    try {
      options.evict(NAMESPACE, name);
    } catch {
      // It is on no node yet, or no longer.
    }
  };

  return {
    async start() {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
      await insist(() => client.create(paths.namespaces(), namespace));
      await Promise.all(workloads.map(create));
    },
    carryOut(deed) {
      const workload = workloads.find(({ name }) => name === deed.workload);
      if (!workload || away.has(workload.name)) return;
      const doing = perform(deed, workload).finally(() => underWay.delete(doing));
      underWay.add(doing);
      doing.catch(() => {
        // Only closing ends the tries.
      });
    },
    wanted: () => [...replicas.values()].reduce((sum, count) => sum + count, 0),
    async done() {
      await Promise.all(underWay);
    },
    async removeAll() {
      await Promise.all(workloads.map(remove));
    },
    close: () => client.close(),
  };
}

/** Any pod of the workload, also one that is on its way out. */
function podOf(pods: readonly Pod[], { name }: Workload, pick: number): Pod | undefined {
  const own = pods.filter(({ metadata }) => metadata.labels?.[WORKLOAD_LABEL] === name);
  return own[Math.floor(pick * own.length)];
}

/** What is there already, gone already or another by now needs no second try; anything else does. */
async function untilDone(step: () => Promise<unknown>, closing: AbortSignal): Promise<void> {
  for (;;) {
    closing.throwIfAborted();
    try {
      await step();
      return;
    } catch (error) {
      if (isStatus(error, 404) || isStatus(error, 409)) return;
      await pause(RETRY_MS, closing);
    }
  }
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
