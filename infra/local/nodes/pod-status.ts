import {
  type Condition,
  type Container,
  type ContainerStatus,
  conditionOf,
  type Pod,
  secondsTime,
} from '../kubernetes/client/objects.ts';

/**
 * What a kubelet writes into a pod's status, as a strategic merge patch. Times in ms of cloud time.
 * Source: kubernetes, pkg/kubelet/status.
 */
export type StatusPatch = Readonly<Record<string, unknown>>;

export interface Restarts {
  readonly count: number;
  readonly startedAt: number;
}

/** The pod is accepted, its containers are still to come. */
export function pendingStatus(pod: Pod, hostIP: string, now: number): StatusPatch {
  const creating = (container: Container): ContainerStatus => ({
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason: 'ContainerCreating' } },
  });
  const notReady = unready(pod);
  return {
    phase: 'Pending',
    hostIP,
    startTime: pod.status?.startTime ?? secondsTime(now),
    conditions: dated(pod, now, [
      (pod.spec.initContainers?.length ?? 0) > 0
        ? {
            type: 'Initialized',
            status: 'False',
            reason: 'ContainersNotInitialized',
            message: incomplete(pod),
          }
        : { type: 'Initialized', status: 'True' },
      { type: 'Ready', status: 'False', ...notReady },
      { type: 'ContainersReady', status: 'False', ...notReady },
      { type: 'PodScheduled', status: 'True' },
    ]),
    ...(pod.spec.initContainers ? { initContainerStatuses: pod.spec.initContainers.map(creating) } : {}),
    containerStatuses: containersOf(pod).map(creating),
  };
}

/** Every container runs; Ready waits for the readiness gates. */
export function runningStatus(
  pod: Pod,
  addresses: { podIP: string; hostIP: string },
  now: number,
  restarts: ReadonlyMap<string, Restarts> = new Map(),
): StatusPatch {
  const startTime = pod.status?.startTime ?? secondsTime(now);
  return {
    phase: 'Running',
    hostIP: addresses.hostIP,
    podIP: addresses.podIP,
    podIPs: [{ ip: addresses.podIP }],
    startTime,
    conditions: dated(pod, now, [
      { type: 'Initialized', status: 'True' },
      readiness(pod),
      { type: 'ContainersReady', status: 'True' },
      { type: 'PodScheduled', status: 'True' },
    ]),
    ...(pod.spec.initContainers
      ? { initContainerStatuses: pod.spec.initContainers.map((container) => completed(pod, container, now)) }
      : {}),
    containerStatuses: containersOf(pod).map((container) => {
      const restart = restarts.get(container.name);
      return {
        ...facts(pod, container, restart?.count ?? 0),
        ready: true,
        started: true,
        restartCount: restart?.count ?? 0,
        state: { running: { startedAt: secondsTime(restart?.startedAt ?? now) } },
      };
    }),
  };
}

/** Every container has stopped. */
export function stoppedStatus(pod: Pod, now: number): StatusPatch {
  const notReady = unready(pod);
  return {
    conditions: dated(pod, now, [
      { type: 'Ready', status: 'False', ...notReady },
      { type: 'ContainersReady', status: 'False', ...notReady },
    ]),
    containerStatuses: containersOf(pod).map((container) => {
      const before = pod.status?.containerStatuses?.find(({ name }) => name === container.name);
      return {
        ...facts(pod, container, before?.restartCount ?? 0),
        ready: false,
        started: false,
        restartCount: before?.restartCount ?? 0,
        state: {
          terminated: {
            exitCode: 0,
            reason: 'Completed',
            startedAt: before?.state.running?.startedAt ?? secondsTime(now),
            finishedAt: secondsTime(now),
          },
        },
      };
    }),
  };
}

/** The kubelet pushed the pod out of its node. */
export function evictedStatus(pod: Pod, message: string, now: number): StatusPatch {
  return { ...stoppedStatus(pod, now), phase: 'Failed', reason: 'Evicted', message };
}

/** The conditions with Ready brought up to date, or undefined when it is. */
export function refreshedReadiness(pod: Pod, now: number): StatusPatch | undefined {
  const wanted = readiness(pod);
  const is = conditionOf(pod.status?.conditions, 'Ready');
  const same = is?.status === wanted.status && is?.reason === wanted.reason && is?.message === wanted.message;
  return same ? undefined : { conditions: dated(pod, now, [wanted]) };
}

/** Source of the wording: kubernetes, pkg/kubelet/status/generate.go, GeneratePodReadyCondition. */
function readiness(pod: Pod): Condition {
  const complaints = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = conditionOf(pod.status?.conditions, conditionType);
    if (!condition)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (condition.status === 'True') return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  return complaints.length === 0
    ? { type: 'Ready', status: 'True' }
    : { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: complaints.join(', ') };
}

export const containersOf = (pod: Pod): readonly Container[] => pod.spec.containers ?? [];

const names = (containers: readonly Container[]) => containers.map(({ name }) => name).join(' ');

const unready = (pod: Pod) => ({
  reason: 'ContainersNotReady',
  message: `containers with unready status: [${names(containersOf(pod))}]`,
});

const incomplete = (pod: Pod) =>
  `containers with incomplete status: [${names(pod.spec.initContainers ?? [])}]`;

const facts = (pod: Pod, container: Container, restart: number) => ({
  name: container.name,
  image: container.image ?? '',
  imageID: container.image ?? '',
  containerID: containerId(pod, container, restart),
});

const containerId = (pod: Pod, { name }: Container, restart: number) =>
  `containerd://${pod.metadata.uid}-${name}-${restart}`;

function completed(pod: Pod, container: Container, now: number): ContainerStatus {
  const before = pod.status?.initContainerStatuses?.find(({ name }) => name === container.name);
  const time = before?.state.terminated?.finishedAt ?? secondsTime(now);
  return {
    ...facts(pod, container, 0),
    ready: true,
    restartCount: 0,
    state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: time, finishedAt: time } },
  };
}

/** Keeps the time of each condition whose status stays. What it no longer says is cleared: a merge would keep it. */
function dated(pod: Pod, now: number, conditions: readonly Condition[]): object[] {
  return conditions.map((condition) => {
    const before = conditionOf(pod.status?.conditions, condition.type);
    const kept = before?.status === condition.status ? before.lastTransitionTime : undefined;
    const { type, status, reason = null, message = null } = condition;
    return {
      type,
      status,
      reason,
      message,
      lastProbeTime: null,
      lastTransitionTime: kept ?? secondsTime(now),
    };
  });
}
