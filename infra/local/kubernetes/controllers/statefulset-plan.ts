import type { Pod } from '../client/objects.ts';
import { isFinished, isRunningAndReady, isTerminating, untilAvailable } from './pods.ts';
import type { StatefulSet, StatefulSetStatus } from './workloads.ts';

/** The label with the name of the revision that a pod was made from. */
export const REVISION_LABEL = 'controller-revision-hash';

export interface PodToCreate {
  readonly ordinal: number;
  readonly revision: string;
}

/** What to do now, and what the status says afterwards. The next change of a pod asks again. */
export interface StatefulSetPlan {
  readonly create: readonly PodToCreate[];
  readonly remove: readonly Pod[];
  readonly status: StatefulSetStatus;
  /** When to look again although nothing changes, ms: a pod will have been ready for long enough. */
  readonly lookAgainMs?: number;
}

export interface StatefulSetView {
  readonly set: StatefulSet;
  /** The set's own pods. */
  readonly pods: readonly Pod[];
  readonly currentRevision: string;
  readonly updateRevision: string;
  readonly collisionCount: number;
  readonly now: number;
}

/**
 * The rules of a StatefulSet: in order and one at a time unless the policy is Parallel, pods that have finished are
 * replaced, an update goes from the highest ordinal down to the partition and waits for each.
 * Source: kubernetes, pkg/controller/statefulset/stateful_set_control.go.
 */
export function planStatefulSet(view: StatefulSetView): StatefulSetPlan {
  const { set, pods, now } = view;
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const available = (pod: Pod) => isRunningAndReady(pod) && untilAvailable(pod, minReadySeconds, now) === 0;
  const waits = pods.map((pod) => untilAvailable(pod, minReadySeconds, now) ?? 0).filter((wait) => wait > 0);
  const status = statusOf(view, available);
  const actions = set.metadata.deletionTimestamp
    ? { create: [], remove: [] }
    : actionsOf(view, status, available);
  return { ...actions, status, ...(waits.length > 0 ? { lookAgainMs: Math.min(...waits) } : {}) };
}

export const ordinalOf = (pod: Pod): number => Number(/-(\d+)$/.exec(pod.metadata.name ?? '')?.[1] ?? -1);

const revisionOf = (pod: Pod) => pod.metadata.labels?.[REVISION_LABEL];

function statusOf(view: StatefulSetView, available: (pod: Pod) => boolean): StatefulSetStatus {
  const { set, pods, currentRevision, updateRevision, collisionCount } = view;
  const count = (test: (pod: Pod) => boolean) => pods.filter(test).length;
  const status = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: count(isRunningAndReady),
    availableReplicas: count(available),
    currentReplicas: count((pod) => !isTerminating(pod) && revisionOf(pod) === currentRevision),
    updatedReplicas: count((pod) => !isTerminating(pod) && revisionOf(pod) === updateRevision),
    currentRevision,
    updateRevision,
    collisionCount,
  };
  const updated =
    currentRevision !== updateRevision &&
    set.spec.updateStrategy?.type !== 'OnDelete' &&
    status.updatedReplicas === status.replicas &&
    status.readyReplicas === status.replicas &&
    status.replicas === (set.spec.replicas ?? 1);
  return updated
    ? { ...status, currentReplicas: status.updatedReplicas, currentRevision: updateRevision }
    : status;
}

function actionsOf(
  view: StatefulSetView,
  status: StatefulSetStatus,
  available: (pod: Pod) => boolean,
): { create: PodToCreate[]; remove: Pod[] } {
  const { set, pods } = view;
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  const start = set.spec.ordinals?.start ?? 0;
  const replicas = set.spec.replicas ?? 1;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]));
  const create: PodToCreate[] = [];
  const remove: Pod[] = [];

  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod && isFinished(pod) && !isTerminating(pod)) remove.push(pod);
    else if (!pod) create.push({ ordinal, revision: revisionFor(view, status, ordinal) });
    if (ordered && (!pod || !available(pod) || isTerminating(pod))) return { create, remove };
  }

  const condemned = pods
    .filter((pod) => ordinalOf(pod) < start || ordinalOf(pod) >= start + replicas)
    .sort((left, right) => ordinalOf(right) - ordinalOf(left));
  for (const pod of condemned) {
    if (!isTerminating(pod)) remove.push(pod);
    if (ordered) return { create, remove };
  }

  const outdated = create.length === 0 && remove.length === 0 ? nextToUpdate(view, byOrdinal) : undefined;
  return outdated ? { create, remove: [outdated] } : { create, remove };
}

/** Which revision a missing pod is made from: below the partition, and while the old ones are being updated, the old one. */
function revisionFor(view: StatefulSetView, status: StatefulSetStatus, ordinal: number): string {
  const { set, currentRevision, updateRevision } = view;
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {};
  const start = set.spec.ordinals?.start ?? 0;
  if (type !== 'RollingUpdate') return updateRevision;
  const old =
    rollingUpdate?.partition === undefined
      ? ordinal < start + status.currentReplicas
      : ordinal < start + rollingUpdate.partition;
  return old ? currentRevision : updateRevision;
}

function nextToUpdate(view: StatefulSetView, byOrdinal: ReadonlyMap<number, Pod>): Pod | undefined {
  const { set, updateRevision } = view;
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== 'RollingUpdate') return undefined;
  const start = set.spec.ordinals?.start ?? 0;
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  for (let index = (set.spec.replicas ?? 1) - 1; index >= (rollingUpdate?.partition ?? 0); index--) {
    const pod = byOrdinal.get(start + index);
    if (!pod) return undefined;
    if (revisionOf(pod) !== updateRevision && !isTerminating(pod)) return pod;
    const healthy = isRunningAndReady(pod) && !isTerminating(pod);
    if (!healthy || untilAvailable(pod, minReadySeconds, view.now) !== 0) return undefined;
  }
  return undefined;
}
