import type { Random } from '../../../infra/local/kernel/random.ts';
import type { VpcWorld } from '../../../infra/local/openapi/world.ts';
import type { Kind } from '../../../shared/claim/identity.ts';
import type { Reason } from '../../../shared/claim/reason.ts';
import type { EventClock } from '../event-clock.ts';
import type { Faults } from '../faults.ts';
import { type ApiServer, createApiServer } from './api-server.ts';
import { createControllers } from './controllers.ts';
import { createNetwork, type Network } from './network.ts';
import { createObjects, type Objects } from './objects.ts';
import type { Pod } from './pod.ts';
import { createRemoval, type Removal } from './removal.ts';
import { createWorkloads, type Workloads } from './workloads.ts';

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
export interface Cluster extends Removal {
  readonly id: string;
  readonly apiServer: ApiServer;
  readonly pods: Pick<Objects, 'all' | 'of' | 'get'>;
  readonly workloads: Workloads;
  readonly rebuildNetwork: Network['rebuild'];
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
  onEvent(pod: Pod): void;
}

export function createCluster(options: ClusterOptions): Cluster {
  const objects = createObjects();
  const apiServer = createApiServer(options, objects);
  const network = createNetwork(options, objects);
  const wake = (workload: string) => controllers.wake(workload);
  const removal = createRemoval(options, objects, network, ({ workload }) => {
    if (workload !== undefined) wake(workload);
  });
  const workloads = createWorkloads(options, objects, removal, wake);
  const controllers = createControllers(options, { workloads, objects, network, removal });
  return {
    id: options.id,
    apiServer,
    pods: objects,
    workloads,
    rebuildNetwork: network.rebuild,
    ...removal,
  };
}
