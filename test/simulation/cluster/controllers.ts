import { within } from '../draw.ts';
import type { ClusterOptions } from './cluster.ts';
import type { Network } from './network.ts';
import type { Objects } from './objects.ts';
import { newPod, type Pod } from './pod.ts';
import type { Removal } from './removal.ts';
import type { Workload, Workloads } from './workloads.ts';

const SECOND = 1_000;

/** They bring the pods of a workload to the number that it asks for. */
export interface Controllers {
  /** The workload or its pods have changed: its controller looks in a moment. */
  wake(workload: string): void;
}

export interface ControlledParts {
  readonly workloads: Workloads;
  readonly objects: Objects;
  readonly network: Network;
  readonly removal: Removal;
}

export function createControllers(
  { id, clock, random, audit, newUid, onEvent }: ClusterOptions,
  { workloads, objects, network, removal }: ControlledParts,
): Controllers {
  const create = ({ name: workload, namespace, annotations }: Workload, name: string) => {
    if (objects.get(namespace, name)) return;
    const createdAt = clock.now();
    const pod = newPod({ clusterId: id, namespace, name, uid: newUid(), workload, createdAt, annotations });
    objects.put(pod);
    audit.created(pod);
    onEvent(pod);
    clock.after(within(random, 0.5, 3) * SECOND, () => network.start(pod));
  };
  const discard = (pod: Pod) => removal.deletePod(pod, { force: false });

  const fillStatefulSet = (workload: Workload) => {
    const { name, namespace, replicas } = workload;
    const before = objects.of(name);
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const pod = objects.get(namespace, `${name}-${ordinal}`);
      if (!pod) create(workload, `${name}-${ordinal}`);
      // The controller deletes what has failed and makes it anew.
      else if (pod.phase === 'Failed' && pod.deletedAt === undefined)
        clock.after(within(random, 1, 60) * SECOND, () => discard(pod));
    }
    for (const pod of before) if (Number(pod.name.slice(name.length + 1)) >= replicas) discard(pod);
  };

  const fillDeployment = (workload: Workload) => {
    const { name, replicas } = workload;
    const standing = objects.of(name).filter((pod) => pod.phase !== 'Failed' && pod.deletedAt === undefined);
    for (let missing = replicas - standing.length; missing > 0; missing--)
      create(workload, `${name}-${random.id(5)}`);
    for (const pod of standing.slice(Math.max(replicas, 0))) discard(pod);
  };

  const fill = (workload: Workload) =>
    workload.kind === 'StatefulSet' ? fillStatefulSet(workload) : fillDeployment(workload);

  return {
    wake: (name) =>
      clock.after(within(random, 0.2, 2) * SECOND, () => {
        const workload = workloads.get(name);
        if (workload) fill(workload);
      }),
  };
}
