import { failure } from '../../../shared/adapters/failure.ts';
import type { Kind } from '../../../shared/claim/identity.ts';
import type { PodView } from '../../../shared/claim/observation.ts';
import { BOUND_REASON_TEXT, CONDITION_TYPES, RESULT_ANNOTATIONS } from '../../../shared/claim/reason.ts';
import type { ListedPod, PodApi } from '../../../shared/reconcile/ports.ts';
import { within } from '../draw.ts';
import type { Process } from '../process/process.ts';
import type { ClusterOptions } from './cluster.ts';
import type { Objects } from './objects.ts';
import { type Condition, newPod, type Pod } from './pod.ts';

/** The API server of a cluster, as a process reaches it. */
export interface ApiServer {
  read(process: Process, namespace: string, name: string): Promise<PodView | 'absent'>;
  list(process: Process): Promise<readonly ListedPod[]>;
  isEmpty(process: Process): Promise<boolean>;
  tell(process: Process, ...told: Parameters<PodApi['tell']>): Promise<void>;
}

const SECOND = 1_000;
const LATEST_EMPTY_MS = 6 * 60 * SECOND;

export function createApiServer(options: ClusterOptions, objects: Objects): ApiServer {
  const { id, clock, random, faults, audit } = options;
  /** No cluster is without any pod: an empty list says something else. */
  const system: Pod = {
    ...newPod({
      clusterId: id,
      namespace: 'kube-system',
      name: 'coredns-0',
      uid: options.newUid(),
      workload: undefined,
      createdAt: clock.now(),
      annotations: {},
    }),
    phase: 'Running',
  };

  /** The API server is up before its data is: until then it has nothing. Once, so that no two make one long time. */
  let emptyUntil = 0;
  clock.after(within(random, 0, LATEST_EMPTY_MS), () => {
    if (faults.strikes('empty cluster')) emptyUntil = clock.now() + within(random, 10, 160) * SECOND;
  });
  const isWithoutData = () => emptyUntil > clock.now();

  const podNow = (namespace: string, name: string): Pod | undefined =>
    isWithoutData() ? undefined : objects.get(namespace, name);

  const listNow = (): readonly Pod[] => {
    if (isWithoutData()) return [];
    const all = [system, ...objects.all()];
    if (!faults.strikes('wrong list')) return all;
    const which = random.integer(0, 2);
    if (which === 0) return [];
    return which === 1 ? all.filter(() => random.next() < 0.5) : [...all, ...objects.lately()];
  };

  return {
    read: (process, namespace, name) =>
      process.call(
        'cluster',
        () => `GET pod ${namespace}/${name}`,
        () => {
          const pod = podNow(namespace, name);
          return pod ? objects.viewOf(pod) : 'absent';
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
            view: objects.viewOf(pod),
          })),
      ),
    tell: (process, key, podUid, told) =>
      process.call(
        'cluster',
        () =>
          `tell ${key.namespace}/${key.pod} ${key.kind} ${told.reason} ${told.address ?? told.message ?? ''}`,
        () => {
          const pod = podNow(key.namespace, key.pod);
          if (pod?.uid !== podUid) throw failure('gone', 'PodReplaced', `${key.pod} is no longer ${podUid}`);
          write(pod, key.kind, told);
          objects.touch(pod);
          audit.told(pod, key.kind, told.reason, told.address);
        },
      ),
  };
}

type Told = Parameters<PodApi['tell']>[2];

function write(pod: Pod, kind: Kind, told: Told): void {
  const condition = conditionOf(kind, told);
  pod.conditions = [...pod.conditions.filter(({ type }) => type !== condition.type), condition];
  if (told.reason !== 'Bound' && told.reason !== 'Unwanted') return;
  const annotations = { ...pod.annotations };
  for (const name of RESULT_ANNOTATIONS[kind]) {
    if (told.address === undefined) delete annotations[name];
    else annotations[name] = told.address;
  }
  pod.annotations = annotations;
}

const conditionOf = (kind: Kind, { reason, message }: Told): Condition => ({
  type: CONDITION_TYPES[kind],
  status: reason === 'Bound' ? 'True' : 'False',
  reason: reason === 'Bound' ? BOUND_REASON_TEXT[kind] : reason,
  message: reason === 'Bound' ? '' : (message ?? ''),
});
