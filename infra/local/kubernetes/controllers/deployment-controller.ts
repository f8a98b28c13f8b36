import { isStatus } from '../client/client.ts';
import { controllerOf, keyOf, type Pod, type PodTemplate } from '../client/objects.ts';
import { paths } from '../client/paths.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import type { Cluster, Controller } from './cluster.ts';
import {
  deploymentStatus,
  planRecreate,
  planRolling,
  rollingBounds,
  type Scales,
} from './deployment-plan.ts';
import { canonical, fingerprint, sameStatus } from './fingerprint.ts';
import { ownerReference } from './pod-writes.ts';
import { isFinished } from './pods.ts';
import type { Deployment, ReplicaSet } from './workloads.ts';

const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAXIMUM = 'deployment.kubernetes.io/max-replicas';
const DEFAULT_HISTORY = 10;

/** Rolls Deployments out: one ReplicaSet a template. */
export function createDeploymentController(cluster: Cluster): Controller {
  const { client, clock, pods, replicaSets, deployments, log } = cluster;
  const queue = createWorkQueue({ name: 'deployment', clock, work: reconcile, log });
  deployments.listen({ changed: (deployment) => queue.add(keyOf(deployment)) });
  const setChanged = (set: ReplicaSet) => {
    const owner = controllerOf(set);
    if (owner?.kind === 'Deployment') queue.add(`${set.metadata.namespace}/${owner.name}`);
  };
  replicaSets.listen({ changed: setChanged, gone: setChanged });
  // Recreate waits for the last pod of the old sets, which no ReplicaSet's status tells of.
  pods.listen({
    changed: () => {},
    gone(pod) {
      const owner = controllerOf(pod);
      const set = owner?.kind === 'ReplicaSet' && replicaSets.get(`${pod.metadata.namespace}/${owner.name}`);
      if (set) setChanged(set);
    },
  });

  async function reconcile(key: string): Promise<void> {
    const deployment = deployments.get(key);
    if (!deployment || deployment.metadata.deletionTimestamp) return;
    const sets = cluster.replicaSetsOf(deployment.metadata.uid ?? '');
    const wanted = canonical(withoutHash(deployment.spec.template));
    const found = sets.find((set) => canonical(withoutHash(set.spec.template)) === wanted);
    const old = sets.filter((set) => set !== found);
    const fresh = await present(deployment, found, old);
    const scales = planScales(deployment, fresh, old);
    for (const [name, replicas] of scales) await scale(deployment, name, replicas);
    await writeStatus(deployment, fresh, old);
    if (fresh) await prune(deployment, old);
  }

  function planScales(
    deployment: Deployment,
    fresh: ReplicaSet | undefined,
    old: readonly ReplicaSet[],
  ): Scales {
    if (!fresh || deployment.spec.paused) return pausedScales(deployment, fresh, old);
    if (deployment.spec.strategy?.type !== 'Recreate') return planRolling(deployment, fresh, old);
    const oldPods = old.flatMap((set) => cluster.podsOf(set.metadata.uid ?? ''));
    return planRecreate(
      deployment,
      fresh,
      old,
      oldPods.some((pod: Pod) => !isFinished(pod)),
    );
  }

  /** The set of the present template, with the newest revision; a paused deployment gets no new one. */
  async function present(deployment: Deployment, found: ReplicaSet | undefined, old: readonly ReplicaSet[]) {
    const newest = Math.max(0, ...old.map(revisionOf));
    if (!found) return deployment.spec.paused ? undefined : create(deployment, newest + 1);
    const revision = String(Math.max(revisionOf(found), newest + 1));
    await noteRevision(deployment, revision);
    if (found.metadata.annotations?.[REVISION] === revision) return found;
    const path = paths.replicaSets(found.metadata.namespace, found.metadata.name);
    const updated = await client.patch<ReplicaSet>(path, 'merge', {
      metadata: { annotations: { [REVISION]: revision } },
    });
    replicaSets.learn(updated);
    return updated;
  }

  async function noteRevision(deployment: Deployment, revision: string) {
    if (deployment.metadata.annotations?.[REVISION] === revision) return;
    const path = paths.deployments(deployment.metadata.namespace, deployment.metadata.name);
    const change = { metadata: { annotations: { [REVISION]: revision } } };
    deployments.learn(await client.patch<Deployment>(path, 'merge', change));
  }

  async function create(deployment: Deployment, revision: number): Promise<ReplicaSet> {
    const { namespace = '', name: deploymentName } = deployment.metadata;
    const { template, selector, minReadySeconds = 0 } = deployment.spec;
    for (let salt = 0; ; salt++) {
      const hash = fingerprint(template, salt);
      const name = `${deploymentName}-${hash}`;
      const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
      const body = {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name,
          namespace,
          labels,
          annotations: { ...sizes(deployment), [REVISION]: String(revision) },
          ownerReferences: [ownerReference(deployment, 'apps/v1', 'Deployment')],
        },
        spec: {
          replicas: 0,
          minReadySeconds,
          selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
      };
      try {
        const created = await client.create<ReplicaSet>(paths.replicaSets(namespace), body);
        replicaSets.learn(created);
        return created;
      } catch (error) {
        if (!isStatus(error, 409)) throw error;
        const taken = await client.get<ReplicaSet>(paths.replicaSets(namespace, name));
        const ours = controllerOf(taken)?.uid === deployment.metadata.uid;
        if (ours && canonical(withoutHash(taken.spec.template)) === canonical(withoutHash(template)))
          return taken;
      }
    }
  }

  async function scale(deployment: Deployment, name: string, replicas: number) {
    const path = paths.replicaSets(deployment.metadata.namespace, name);
    const change = { metadata: { annotations: sizes(deployment) }, spec: { replicas } };
    replicaSets.learn(await client.patch<ReplicaSet>(path, 'merge', change));
  }

  async function writeStatus(
    deployment: Deployment,
    fresh: ReplicaSet | undefined,
    old: readonly ReplicaSet[],
  ) {
    const latest = (set: ReplicaSet) => replicaSets.get(keyOf(set)) ?? set;
    const status = deploymentStatus(deployment, fresh && latest(fresh), old.map(latest), clock.now());
    if (sameStatus(status, deployment.status)) return;
    const path = paths.deployments(deployment.metadata.namespace, deployment.metadata.name, 'status');
    deployments.learn(
      await client.patch<Deployment>(path, 'merge', { metadata: { uid: deployment.metadata.uid }, status }),
    );
  }

  async function prune(deployment: Deployment, old: readonly ReplicaSet[]) {
    const idle = old
      .filter(
        (set) =>
          !set.metadata.deletionTimestamp && set.spec.replicas === 0 && (set.status?.replicas ?? 0) === 0,
      )
      .sort((left, right) => revisionOf(left) - revisionOf(right));
    const surplus = idle.length - (deployment.spec.revisionHistoryLimit ?? DEFAULT_HISTORY);
    for (const set of idle.slice(0, Math.max(0, surplus))) {
      await client.remove(paths.replicaSets(set.metadata.namespace, set.metadata.name), {
        propagationPolicy: 'Background',
      });
    }
  }

  return { close: () => queue.close() };
}

const revisionOf = (set: ReplicaSet) => Number(set.metadata.annotations?.[REVISION] ?? 0);

function sizes(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec.replicas ?? 1;
  return { [DESIRED]: String(replicas), [MAXIMUM]: String(replicas + rollingBounds(deployment).maxSurge) };
}

/** Only the one set that has pods follows a change of `replicas` while the deployment is paused. */
function pausedScales(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scales {
  const active = [...(fresh ? [fresh] : []), ...old].filter((set) => (set.spec.replicas ?? 1) > 0);
  const [only] = active;
  const replicas = deployment.spec.replicas ?? 1;
  if (!only || active.length > 1 || only.spec.replicas === replicas) return new Map();
  return new Map([[only.metadata.name ?? '', replicas]]);
}

/** The template as the deployment has it: a ReplicaSet's carries the hash as a label too. */
function withoutHash(template: PodTemplate): unknown {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: __, ...metadata } = (template.metadata ?? {}) as {
    creationTimestamp?: string | null;
  };
  return { ...template, metadata: { ...metadata, labels } };
}
