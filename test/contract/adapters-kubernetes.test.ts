import diagnostics from 'node:diagnostics_channel';
import { CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import { type Listening, listen } from '../../infra/local/kernel/http.ts';
import { type KubernetesApi, startKubernetesApi } from '../../infra/local/kubernetes/api/server.ts';
import { clusterIdsOf, openClusters } from '../../shared/adapters/kubernetes/cluster.ts';
import { createPodApi } from '../../shared/adapters/kubernetes/pods.ts';
import type { ClaimKey } from '../../shared/claim/identity.ts';
import type { Told } from '../../shared/claim/observation.ts';
import type { PodApi } from '../../shared/reconcile/ports.ts';
import { createLogger } from '../../shared/runtime/log.ts';

const CLUSTER = 'c-test';
const EIP: ClaimKey = { clusterId: CLUSTER, namespace: 'default', pod: 'web-0', kind: 'eip' };
const FIXED_IP: ClaimKey = { ...EIP, kind: 'ip' };
const ANNOTATIONS = { 'k8s.aliyun.com/pod-with-eip': 'true' };

let context: CloudContext;
let kubernetes: KubernetesApi;
let core: CoreV1Api;
let pods: PodApi;
let lines: string[];
let closing: Listening[];
beforeEach(async () => {
  context = createContext();
  kubernetes = await startKubernetesApi(context, { clusterId: CLUSTER });
  core = rawClient();
  lines = [];
  pods = podsOf(kubernetes.kubeconfig());
  closing = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([kubernetes.close(), ...closing.map((one) => one.close())]);
  context.clock.close();
});

/** The vendor's client as its README sets it up. */
function rawClient(kubeconfig = kubernetes.kubeconfig()): CoreV1Api {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return config.makeApiClient(CoreV1Api);
}

const podsOf = (kubeconfig: string, remainingMs = () => 60_000, now = context.clock.now) =>
  createPodApi({
    clusters: openClusters(kubeconfig),
    log: createLogger({ level: 'debug', write: (line) => lines.push(line) }),
    now,
    remainingMs,
  });

async function createPod(name = 'web-0', annotations: Record<string, string> = ANNOTATIONS): Promise<string> {
  const { metadata } = await core.createNamespacedPod({
    namespace: 'default',
    body: {
      metadata: { name, annotations },
      spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'nginx' }] },
    },
  });
  return metadata?.uid ?? '';
}

const deletePod = (name = 'web-0') =>
  core.deleteNamespacedPod({ namespace: 'default', name, gracePeriodSeconds: 0 });
const readPod = (name = 'web-0') => core.readNamespacedPod({ namespace: 'default', name });
const conditionsOf = async (name = 'web-0') => (await readPod(name)).status?.conditions ?? [];
const eventsOf = async () => (await core.listNamespacedEvent({ namespace: 'default' })).items;

const failing = (operation: string, status: number, code: string, skip = 0) =>
  context.faults.add({
    service: 'kubernetes',
    operation,
    skip,
    times: 1,
    fault: { kind: 'error', status, code },
  });

/** A server that answers every request with a page of its own, as a proxy does whose upstream is gone. */
async function proxyWithout(status: number, body: string): Promise<string> {
  const listening = await listen(context, {
    service: 'proxy',
    operation: () => 'Any',
    handle: () => ({ status, headers: { 'content-type': 'application/json' }, body }),
    fail: () => ({ status: 500 }),
  });
  closing.push(listening);
  return kubernetes.kubeconfig().replace(kubernetes.url, listening.url);
}

describe('a function that is running out of time', () => {
  it('asks and tells the API server nothing, and takes that for no answer about the pod', async () => {
    const uid = await createPod();
    const hasty = podsOf(kubernetes.kubeconfig(), () => 9_999);
    const late = { verdict: 'late' };
    await expect(hasty.read(EIP)).rejects.toMatchObject(late);
    await expect(hasty.list('c-test')).rejects.toMatchObject(late);
    await expect(hasty.tell(EIP, uid, { reason: 'Binding' })).rejects.toMatchObject(late);
    expect((await pods.read(EIP)) !== 'absent').toBe(true);
  });
});

