import { referenceTo } from '../client/event-recorder.ts';
import { controllerOf, keyOf, type Pod } from '../client/objects.ts';
import { paths } from '../client/paths.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import type { Cluster, Controller } from './cluster.ts';
import { sameStatus } from './fingerprint.ts';
import { createPod, ownerReference, podFrom, removePod } from './pod-writes.ts';
import { byRevision, expiredRevisions, presentRevision, templateOf } from './revisions.ts';
import {
  type PodToCreate,
  planStatefulSet,
  REVISION_LABEL,
  type StatefulSetPlan,
} from './statefulset-plan.ts';
import type { ControllerRevision, StatefulSet } from './workloads.ts';

/** Makes the pods of StatefulSets so, and says so in Events on the set. */
export function createStatefulSetController(cluster: Cluster): Controller {
  const { client, clock, pods, statefulSets, revisions, log } = cluster;
  const recorder = cluster.recorder('statefulset-controller');
  const queue = createWorkQueue({ name: 'statefulset', clock, work: reconcile, log });
  statefulSets.listen({ changed: (set) => queue.add(keyOf(set)), gone: (set) => queue.add(keyOf(set)) });
  const ownerChanged = (pod: Pod) => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'StatefulSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
  };
  pods.listen({ changed: ownerChanged, gone: ownerChanged });

  async function reconcile(key: string): Promise<void> {
    const set = statefulSets.get(key);
    if (!set) return;
    const uid = set.metadata.uid ?? '';
    const known = byRevision(cluster.revisionsOf(uid));
    const { revision: update, collisionCount } = await presentRevision(
      { client, informer: revisions },
      set,
      known,
    );
    const updateRevision = update.metadata.name ?? '';
    const current =
      known.find((revision) => revision.metadata.name === set.status?.currentRevision) ?? update;
    const owned = cluster.podsOf(uid);
    const plan = planStatefulSet({
      set,
      pods: owned,
      currentRevision: current.metadata.name ?? '',
      updateRevision,
      collisionCount,
      now: clock.now(),
    });
    await carryOut(set, plan, [current, update]);
    if (plan.lookAgainMs !== undefined) queue.addAfter(key, plan.lookAgainMs);
    await prune(set, known, owned, [current, update]);
  }

  async function carryOut(set: StatefulSet, plan: StatefulSetPlan, made: readonly ControllerRevision[]) {
    if (!sameStatus(plan.status, set.status)) await writeStatus(set, plan);
    await Promise.all([
      ...plan.create.map((wish) => create(set, wish, made)),
      ...plan.remove.map((pod) => remove(set, pod)),
    ]);
  }

  async function writeStatus(set: StatefulSet, { status }: StatefulSetPlan) {
    const path = paths.statefulSets(set.metadata.namespace, set.metadata.name, 'status');
    statefulSets.learn(
      await client.patch<StatefulSet>(path, 'merge', { metadata: { uid: set.metadata.uid }, status }),
    );
  }

  async function create(
    set: StatefulSet,
    { ordinal, revision }: PodToCreate,
    made: readonly ControllerRevision[],
  ) {
    const { namespace = '', name: setName = '' } = set.metadata;
    const name = `${setName}-${ordinal}`;
    const source = made.find((candidate) => candidate.metadata.name === revision);
    const metadata = {
      name,
      namespace,
      labels: {
        [REVISION_LABEL]: revision,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
      },
      ownerReferences: [ownerReference(set, 'apps/v1', 'StatefulSet')],
    };
    const identity = { hostname: name, ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}) };
    const body = podFrom(source ? templateOf(source) : set.spec.template, metadata, identity);
    if (await createPod(client, pods, namespace, body)) say(set, 'Create', name);
  }

  async function remove(set: StatefulSet, pod: Pod) {
    if (await removePod(client, pods, pod)) say(set, 'Delete', pod.metadata.name ?? '');
  }

  /** Source of the wording: kubernetes, pkg/controller/statefulset/stateful_pod_control.go. */
  function say(set: StatefulSet, verb: 'Create' | 'Delete', pod: string) {
    const message = `${verb.toLowerCase()} Pod ${pod} in StatefulSet ${set.metadata.name} successful`;
    recorder.record(referenceTo(set, 'apps/v1', 'StatefulSet'), 'Normal', `Successful${verb}`, message);
  }

  async function prune(
    set: StatefulSet,
    known: readonly ControllerRevision[],
    owned: readonly Pod[],
    live: readonly ControllerRevision[],
  ) {
    const inUse = new Set([
      ...owned.map((pod) => pod.metadata.labels?.[REVISION_LABEL] ?? ''),
      ...live.map((revision) => revision.metadata.name ?? ''),
    ]);
    for (const revision of expiredRevisions(set, known, inUse)) {
      await client.remove(paths.controllerRevisions(set.metadata.namespace, revision.metadata.name));
      revisions.forget(revision);
    }
  }

  return {
    async close() {
      recorder.close();
      await queue.close();
    },
  };
}
