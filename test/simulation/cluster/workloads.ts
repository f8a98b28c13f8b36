import { within } from '../draw.ts';
import type { ClusterOptions } from './cluster.ts';
import type { Objects } from './objects.ts';
import type { Removal } from './removal.ts';

const SECOND = 1_000;

export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly kind: 'StatefulSet' | 'Deployment';
  replicas: number;
  annotations: Readonly<Record<string, string>>;
}

/** The workloads of a cluster, and what people do to them. */
export interface Workloads {
  get(name: string): Workload | undefined;
  apply(workload: Workload): void;
  scale(name: string, replicas: number): void;
  /** Every pod is deleted, one after the other, and comes back. */
  restart(name: string): void;
  remove(name: string): void;
  annotate(workload: Workload, annotations: Readonly<Record<string, string>>): void;
}

/** `onChange`: there is something to do for the workload's controller. */
export function createWorkloads(
  { clock, random, audit }: ClusterOptions,
  objects: Objects,
  removal: Removal,
  onChange: (name: string) => void,
): Workloads {
  const workloads = new Map<string, Workload>();

  return {
    get: (name) => workloads.get(name),
    apply(workload) {
      workloads.set(workload.name, { ...workload });
      onChange(workload.name);
    },
    scale(name, replicas) {
      const workload = workloads.get(name);
      if (!workload) return;
      workload.replicas = replicas;
      onChange(name);
    },
    restart(name) {
      for (const [index, pod] of objects.of(name).toReversed().entries())
        clock.after(index * within(random, 2, 10) * SECOND, () => removal.deletePod(pod, { force: false }));
    },
    remove(name) {
      workloads.delete(name);
      for (const pod of objects.of(name)) removal.deletePod(pod, { force: false });
    },
    annotate(workload, annotations) {
      const { annotations: before } = workload;
      const known = workloads.get(workload.name);
      if (known) known.annotations = annotations;
      for (const pod of objects.of(workload.name)) {
        const results = Object.entries(pod.annotations).filter(([name]) => !(name in before));
        pod.annotations = { ...Object.fromEntries(results), ...annotations };
        objects.touch(pod);
        audit.changed(pod);
      }
    },
  };
}