describe("the cluster's clock", () => {
  const DAY = 24 * 3_600_000;
  const ahead = (ms: number) =>
    podsOf(
      kubernetes.kubeconfig(),
      () => 60_000,
      () => context.clock.now() + ms,
    );

  it('is unknown before the cluster has answered', () => {
    expect(pods.skewMs('c-test')).toBeUndefined();
  });

  it.each([
    ['agrees', 0, 0, 0],
    ['is two days behind one that jumped ahead', 2 * DAY, -2 * DAY - 1_000, -2 * DAY],
    ['is a day ahead of one that was set back', -DAY, DAY, DAY + 1_000],
  ])('%s: shown by the answer that there is no pod, by a pod, and by a list', async (_, ms, least, most) => {
    const within = (skew: number | undefined) => {
      expect(skew).toBeGreaterThanOrEqual(least);
      expect(skew).toBeLessThanOrEqual(most);
    };
    const byAbsence = ahead(ms);
    expect(await byAbsence.read(EIP)).toBe('absent');
    within(byAbsence.skewMs('c-test'));
    await createPod();
    const byPod = ahead(ms);
    await byPod.read(EIP);
    within(byPod.skewMs('c-test'));
    const byList = ahead(ms);
    await byList.list('c-test');
    within(byList.skewMs('c-test'));
  });
});

describe('a pod that cannot be found', () => {
  it('is absent where the API server says so about this very pod', async () => {
    expect(await pods.read(EIP)).toBe('absent');
  });

  it.each([
    ["a proxy's page", 'not found'],
    ['a path that nobody serves', '{"kind":"Status","status":"Failure","reason":"NotFound","code":404}'],
    [
      'another object',
      '{"kind":"Status","reason":"NotFound","details":{"kind":"namespaces","name":"web-0"},"code":404}',
    ],
    [
      'another pod',
      '{"kind":"Status","reason":"NotFound","details":{"kind":"pods","name":"web-1"},"code":404}',
    ],
  ])('is the same 404 in the client for %s, and no proof to the adapter', async (_, body) => {
    const kubeconfig = await proxyWithout(404, body);
    await expect(
      rawClient(kubeconfig).readNamespacedPod({ namespace: 'default', name: 'web-0' }),
    ).rejects.toMatchObject({ code: 404 });
    await expect(podsOf(kubeconfig).read(EIP)).rejects.toMatchObject({ verdict: 'unavailable' });
  });

  it.each([
    ['an empty object', '{}'],
    ['a list', '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}'],
    ['another pod', '{"metadata":{"name":"web-1","uid":"u-1"}}'],
    ['a pod without a UID', '{"metadata":{"name":"web-0"}}'],
  ])('is no pod that wants nothing where %s comes with status 200', async (_, body) => {
    const kubeconfig = await proxyWithout(200, body);
    await expect(
      rawClient(kubeconfig).readNamespacedPod({ namespace: 'default', name: 'web-0' }),
    ).resolves.toBeDefined();
    await expect(podsOf(kubeconfig).read(EIP)).rejects.toMatchObject({ verdict: 'unavailable' });
  });

  it.each([
    [401, 'Unauthorized', 'forbidden'],
    [403, 'Forbidden', 'forbidden'],
    [429, 'TooManyRequests', 'throttled'],
    [500, 'InternalError', 'unavailable'],
    [504, 'Timeout', 'unavailable'],
  ])('is in doubt at a %d %s, which is %j', async (status, code, verdict) => {
    failing('get pods', status, code);
    await expect(pods.read(EIP)).rejects.toMatchObject({ verdict, code: `HTTP${status}` });
  });

  it('is in doubt where no answer comes, and in a cluster that nobody configured', async () => {
    context.faults.add({ service: 'kubernetes', times: 1, fault: { kind: 'drop' } });
    await expect(pods.read(EIP)).rejects.toMatchObject({ verdict: 'unavailable', code: 'NoAnswer' });
    await expect(pods.read({ ...EIP, clusterId: 'c-other' })).rejects.toMatchObject({
      verdict: 'unavailable',
      code: 'UnknownCluster',
    });
  });
});

