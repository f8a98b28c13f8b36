import type { Timer } from '../../kernel/clock.ts';
import { isStatus, type ListAnswer } from '../client/client.ts';
import { type KubernetesObject, keyOf, type Node, type Pod, secondsTime } from '../client/objects.ts';
import { paths } from '../client/paths.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import type { Cluster, Controller } from './cluster.ts';
import { patienceOf, wantedTaints } from './node-taints.ts';
import { removePod } from './pod-writes.ts';
import { isActive } from './pods.ts';

interface Lease extends KubernetesObject {
  readonly spec?: { readonly renewTime?: string };
}

/** Source: kube-controller-manager, node-monitor-period 5 s, node-monitor-grace-period 40 s. */
const LOOK_MS = 5_000;
const LOOKS_UNTIL_LOST = 8;
/** A hurried clock still looks at most twice in a second of real time. */
const SHORTEST_REAL_LOOK_MS = 500;
/** How long pods of a node that was removed stay. Source: kubernetes, pkg/controller/podgc, quarantineTime. */
const QUARANTINE_MS = 40_000;

/** Watches over nodes: silent ones become unreachable, and their pods are deleted when their tolerations end. */
export function createNodeController(cluster: Cluster): Controller {
  const { client, clock, nodes, pods, log } = cluster;
  const recorder = cluster.recorder('taint-eviction-controller');
  const queue = createWorkQueue({ name: 'node', clock, work: reconcile, log });
  /** For each node its last heartbeat, and how many looks have seen the same. */
  const beats = new Map<string, { last: string; looks: number }>();
  const evictions = new Map<string, Timer>();
  const timers = new Set<Timer>();
  let looking: Timer | undefined;
  let closed = false;

  nodes.listen({
    changed(node) {
      queue.add(keyOf(node));
      for (const pod of pods.list()) {
        if (pod.spec.nodeName === node.metadata.name) planEviction(pod, node);
      }
    },
    gone(node) {
      const timer = clock.after(QUARANTINE_MS, () => {
        timers.delete(timer);
        collectPods(node.metadata.name ?? '').catch((error) =>
          log(`pods of a removed node: ${error.message}`),
        );
      });
      timers.add(timer);
    },
  });
  pods.listen({
    changed(pod) {
      const node = nodes.get(pod.spec.nodeName ?? '');
      if (node) planEviction(pod, node);
    },
    gone: (pod) => cancelEviction(pod),
  });

  async function reconcile(name: string): Promise<void> {
    const node = nodes.get(name);
    if (!node) return;
    const taints = wantedTaints(node);
    if (!taints) return;
    const { resourceVersion } = node.metadata;
    nodes.learn(
      await client.patch<Node>(paths.nodes(name), 'merge', {
        metadata: { resourceVersion },
        spec: { taints },
      }),
    );
  }

  const look = async () => {
    try {
      await countBeats();
    } catch (error) {
      if (!closed) log(`node leases: ${(error as Error).message}`);
    }
    // Armed anew only when the answer is in: when the clock leaps, looks do not outrun the heartbeats that they count.
    if (!closed) looking = clock.after(Math.max(LOOK_MS, SHORTEST_REAL_LOOK_MS * clock.rate), look);
  };

  async function countBeats(): Promise<void> {
    const leases = await client.get<ListAnswer<Lease>>(paths.leases('kube-node-lease'));
    const renewed = new Map(
      leases.items.map((lease) => [lease.metadata.name ?? '', lease.spec?.renewTime ?? '']),
    );
    for (const node of nodes.list()) {
      const name = node.metadata.name ?? '';
      const last = renewed.get(name);
      // A node that never had a lease is kept by whoever made it.
      if (last === undefined) continue;
      const known = beats.get(name);
      const looks = known?.last === last ? known.looks + 1 : 0;
      beats.set(name, { last, looks });
      if (looks === LOOKS_UNTIL_LOST) await markUnknown(name);
    }
  }

  async function markUnknown(name: string): Promise<void> {
    const now = secondsTime(clock.now());
    const condition = (type: string) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: now,
    });
    const conditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map(condition);
    nodes.learn(
      await client.patch<Node>(paths.nodes(name, 'status'), 'strategic', { status: { conditions } }),
    );
  }

  function planEviction(pod: Pod, node: Node): void {
    const key = keyOf(pod);
    const patience = isActive(pod) ? patienceOf(pod, node) : undefined;
    if (patience === undefined) cancelEviction(pod);
    if (patience === undefined || evictions.has(key)) return;
    const timer = clock.after(patience, () => {
      evictions.delete(key);
      evict(pod).catch((error) => log(`evicting ${key}: ${(error as Error).message}`));
    });
    evictions.set(key, timer);
  }

  function cancelEviction(pod: Pod): void {
    const key = keyOf(pod);
    evictions.get(key)?.cancel();
    if (evictions.delete(key) && isActive(pod)) say(pod, 'Cancelling deletion of');
  }

  async function evict(pod: Pod): Promise<void> {
    say(pod, 'Marking for deletion');
    await removePod(client, pods, pod);
  }

  /** The reference has no UID. Source: kubernetes, pkg/controller/tainteviction, emitPodDeletionEvent. */
  function say(pod: Pod, what: string): void {
    const { namespace = '', name = '' } = pod.metadata;
    const reference = { kind: 'Pod', apiVersion: 'v1', namespace, name };
    recorder.record(reference, 'Normal', 'TaintManagerEviction', `${what} Pod ${namespace}/${name}`);
  }

  /** Nobody will stop the pods of a node that does not exist: they are removed at once, and without an Event. */
  async function collectPods(nodeName: string): Promise<void> {
    if (nodes.get(nodeName)) return;
    const orphans = [...pods.list()].filter((pod) => pod.spec.nodeName === nodeName);
    for (const { metadata } of orphans) {
      const { namespace = '', name = '', uid = '' } = metadata;
      await client
        .remove(paths.pods(namespace, name), { gracePeriodSeconds: 0, preconditions: { uid } })
        .catch((error) => {
          if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
        });
    }
  }

  looking = clock.after(LOOK_MS, look);
  return {
    async close() {
      closed = true;
      looking?.cancel();
      for (const timer of [...timers, ...evictions.values()]) timer.cancel();
      recorder.close();
      await queue.close();
    },
  };
}
