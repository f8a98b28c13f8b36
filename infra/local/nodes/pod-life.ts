import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import { isStatus, type KubernetesClient } from '../kubernetes/client/client.ts';
import { type EventRecorder, referenceTo } from '../kubernetes/client/event-recorder.ts';
import type { Container, Pod } from '../kubernetes/client/objects.ts';
import { paths } from '../kubernetes/client/paths.ts';
import type { PodInterface, PodInterfaces } from './interfaces.ts';
import {
  containersOf,
  evictedStatus,
  pendingStatus,
  type Restarts,
  refreshedReadiness,
  runningStatus,
  type StatusPatch,
  stoppedStatus,
} from './pod-status.ts';

/** A duration drawn anew each time, ms of cloud time. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

/** The machine that a pod runs on, as its pods see it. */
export interface Host {
  readonly name: string;
  readonly ip: string;
  readonly vSwitchId: string;
  readonly instanceId: string | undefined;
  readonly virtual: boolean;
  readonly interfaces: PodInterfaces;
  readonly recorder: EventRecorder;
  /** Resolves while the node works; waits while it is lost. */
  working(): Promise<void>;
}

export interface PodLifeOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly timings: { readonly start: Span; readonly stop: Span };
  readonly host: Host;
  readonly closing: AbortSignal;
  readonly log: (line: string) => void;
}

/** One pod on one node, from its binding to its end. */
export interface PodLife {
  /** The pod has changed. */
  changed(pod: Pod): void;
  /** The pod's object is gone, whether we deleted it or another did. */
  gone(): void;
  /** The node runs short: the pod fails and stays as an object. */
  evict(message: string): void;
  /** A container is killed and started again, as after a failed liveness probe. */
  restart(container: string): Promise<void>;
}

export const ENI_ANNOTATION = 'network.alibabacloud.com/allocated-eni-id';
const VIRTUAL_ENI_ANNOTATION = 'k8s.aliyun.com/eni-instance-id';
/** Asks a serverless pod's address. Source: ECI documentation, pod annotations. */
const WANTED_IP_ANNOTATION = 'k8s.aliyun.com/eci-private-ip-address';
const WANTED_VSWITCH_ANNOTATION = 'k8s.aliyun.com/eci-vswitch';
const DEFAULT_GRACE_SECONDS = 30;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;

