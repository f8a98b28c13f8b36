import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../infra/local/kernel/context.ts';
import { type KubernetesApi, startKubernetesApi } from '../../infra/local/kubernetes/api/server.ts';

const namespace = 'default';
let api: KubernetesApi;
let config: KubeConfig;
let core: CoreV1Api;
let apps: AppsV1Api;

beforeAll(async () => {
  api = await startKubernetesApi(createContext(), { clusterId: 'c-local' });
  config = new KubeConfig();
  config.loadFromString(api.kubeconfig());
  core = config.makeApiClient(CoreV1Api);
  apps = config.makeApiClient(AppsV1Api);
});
afterAll(() => api.close());

const pod = (name: string, labels: Record<string, string> = {}): V1Pod => ({
  metadata: { name, labels },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
});

async function until(holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500 && !holds(); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(holds()).toBe(true);
}

describe("the official client's typed calls", () => {
  it('name their context after the cluster', () => {
    expect(config.getCurrentContext()).toBe('c-local');
    expect(api.kubeconfig('other')).toContain('current-context: other');
  });

  it('create, read, list and delete pods', async () => {
    const made = await core.createNamespacedPod({ namespace, body: pod('typed', { app: 'typed' }) });
    expect(made.status?.phase).toBe('Pending');
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=typed' });
    expect(items.map((item) => item.metadata?.name)).toEqual(['typed']);
    await core.deleteNamespacedPod({ name: 'typed', namespace });
    await expect(core.readNamespacedPod({ name: 'typed', namespace })).rejects.toMatchObject({ code: 404 });
  });

  it.each([
    ['merge', PatchStrategy.MergePatch, { metadata: { labels: { patched: 'merge' } } }],
    ['strategic', PatchStrategy.StrategicMergePatch, { metadata: { labels: { patched: 'strategic' } } }],
    ['json', PatchStrategy.JsonPatch, [{ op: 'add', path: '/metadata/labels', value: { patched: 'json' } }]],
  ])('patch with a %s patch', async (name, strategy, body) => {
    await core.createNamespacedPod({ namespace, body: pod(`patched-${name}`) });
    const patched = await core.patchNamespacedPod(
      { name: `patched-${name}`, namespace, body },
      setHeaderOptions('Content-Type', strategy),
    );
    expect(patched.metadata?.labels).toEqual({ patched: name });
  });

  it('apply on the server side, and are told of conflicts', async () => {
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'applied' },
      data: { key: 'ours' },
    };
    const options = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
    const request = { name: 'applied', namespace, body };
    await core.patchNamespacedConfigMap({ ...request, fieldManager: 'us' }, options);
    const rival = { ...request, body: { ...body, data: { key: 'theirs' } }, fieldManager: 'them' };
    await expect(core.patchNamespacedConfigMap(rival, options)).rejects.toMatchObject({ code: 409 });
    const forced = await core.patchNamespacedConfigMap({ ...rival, force: true }, options);
    expect(forced.data).toEqual({ key: 'theirs' });
  });

  it('write the status apart from the rest', async () => {
    await core.createNamespacedPod({ namespace, body: pod('with-status') });
    const body = {
      status: { podIP: '10.0.0.7', conditions: [{ type: 'k8s.aliyun.com/eip', status: 'True' }] },
    };
    const written = await core.patchNamespacedPodStatus(
      { name: 'with-status', namespace, body },
      setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
    );
    expect(written.status?.podIP).toBe('10.0.0.7');
    expect(written.status?.phase).toBe('Pending');
  });

  it('scale a stateful set', async () => {
    const labels = { app: 'scaled' };
    await apps.createNamespacedStatefulSet({
      namespace,
      body: {
        metadata: { name: 'scaled' },
        spec: {
          serviceName: 'scaled',
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
        },
      },
    });
    await apps.replaceNamespacedStatefulSetScale({
      name: 'scaled',
      namespace,
      body: { metadata: { name: 'scaled', namespace }, spec: { replicas: 5 } },
    });
    const scaled = await apps.readNamespacedStatefulSet({ name: 'scaled', namespace });
    expect(scaled.spec?.replicas).toBe(5);
    expect(scaled.metadata?.generation).toBe(2);
  });

  it('evict a pod', async () => {
    await core.createNamespacedPod({ namespace, body: pod('evicted') });
    await core.createNamespacedPodEviction({
      name: 'evicted',
      namespace,
      body: { metadata: { name: 'evicted' } },
    });
    await expect(core.readNamespacedPod({ name: 'evicted', namespace })).rejects.toMatchObject({ code: 404 });
  });

  it('are refused without the token', async () => {
    const stranger = new KubeConfig();
    stranger.loadFromClusterAndUser(
      { name: 'c', server: api.url, skipTLSVerify: true },
      { name: 'u', token: 'wrong' },
    );
    await expect(stranger.makeApiClient(CoreV1Api).listNode()).rejects.toMatchObject({ code: 401 });
    const known = new KubeConfig();
    known.loadFromClusterAndUser(
      { name: 'c', server: api.url, skipTLSVerify: true },
      { name: 'u', token: api.token },
    );
    expect((await known.makeApiClient(CoreV1Api).listNode()).items).toEqual([]);
  });
});

