import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import type { NodeOptions } from '../../infra/local/nodes/node.ts';
import { type NodesOptions, startNodes } from '../../infra/local/nodes/nodes.ts';
import { type OpenApi, startOpenApi } from '../../infra/local/openapi/server.ts';
import { type ClusterRig, isReady, openCluster, podManifest } from './cluster-rig.ts';

const ENI = 'network.alibabacloud.com/allocated-eni-id';
const VIRTUAL_ENI = 'k8s.aliyun.com/eni-instance-id';
const VIRTUAL = 'virtual-kubelet-cn-hangzhou-h';

let cluster: ClusterRig;
let cloud: OpenApi;

beforeEach(async () => {
  cluster = await openCluster();
  cloud = cluster.closing(await startOpenApi(cluster.context));
});
afterEach(() => cluster.close());

const openNodes = async (options: Partial<NodesOptions> = {}) =>
  cluster.closing(
    await startNodes(cluster.context, {
      kubeconfig: cluster.api.kubeconfig(),
      openapi: { url: cloud.url, region: 'cn-hangzhou', ...cluster.context.account.owner },
      world: cloud.world,
      nodes: [ecsNode()],
      clusterId: 'c1',
      ...options,
    }),
  );
const ecsNode = (): NodeOptions => ({
  name: 'node-1',
  zone: 'cn-hangzhou-h',
  vSwitchId: cloud.world.defaults.vSwitchIds[0],
  kind: 'ecs',
});
const virtualNode = (managedInterfaces: boolean): NodeOptions => ({
  name: VIRTUAL,
  zone: 'cn-hangzhou-h',
  vSwitchId: cloud.world.defaults.vSwitchIds[0],
  kind: 'virtual',
  managedInterfaces,
});
const create = (name: string, spec = {}, metadata = {}) =>
  cluster.client.create(paths.pods('default'), podManifest(name, { nodeName: 'node-1', ...spec }, metadata));
const ready = (name: string) =>
  cluster.until(`${name} is ready`, async () => {
    const pod = await cluster.pod(name);
    return isReady(pod) && pod;
  });
const gone = (name: string) => cluster.until(`${name} is gone`, async () => !(await cluster.pod(name)));
const remove = (name: string, options = {}) => cluster.client.remove(paths.pods('default', name), options);
const eniOf = (name: string) =>
  cluster.pod(name).then((pod) => cloud.world.eni(pod?.metadata.annotations?.[ENI] ?? ''));

