import type { Random } from '../../infra/local/kernel/random.ts';
import type { VpcWorld } from '../../infra/local/openapi/world.ts';
import { failure } from '../../shared/adapters/failure.ts';
import { toPodView } from '../../shared/adapters/kubernetes/pod-view.ts';
import type { Kind } from '../../shared/claim/identity.ts';
import type { PodView } from '../../shared/claim/observation.ts';
import {
  BOUND_REASON_TEXT,
  CONDITION_TYPES,
  RESULT_ANNOTATIONS,
  type Reason,
} from '../../shared/claim/reason.ts';
import type { ListedPod, PodApi } from '../../shared/reconcile/ports.ts';
import type { EventClock } from './event-clock.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';

/** Where the nodes are told by whoever made the pod's ENI. */
const ENI_ANNOTATION = 'network.alibabacloud.com/allocated-eni-id';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A pod as the API server has it; `eniId` is what its node knows. */
export interface Pod {
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly workload: string | undefined;
  readonly createdAt: number;
  annotations: Readonly<Record<string, string>>;
  conditions: readonly Condition[];
  deletedAt: number | undefined;
  phase: 'Pending' | 'Running' | 'Failed';
  ip: string | undefined;
  eniId: string | undefined;
  /** The object is in the API server. */
  exists: boolean;
  onLostNode: boolean;
}

export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly kind: 'StatefulSet' | 'Deployment';
  replicas: number;
  annotations: Readonly<Record<string, string>>;
}

/** What happens to pods, for whoever keeps the books. */
export interface PodAudit {
  created(pod: Pod): void;
  /** It has an ENI and an IP. */
  networked(pod: Pod): void;
  /** Its annotations have changed. */
  changed(pod: Pod): void;
  /** Its condition and its annotations say so now. */
  told(pod: Pod, kind: Kind, reason: Reason, address: string | undefined): void;
  /** It failed, or its object is gone. */
  ended(pod: Pod): void;
}

/** One cluster: its API server, its controllers and its nodes. */
export interface Cluster {
  readonly id: string;
  /** The API server as a process reaches it, as far as this cluster goes. */
  read(process: Process, namespace: string, name: string): Promise<PodView | 'absent'>;
  list(process: Process): Promise<readonly ListedPod[]>;
  isEmpty(process: Process): Promise<boolean>;
  tell: (process: Process, ...told: Parameters<PodApi['tell']>) => Promise<void>;

  pods(): readonly Pod[];
  pod(namespace: string, name: string): Pod | undefined;
  workload(name: string): Workload | undefined;
  apply(workload: Workload): void;
  scale(name: string, replicas: number): void;
  /** Every pod is deleted, one after the other, and comes back. */
  restart(name: string): void;
  removeWorkload(name: string): void;
  deletePod(pod: Pod, how: { readonly force: boolean }): void;
  evict(pod: Pod): void;
  /** The pod's network is made anew: another ENI and another IP, the same pod. */
  rebuildNetwork(pod: Pod): void;
  annotate(workload: Workload, annotations: Readonly<Record<string, string>>): void;
  /** A node is lost with the pods that are on it: for minutes they are neither there nor gone. */
  loseNode(workload: Workload): void;
}

export interface ClusterOptions {
  readonly id: string;
  readonly clock: EventClock;
  readonly random: Random;
  readonly faults: Faults;
  readonly world: VpcWorld;
  readonly audit: PodAudit;
  /** Nodes write the ENI's id on the pod. */
  readonly hintsEni: boolean;
  /** The vSwitch of the pods. */
  readonly vSwitchId: string;
  newUid(): string;
  /** The cluster has an Event to tell about a pod. */
  onEvent(namespace: string, name: string): void;
}

const SECOND = 1_000;
const LATEST_EMPTY_MS = 6 * 60 * SECOND;
const NOTHING: ReadonlyMap<string, Pod> = new Map();