describe("the official client's generic calls", () => {
  it('find every kind by discovery, custom ones among them', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    await objects.create({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'podeips.alibabacloud.com' },
      spec: {
        group: 'alibabacloud.com',
        scope: 'Namespaced',
        names: { kind: 'PodEIP', plural: 'podeips' },
        versions: [
          {
            name: 'v1beta1',
            served: true,
            storage: true,
            subresources: { status: {} },
            // The client knows `x-kubernetes-*` under other names and drops these.
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: { type: 'object', properties: { allocationID: { type: 'string' } } },
                },
              },
            },
          },
        ],
      },
    } as never);
    const eip = {
      apiVersion: 'alibabacloud.com/v1beta1',
      kind: 'PodEIP',
      metadata: { name: 'web-0', namespace },
    };
    await objects.create({ ...eip, spec: { allocationID: 'eip-1' } } as never);
    const read = (await objects.read(eip)) as { spec?: unknown };
    expect(read.spec).toEqual({ allocationID: 'eip-1' });
    const patched = (await objects.patch(
      { ...eip, spec: { allocationID: 'eip-2' } } as never,
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.MergePatch,
    )) as { spec?: unknown };
    expect(patched.spec).toEqual({ allocationID: 'eip-2' });
    await objects.delete(eip);
    await expect(objects.read(eip)).rejects.toMatchObject({ code: 404 });
  });
});

describe("the official client's watches", () => {
  it('see what happens after a revision', async () => {
    const seen: string[] = [];
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata?.resourceVersion, labelSelector: 'app=watched' },
      (type, object) => seen.push(`${type} ${object.metadata.name}`),
      () => {},
    );
    await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'w', labels: { app: 'watched' } } },
    });
    await core.deleteNamespacedConfigMap({ name: 'w', namespace });
    await until(() => seen.length === 2);
    expect(seen).toEqual(['ADDED w', 'DELETED w']);
    controller.abort();
  });

  it('keep an informer in step, and past a history that was forgotten', async () => {
    const labelSelector = 'app=informed';
    const informer = makeInformer(
      config,
      `/api/v1/namespaces/${namespace}/pods`,
      () => core.listNamespacedPod({ namespace, labelSelector }),
      labelSelector,
    );
    const known = new Set<string>();
    informer.on('add', (object) => known.add(object.metadata?.name ?? ''));
    informer.on('delete', (object) => known.delete(object.metadata?.name ?? ''));
    // Stopping an informer is told as an error.
    informer.on('error', () => {});
    await core.createNamespacedPod({ namespace, body: pod('first', { app: 'informed' }) });
    await informer.start();
    await until(() => known.has('first'));
    await core.createNamespacedPod({ namespace, body: pod('second', { app: 'informed' }) });
    await core.deleteNamespacedPod({ name: 'first', namespace });
    await until(() => known.has('second') && !known.has('first'));
    await informer.stop();
    await core.createNamespacedPod({ namespace, body: pod('third', { app: 'informed' }) });
    api.store.compact();
    await informer.start();
    await until(() => known.has('third'));
    await informer.stop();
  });
});