describe('a pod on an ECS node', () => {
  test('has the primary address of an ENI of its own, attached to the node, tagged as Terway tags it', async () => {
    await openNodes();
    await create('web-0');
    const pod = await ready('web-0');
    const eni = await eniOf('web-0');
    expect(eni).toMatchObject({
      status: 'InUse',
      serviceManaged: false,
      vSwitchId: cloud.world.defaults.vSwitchIds[0],
      tags: [
        { key: 'creator', value: 'terway-controller' },
        { key: 'ack.aliyun.com', value: 'c1' },
      ],
    });
    expect(pod.status).toMatchObject({
      phase: 'Running',
      podIP: eni?.addresses[0]?.ip,
      podIPs: [{ ip: eni?.addresses[0]?.ip }],
      hostIP: '10.64.0.1',
      containerStatuses: [{ name: 'nginx', ready: true, state: { running: {} } }],
    });
  });

  const eventsOf = (name: string, count: number) =>
    cluster.until(`${count} events of ${name}`, async () => {
      const events = (await cluster.events()).filter(({ involvedObject }) => involvedObject.name === name);
      return events.length === count && events;
    });

  test('is told of by Pulling, Pulled, Created and Started of each container, as a kubelet words them', async () => {
    await openNodes();
    await create('web-0');
    const { metadata } = await ready('web-0');
    const events = await eventsOf('web-0', 4);
    expect(events.map(({ reason, message }) => [reason, message])).toEqual([
      ['Pulling', 'Pulling image "nginx:1.27"'],
      ['Pulled', 'Successfully pulled image "nginx:1.27" in 0s (0s including waiting). Image size: 0 bytes.'],
      ['Created', 'Created container nginx'],
      ['Started', 'Started container nginx'],
    ]);
    expect(events[0]).toMatchObject({
      involvedObject: { kind: 'Pod', name: 'web-0', uid: metadata.uid, fieldPath: 'spec.containers{nginx}' },
      source: { component: 'kubelet', host: 'node-1' },
      reportingComponent: 'kubelet',
      reportingInstance: 'node-1',
      count: 1,
      type: 'Normal',
      eventTime: null,
    });
  });

  test('pulls no image that its node has, unless it asks for that each time', async () => {
    await openNodes();
    for (const [name, imagePullPolicy] of [
      ['web-0', 'IfNotPresent'],
      ['web-1', 'IfNotPresent'],
      ['web-2', 'Always'],
    ] as const) {
      await create(name, { containers: [{ name: 'nginx', image: 'nginx:1.27', imagePullPolicy }] });
      await ready(name);
    }
    expect((await eventsOf('web-1', 3))[0]).toMatchObject({
      reason: 'Pulled',
      message: 'Container image "nginx:1.27" already present on machine',
    });
    expect((await eventsOf('web-2', 4))[0]).toMatchObject({ reason: 'Pulling' });
  });

  test('that is deleted stops first, then loses its ENI, then its object', async () => {
    await openNodes();
    await create('web-0');
    await ready('web-0');
    const order: string[] = [];
    cloud.world.onChange(({ resource, from, to }) => order.push(`${resource} ${from} ${to}`));
    await remove('web-0');
    expect(await cluster.pod('web-0')).toMatchObject({ metadata: { deletionGracePeriodSeconds: 30 } });
    await cluster.until('the end', async () => {
      const there = await cluster.pod('web-0');
      if (!there) order.push('pod gone');
      return !there;
    });
    expect(order).toEqual([
      'eni InUse Detaching',
      'eni Detaching Available',
      'eni Available Deleting',
      'eni Deleting undefined',
      'pod gone',
    ]);
    expect((await cluster.events('Killing')).map(({ message }) => message)).toEqual([
      'Stopping container nginx',
    ]);
  });

  test('waits for its readiness gates, and follows them', async () => {
    await openNodes();
    const gate = 'k8s.aliyun.com/eip';
    const setGate = (status: string) =>
      cluster.client.patch(paths.pods('default', 'web-0', 'status'), 'strategic', {
        status: { conditions: [{ type: gate, status }] },
      });
    await create('web-0', { readinessGates: [{ conditionType: gate }] });
    const held = await cluster.until('it runs', async () => {
      const pod = await cluster.pod('web-0');
      return pod?.status?.phase === 'Running' && pod;
    });
    expect(held.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Ready',
        status: 'False',
        reason: 'ReadinessGatesNotReady',
        message: `corresponding condition of pod readiness gate "${gate}" does not exist.`,
      }),
    );
    await setGate('True');
    const pod = await ready('web-0');
    expect(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.reason).toBeUndefined();
    await setGate('False');
    await cluster.until('it is not ready', async () => !isReady(await cluster.pod('web-0')));
  });

  test('on the host network has the address of the node and no ENI', async () => {
    await openNodes();
    await create('web-0', { hostNetwork: true });
    expect((await ready('web-0')).status?.podIP).toBe('10.64.0.1');
    expect(cloud.world.enis()).toEqual([]);
    await remove('web-0');
    await gone('web-0');
  });

  test('that is removed by force loses its ENI all the same', async () => {
    await openNodes();
    await create('web-0');
    await ready('web-0');
    await remove('web-0', { gracePeriodSeconds: 0 });
    expect(await cluster.pod('web-0')).toBeUndefined();
    await cluster.until('no ENI is left', () => cloud.world.enis().length === 0);
  });

  test('that is deleted while it starts leaves nothing', async () => {
    await openNodes();
    await create('web-0');
    await cluster.until('its ENI', () => cloud.world.enis().length === 1);
    await remove('web-0');
    await gone('web-0');
    expect(cloud.world.enis()).toEqual([]);
  });

  test('that is evicted fails, loses its ENI and keeps its object until it is deleted', async () => {
    const nodes = await openNodes();
    await create('web-0');
    await ready('web-0');
    nodes.evict('default', 'web-0');
    const failed = await cluster.until('it has failed', async () => {
      const pod = await cluster.pod('web-0');
      return pod?.status?.phase === 'Failed' && pod;
    });
    expect(failed.status).toMatchObject({ reason: 'Evicted' });
    expect(cloud.world.enis()).toEqual([]);
    expect((await cluster.events('Evicted'))[0]).toMatchObject({ type: 'Warning' });
    await remove('web-0');
    await gone('web-0');
  });

  test('whose container is restarted keeps its address', async () => {
    const nodes = await openNodes();
    await create('web-0');
    const before = await ready('web-0');
    const restarting = nodes.restartContainer('default', 'web-0', 'nginx');
    const after = await cluster.until('the restart', async () => {
      const pod = await cluster.pod('web-0');
      return pod?.status?.containerStatuses?.[0]?.restartCount === 1 && pod;
    });
    await restarting;
    expect(after.status?.podIP).toBe(before.status?.podIP);
    expect(await cluster.events('Killing')).toHaveLength(1);
  });
});

