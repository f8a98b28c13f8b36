import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ListAnswer } from '../../infra/local/kubernetes/client/client.ts';
import type { Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import { isReady } from '../contract/cluster-rig.ts';
import { deployment, newImage, statefulSet } from '../contract/controllers-rig.ts';
import { openKubectl } from './kubectl.ts';
import { openPlane, type PlaneRig } from './plane-rig.ts';

/** Our controllers against a real API server: what they write has to pass its checks, and kubectl has to follow. */
let rig: PlaneRig;
let kubectl: ReturnType<typeof openKubectl>;
beforeAll(async () => {
  rig = await openPlane({ ours: true });
  kubectl = openKubectl(rig.plane.kubectl, rig.plane.kubeconfig());
});
afterAll(async () => {
  kubectl?.close();
  await rig?.close();
});

const images = async () => {
  const { items } = await rig.client.get<ListAnswer<Pod>>(paths.pods('default'));
  return items
    .filter((pod) => !pod.metadata.deletionTimestamp && isReady(pod))
    .map((pod) => pod.spec.containers?.[0]?.image);
};
const rollout = (verb: string, kind: string) => kubectl.run('rollout', verb, `${kind}/web`, '--timeout=60s');

describe('a StatefulSet', () => {
  test('is rolled out, updated and taken back under the eyes of kubectl', async () => {
    await rig.client.create(paths.statefulSets('default'), statefulSet({ replicas: 2 }));
    await rollout('status', 'statefulset');
    expect(await images()).toEqual(['nginx:1', 'nginx:1']);
    await rig.client.patch(paths.statefulSets('default', 'web'), 'strategic', newImage('nginx:2'));
    await rollout('status', 'statefulset');
    expect(await images()).toEqual(['nginx:2', 'nginx:2']);
    await kubectl.run('rollout', 'undo', 'statefulset/web');
    await rollout('status', 'statefulset');
    expect(await images()).toEqual(['nginx:1', 'nginx:1']);
    await kubectl.run('scale', 'statefulset/web', '--replicas=0');
    await rig.until('no pod is left', async () => (await images()).length === 0 && !(await rig.pod('web-0')));
  });

  test('has its Events, and those of the scheduler, accepted', async () => {
    const reasons = new Set((await rig.events()).map(({ reason }) => reason));
    expect([...reasons].sort()).toEqual([
      'Created',
      'Killing',
      'Pulled',
      'Pulling',
      'Scheduled',
      'Started',
      'SuccessfulCreate',
      'SuccessfulDelete',
    ]);
  });
});

test('a Deployment is rolled out, restarted, taken back and scaled under the eyes of kubectl', async () => {
  await rig.client.create(paths.deployments('default'), deployment({ replicas: 3 }));
  await rollout('status', 'deployment');
  expect(await images()).toHaveLength(3);
  await rig.client.patch(paths.deployments('default', 'web'), 'strategic', newImage('nginx:2'));
  await rollout('status', 'deployment');
  await kubectl.run('rollout', 'restart', 'deployment/web');
  await rollout('status', 'deployment');
  expect(new Set(await images())).toEqual(new Set(['nginx:2']));
  await kubectl.run('rollout', 'undo', 'deployment/web', '--to-revision=1');
  await rollout('status', 'deployment');
  expect(new Set(await images())).toEqual(new Set(['nginx:1']));
  await kubectl.run('scale', 'deployment/web', '--replicas=0');
  await rig.until('no pod is left', async () => (await images()).length === 0);
  await rig.until('no ENI is left', async () => rig.cloud.world.enis().length === 0);
});