describe('a pod as it is read', () => {
  const patchStatus = (status: object) =>
    core.patchNamespacedPodStatus(
      { namespace: 'default', name: 'web-0', body: { status } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );

  it('has its UID, its wishes, and no IP before its network is up', async () => {
    const uid = await createPod();
    const view = await pods.read(EIP);
    expect(view).toMatchObject({
      uid,
      terminating: false,
      finished: false,
      hostNetwork: false,
      wishes: { eip: { retention: { kind: 'follow' } }, ip: undefined, problems: [] },
      told: {},
    });
    expect(view).not.toHaveProperty('ip');
    expect(view).not.toHaveProperty('eniHint');
  });

  it('has its IP, and the ENI that its node names', async () => {
    await createPod('web-0', { ...ANNOTATIONS, 'k8s.aliyun.com/eni-instance-id': 'eni-1' });
    await patchStatus({ phase: 'Running', podIP: '192.168.1.9' });
    expect(await pods.read(EIP)).toMatchObject({ ip: '192.168.1.9', eniHint: 'eni-1' });
  });

  it.each(['Failed', 'Succeeded'])('is finished when it has %s', async (phase) => {
    await createPod();
    await patchStatus({ phase });
    expect(await pods.read(EIP)).toMatchObject({ finished: true });
  });

  it('is terminating from its deletion on', async () => {
    await createPod();
    await core.deleteNamespacedPod({ namespace: 'default', name: 'web-0', gracePeriodSeconds: 30 });
    expect(await pods.read(EIP)).toMatchObject({ terminating: true });
  });
});

describe('listing the pods of a cluster', () => {
  const page = (limit: number) => {
    const { listPodForAllNamespacesWithHttpInfo } = CoreV1Api.prototype;
    return vi.spyOn(CoreV1Api.prototype, 'listPodForAllNamespacesWithHttpInfo').mockImplementation(function (
      this: CoreV1Api,
      request = {},
      options,
    ) {
      return listPodForAllNamespacesWithHttpInfo.call(this, { ...request, limit }, options);
    });
  };
  const createMany = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => createPod(`web-${index}`)));

  it('stops at the first page in the client', async () => {
    await createMany(5);
    const first = await core.listPodForAllNamespaces({ limit: 2 });
    expect(first.items).toHaveLength(2);
    expect(first.metadata?._continue).toBeTruthy();
  });

  it('follows the pages in the adapter', async () => {
    await createMany(5);
    const calls = page(2);
    const listed = await pods.list(CLUSTER);
    expect(listed.map(({ identity }) => identity.pod).sort()).toEqual([
      'web-0',
      'web-1',
      'web-2',
      'web-3',
      'web-4',
    ]);
    expect(listed[0]?.identity).toMatchObject({ clusterId: CLUSTER, namespace: 'default' });
    expect(calls).toHaveBeenCalledTimes(3);
  });

  it.each([
    [410, 'Expired'],
    [500, 'InternalError'],
    [403, 'Forbidden'],
  ])('throws when a later page fails with %d, for a part of a list proves nothing', async (status, code) => {
    await createMany(5);
    page(2);
    failing('list pods', status, code, 1);
    await expect(pods.list(CLUSTER)).rejects.toMatchObject({ code: `HTTP${status}` });
  });

  it('is empty where there is no pod in any namespace', async () => {
    expect(await pods.isEmpty(CLUSTER)).toBe(true);
    await createPod('web-0');
    expect(await pods.isEmpty(CLUSTER)).toBe(false);
  });

  it('is not called empty where it cannot be listed', async () => {
    failing('list pods', 500, 'InternalError');
    await expect(pods.isEmpty(CLUSTER)).rejects.toMatchObject({ code: 'HTTP500' });
  });

  it('throws when the connection breaks', async () => {
    context.faults.add({ service: 'kubernetes', operation: 'list pods', times: 1, fault: { kind: 'drop' } });
    await expect(pods.list(CLUSTER)).rejects.toMatchObject({ verdict: 'unavailable' });
  });
});

