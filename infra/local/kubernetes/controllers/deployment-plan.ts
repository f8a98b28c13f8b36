import { type Condition, conditionOf, secondsTime } from '../client/objects.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from './workloads.ts';

/** The scale of each ReplicaSet that has to change, by name. */
export type Scales = ReadonlyMap<string, number>;

const replicasOf = (set: ReplicaSet) => set.spec.replicas ?? 1;
const availableOf = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;
const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number) =>
  sets.reduce((total, set) => total + of(set), 0);

/** `3` or `25%` of the replicas; a share rounds up where it is a surplus, down where it is a lack. */
export function resolveShare(value: number | string | undefined, replicas: number, up: boolean): number {
  const given = value ?? '25%';
  if (typeof given === 'number') return given;
  const share = (Number.parseInt(given, 10) / 100) * replicas;
  return up ? Math.ceil(share) : Math.floor(share);
}

export function rollingBounds(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = deployment.spec.replicas ?? 1;
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const maxSurge = resolveShare(rolling?.maxSurge, replicas, true);
  const maxUnavailable = resolveShare(rolling?.maxUnavailable, replicas, false);
  // With neither, an update could never begin.
  return maxSurge === 0 && maxUnavailable === 0
    ? { maxSurge, maxUnavailable: 1 }
    : { maxSurge, maxUnavailable };
}

/**
 * How a rolling update goes on: the new set grows as far as the surge allows, then the old ones shrink as far as
 * availability allows, their unhealthy pods first. Source: kubernetes, pkg/controller/deployment/rolling.go.
 */
export function planRolling(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Scales {
  const replicas = deployment.spec.replicas ?? 1;
  const { maxSurge, maxUnavailable } = rollingBounds(deployment);
  const total = replicasOf(fresh) + sum(old, replicasOf);
  const room = Math.max(0, replicas + maxSurge - total);
  const wanted = Math.min(replicas, replicasOf(fresh) + room);
  if (wanted !== replicasOf(fresh)) return new Map([[fresh.metadata.name ?? '', wanted]]);

  const scales = new Map<string, number>();
  const minAvailable = replicas - maxUnavailable;
  const freshUnavailable = replicasOf(fresh) - availableOf(fresh);
  let removable = total - minAvailable - freshUnavailable;
  const oldestFirst = [...old].sort((left, right) => age(left) - age(right));
  for (const set of oldestFirst) {
    const unhealthy = Math.min(Math.max(0, removable), replicasOf(set) - availableOf(set));
    if (unhealthy <= 0) continue;
    scales.set(set.metadata.name ?? '', replicasOf(set) - unhealthy);
    removable -= unhealthy;
  }
  let spare = Math.min(removable, availableOf(fresh) + sum(old, availableOf) - minAvailable);
  for (const set of oldestFirst) {
    const left = scales.get(set.metadata.name ?? '') ?? replicasOf(set);
    const less = Math.min(Math.max(0, spare), left);
    if (less <= 0) continue;
    scales.set(set.metadata.name ?? '', left - less);
    spare -= less;
  }
  return scales;
}

/** Everything old goes first; `podsLeft` tells whether pods of the old sets are still there. */
export function planRecreate(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  podsLeft: boolean,
): Scales {
  const scales = new Map<string, number>(
    old.filter((set) => replicasOf(set) > 0).map((set) => [set.metadata.name ?? '', 0]),
  );
  const replicas = deployment.spec.replicas ?? 1;
  if (scales.size === 0 && !podsLeft && fresh && replicasOf(fresh) !== replicas) {
    scales.set(fresh.metadata.name ?? '', replicas);
  }
  return scales;
}

export function deploymentStatus(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  now: number,
): DeploymentStatus {
  const all = fresh ? [fresh, ...old] : old;
  const replicas = deployment.spec.replicas ?? 1;
  const available = sum(all, availableOf);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(all, (set) => set.status?.replicas ?? 0),
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: sum(all, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all, replicasOf) - available),
  };
  const enough = available >= replicas - rollingBounds(deployment).maxUnavailable;
  const complete =
    counts.updatedReplicas === replicas &&
    counts.replicas === replicas &&
    counts.availableReplicas === replicas;
  const name = fresh?.metadata.name;
  return {
    ...counts,
    conditions: [
      enough
        ? dated(deployment, now, {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
          })
        : dated(deployment, now, {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          }),
      complete
        ? dated(deployment, now, {
            type: 'Progressing',
            status: 'True',
            reason: 'NewReplicaSetAvailable',
            message: `ReplicaSet "${name}" has successfully progressed.`,
          })
        : dated(deployment, now, {
            type: 'Progressing',
            status: 'True',
            reason: 'ReplicaSetUpdated',
            message: `ReplicaSet "${name}" is progressing.`,
          }),
    ],
  };
}

/** Keeps the times of a condition that says what it said. */
function dated(deployment: Deployment, now: number, condition: Condition): Condition {
  const before = conditionOf(deployment.status?.conditions, condition.type);
  if (
    before?.status === condition.status &&
    before.reason === condition.reason &&
    before.message === condition.message
  ) {
    return before;
  }
  const time = secondsTime(now);
  const kept = before?.status === condition.status ? before.lastTransitionTime : undefined;
  return { ...condition, lastUpdateTime: time, lastTransitionTime: kept ?? time };
}

const age = (set: ReplicaSet) => Date.parse(set.metadata.creationTimestamp ?? '');
