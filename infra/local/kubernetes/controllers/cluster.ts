import type { Clock } from '../../kernel/clock.ts';
import type { KubernetesClient } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer.ts';
import type { Node, Pod } from '../client/objects.ts';
import type { ControllerRevision, Deployment, ReplicaSet, StatefulSet } from './workloads.ts';

/** The cluster as its controllers see it: mirrors to read, a client to write. */
export interface Cluster {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly statefulSets: Informer<StatefulSet>;
  readonly revisions: Informer<ControllerRevision>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly deployments: Informer<Deployment>;
  /** What the owner with this UID controls. */
  readonly podsOf: (uid: string) => Pod[];
  readonly revisionsOf: (uid: string) => ControllerRevision[];
  readonly replicaSetsOf: (uid: string) => ReplicaSet[];
  recorder(component: string): EventRecorder;
  log(line: string): void;
}

/** One control loop. Its listeners are in place when it is created; it works until it is closed. */
export interface Controller {
  close(): Promise<void>;
}