describe('telling a pod', () => {
  const BOUND = { reason: 'Bound', address: '47.0.0.1' } as const;

  it('writes condition and annotations, and is read back as told', async () => {
    const uid = await createPod();
    await pods.tell(EIP, uid, BOUND);
    expect((await readPod()).metadata?.annotations).toMatchObject({
      ...ANNOTATIONS,
      'k8s.aliyun.com/allocated-eipAddress': '47.0.0.1',
      'network.alibabacloud.com/allocated-eipAddress': '47.0.0.1',
    });
    expect(await conditionsOf()).toMatchObject([
      { type: 'k8s.aliyun.com/eip', status: 'True', reason: 'Associate eip succeed' },
    ]);
    expect(await pods.read(EIP)).toMatchObject({ told: { eip: BOUND } });
    expect(await eventsOf()).toMatchObject([
      { reason: 'EIPBound', message: 'EIP 47.0.0.1 is bound to the pod.' },
    ]);
  });

  it.each<[Told, string]>([
    [{ reason: 'HostNetwork' }, "The pod uses the node's network and has no IP of its own."],
    [
      { reason: 'AddressNotFound', message: 'eip-nope' },
      'The EIP that the pod names does not exist in this account and region: eip-nope.',
    ],
    [
      { reason: 'ManagedENI', message: 'eni-1' },
      "The pod's ENI is managed by the cloud and refuses changes: eni-1.",
    ],
  ])(
    'says in condition and Event what the reason means, and is read back as told: %j',
    async (told, text) => {
      const uid = await createPod();
      await pods.tell(EIP, uid, told);
      expect(await conditionsOf()).toMatchObject([{ reason: told.reason, message: text }]);
      expect(await eventsOf()).toMatchObject([{ reason: `EIP${told.reason}`, message: text }]);
      expect(await pods.read(EIP)).toMatchObject({ told: { eip: told } });
    },
  );

  it('of both kinds of address keeps the two apart, and conditions of others as they are', async () => {
    const uid = await createPod();
    await core.patchNamespacedPodStatus(
      {
        namespace: 'default',
        name: 'web-0',
        body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
    );
    await pods.tell(EIP, uid, { reason: 'QuotaExceeded', message: 'no EIP left' });
    await pods.tell(FIXED_IP, uid, { reason: 'Bound', address: '192.168.1.50' });
    expect(await pods.read(EIP)).toMatchObject({
      told: {
        eip: { reason: 'QuotaExceeded', message: 'no EIP left' },
        ip: { reason: 'Bound', address: '192.168.1.50' },
      },
    });
    expect((await conditionsOf()).map(({ type }) => type).sort()).toEqual([
      'Ready',
      'holdfast.io/fixed-ip',
      'k8s.aliyun.com/eip',
    ]);
  });

  it('that was replaced fails with "gone" and changes nothing', async () => {
    const before = await createPod();
    await deletePod();
    const uid = await createPod();
    const untouched = await readPod();

    await expect(pods.tell(EIP, before, BOUND)).rejects.toMatchObject({ verdict: 'gone' });
    await expect(pods.tell(EIP, before, { reason: 'Throttled' })).rejects.toMatchObject({ verdict: 'gone' });
    expect(await readPod()).toEqual(untouched);
    expect(untouched.metadata?.uid).toBe(uid);
    expect(await eventsOf()).toEqual([]);
  });

  it.each([
    [422, 'Invalid', 'refused'],
    [409, 'Conflict', 'busy'],
    [404, 'NotFound', 'unavailable'],
  ])('is not taken for another pod on a %i that is about something else', async (status, code, verdict) => {
    const uid = await createPod();
    failing('patch pods/status', status, code);
    await expect(pods.tell(EIP, uid, { reason: 'Throttled' })).rejects.toMatchObject({ verdict });
  });

  it('that it has no address any more takes its annotations away', async () => {
    const uid = await createPod();
    await pods.tell(EIP, uid, BOUND);
    await pods.tell(EIP, uid, { reason: 'Unwanted' });
    expect((await readPod()).metadata?.annotations).toEqual(ANNOTATIONS);
    expect(await conditionsOf()).toMatchObject([{ status: 'False', reason: 'Unwanted' }]);
  });

  it('that is no longer there fails with "gone"', async () => {
    const uid = await createPod();
    await deletePod();
    await expect(pods.tell(EIP, uid, BOUND)).rejects.toMatchObject({ verdict: 'gone' });
  });

  it('is told half only where the connection breaks in between, and then told again', async () => {
    const uid = await createPod();
    context.faults.add({
      service: 'kubernetes',
      operation: 'patch pods/status',
      times: 1,
      fault: { kind: 'drop' },
    });
    await expect(pods.tell(EIP, uid, BOUND)).rejects.toMatchObject({ verdict: 'unavailable' });
    expect(await pods.read(EIP)).toMatchObject({ told: {} });
    await pods.tell(EIP, uid, BOUND);
    expect(await pods.read(EIP)).toMatchObject({ told: { eip: BOUND } });
  });

  it('is untold again where somebody took an annotation away', async () => {
    const uid = await createPod();
    await pods.tell(EIP, uid, BOUND);
    await core.patchNamespacedPod(
      {
        namespace: 'default',
        name: 'web-0',
        body: { metadata: { annotations: { 'k8s.aliyun.com/allocated-eipAddress': null } } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    const view = await pods.read(EIP);
    expect(view).toMatchObject({ told: { eip: { reason: 'Bound' } } });
    expect(view).not.toHaveProperty('told.eip.address');
  });
});

describe('an Event on a pod', () => {
  const said = { type: 'Warning', reason: 'InvalidAnnotation', message: 'x is "y"' } as const;

  it('is written once for one thing, and names us as its source', async () => {
    const uid = await createPod();
    await pods.event(EIP, uid, said);
    await pods.event(EIP, uid, said);
    await pods.event(EIP, uid, { ...said, message: 'x is "z"' });
    const events = await eventsOf();
    expect(events.map(({ message }) => message).sort()).toEqual(['x is "y"', 'x is "z"']);
    expect(events[0]).toMatchObject({
      type: 'Warning',
      involvedObject: { kind: 'Pod', name: 'web-0', uid },
      source: { component: 'holdfast' },
      reportingComponent: 'holdfast',
    });
  });

  it('is a courtesy: what it is about does not fail with it', async () => {
    const uid = await createPod();
    failing('create events', 500, 'InternalError');
    await pods.tell(EIP, uid, { reason: 'Throttled' });
    expect(await conditionsOf()).toMatchObject([{ reason: 'Throttled', status: 'False' }]);
    expect(lines.join()).toContain('an Event could not be written');
  });
});

describe('the connection to an API server', () => {
  /** How many connections are opened while `work` runs. */
  async function connectionsOf(work: () => Promise<unknown>): Promise<number> {
    let opened = 0;
    const count = () => {
      opened++;
    };
    diagnostics.subscribe('net.server.socket', count);
    try {
      await work();
    } finally {
      diagnostics.unsubscribe('net.server.socket', count);
    }
    return opened;
  }

  it('is a new one for each call of the client', async () => {
    await createPod();
    const opened = await connectionsOf(async () => {
      for (let call = 0; call < 3; call++) await readPod();
    });
    expect(opened).toBe(3);
  });

  it('is one for all calls of the adapter', async () => {
    await createPod();
    const opened = await connectionsOf(async () => {
      for (let call = 0; call < 3; call++) await pods.read(EIP);
    });
    expect(opened).toBe(1);
  });
});

describe('an API server that does not answer', () => {
  it('is given up, for a function that waits is killed with its work undone', async () => {
    await createPod();
    const limits = vi
      .spyOn(AbortSignal, 'timeout')
      .mockReturnValue(AbortSignal.abort(new Error('no answer in time')));
    await expect(pods.read(EIP)).rejects.toMatchObject({ verdict: 'unavailable', code: 'NoAnswer' });
    expect(limits).toHaveBeenCalledWith(10_000);
  });
});

describe('a kubeconfig', () => {
  const twoClusters = () => {
    const config = JSON.parse(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'k', cluster: { server: kubernetes.url } }],
        users: [{ name: 'u', user: { token: kubernetes.token } }],
        contexts: ['c-1', 'c-2'].map((name) => ({ name, context: { cluster: 'k', user: 'u' } })),
      }),
    );
    return JSON.stringify(config);
  };

  it('gives one client for each context, and their names are the cluster ids', () => {
    expect(clusterIdsOf(twoClusters())).toEqual(['c-1', 'c-2']);
    expect([...openClusters(twoClusters()).keys()]).toEqual(['c-1', 'c-2']);
    expect(podsOf(twoClusters()).clusters).toEqual(['c-1', 'c-2']);
  });

  it('with a context that names no cluster is refused', () => {
    const broken = twoClusters().replace('"cluster":"k","user"', '"cluster":"gone","user"');
    expect(() => openClusters(broken)).toThrow('names no cluster');
  });
});