export function createCluster(options: ClusterOptions): Cluster {
  const { id, clock, random, faults, world, audit } = options;
  const pods = new Map<string, Pod>();
  const workloads = new Map<string, Workload>();
  /** Pods that are gone from the API server, for a list that lags. */
  let lately: Pod[] = [];

  const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;
  const within = (low: number, high: number) => low + random.next() * (high - low);
  const views = new WeakMap<Pod, PodView>();
  const viewOf = (pod: Pod): PodView => {
    const known = views.get(pod);
    if (known) return known;
    const view = toPodView(asObject(pod) as never);
    views.set(pod, view);
    return view;
  };
  const touch = (pod: Pod) => views.delete(pod);
  const event = (pod: Pod) => options.onEvent(pod.namespace, pod.name);

  const create = (workload: Workload, name: string) => {
    const known = pods.get(keyOf(workload.namespace, name));
    if (known) return;
    const pod: Pod = {
      clusterId: id,
      namespace: workload.namespace,
      name,
      uid: options.newUid(),
      workload: workload.name,
      createdAt: clock.now(),
      annotations: workload.annotations,
      conditions: [],
      deletedAt: undefined,
      phase: 'Pending',
      ip: undefined,
      eniId: undefined,
      exists: true,
      onLostNode: false,
    };
    pods.set(keyOf(pod.namespace, name), pod);
    audit.created(pod);
    event(pod);
    clock.after(within(0.5, 3) * SECOND, () => startNetwork(pod));
  };

  const startNetwork = (pod: Pod) => {
    if (!pod.exists || pod.phase === 'Failed') return;
    const eni = world.createEni({ vSwitchId: options.vSwitchId, instanceId: `i-${id}` });
    pod.eniId = eni.id;
    pod.ip = eni.addresses[0]?.ip;
    pod.phase = 'Running';
    if (options.hintsEni) pod.annotations = { ...pod.annotations, [ENI_ANNOTATION]: eni.id };
    touch(pod);
    audit.networked(pod);
    event(pod);
  };

  const stopNetwork = (pod: Pod) => {
    if (pod.eniId !== undefined && world.eni(pod.eniId)) world.deleteEni(pod.eniId);
    pod.eniId = undefined;
  };

  const remove = (pod: Pod) => {
    if (!pod.exists) return;
    pod.exists = false;
    pods.delete(keyOf(pod.namespace, pod.name));
    lately = [...lately.slice(-3), pod];
    audit.ended(pod);
    if (pod.workload !== undefined) replace(pod.workload);
  };

  /** What the workload's controller does when it next looks. */
  const replace = (name: string) => clock.after(within(0.2, 2) * SECOND, () => fill(name));

  const fill = (name: string) => {
    const workload = workloads.get(name);
    if (!workload) return;
    const { namespace, kind, replicas } = workload;
    const mine = [...pods.values()].filter((pod) => pod.workload === name);
    if (kind === 'StatefulSet') {
      for (let ordinal = 0; ordinal < replicas; ordinal++) {
        const pod = pods.get(keyOf(namespace, `${name}-${ordinal}`));
        if (!pod) create(workload, `${name}-${ordinal}`);
        // The controller deletes what has failed and makes it anew.
        else if (pod.phase === 'Failed' && pod.deletedAt === undefined)
          clock.after(within(1, 60) * SECOND, () => deletePod(pod, { force: false }));
      }
      for (const pod of mine) {
        const ordinal = Number(pod.name.slice(name.length + 1));
        if (ordinal >= replicas) deletePod(pod, { force: false });
      }
      return;
    }
    const standing = mine.filter((pod) => pod.phase !== 'Failed' && pod.deletedAt === undefined);
    for (let missing = replicas - standing.length; missing > 0; missing--)
      create(workload, `${name}-${random.id(5)}`);
    for (const pod of standing.slice(Math.max(replicas, 0))) deletePod(pod, { force: false });
  };

  const deletePod: Cluster['deletePod'] = (pod, { force }) => {
    if (!pod.exists || (pod.deletedAt !== undefined && !force)) return;
    pod.deletedAt ??= clock.now();
    touch(pod);
    event(pod);
    if (pod.onLostNode && !force) return;
    if (force) {
      // The object goes at once, whatever the node still has.
      clock.after(within(1, 40) * SECOND, () => stopNetwork(pod));
      remove(pod);
      return;
    }
    const grace = within(0.2, 6) * SECOND;
    const apart = within(0, 2) * SECOND;
    const networkFirst = random.next() < 0.7;
    clock.after(grace, () => (networkFirst ? stopNetwork(pod) : remove(pod)));
    clock.after(grace + apart, () => (networkFirst ? remove(pod) : stopNetwork(pod)));
  };

  /** No cluster is without any pod: an empty list says something else. */
  const system: Pod = {
    clusterId: id,
    namespace: 'kube-system',
    name: 'coredns-0',
    uid: options.newUid(),
    workload: undefined,
    createdAt: clock.now(),
    annotations: {},
    conditions: [],
    deletedAt: undefined,
    phase: 'Running',
    ip: undefined,
    eniId: undefined,
    exists: true,
    onLostNode: false,
  };

  /** The API server is up before its data is: until then it has nothing. Once, so that no two make one long time. */
  let emptyUntil = 0;
  clock.after(within(0, LATEST_EMPTY_MS), () => {
    if (faults.strikes('empty cluster')) emptyUntil = clock.now() + within(10, 160) * SECOND;
  });
  const served = (): ReadonlyMap<string, Pod> => (emptyUntil > clock.now() ? NOTHING : pods);

  const listNow = (): readonly Pod[] => {
    if (emptyUntil > clock.now()) return [];
    const all = [system, ...pods.values()];
    if (!faults.strikes('wrong list')) return all;
    const which = random.integer(0, 2);
    if (which === 0) return [];
    return which === 1
      ? all.filter(() => random.next() < 0.5)
      : [...all, ...lately.filter(({ namespace, name }) => !pods.has(keyOf(namespace, name)))];
  };

  return {
    id,
    read: (process, namespace, name) =>
      process.call(
        'cluster',
        () => `GET pod ${namespace}/${name}`,
        () => {
          const pod = served().get(keyOf(namespace, name));
          return pod ? viewOf(pod) : 'absent';
        },
      ),
    isEmpty: (process) =>
      process.call(
        'cluster',
        () => 'LIST one pod',
        () => listNow().length === 0,
      ),
    list: (process) =>
      process.call(
        'cluster',
        () => 'LIST pods',
        () =>
          listNow().map((pod) => ({
            identity: { clusterId: id, namespace: pod.namespace, pod: pod.name },
            view: viewOf(pod),
          })),
      ),
    tell: (process, key, podUid, told) =>
      process.call(
        'cluster',
        () =>
          `tell ${key.namespace}/${key.pod} ${key.kind} ${told.reason} ${told.address ?? told.message ?? ''}`,
        () => {
          const pod = served().get(keyOf(key.namespace, key.pod));
          if (pod?.uid !== podUid) throw failure('gone', 'PodReplaced', `${key.pod} is no longer ${podUid}`);
          if (told.reason === 'Bound' || told.reason === 'Unwanted') {
            const annotations = { ...pod.annotations };
            for (const name of RESULT_ANNOTATIONS[key.kind]) {
              if (told.address === undefined) delete annotations[name];
              else annotations[name] = told.address;
            }
            pod.annotations = annotations;
          }
          const bound = told.reason === 'Bound';
          const condition: Condition = {
            type: CONDITION_TYPES[key.kind],
            status: bound ? 'True' : 'False',
            reason: bound ? BOUND_REASON_TEXT[key.kind] : told.reason,
            message: bound ? '' : (told.message ?? ''),
          };
          pod.conditions = [...pod.conditions.filter(({ type }) => type !== condition.type), condition];
          touch(pod);
          audit.told(pod, key.kind, told.reason, told.address);
        },
      ),

    pods: () => [...pods.values()],
    pod: (namespace, name) => pods.get(keyOf(namespace, name)),
    workload: (name) => workloads.get(name),
    apply(workload) {
      workloads.set(workload.name, { ...workload });
      replace(workload.name);
    },
    scale(name, replicas) {
      const workload = workloads.get(name);
      if (!workload) return;
      workload.replicas = replicas;
      replace(name);
    },
    restart(name) {
      const mine = [...pods.values()].filter((pod) => pod.workload === name);
      for (const [index, pod] of mine.reverse().entries())
        clock.after(index * within(2, 10) * SECOND, () => deletePod(pod, { force: false }));
    },
    removeWorkload(name) {
      workloads.delete(name);
      for (const pod of pods.values()) if (pod.workload === name) deletePod(pod, { force: false });
    },
    deletePod,
    evict(pod) {
      if (!pod.exists || pod.phase !== 'Running') return;
      pod.phase = 'Failed';
      touch(pod);
      event(pod);
      audit.ended(pod);
      clock.after(within(0, 3) * SECOND, () => stopNetwork(pod));
      if (pod.workload !== undefined) replace(pod.workload);
    },
    rebuildNetwork(pod) {
      if (!pod.exists || pod.phase !== 'Running' || pod.deletedAt !== undefined) return;
      stopNetwork(pod);
      pod.ip = undefined;
      touch(pod);
      clock.after(within(0.5, 5) * SECOND, () => startNetwork(pod));
    },
    annotate(workload, annotations) {
      const { annotations: before } = workload;
      const known = workloads.get(workload.name);
      if (known) known.annotations = annotations;
      for (const pod of pods.values()) {
        if (pod.workload !== workload.name) continue;
        const results = Object.entries(pod.annotations).filter(([name]) => !(name in before));
        pod.annotations = { ...Object.fromEntries(results), ...annotations };
        touch(pod);
        audit.changed(pod);
      }
    },
    loseNode(workload) {
      const mine = [...pods.values()].filter((pod) => pod.workload === workload.name);
      const instanceIsGone = random.next() < 0.6;
      for (const pod of mine) {
        pod.onLostNode = true;
        clock.after(within(20, 60) * SECOND, () => deletePod(pod, { force: false }));
        clock.after(within(60, 240) * SECOND, () => {
          pod.onLostNode = false;
          // Its instance is gone, and with it the ENI, and then the object is collected; or somebody deletes the Node, and
          // the objects are collected while the containers run on, until the instance is reached again.
          const [first, then, most] = instanceIsGone ? [stopNetwork, remove, 20] : [remove, stopNetwork, 180];
          first(pod);
          clock.after(within(0, most) * SECOND, () => then(pod));
        });
      }
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