export function startPodLife(first: Pod, options: PodLifeOptions): PodLife {
  const { client, clock, random, timings, host, closing, log } = options;
  const { namespace = '', name = '', uid = '' } = first.metadata;
  const ending = new AbortController();
  const removed = new AbortController();
  const starting = AbortSignal.any([ending.signal, removed.signal, closing]);
  const restarts = restartsOf(first);
  let pod = first;
  let eni: PodInterface | undefined = interfaceOf(first);
  let running = first.status?.phase === 'Running';
  let eviction: string | undefined;
  /** Writes of the status, one after the other. */
  let writing = Promise.resolve();

  const say = (type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string) =>
    host.recorder.record(
      { ...referenceTo(pod, 'v1', 'Pod'), ...(fieldPath ? { fieldPath } : {}) },
      type,
      reason,
      message,
    );
  const sayOf = (container: Container, reason: string, message: string, list = 'containers') =>
    say('Normal', reason, message, `spec.${list}{${container.name}}`);

  /** Repeats a step until it succeeds; rejects when the signal aborts. */
  const insist = async <T>(
    what: string,
    signal: AbortSignal,
    step: () => Promise<T>,
    onFailure?: (error: Error) => void,
  ) => {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)) {
      await host.working();
      signal.throwIfAborted();
      try {
        return await step();
      } catch (error) {
        signal.throwIfAborted();
        log(`${host.name}: ${what} of ${namespace}/${name}: ${(error as Error).message}`);
        onFailure?.(error as Error);
        await clock.sleep(retryMs, signal);
      }
    }
  };

  /** Patches the pod unless it is gone; the UID keeps the hands off a later pod of the same name. */
  const patch = async (body: object, subresource?: string): Promise<void> => {
    try {
      const path = paths.pods(namespace, name, subresource);
      const patched = await client.patch<Pod>(path, 'strategic', body);
      if (patched.metadata.uid === uid) pod = newer(pod, patched);
    } catch (error) {
      if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
    }
  };
  const writeStatus = (status: () => StatusPatch | undefined, signal: AbortSignal) => {
    const write = async () => {
      await insist('writing the status', signal, async () => {
        const change = status();
        if (change) await patch({ metadata: { uid }, status: change }, 'status');
      });
    };
    const written = writing.then(write, write);
    writing = written.catch(() => {});
    return written;
  };

  const connect = async () => {
    if (first.spec.hostNetwork || eni) return;
    const wish = {
      podUid: uid,
      vSwitchId: (host.virtual && annotation(WANTED_VSWITCH_ANNOTATION)) || host.vSwitchId,
      instanceId: host.instanceId,
      primaryIp: host.virtual ? annotation(WANTED_IP_ANNOTATION) : undefined,
    };
    eni = await insist(
      'making the interface',
      starting,
      () => host.interfaces.ensure(wish, starting),
      (error) =>
        host.virtual
          ? say('Warning', 'ProviderCreateFailed', error.message)
          : say('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error.message}`),
    );
  };
  const annotation = (key: string) => pod.metadata.annotations?.[key];

  const annotate = async () => {
    if (!eni || annotation(ENI_ANNOTATION) === eni.id) return;
    const annotations = {
      [ENI_ANNOTATION]: eni.id,
      ...(host.virtual ? { [VIRTUAL_ENI_ANNOTATION]: eni.id } : {}),
    };
    await insist('annotating', starting, () => patch({ metadata: { uid, annotations } }));
  };

  const runContainers = async () => {
    const { initContainers = [] } = first.spec;
    await clock.sleep(draw(timings.start, random), starting);
    const containers = containersOf(first);
    for (const container of initContainers) sayStarted(container, 'initContainers');
    for (const container of containers) sayStarted(container, 'containers');
    const startedAt = clock.now();
    for (const container of containers) restarts.set(container.name, { count: 0, startedAt });
    await writeStatus(nowRunning, starting);
    running = true;
    // A readiness gate may have opened while the status was on its way.
    refresh();
  };
  const nowRunning = () =>
    runningStatus(pod, { podIP: eni?.ip ?? host.ip, hostIP: host.ip }, clock.now(), restarts);
  const sayStarted = (container: Container, list: string) => {
    const image = container.image ?? '';
    sayOf(container, 'Pulled', `Container image "${image}" already present on machine`, list);
    sayOf(container, 'Created', `Created container ${container.name}`, list);
    sayOf(container, 'Started', `Started container ${container.name}`, list);
  };

  const bringUp = async () => {
    await writeStatus(() => pendingStatus(pod, host.ip, clock.now()), starting);
    await connect();
    await annotate();
    await runContainers();
  };

  const stopContainers = async () => {
    if (!running) return;
    running = false;
    await host.working();
    for (const container of containersOf(first))
      sayOf(container, 'Killing', `Stopping container ${container.name}`);
    const { deletionGracePeriodSeconds, deletionTimestamp } = pod.metadata;
    const grace =
      (deletionTimestamp ? deletionGracePeriodSeconds : first.spec.terminationGracePeriodSeconds) ??
      DEFAULT_GRACE_SECONDS;
    const patience = AbortSignal.any([removed.signal, closing]);
    await clock.sleep(Math.min(draw(timings.stop, random), grace * 1000), patience).catch(() => {});
  };
  const disconnect = () =>
    insist('releasing the interface', closing, async () => {
      if (first.spec.hostNetwork) return;
      await host.interfaces.release(uid, eni?.id, closing);
    });
  const removeObject = () =>
    insist('deleting', closing, async () => {
      try {
        await client.remove(paths.pods(namespace, name), { gracePeriodSeconds: 0, preconditions: { uid } });
      } catch (error) {
        // Gone already, or another pod has the name.
        if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
      }
    });

  const endOfContainers = async () => {
    const ran = running;
    if (eviction !== undefined) say('Warning', 'Evicted', eviction);
    await stopContainers();
    await disconnect();
    const evicted = eviction;
    if (evicted !== undefined) await writeStatus(() => evictedStatus(pod, evicted, clock.now()), closing);
    else if (ran && !removed.signal.aborted)
      await writeStatus(() => stoppedStatus(pod, clock.now()), closing);
  };

  const live = async () => {
    const finished = first.status?.phase === 'Failed' || first.status?.phase === 'Succeeded';
    if (!running && !finished && !first.metadata.deletionTimestamp) {
      await bringUp().catch((error) => {
        if (!starting.aborted) throw error;
      });
    }
    await aborted(ending.signal, removed.signal, closing);
    if (closing.aborted) return;
    await endOfContainers();
    if (eviction !== undefined) await aborted(deletion.signal, removed.signal, closing);
    if (!removed.signal.aborted && !closing.aborted) await removeObject();
  };

  const deletion = new AbortController();
  const refresh = () => {
    if (!running || starting.aborted || !refreshedReadiness(pod, clock.now())) return;
    writeStatus(() => refreshedReadiness(pod, clock.now()), starting).catch(() => {});
  };
  const life: PodLife = {
    changed(next) {
      pod = newer(pod, next);
      if (pod.metadata.deletionTimestamp) {
        ending.abort(new Error('the pod is being deleted'));
        deletion.abort();
      } else refresh();
    },
    gone() {
      removed.abort(new Error('the pod is gone'));
    },
    evict(message) {
      eviction = message;
      ending.abort(new Error('the pod is being evicted'));
    },
    async restart(containerName) {
      const container = containersOf(first).find((candidate) => candidate.name === containerName);
      if (!container || !running)
        throw new Error(`${namespace}/${name} has no running container ${containerName}`);
      await host.working();
      sayOf(container, 'Killing', `Container ${containerName} failed liveness probe, will be restarted`);
      await clock.sleep(draw(timings.stop, random), starting);
      await clock.sleep(draw(timings.start, random), starting);
      const count = (restarts.get(containerName)?.count ?? 0) + 1;
      restarts.set(containerName, { count, startedAt: clock.now() });
      sayStarted(container, 'containers');
      await writeStatus(nowRunning, starting);
    },
  };
  life.changed(first);
  live().catch((error) => {
    if (!closing.aborted) log(`${host.name}: ${namespace}/${name} is given up: ${(error as Error).stack}`);
  });
  return life;
}

/** The interface that a pod has already, where another run of this node gave it one. */
function interfaceOf(pod: Pod): PodInterface | undefined {
  const id = pod.metadata.annotations?.[ENI_ANNOTATION];
  const ip = pod.status?.podIP;
  return id && ip ? { id, ip } : undefined;
}

/** What is known of containers that another run of this node has started. */
function restartsOf(pod: Pod): Map<string, Restarts> {
  return new Map(
    (pod.status?.containerStatuses ?? []).map(({ name, restartCount, state }) => [
      name,
      { count: restartCount, startedAt: Date.parse(state.running?.startedAt ?? '') || 0 },
    ]),
  );
}

const newer = (left: Pod, right: Pod): Pod =>
  BigInt(right.metadata.resourceVersion ?? '0') > BigInt(left.metadata.resourceVersion ?? '0') ? right : left;

const draw = ({ min, max }: Span, random: Random) => random.integer(min, max);

/** Resolves when one of the signals has aborted. */
function aborted(...signals: AbortSignal[]): Promise<void> {
  const any = AbortSignal.any(signals);
  return new Promise((resolve) => {
    if (any.aborted) return resolve();
    any.addEventListener('abort', () => resolve(), { once: true });
  });
}
