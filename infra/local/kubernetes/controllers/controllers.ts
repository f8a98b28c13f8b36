import type { CloudContext } from '../../kernel/context.ts';
import { createKubernetesClient, type Query } from '../client/client.ts';
import { createEventRecorder } from '../client/event-recorder.ts';
import { createInformer } from '../client/informer.ts';
import type { KubernetesObject, Node, Pod } from '../client/objects.ts';
import { indexByController } from '../client/owners.ts';
import { paths } from '../client/paths.ts';
import type { Cluster } from './cluster.ts';
import { createDeploymentController } from './deployment-controller.ts';
import { createNodeController } from './node-controller.ts';
import { createReplicaSetController } from './replicaset-controller.ts';
import { createScheduler } from './scheduler.ts';
import { createStatefulSetController } from './statefulset-controller.ts';
import type { ControllerRevision, Deployment, ReplicaSet, StatefulSet } from './workloads.ts';

export interface Controllers {
  close(): Promise<void>;
}

/**
 * Runs what a cluster's controller manager and scheduler do for StatefulSets, Deployments and their pods, on any
 * Kubernetes API that has neither. Resolves when everything has been seen once.
 */
export async function startControllers(
  context: CloudContext,
  { kubeconfig }: { kubeconfig: string },
): Promise<Controllers> {
  const { clock, log } = context;
  const client = await createKubernetesClient(kubeconfig);
  const mirror = <T extends KubernetesObject>(path: string, query: Query = {}) =>
    createInformer<T>({ client, clock, path, query, log });
  const pods = mirror<Pod>(paths.pods());
  const nodes = mirror<Node>(paths.nodes());
  const statefulSets = mirror<StatefulSet>(paths.statefulSets());
  const revisions = mirror<ControllerRevision>(paths.controllerRevisions());
  const replicaSets = mirror<ReplicaSet>(paths.replicaSets());
  const deployments = mirror<Deployment>(paths.deployments());
  const cluster: Cluster = {
    client,
    clock,
    pods,
    nodes,
    statefulSets,
    revisions,
    replicaSets,
    deployments,
    podsOf: indexByController(pods),
    revisionsOf: indexByController(revisions),
    replicaSetsOf: indexByController(replicaSets),
    recorder: (component) => createEventRecorder({ client, clock, source: { component }, log }),
    log,
  };
  const controllers = [
    createStatefulSetController(cluster),
    createReplicaSetController(cluster),
    createDeploymentController(cluster),
    createScheduler(cluster),
    createNodeController(cluster),
  ];
  // What owners own is listed before the owners, or a restart would take it for missing.
  await Promise.all([nodes, revisions].map((informer) => informer.start()));
  await pods.start();
  await replicaSets.start();
  await Promise.all([statefulSets, deployments].map((informer) => informer.start()));
  return {
    async close() {
      for (const informer of [pods, nodes, statefulSets, revisions, replicaSets, deployments])
        informer.close();
      await Promise.all(controllers.map((controller) => controller.close()));
      client.close();
    },
  };
}
