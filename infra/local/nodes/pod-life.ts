import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { KubernetesClient } from '../kubernetes/client/client.ts';
import type { EventRecorder } from '../kubernetes/client/event-recorder.ts';
import type { Container, Pod } from '../kubernetes/client/objects.ts';
import type { PodInterface, PodInterfaces } from './interfaces.ts';
import { announcementsOf } from './pod-announcements.ts';
import {
  containersOf,
  evictedStatus,
  pendingStatus,
  type Restarts,
  refreshedReadiness,
  runningStatus,
  stoppedStatus,
} from './pod-status.ts';
import { createPodWriter } from './pod-writer.ts';

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
  /** Gets what a container runs, as its pull policy says. */
  getImage(container: Container): 'present' | 'pulled';
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
export function startPodLife(first: Pod, options: PodLifeOptions): PodLife {
  const { client, clock, random, timings, host, closing, log } = options;
  const { namespace = '', name = '', uid = '' } = first.metadata;
  const writer = createPodWriter(first, { client, clock, node: host.name, working: host.working, log });
  const { pod } = writer;
  const announce = announcementsOf(pod, host.recorder);
  const ending = new AbortController();
  const deletion = new AbortController();
  const removed = new AbortController();
  const starting = AbortSignal.any([ending.signal, removed.signal, closing]);
  const restarts = restartsOf(first);
  let eni: PodInterface | undefined = interfaceOf(first);
  let running = first.status?.phase === 'Running';
  let eviction: string | undefined;
  const annotation = (key: string) => pod().metadata.annotations?.[key];

  const bringUp = async () => {
    await writer.writeStatus(() => pendingStatus(pod(), host.ip, clock.now()), starting);
    await connect();
    await clock.sleep(draw(timings.start, random), starting);
    await runContainers();
  };

  const connect = async () => {
    if (first.spec.hostNetwork) return;
    const wish = {
      podUid: uid,
      vSwitchId: (host.virtual && annotation(WANTED_VSWITCH_ANNOTATION)) || host.vSwitchId,
      instanceId: host.instanceId,
      primaryIp: host.virtual ? annotation(WANTED_IP_ANNOTATION) : undefined,
    };
    const { id, ip } = await writer.insist(
      'making the interface',
      starting,
      () => host.interfaces.ensure(wish, starting),
      (error) => announce.withoutInterface(error, host.virtual),
    );
    eni = { id, ip };
    const annotations = { [ENI_ANNOTATION]: id, ...(host.virtual ? { [VIRTUAL_ENI_ANNOTATION]: id } : {}) };
    await writer.annotate(annotations, starting);
  };

  const runContainers = async () => {
    for (const container of [...(first.spec.initContainers ?? []), ...containersOf(first)])
      announce.started(container, host.getImage(container));
    const startedAt = clock.now();
    for (const container of containersOf(first)) restarts.set(container.name, { count: 0, startedAt });
    running = true;
    await writer.writeStatus(nowRunning, starting);
    // A readiness gate may have opened while the status was on its way.
    refresh();
  };
  const nowRunning = () =>
    runningStatus(pod(), { podIP: eni?.ip ?? host.ip, hostIP: host.ip }, clock.now(), restarts);
  const refresh = () => {
    const stale = () => refreshedReadiness(pod(), clock.now());
    if (!running || starting.aborted || pod().status?.phase !== 'Running' || !stale()) return;
    writer.writeStatus(stale, starting).catch(() => {
      // Only the end of the pod ends the tries.
    });
  };

  const stopContainers = async () => {
    await host.working();
    announce.stopping();
    const { deletionGracePeriodSeconds, deletionTimestamp } = pod().metadata;
    const grace =
      (deletionTimestamp ? deletionGracePeriodSeconds : first.spec.terminationGracePeriodSeconds) ??
      DEFAULT_GRACE_SECONDS;
    const patience = AbortSignal.any([removed.signal, closing]);
    await clock.sleep(Math.min(draw(timings.stop, random), grace * 1000), patience).catch(() => {
      // Removed by force: the containers are killed.
    });
  };

  const windDown = async () => {
    const [ran, message] = [running, eviction];
    running = false;
    if (message !== undefined) announce.evicted(message);
    if (ran) await stopContainers();
    if (!first.spec.hostNetwork) {
      const release = () => host.interfaces.release(uid, eni?.id, closing);
      await writer.insist('releasing the interface', closing, release);
    }
    if (removed.signal.aborted) return;
    if (message !== undefined)
      await writer.writeStatus(() => evictedStatus(pod(), message, clock.now()), closing);
    else if (ran) await writer.writeStatus(() => stoppedStatus(pod(), clock.now()), closing);
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
    await windDown();
    await aborted(deletion.signal, removed.signal, closing);
    if (!removed.signal.aborted && !closing.aborted) await writer.remove(closing);
  };

  const life: PodLife = {
    changed(next) {
      writer.saw(next);
      if (pod().metadata.deletionTimestamp) {
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
      if (!container || !running) {
        throw new Error(`${namespace}/${name} has no running container ${containerName}`);
      }
      await host.working();
      announce.restarting(container);
      await clock.sleep(draw(timings.stop, random), starting);
      await clock.sleep(draw(timings.start, random), starting);
      const count = (restarts.get(containerName)?.count ?? 0) + 1;
      restarts.set(containerName, { count, startedAt: clock.now() });
      announce.started(container, host.getImage(container));
      await writer.writeStatus(nowRunning, starting);
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

const draw = ({ min, max }: Span, random: Random) => random.integer(min, max);

/** Resolves when one of the signals has aborted. */
function aborted(...signals: AbortSignal[]): Promise<void> {
  const any = AbortSignal.any(signals);
  return new Promise((resolve) => {
    if (any.aborted) return resolve();
    any.addEventListener('abort', () => resolve(), { once: true });
  });
}
