import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import { isReady, podManifest } from '../contract/cluster-rig.ts';
import { newImage, statefulSet } from '../contract/controllers-rig.ts';
import { openKubectl } from './kubectl.ts';
import { openPlane, type PlaneRig } from './plane-rig.ts';

let rig: PlaneRig;
let kubectl: ReturnType<typeof openKubectl>;
beforeAll(async () => {
  rig = await openPlane();
  kubectl = openKubectl(rig.plane.kubectl, rig.plane.kubeconfig());
});
afterAll(async () => {
  kubectl?.close();
  await rig?.close();
});

const ENI = 'network.alibabacloud.com/allocated-eni-id';
const readyPod = (name: string, image?: string) =>
  rig.until(`${name} is ready`, async () => {
    const pod = await rig.pod(name);
    const asked = image === undefined || pod?.spec.containers?.[0]?.image === image;
    return isReady(pod) && asked && pod;
  });

describe('nodes under a real control plane', () => {
  test('are Ready and without taints', async () => {
    await rig.until('no taints', async () => {
      const node = await rig.client.get<{ spec: { taints?: object[] } }>(paths.nodes('node-0'));
      return !node.spec.taints?.length;
    });
    expect(await kubectl.run('get', 'nodes')).toMatch(/node-0\s+Ready[\s\S]*node-1\s+Ready/);
  });

  test('run a StatefulSet: each pod has the address of an ENI of its own, in order', async () => {
    await rig.client.create(paths.statefulSets('default'), statefulSet({ replicas: 3 }));
    expect(await kubectl.run('rollout', 'status', 'statefulset/web', '--timeout=60s')).toMatch(
      /roll|complete/,
    );
    for (const name of ['web-0', 'web-1', 'web-2']) {
      const pod = await readyPod(name);
      const eni = rig.cloud.world.eni(pod.metadata.annotations?.[ENI] ?? '');
      expect(eni).toMatchObject({ status: 'InUse', addresses: [{ ip: pod.status?.podIP }] });
    }
    expect(rig.cloud.world.enis()).toHaveLength(3);
    expect(await kubectl.run('get', 'pods', '-o', 'wide')).toMatch(
      /web-2\s+1\/1\s+Running\s+0\s+\S+\s+192\.168\./,
    );
  });

  test('roll an update through it, and leave no ENI of the old pods', async () => {
    const before = new Set(rig.cloud.world.enis().map(({ id }) => id));
    await rig.client.patch(paths.statefulSets('default', 'web'), 'strategic', newImage('nginx:2'));
    for (const name of ['web-2', 'web-1', 'web-0']) await readyPod(name, 'nginx:2');
    expect(rig.cloud.world.enis()).toHaveLength(3);
    expect(rig.cloud.world.enis().some(({ id }) => before.has(id))).toBe(false);
  });

  test('say of it what the emulated controllers say: same reasons, reporters and wording', async () => {
    const events = await rig.until('the last of them', async () => {
      const all = await rig.events();
      return all.filter(({ reason }) => reason === 'Started').length >= 6 && all;
    });
    const of = (reason: string) => events.find((event) => event.reason === reason);
    const created = events.filter(({ reason }) => reason === 'SuccessfulCreate');
    const messages = ['web-0', 'web-1', 'web-2'].map(
      (name) => `create Pod ${name} in StatefulSet web successful`,
    );
    expect(created.map(({ message }) => message).sort()).toEqual(messages);
    expect(created[0]).toMatchObject({
      source: { component: 'statefulset-controller' },
      involvedObject: { kind: 'StatefulSet', apiVersion: 'apps/v1' },
    });
    expect(of('Scheduled')).toMatchObject({
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      action: 'Binding',
      reportingComponent: 'default-scheduler',
    });
    expect(of('Scheduled')?.message).toMatch(/^Successfully assigned default\/web-\d to node-[01]$/);
    expect(of('Killing')).toMatchObject({ message: 'Stopping container nginx' });
  });

  test('hold a pod back for its readiness gate', async () => {
    const gate = 'k8s.aliyun.com/eip';
    const manifest = podManifest('gated', { readinessGates: [{ conditionType: gate }] });
    await rig.client.create(paths.pods('default'), manifest);
    await rig.until('it runs', async () => (await rig.pod('gated'))?.status?.phase === 'Running');
    expect(isReady(await rig.pod('gated'))).toBe(false);
    await rig.client.patch(paths.pods('default', 'gated', 'status'), 'strategic', {
      status: { conditions: [{ type: gate, status: 'True' }] },
    });
    await readyPod('gated');
  });

  test('leave nothing when everything is deleted', async () => {
    await kubectl.run('delete', 'statefulset/web', 'pod/gated', '--wait=false');
    await rig.until('no pod is left', async () => (await kubectl.run('get', 'pods', '-o', 'name')) === '');
    expect(rig.cloud.world.enis()).toEqual([]);
  });
});
