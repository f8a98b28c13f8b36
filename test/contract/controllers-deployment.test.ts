import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ListAnswer } from '../../infra/local/kubernetes/client/client.ts';
import { conditionOf, type Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import type { Deployment, ReplicaSet } from '../../infra/local/kubernetes/controllers/workloads.ts';
import { isReady } from './cluster-rig.ts';
import { type ControlledRig, deployment, newImage, openControlled } from './controllers-rig.ts';

let cluster: ControlledRig;
beforeEach(async () => {
  cluster = await openControlled();
  await cluster.addNode('node-1');
});
afterEach(() => cluster.close());

const create = (spec: object) => cluster.client.create(paths.deployments('default'), deployment(spec));
const change = (body: object) => cluster.client.patch(paths.deployments('default', 'web'), 'strategic', body);
const get = () => cluster.client.get<Deployment>(paths.deployments('default', 'web'));
const sets = async () =>
  (await cluster.client.get<ListAnswer<ReplicaSet>>(paths.replicaSets('default'))).items;
const imageOf = (pod: Pod) => pod.spec.containers?.[0]?.image;
const alive = async (image: string) =>
  (await cluster.pods()).filter((pod) => imageOf(pod) === image && !pod.metadata.deletionTimestamp);

/** Does what kubelets do, until `look` answers; tells the fewest ready pods and the most pods that were seen. */
async function rollUntil(what: string, look: () => Promise<unknown>) {
  let [fewest, most] = [Number.POSITIVE_INFINITY, 0];
  await cluster.until(what, async () => {
    const pods = await cluster.pods();
    const living = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
    fewest = Math.min(fewest, living.filter(isReady).length);
    most = Math.max(most, living.length);
    for (const pod of pods) {
      const { name = '', deletionTimestamp } = pod.metadata;
      // A pod may have gone since the list.
      if (deletionTimestamp) await cluster.finish(name).catch(() => {});
      else if (!isReady(pod) && pod.spec.nodeName) await cluster.makeReady(name).catch(() => {});
    }
    return look();
  });
  return { fewest, most };
}
const complete = async (replicas: number) => {
  const { metadata, status } = await get();
  return (
    status?.observedGeneration === metadata.generation &&
    status?.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas
  );
};

describe('a Deployment', () => {
  test('has a ReplicaSet with the hash of its template, and pods of it', async () => {
    await create({ replicas: 3 });
    await rollUntil('three pods', () => complete(3));
    const [set] = await sets();
    const hash = set?.metadata.labels?.['pod-template-hash'];
    expect(set?.metadata.name).toBe(`web-${hash}`);
    for (const pod of await cluster.pods()) {
      expect(pod.metadata.name).toMatch(new RegExp(`^web-${hash}-[a-z0-9]{5}$`));
      expect(pod.metadata.labels).toMatchObject({ app: 'web', 'pod-template-hash': hash });
      expect(pod.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'ReplicaSet', uid: set?.metadata.uid });
    }
    const { metadata, status } = await get();
    expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    expect(conditionOf(status?.conditions, 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
    });
    expect(conditionOf(status?.conditions, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
    });
  });

  test('is scaled up and down, and replaces a pod that is deleted or fails', async () => {
    await create({ replicas: 1 });
    await rollUntil('one pod', () => complete(1));
    await change({ spec: { replicas: 4 } });
    await rollUntil('four pods', () => complete(4));
    const [first, second] = await cluster.names();
    await cluster.makeFailed(first ?? '');
    await cluster.client.remove(paths.pods('default', second), {});
    await rollUntil('four others', async () => {
      const living = await cluster.pods();
      const active = living.filter(({ status }) => status?.phase !== 'Failed');
      return (
        active.length === 4 &&
        !active.some(({ metadata }) => metadata.name === first || metadata.name === second)
      );
    });
    await change({ spec: { replicas: 2 } });
    await rollUntil('two pods', () => complete(2));
  });

  test('rolls an update out within maxSurge and maxUnavailable', async () => {
    await create({
      replicas: 4,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    });
    await rollUntil('four pods', () => complete(4));
    await change(newImage('nginx:2'));
    const { fewest, most } = await rollUntil(
      'the update',
      async () => (await complete(4)) && (await alive('nginx:1')).length === 0,
    );
    expect(fewest).toBeGreaterThanOrEqual(3);
    expect(most).toBeLessThanOrEqual(5);
    expect((await alive('nginx:2')).length).toBe(4);
    expect((await get()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  test('removes every old pod before it makes a new one where its strategy is Recreate', async () => {
    await create({ replicas: 2, strategy: { type: 'Recreate' } });
    await rollUntil('two pods', () => complete(2));
    await change(newImage('nginx:2'));
    await cluster.until('the old ones terminate', async () => (await cluster.terminating()).length === 2);
    await cluster.passes(500);
    expect(await alive('nginx:2')).toEqual([]);
    await rollUntil('the update', async () => (await alive('nginx:2')).length === 2 && complete(2));
  });

  test('restarts its pods when its template is annotated, as kubectl rollout restart does', async () => {
    await create({ replicas: 2 });
    await rollUntil('two pods', () => complete(2));
    const before = await cluster.names();
    await change({
      spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } },
    });
    await rollUntil('the restart', async () => {
      const names = await cluster.names();
      return (await complete(2)) && names.length === 2 && !names.some((name) => before.includes(name));
    });
  });

  test('back to an earlier template uses the ReplicaSet that it has, as its newest revision', async () => {
    await create({ replicas: 1 });
    await rollUntil('a pod', () => complete(1));
    await change(newImage('nginx:2'));
    await rollUntil('the update', async () => (await complete(1)) && (await alive('nginx:2')).length === 1);
    await change(newImage('nginx:1'));
    await rollUntil('the way back', async () => (await complete(1)) && (await alive('nginx:1')).length === 1);
    expect(await sets()).toHaveLength(2);
    expect((await get()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  test('does nothing about a new template while it is paused', async () => {
    await create({ replicas: 1 });
    await rollUntil('a pod', () => complete(1));
    await change({ spec: { paused: true } });
    await change(newImage('nginx:2'));
    await cluster.passes(500);
    expect(await sets()).toHaveLength(1);
    await change({ spec: { paused: false } });
    await rollUntil('the update', async () => (await complete(1)) && (await alive('nginx:2')).length === 1);
  });
});
