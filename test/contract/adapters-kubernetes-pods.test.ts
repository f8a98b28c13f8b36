import { CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANNOTATIONS, CLUSTER, EIP, openPodApiStage, type PodApiStage } from './pod-api-stage.ts';

let stage: PodApiStage;
beforeEach(async () => {
  stage = await openPodApiStage();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stage.close();
});

describe('a function that is running out of time', () => {
  it('asks and tells the API server nothing, and takes that for no answer about the pod', async () => {
    const uid = await stage.createPod();
    const hasty = stage.podsOf(stage.kubernetes.kubeconfig(), () => 9_999);
    const late = { verdict: 'late' };
    await expect(hasty.read(EIP)).rejects.toMatchObject(late);
    await expect(hasty.list('c-test')).rejects.toMatchObject(late);
    await expect(hasty.tell(EIP, uid, { reason: 'Binding' })).rejects.toMatchObject(late);
    expect((await stage.pods.read(EIP)) !== 'absent').toBe(true);
  });
});

describe("the cluster's clock", () => {
  const DAY = 24 * 3_600_000;
  const ahead = (ms: number) =>
    stage.podsOf(
      stage.kubernetes.kubeconfig(),
      () => 60_000,
      () => stage.context.clock.now() + ms,
    );

  it('is unknown before the cluster has answered', () => {
    expect(stage.pods.skewMs('c-test')).toBeUndefined();
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
    await stage.createPod();
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
    expect(await stage.pods.read(EIP)).toBe('absent');
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
    const kubeconfig = await stage.proxyWithout(404, body);
    await expect(
      stage.rawClient(kubeconfig).readNamespacedPod({ namespace: 'default', name: 'web-0' }),
    ).rejects.toMatchObject({ code: 404 });
    await expect(stage.podsOf(kubeconfig).read(EIP)).rejects.toMatchObject({ verdict: 'unavailable' });
  });

  it.each([
    ['an empty object', '{}'],
    ['a list', '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}'],
    ['another pod', '{"metadata":{"name":"web-1","uid":"u-1"}}'],
    ['a pod without a UID', '{"metadata":{"name":"web-0"}}'],
  ])('is no pod that wants nothing where %s comes with status 200', async (_, body) => {
    const kubeconfig = await stage.proxyWithout(200, body);
    await expect(
      stage.rawClient(kubeconfig).readNamespacedPod({ namespace: 'default', name: 'web-0' }),
    ).resolves.toBeDefined();
    await expect(stage.podsOf(kubeconfig).read(EIP)).rejects.toMatchObject({ verdict: 'unavailable' });
  });

  it.each([
    [401, 'Unauthorized', 'forbidden'],
    [403, 'Forbidden', 'forbidden'],
    [429, 'TooManyRequests', 'throttled'],
    [500, 'InternalError', 'unavailable'],
    [504, 'Timeout', 'unavailable'],
  ])('is in doubt at a %d %s, which is %j', async (status, code, verdict) => {
    stage.failing('get pods', status, code);
    await expect(stage.pods.read(EIP)).rejects.toMatchObject({ verdict, code: `HTTP${status}` });
  });

  it('is in doubt where no answer comes, and in a cluster that nobody configured', async () => {
    stage.context.faults.add({ service: 'kubernetes', times: 1, fault: { kind: 'drop' } });
    await expect(stage.pods.read(EIP)).rejects.toMatchObject({ verdict: 'unavailable', code: 'NoAnswer' });
    await expect(stage.pods.read({ ...EIP, clusterId: 'c-other' })).rejects.toMatchObject({
      verdict: 'unavailable',
      code: 'UnknownCluster',
    });
  });
});

describe('a pod as it is read', () => {
  const patchStatus = (status: object) =>
    stage.core.patchNamespacedPodStatus(
      { namespace: 'default', name: 'web-0', body: { status } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );

  it('has its UID, its wishes, and no IP before its network is up', async () => {
    const uid = await stage.createPod();
    const view = await stage.pods.read(EIP);
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
    await stage.createPod('web-0', { ...ANNOTATIONS, 'k8s.aliyun.com/eni-instance-id': 'eni-1' });
    await patchStatus({ phase: 'Running', podIP: '192.168.1.9' });
    expect(await stage.pods.read(EIP)).toMatchObject({ ip: '192.168.1.9', eniHint: 'eni-1' });
  });

  it.each(['Failed', 'Succeeded'])('is finished when it has %s', async (phase) => {
    await stage.createPod();
    await patchStatus({ phase });
    expect(await stage.pods.read(EIP)).toMatchObject({ finished: true });
  });

  it('is terminating from its deletion on', async () => {
    await stage.createPod();
    await stage.core.deleteNamespacedPod({ namespace: 'default', name: 'web-0', gracePeriodSeconds: 30 });
    expect(await stage.pods.read(EIP)).toMatchObject({ terminating: true });
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
    Promise.all(Array.from({ length: count }, (_, index) => stage.createPod(`web-${index}`)));

  it('stops at the first page in the client', async () => {
    await createMany(5);
    const first = await stage.core.listPodForAllNamespaces({ limit: 2 });
    expect(first.items).toHaveLength(2);
    expect(first.metadata?._continue).toBeTruthy();
  });

  it('follows the pages in the adapter', async () => {
    await createMany(5);
    const calls = page(2);
    const listed = await stage.pods.list(CLUSTER);
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
    stage.failing('list pods', status, code, 1);
    await expect(stage.pods.list(CLUSTER)).rejects.toMatchObject({ code: `HTTP${status}` });
  });

  it('is empty where there is no pod in any namespace', async () => {
    expect(await stage.pods.isEmpty(CLUSTER)).toBe(true);
    await stage.createPod('web-0');
    expect(await stage.pods.isEmpty(CLUSTER)).toBe(false);
  });

  it('is not called empty where it cannot be listed', async () => {
    stage.failing('list pods', 500, 'InternalError');
    await expect(stage.pods.isEmpty(CLUSTER)).rejects.toMatchObject({ code: 'HTTP500' });
  });

  it('throws when the connection breaks', async () => {
    stage.context.faults.add({
      service: 'kubernetes',
      operation: 'list pods',
      times: 1,
      fault: { kind: 'drop' },
    });
    await expect(stage.pods.list(CLUSTER)).rejects.toMatchObject({ verdict: 'unavailable' });
  });
});
