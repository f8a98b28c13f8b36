import { toPodView } from '../../../shared/adapters/kubernetes/pod-view.ts';
import type { PodView } from '../../../shared/claim/observation.ts';
import type { Pod } from './pod.ts';

/** The pods that the API server has, by namespace and name. */
export interface Objects {
  all(): readonly Pod[];
  of(workload: string): readonly Pod[];
  get(namespace: string, name: string): Pod | undefined;
  /** Pods that are gone, for a list that lags. */
  lately(): readonly Pod[];
  put(pod: Pod): void;
  remove(pod: Pod): void;
  /** As the product reads it. */
  viewOf(pod: Pod): PodView;
  /** Somebody has written on it. */
  touch(pod: Pod): void;
}

const MOST_LATELY = 4;

export function createObjects(): Objects {
  const pods = new Map<string, Pod>();
  const views = new WeakMap<Pod, PodView>();
  let lately: readonly Pod[] = [];
  const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;

  return {
    all: () => [...pods.values()],
    of: (workload) => [...pods.values()].filter((pod) => pod.workload === workload),
    get: (namespace, name) => pods.get(keyOf(namespace, name)),
    lately: () => lately.filter(({ namespace, name }) => !pods.has(keyOf(namespace, name))),
    put(pod) {
      pods.set(keyOf(pod.namespace, pod.name), pod);
    },
    remove(pod) {
      pod.exists = false;
      pods.delete(keyOf(pod.namespace, pod.name));
      lately = [...lately, pod].slice(-MOST_LATELY);
    },
    viewOf(pod) {
      const known = views.get(pod);
      if (known) return known;
      const view = toPodView(asObject(pod) as never);
      views.set(pod, view);
      return view;
    },
    touch(pod) {
      views.delete(pod);
    },
  };
}

/** The object, as far as anybody reads it. */
function asObject(pod: Pod): object {
  return {
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: pod.uid,
      annotations: pod.annotations,
      ...(pod.deletedAt === undefined ? {} : { deletionTimestamp: new Date(pod.deletedAt) }),
    },
    spec: {},
    status: { phase: pod.phase, conditions: pod.conditions, ...(pod.ip ? { podIP: pod.ip } : {}) },
  };
}
