import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { conditionOf, type Node } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import { startNodes } from '../../infra/local/nodes/nodes.ts';
import { startOpenApi } from '../../infra/local/openapi/server.ts';
import { isReady, podManifest } from './cluster-rig.ts';
import { type ControlledRig, openControlled } from './controllers-rig.ts';

let cluster: ControlledRig;
beforeEach(async () => {
  cluster = await openControlled();
});
afterEach(() => cluster.close());

const create = (name: string, spec = {}) =>
  cluster.client.create(paths.pods('default'), podManifest(name, spec));
const nodeOf = (name: string) =>
  cluster.until(`${name} is bound`, async () => (await cluster.pod(name))?.spec.nodeName);
const staysUnbound = async (name: string) => {
  await cluster.passes(1_000);
  expect((await cluster.pod(name))?.spec.nodeName).toBeUndefined();
};

describe('the scheduler', () => {
  test('binds each pod to the ready node that has the fewest', async () => {
    await cluster.addNode('node-1');
    await cluster.addNode('node-2');
    for (const name of ['a', 'b', 'c', 'd']) await create(name);
    const nodes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => nodeOf(name)));
    expect(nodes.sort()).toEqual(['node-1', 'node-1', 'node-2', 'node-2']);
  });

  test('says so in an Event of the newer kind: no source, no first and last time', async () => {
    await cluster.addNode('node-1');
    await create('web-0');
    const event = await cluster.until('the event', async () => (await cluster.events('Scheduled'))[0]);
    const pod = await cluster.pod('web-0');
    expect(event).toMatchObject({
      involvedObject: {
        kind: 'Pod',
        namespace: 'default',
        name: 'web-0',
        uid: pod?.metadata.uid,
        apiVersion: 'v1',
      },
      message: 'Successfully assigned default/web-0 to node-1',
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      action: 'Binding',
      type: 'Normal',
      reportingComponent: 'default-scheduler',
    });
    expect(event.eventTime).toMatch(/^2026-08-21T\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(event).not.toHaveProperty('count');
  });

  test('honours the node selector, and binds when a node that fits comes', async () => {
    await cluster.addNode('node-1');
    await create('web-0', { nodeSelector: { disk: 'fast' } });
    await staysUnbound('web-0');
    expect(conditionOf((await cluster.pod('web-0'))?.status?.conditions, 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
    });
    await cluster.addNode('node-2', { labels: { disk: 'fast' } });
    expect(await nodeOf('web-0')).toBe('node-2');
  });

  test('honours required node affinity', async () => {
    await cluster.addNode('node-1', { labels: { zone: 'h' } });
    await cluster.addNode('node-2', { labels: { zone: 'i' } });
    const matchExpressions = [{ key: 'zone', operator: 'In', values: ['i'] }];
    const required = { nodeSelectorTerms: [{ matchExpressions }] };
    for (const name of ['a', 'b']) {
      await create(name, {
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
      });
      expect(await nodeOf(name)).toBe('node-2');
    }
  });

  test('leaves out nodes that are cordoned, tainted or full', async () => {
    await cluster.addNode('cordoned', { spec: { unschedulable: true } });
    await cluster.addNode('tainted', {
      spec: { taints: [{ key: 'only', value: 'x', effect: 'NoSchedule' }] },
    });
    await cluster.addNode('full', { pods: 0 });
    await create('web-0');
    await staysUnbound('web-0');
    await create('web-1', { tolerations: [{ key: 'only', value: 'x', effect: 'NoSchedule' }] });
    expect(await nodeOf('web-1')).toBe('tainted');
    await cluster.client.patch(paths.nodes('cordoned'), 'merge', { spec: { unschedulable: false } });
    expect(await nodeOf('web-0')).toBe('cordoned');
  });

  test('leaves a pod alone while a scheduling gate holds it', async () => {
    await cluster.addNode('node-1');
    await create('web-0', { schedulingGates: [{ name: 'wait' }] });
    await staysUnbound('web-0');
    await cluster.client.patch(paths.pods('default', 'web-0'), 'merge', { spec: { schedulingGates: null } });
    expect(await nodeOf('web-0')).toBe('node-1');
  });
});