describe('a virtual node', () => {
  test('is named and labelled as a virtual kubelet, and its pods have managed ENIs where told so', async () => {
    await openNodes({ nodes: [virtualNode(true)] });
    expect(await cluster.client.get(paths.nodes(VIRTUAL))).toMatchObject({
      metadata: { labels: { type: 'virtual-kubelet', 'topology.kubernetes.io/zone': 'cn-hangzhou-h' } },
    });
    await create('web-0', { nodeName: VIRTUAL });
    const { metadata } = await ready('web-0');
    expect(metadata.annotations?.[VIRTUAL_ENI]).toBe(metadata.annotations?.[ENI]);
    expect(await eniOf('web-0')).toMatchObject({ serviceManaged: true, status: 'InUse' });
    await remove('web-0');
    await gone('web-0');
    expect(cloud.world.enis()).toEqual([]);
  });

  test.each([true, false])('gives a pod the address that it asks for (managed: %s)', async (managed) => {
    await openNodes({ nodes: [virtualNode(managed)] });
    const annotations = { 'k8s.aliyun.com/eci-private-ip-address': '192.168.1.77' };
    await create('web-0', { nodeName: VIRTUAL }, { annotations });
    expect((await ready('web-0')).status?.podIP).toBe('192.168.1.77');
  });

  test('holds a pod whose address is taken, says why, and starts it when the address is free', async () => {
    const holder = cloud.world.createEni({ primaryIp: '192.168.1.77' });
    await openNodes({ nodes: [virtualNode(false)] });
    const annotations = { 'k8s.aliyun.com/eci-private-ip-address': '192.168.1.77' };
    await create('web-0', { nodeName: VIRTUAL }, { annotations });
    await cluster.until('a warning', async () => (await cluster.events('ProviderCreateFailed'))[0]);
    expect((await cluster.pod('web-0'))?.status?.phase).toBe('Pending');
    cloud.world.deleteEni(holder.id);
    expect((await ready('web-0')).status?.podIP).toBe('192.168.1.77');
  });
});

