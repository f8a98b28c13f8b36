import { isStatus } from '../client/client.ts';
import { eventName, referenceTo } from '../client/event-recorder.ts';
import { conditionOf, keyOf, microTime, type Node, type Pod, secondsTime } from '../client/objects.ts';
import { paths } from '../client/paths.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import type { Cluster, Controller } from './cluster.ts';
import { fits } from './node-fit.ts';
import { isActive, isFinished } from './pods.ts';

const SCHEDULER = 'default-scheduler';
/** Where a node does not say how many pods it holds. Source: kubelet, maxPods. */
const DEFAULT_POD_LIMIT = 110;

/** Binds each pending pod to the ready node that has the fewest. */
export function createScheduler(cluster: Cluster): Controller {
  const { client, clock, pods, nodes, log } = cluster;
  const queue = createWorkQueue({ name: 'scheduler', clock, work: schedule, log });
  /** The node of every pod that takes room: those that run, and those that are being bound. */
  const placed = new Map<string, string>();
  const load = new Map<string, number>();
  /** Pods that no node fitted; the next change of a node or the end of a pod tries them again. */
  const unplaced = new Set<string>();

  const place = (key: string, node: string | undefined) => {
    const before = placed.get(key);
    if (before === node) return;
    if (before) load.set(before, (load.get(before) ?? 1) - 1);
    if (node) {
      load.set(node, (load.get(node) ?? 0) + 1);
      placed.set(key, node);
    } else placed.delete(key);
  };
  const tryUnplaced = () => {
    for (const key of unplaced) queue.add(key);
    unplaced.clear();
  };
  pods.listen({
    changed(pod) {
      const key = keyOf(pod);
      if (isFinished(pod)) place(key, undefined);
      else if (pod.spec.nodeName) place(key, pod.spec.nodeName);
      if (isPending(pod)) queue.add(key);
    },
    gone(pod) {
      place(keyOf(pod), undefined);
      unplaced.delete(keyOf(pod));
      tryUnplaced();
    },
  });
  nodes.listen({ changed: tryUnplaced, gone: tryUnplaced });

  async function schedule(key: string): Promise<void> {
    const pod = pods.get(key);
    if (!pod || !isPending(pod)) return;
    const node = leastLoaded(pod);
    if (!node) {
      unplaced.add(key);
      return sayUnschedulable(pod);
    }
    const name = node.metadata.name ?? '';
    place(key, name);
    try {
      await bind(pod, name);
      await sayScheduled(pod, name);
    } catch (error) {
      place(key, pods.get(key)?.spec.nodeName);
      // Gone, or bound by another: the mirror will say which.
      if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
    }
  }

  function leastLoaded(pod: Pod): Node | undefined {
    let best: Node | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const node of nodes.list()) {
      const name = node.metadata.name ?? '';
      const count = load.get(name) ?? 0;
      const limit = Number(node.status?.allocatable?.pods ?? DEFAULT_POD_LIMIT);
      const better = count < least || (count === least && name < (best?.metadata.name ?? ''));
      if (count < limit && better && fits(pod, node)) {
        best = node;
        least = count;
      }
    }
    return best;
  }

  async function bind(pod: Pod, node: string) {
    const { namespace = '', name = '', uid } = pod.metadata;
    await client.create(paths.pods(namespace, name, 'binding'), {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, ...(uid ? { uid } : {}) },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    });
  }

  /** An Event of the newer API: no source, no first and last time. Source: client-go, tools/events. */
  async function sayScheduled(pod: Pod, node: string) {
    const { namespace = '', name = '' } = pod.metadata;
    const at = clock.now();
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: eventName(name, at), namespace },
      eventTime: microTime(at),
      reportingController: SCHEDULER,
      reportingInstance: `${SCHEDULER}-control-plane`,
      action: 'Binding',
      reason: 'Scheduled',
      regarding: referenceTo(pod, 'v1', 'Pod'),
      note: `Successfully assigned ${namespace}/${name} to ${node}`,
      type: 'Normal',
    };
    await client
      .create(paths.schedulerEvents(namespace), event)
      .catch((error) => log(`scheduler: the event of ${namespace}/${name} is lost: ${error.message}`));
  }

  async function sayUnschedulable(pod: Pod) {
    const message = `0/${[...nodes.list()].length} nodes are available.`;
    const before = conditionOf(pod.status?.conditions, 'PodScheduled');
    if (before?.status === 'False' && before.message === message) return;
    const { namespace = '', name = '', uid } = pod.metadata;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : secondsTime(clock.now()),
    };
    const change = { metadata: { uid }, status: { conditions: [condition] } };
    try {
      pods.learn(await client.patch<Pod>(paths.pods(namespace, name, 'status'), 'strategic', change));
    } catch (error) {
      if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
    }
  }

  return { close: () => queue.close() };
}

/** Ours to bind: not bound, not on its way out, not held by a gate. */
function isPending(pod: Pod): boolean {
  return (
    !pod.spec.nodeName &&
    isActive(pod) &&
    (pod.spec.schedulerName ?? SCHEDULER) === SCHEDULER &&
    (pod.spec.schedulingGates?.length ?? 0) === 0
  );
}