describe('a node that goes silent', () => {
  const node = (name: string) => cluster.client.get<Node>(paths.nodes(name));
  const readiness = async (name: string) =>
    conditionOf((await node(name)).status?.conditions, 'Ready')?.status;

  test('becomes unreachable, its pods are told to go after five minutes, and hang until it is back', async () => {
    const cloud = cluster.closing(await startOpenApi(cluster.context));
    const vSwitchId = cloud.world.defaults.vSwitchIds[0];
    const nodes = cluster.closing(
      await startNodes(cluster.context, {
        kubeconfig: cluster.api.kubeconfig(),
        openapi: { url: cloud.url, region: 'cn-hangzhou', ...cluster.context.account.owner },
        world: cloud.world,
        nodes: ['lost', 'kept'].map(
          (name) => ({ name, zone: 'cn-hangzhou-h', vSwitchId, kind: 'ecs' }) as const,
        ),
      }),
    );
    await create('web-0', { nodeSelector: { 'kubernetes.io/hostname': 'lost' } });
    await cluster.until('web-0 is ready', async () => isReady(await cluster.pod('web-0')));
    nodes.lose('lost');
    await cluster.until('it is unreachable', async () => (await readiness('lost')) === 'Unknown', 1_000);
    expect(await readiness('kept')).toBe('True');
    expect((await cluster.pod('web-0'))?.metadata.deletionTimestamp).toBeUndefined();
    const event = await cluster.until(
      'the eviction',
      async () => (await cluster.events('TaintManagerEviction'))[0],
      5_000,
    );
    expect(event).toMatchObject({
      involvedObject: { kind: 'Pod', apiVersion: 'v1', namespace: 'default', name: 'web-0' },
      message: 'Marking for deletion Pod default/web-0',
      type: 'Normal',
    });
    expect(event.involvedObject).not.toHaveProperty('uid');
    await cluster.until(
      'web-0 terminates',
      async () => (await cluster.pod('web-0'))?.metadata.deletionTimestamp,
    );
    nodes.recover('lost');
    await cluster.until('it is back', async () => (await readiness('lost')) === 'True');
    await cluster.until('web-0 is gone', async () => !(await cluster.pod('web-0')));
    await cluster.until('it takes pods again', async () => !(await node('lost')).spec?.taints?.length);
  });

  test('because it could not reach the API server is ready again by itself when it can', async () => {
    const cloud = cluster.closing(await startOpenApi(cluster.context));
    const vSwitchId = cloud.world.defaults.vSwitchIds[0];
    cluster.closing(
      await startNodes(cluster.context, {
        kubeconfig: cluster.api.kubeconfig(),
        openapi: { url: cloud.url, region: 'cn-hangzhou', ...cluster.context.account.owner },
        world: cloud.world,
        nodes: [{ name: 'slow', zone: 'cn-hangzhou-h', vSwitchId, kind: 'ecs' }],
      }),
    );
    const outage = cluster.context.faults.add({
      service: 'kubernetes',
      operation: 'patch leases',
      fault: { kind: 'error', status: 503, code: 'ServiceUnavailable' },
    });
    await cluster.until('it is unreachable', async () => (await readiness('slow')) === 'Unknown', 1_000);
    outage.remove();
    await cluster.until('it is back', async () => (await readiness('slow')) === 'True', 1_000);
    await cluster.until('it takes pods again', async () => !(await node('slow')).spec?.taints?.length);
  });

  test('and is removed has its pods removed without an Event', async () => {
    await cluster.addNode('node-1');
    await create('web-0');
    await nodeOf('web-0');
    await cluster.client.remove(paths.nodes('node-1'));
    await cluster.until('web-0 is gone', async () => !(await cluster.pod('web-0')), 1_000);
    expect((await cluster.events()).map(({ reason }) => reason)).toEqual(['Scheduled']);
  });
});
