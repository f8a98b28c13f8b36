import { controllerOf, keyOf, type Pod } from '../client/objects.ts';
import { paths } from '../client/paths.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import type { Cluster, Controller } from './cluster.ts';
import { sameStatus } from './fingerprint.ts';
import { createPod, ownerReference, podFrom, removePod } from './pod-writes.ts';
import { isActive, isReady, untilAvailable } from './pods.ts';
import type { ReplicaSet, ReplicaSetStatus } from './workloads.ts';

/** The most pods that are created or deleted in one go. Source: kubernetes, pkg/controller/replicaset, BurstReplicas. */
const BURST = 500;

/** Keeps the number of pods of ReplicaSets. */
export function createReplicaSetController(cluster: Cluster): Controller {
  const { client, clock, pods, replicaSets, log } = cluster;
  const queue = createWorkQueue({ name: 'replicaset', clock, work: reconcile, log });
  replicaSets.listen({ changed: (set) => queue.add(keyOf(set)) });
  const ownerChanged = (pod: Pod) => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'ReplicaSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
  };
  pods.listen({ changed: ownerChanged, gone: ownerChanged });

  async function reconcile(key: string): Promise<void> {
    const set = replicaSets.get(key);
    if (!set) return;
    const active = cluster.podsOf(set.metadata.uid ?? '').filter(isActive);
    const waits = active
      .map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, clock.now()) ?? 0)
      .filter((wait) => wait > 0);
    if (waits.length > 0) queue.addAfter(key, Math.min(...waits));
    const status = statusOf(set, active, clock.now());
    if (!sameStatus(status, set.status)) await writeStatus(set, status);
    if (!set.metadata.deletionTimestamp) await adjust(set, active);
  }

  async function writeStatus(set: ReplicaSet, status: ReplicaSetStatus) {
    const path = paths.replicaSets(set.metadata.namespace, set.metadata.name, 'status');
    // A merge patch leaves what it does not name: counts of 0 are written, not left out.
    replicaSets.learn(
      await client.patch<ReplicaSet>(path, 'merge', { metadata: { uid: set.metadata.uid }, status }),
    );
  }

  async function adjust(set: ReplicaSet, active: readonly Pod[]) {
    const missing = Math.min(BURST, (set.spec.replicas ?? 1) - active.length);
    const surplus = [...active].sort(byWorth).slice(0, Math.min(BURST, Math.max(0, -missing)));
    await Promise.all([
      ...Array.from({ length: Math.max(0, missing) }, () => create(set)),
      ...surplus.map((pod) => removePod(client, pods, pod)),
    ]);
  }

  async function create(set: ReplicaSet) {
    const { namespace = '', name = '' } = set.metadata;
    const metadata = {
      generateName: `${name}-`,
      namespace,
      ownerReferences: [ownerReference(set, 'apps/v1', 'ReplicaSet')],
    };
    const pod = await createPod(client, pods, namespace, podFrom(set.spec.template, metadata));
    // A generated name met one that exists: the next try draws another.
    if (!pod) queue.add(keyOf(set));
  }

  return { close: () => queue.close() };
}

function statusOf(set: ReplicaSet, active: readonly Pod[], now: number): ReplicaSetStatus {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: active.length,
    fullyLabeledReplicas: active.length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => untilAvailable(pod, minReadySeconds, now) === 0).length,
  };
}

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** Which pod goes first. Source: kubernetes, pkg/controller/controller_utils.go, ActivePodsWithRanks. */
function byWorth(left: Pod, right: Pod): number {
  const rank = (pod: Pod) => [
    pod.spec.nodeName ? 1 : 0,
    pod.status?.phase === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.[DELETION_COST] ?? 0),
    // The younger goes first.
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  const [leftRank, rightRank] = [rank(left), rank(right)];
  for (const [index, value] of leftRank.entries()) {
    const difference = value - (rightRank[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