describe('when things go wrong', () => {
  test('no ENI leaks and no pod gets two, though answers of the cloud are lost and calls fail', async () => {
    for (const operation of ['CreateNetworkInterface', 'AttachNetworkInterface', 'DeleteNetworkInterface']) {
      cluster.context.faults.add({ service: 'openapi', operation, times: 2, fault: { kind: 'drop-after' } });
      const error = { kind: 'error', status: 503, code: 'ServiceUnavailable' } as const;
      cluster.context.faults.add({ service: 'openapi', operation, times: 2, fault: error });
    }
    await openNodes();
    for (const name of ['web-0', 'web-1', 'web-2']) await create(name);
    for (const name of ['web-0', 'web-1', 'web-2']) await ready(name);
    expect(cloud.world.enis()).toHaveLength(3);
    for (const name of ['web-0', 'web-1', 'web-2']) await remove(name);
    for (const name of ['web-0', 'web-1', 'web-2']) await gone(name);
    expect(cloud.world.enis()).toEqual([]);
  });

  test.each([1, 2, 3])(
    'no ENI leaks when pods come and go, the cloud fails and its lists lag (seed %i)',
    async (seed) => {
      await cluster.close();
      cluster = await openCluster({ seed });
      cloud = cluster.closing(await startOpenApi(cluster.context, { readLagMs: 700 }));
      for (const kind of ['drop', 'drop-after'] as const) {
        cluster.context.faults.add({ service: 'openapi', probability: 0.2, fault: { kind } });
      }
      const error = { kind: 'error', status: 400, code: 'Throttling.User' } as const;
      cluster.context.faults.add({ service: 'openapi', probability: 0.1, fault: error });
      await openNodes({ nodes: [{ ...ecsNode(), pods: 100 }] });
      const random = cluster.context.random.fork('test');
      const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
      for (const name of names) {
        await create(name);
        await cluster.passes(random.integer(0, 400));
        const victim = names[random.integer(0, 11)] ?? '';
        const options = random.next() < 0.5 ? { gracePeriodSeconds: 0 } : {};
        await remove(victim, options).catch(() => {});
      }
      cluster.context.faults.clear();
      const alive = await cluster.until('all that stay are ready', async () => {
        const pods = await cluster.pods();
        return pods.every((pod) => isReady(pod) && !pod.metadata.deletionTimestamp) && pods;
      });
      expect(alive.length).toBeGreaterThan(2);
      expect(alive.length).toBeLessThan(12);
      await cluster.until('no other ENI is left', () => cloud.world.enis().length === alive.length);
      const held = alive.map((pod) => pod.metadata.annotations?.[ENI]).sort();
      expect(
        cloud.world
          .enis()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(held);
    },
  );

  test('a pod becomes ready and goes although the API fails on the way', async () => {
    await openNodes();
    const fault = { kind: 'error', status: 500, code: 'InternalError' } as const;
    const failing = cluster.context.faults.add({ service: 'kubernetes', probability: 0.4, fault });
    const raw = async <T>(step: () => Promise<T>): Promise<T> => step().catch(() => raw(step));
    await raw(() => create('web-0'));
    await cluster.until('it is ready', () => raw(async () => isReady(await cluster.pod('web-0'))));
    await raw(() => remove('web-0'));
    await cluster.until('it is gone', () => raw(async () => !(await cluster.pod('web-0'))));
    failing.remove();
    expect(cloud.world.enis()).toEqual([]);
  });

  test('the pods of a lost node hang until it is back', async () => {
    const nodes = await openNodes();
    await create('web-0');
    await ready('web-0');
    nodes.lose('node-1');
    await remove('web-0');
    await cluster.passes(120_000, 5_000);
    expect((await cluster.pod('web-0'))?.metadata.deletionTimestamp).toBeDefined();
    expect(cloud.world.enis()).toHaveLength(1);
    nodes.recover('node-1');
    await gone('web-0');
    expect(cloud.world.enis()).toEqual([]);
  });

  test('nodes that start again take over the pods that run, and release what pods have left behind', async () => {
    const nodes = await openNodes();
    await create('web-0');
    await create('web-1');
    const before = await ready('web-0');
    await ready('web-1');
    await nodes.close();
    await remove('web-1', { gracePeriodSeconds: 0 });
    await openNodes();
    await cluster.until('the ENI of web-1 is released', () => cloud.world.enis().length === 1);
    expect((await cluster.pod('web-0'))?.status).toEqual(before.status);
    await remove('web-0');
    await gone('web-0');
    expect(cloud.world.enis()).toEqual([]);
  });
});

test('leases are kept while the clock leaps by days', async () => {
  await openNodes();
  const lease = () =>
    cluster.client.get<{ spec: { renewTime: string } }>(paths.leases('kube-node-lease', 'node-1'));
  const before = (await lease()).spec.renewTime;
  const calls = cluster.context.meter.counts()['kubernetes.patch leases'] ?? 0;
  await cluster.clock.advance(48 * 3_600_000);
  await cluster.until('a renewal', async () => (await lease()).spec.renewTime > before);
  expect((cluster.context.meter.counts()['kubernetes.patch leases'] ?? 0) - calls).toBeLessThan(200);
});
