import { createServerClock } from '../../shared/adapters/kubernetes/server-clock.ts';
import { requireTime, workTime } from '../../shared/adapters/time-left.ts';
import type { PodApi } from '../../shared/reconcile/ports.ts';
import type { ApiServer } from './cluster/api-server.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Process } from './process/process.ts';

/** The API servers of all clusters, as a process reaches them. `serverNow`: the clock of each, epoch ms. */
export function createPodApi(
  process: Process,
  clusters: readonly Cluster[],
  serverNow: () => number,
): PodApi {
  const apiServerOf = (id: string): ApiServer => {
    requireTime(workTime(process.remainingMs), `the API of ${id}`);
    const cluster = clusters.find((one) => one.id === id);
    if (!cluster) throw new Error(`there is no cluster ${id}`);
    return cluster.apiServer;
  };
  // Elapsed time runs on whatever the process thinks that it is.
  const clocks = new Map(
    clusters.map(({ id }) => [id, createServerClock({ now: process.now, elapsedMs: serverNow })]),
  );
  /** Every answer has the server's clock in it, in whole seconds. */
  const withClock = async <T>(clusterId: string, ask: () => Promise<T>): Promise<T> => {
    const note = clocks.get(clusterId)?.ask();
    const answer = await ask();
    note?.(Math.floor(serverNow() / 1_000) * 1_000);
    return answer;
  };
  return {
    clusters: clusters.map(({ id }) => id),
    skewMs: (clusterId) => clocks.get(clusterId)?.skewMs(),
    read: ({ clusterId, namespace, pod }) =>
      withClock(clusterId, () => apiServerOf(clusterId).read(process, namespace, pod)),
    isEmpty: (clusterId) => apiServerOf(clusterId).isEmpty(process),
    list: (clusterId) => withClock(clusterId, () => apiServerOf(clusterId).list(process)),
    tell: (key, podUid, told) => apiServerOf(key.clusterId).tell(process, key, podUid, told),
    // A courtesy: where it cannot be written, nothing fails.
    async event({ clusterId, namespace, pod }, _podUid, { reason }) {
      try {
        apiServerOf(clusterId);
        await process.call(
          'cluster',
          () => `event ${namespace}/${pod} ${reason}`,
          () => {},
        );
      } catch {
        // Said in the log, which nobody reads here.
      }
    },
  };
}
