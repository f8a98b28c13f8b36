import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ListAnswer } from '../../infra/local/kubernetes/client/client.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import type { ControllerRevision, StatefulSet } from '../../infra/local/kubernetes/controllers/workloads.ts';
import { type ControlledRig, newImage, openControlled, statefulSet } from './controllers-rig.ts';

let cluster: ControlledRig;
beforeEach(async () => {
  cluster = await openControlled();
  await cluster.addNode('node-1');
});
afterEach(() => cluster.close());

const create = (spec: object) => cluster.client.create(paths.statefulSets('default'), statefulSet(spec));
const change = (body: object) =>
  cluster.client.patch(paths.statefulSets('default', 'web'), 'strategic', body);
const set = () => cluster.client.get<StatefulSet>(paths.statefulSets('default', 'web'));
const exactly = (...wanted: string[]) =>
  cluster.until(`exactly ${wanted}`, async () => String(await cluster.names()) === String(wanted));
const terminates = (name: string) =>
  cluster.until(`${name} terminates`, async () => (await cluster.terminating()).includes(name));
const image = async (name: string) => (await cluster.pod(name))?.spec.containers?.[0]?.image;
const readyOnes = async (...names: string[]) => {
  for (const name of names) {
    await cluster.until(name, () => cluster.pod(name));
    await cluster.makeReady(name);
  }
};

describe('a StatefulSet', () => {
  test('makes its pods in order, each when the one before is ready', async () => {
    await create({ replicas: 3 });
    await exactly('web-0');
    await cluster.passes(500);
    expect(await cluster.names()).toEqual(['web-0']);
    await cluster.makeReady('web-0');
    await exactly('web-0', 'web-1');
    await cluster.makeReady('web-1');
    await exactly('web-0', 'web-1', 'web-2');
  });

  test('gives a pod its name, its labels, its host name and its owner', async () => {
    await create({ replicas: 1 });
    const pod = await cluster.until('web-0', () => cluster.pod('web-0'));
    const { metadata, status } = await cluster.until('a status', async () => {
      const now = await set();
      return now.status?.replicas === 1 && now;
    });
    expect(pod).toMatchObject({
      metadata: {
        labels: {
          app: 'web',
          'statefulset.kubernetes.io/pod-name': 'web-0',
          'apps.kubernetes.io/pod-index': '0',
          'controller-revision-hash': status?.updateRevision,
        },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: metadata.uid, controller: true },
        ],
      },
      spec: { hostname: 'web-0', subdomain: 'web' },
    });
  });

  test('makes all its pods at once where its policy is Parallel', async () => {
    await create({ replicas: 3, podManagementPolicy: 'Parallel' });
    await exactly('web-0', 'web-1', 'web-2');
  });

  test('counts from the ordinal that it is told to start with', async () => {
    await create({ replicas: 2, podManagementPolicy: 'Parallel', ordinals: { start: 5 } });
    await exactly('web-5', 'web-6');
  });

  test('shrinks from the highest ordinal, one at a time', async () => {
    await create({ replicas: 3, podManagementPolicy: 'OrderedReady' });
    await readyOnes('web-0', 'web-1', 'web-2');
    await change({ spec: { replicas: 1 } });
    await terminates('web-2');
    await cluster.passes(500);
    expect(await cluster.terminating()).toEqual(['web-2']);
    await cluster.finish('web-2');
    await terminates('web-1');
    await cluster.finish('web-1');
    await exactly('web-0');
  });

  test('makes a deleted pod anew only when the old one is gone', async () => {
    await create({ replicas: 1 });
    await readyOnes('web-0');
    const before = await cluster.pod('web-0');
    await cluster.client.remove(paths.pods('default', 'web-0'));
    await cluster.passes(500);
    expect((await cluster.pod('web-0'))?.metadata.uid).toBe(before?.metadata.uid);
    await cluster.finish('web-0');
    const after = await cluster.until('a new web-0', () => cluster.pod('web-0'));
    expect(after.metadata.uid).not.toBe(before?.metadata.uid);
  });

  test('replaces a pod that has failed', async () => {
    await create({ replicas: 1 });
    const before = await cluster.until('web-0', () => cluster.pod('web-0'));
    await cluster.makeFailed('web-0');
    await cluster.until('another web-0', async () => {
      const pod = await cluster.pod('web-0');
      if (pod?.metadata.deletionTimestamp) await cluster.finish('web-0');
      return pod && pod.metadata.uid !== before.metadata.uid;
    });
  });

  test('waits for a pod to have been ready for minReadySeconds', async () => {
    await create({ replicas: 2, minReadySeconds: 10 });
    await readyOnes('web-0');
    await cluster.passes(5_000, 500);
    expect(await cluster.names()).toEqual(['web-0']);
    await exactly('web-0', 'web-1');
  });
});

describe('an update of a StatefulSet', () => {
  const update = () => change(newImage('nginx:2'));
  const replaced = async (name: string) => {
    await terminates(name);
    await cluster.finish(name);
    await cluster.until(`a new ${name}`, async () => (await image(name)) === 'nginx:2');
  };

  test('goes from the highest ordinal down and waits for each to be ready', async () => {
    await create({ replicas: 2, podManagementPolicy: 'Parallel' });
    await readyOnes('web-0', 'web-1');
    const { status: before } = await set();
    await update();
    await replaced('web-1');
    await cluster.passes(500);
    expect(await cluster.terminating()).toEqual([]);
    await cluster.makeReady('web-1');
    await replaced('web-0');
    await cluster.makeReady('web-0');
    const { status } = await cluster.until('the end of the update', async () => {
      const now = await set();
      return now.status?.currentRevision === now.status?.updateRevision && now;
    });
    expect(status?.currentRevision).not.toBe(before?.currentRevision);
    expect(status).toMatchObject({
      observedGeneration: 2,
      updatedReplicas: 2,
      currentReplicas: 2,
      readyReplicas: 2,
    });
  });

  test('stops at the partition, and makes pods below it from the old template', async () => {
    await create({ replicas: 2, podManagementPolicy: 'Parallel' });
    await readyOnes('web-0', 'web-1');
    await change({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } } });
    await update();
    await replaced('web-1');
    await cluster.makeReady('web-1');
    await cluster.passes(500);
    expect(await cluster.terminating()).toEqual([]);
    await cluster.client.remove(paths.pods('default', 'web-0'), { gracePeriodSeconds: 0 });
    await cluster.until('web-0', () => cluster.pod('web-0'));
    expect(await image('web-0')).toBe('nginx:1');
  });

  test('waits for the pods to be deleted by hand where its strategy is OnDelete', async () => {
    await create({ replicas: 1, updateStrategy: { type: 'OnDelete' } });
    await readyOnes('web-0');
    await update();
    await cluster.passes(500);
    expect(await image('web-0')).toBe('nginx:1');
    await cluster.client.remove(paths.pods('default', 'web-0'), { gracePeriodSeconds: 0 });
    await cluster.until('a new web-0', async () => (await image('web-0')) === 'nginx:2');
  });

  test('back to an earlier template is back to its revision', async () => {
    await create({ replicas: 1 });
    await readyOnes('web-0');
    const { status: before } = await set();
    await update();
    await cluster.until(
      'a new revision',
      async () => (await set()).status?.updateRevision !== before?.updateRevision,
    );
    await change(newImage('nginx:1'));
    await cluster.until(
      'the old revision',
      async () => (await set()).status?.updateRevision === before?.updateRevision,
    );
    const { items } = await cluster.client.get<ListAnswer<ControllerRevision>>(
      paths.controllerRevisions('default'),
    );
    expect(items.find(({ metadata }) => metadata.name === before?.updateRevision)?.revision).toBe(3);
  });
});

describe('the Events of the StatefulSet controller', () => {
  test('are about the set and name the pod in the message', async () => {
    await create({ replicas: 1 });
    const created = await cluster.until(
      'the event',
      async () => (await cluster.events('SuccessfulCreate'))[0],
    );
    const { metadata } = await set();
    expect(created).toMatchObject({
      involvedObject: { kind: 'StatefulSet', apiVersion: 'apps/v1', name: 'web', uid: metadata.uid },
      message: 'create Pod web-0 in StatefulSet web successful',
      source: { component: 'statefulset-controller' },
      reportingComponent: 'statefulset-controller',
      type: 'Normal',
      count: 1,
    });
    await change({ spec: { replicas: 0 } });
    const removed = await cluster.until(
      'the event',
      async () => (await cluster.events('SuccessfulDelete'))[0],
    );
    expect(removed.message).toBe('delete Pod web-0 in StatefulSet web successful');
  });

  test('become one from the tenth on, and stop at the 25th', async () => {
    await create({ replicas: 40, podManagementPolicy: 'Parallel' });
    await cluster.until('all pods', async () => (await cluster.names()).length === 40);
    const events = await cluster.until('25 of them', async () => {
      const all = await cluster.events('SuccessfulCreate');
      return all.at(-1)?.count === 16 && all;
    });
    await cluster.passes(1_000);
    expect(await cluster.events('SuccessfulCreate')).toEqual(events);
    expect(events).toHaveLength(10);
    expect(events.at(-1)?.message).toMatch(/^\(combined from similar events\): create Pod web-\d+ in/);
  });
});

test('controllers that start again go on where they stopped, and make no pod twice', async () => {
  await create({ replicas: 3, podManagementPolicy: 'Parallel' });
  await exactly('web-0', 'web-1', 'web-2');
  const uids = async () => (await cluster.pods()).map(({ metadata }) => metadata.uid).sort();
  const before = await uids();
  await cluster.controllers.close();
  await cluster.start();
  await cluster.passes(1_000);
  expect(await uids()).toEqual(before);
});
