import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Told } from '../../shared/claim/observation.ts';
import { ANNOTATIONS, EIP, FIXED_IP, openPodApiStage, type PodApiStage } from './pod-api-stage.ts';

let stage: PodApiStage;
beforeEach(async () => {
  stage = await openPodApiStage();
});
afterEach(async () => {
  await stage.close();
});

describe('telling a pod', () => {
  const BOUND = { reason: 'Bound', address: '47.0.0.1' } as const;

  it('writes condition and annotations, and is read back as told', async () => {
    const uid = await stage.createPod();
    await stage.pods.tell(EIP, uid, BOUND);
    expect((await stage.readPod()).metadata?.annotations).toMatchObject({
      ...ANNOTATIONS,
      'k8s.aliyun.com/allocated-eipAddress': '47.0.0.1',
      'network.alibabacloud.com/allocated-eipAddress': '47.0.0.1',
    });
    expect(await stage.conditionsOf()).toMatchObject([
      { type: 'k8s.aliyun.com/eip', status: 'True', reason: 'Associate eip succeed' },
    ]);
    expect(await stage.pods.read(EIP)).toMatchObject({ told: { eip: BOUND } });
    expect(await stage.eventsOf()).toMatchObject([
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
      const uid = await stage.createPod();
      await stage.pods.tell(EIP, uid, told);
      expect(await stage.conditionsOf()).toMatchObject([{ reason: told.reason, message: text }]);
      expect(await stage.eventsOf()).toMatchObject([{ reason: `EIP${told.reason}`, message: text }]);
      expect(await stage.pods.read(EIP)).toMatchObject({ told: { eip: told } });
    },
  );

  it('of both kinds of address keeps the two apart, and conditions of others as they are', async () => {
    const uid = await stage.createPod();
    await stage.core.patchNamespacedPodStatus(
      {
        namespace: 'default',
        name: 'web-0',
        body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
    );
    await stage.pods.tell(EIP, uid, { reason: 'QuotaExceeded', message: 'no EIP left' });
    await stage.pods.tell(FIXED_IP, uid, { reason: 'Bound', address: '192.168.1.50' });
    expect(await stage.pods.read(EIP)).toMatchObject({
      told: {
        eip: { reason: 'QuotaExceeded', message: 'no EIP left' },
        ip: { reason: 'Bound', address: '192.168.1.50' },
      },
    });
    expect((await stage.conditionsOf()).map(({ type }) => type).sort()).toEqual([
      'Ready',
      'holdfast.io/fixed-ip',
      'k8s.aliyun.com/eip',
    ]);
  });

  it('that was replaced fails with "gone" and changes nothing', async () => {
    const before = await stage.createPod();
    await stage.deletePod();
    const uid = await stage.createPod();
    const untouched = await stage.readPod();

    await expect(stage.pods.tell(EIP, before, BOUND)).rejects.toMatchObject({ verdict: 'gone' });
    await expect(stage.pods.tell(EIP, before, { reason: 'Throttled' })).rejects.toMatchObject({
      verdict: 'gone',
    });
    expect(await stage.readPod()).toEqual(untouched);
    expect(untouched.metadata?.uid).toBe(uid);
    expect(await stage.eventsOf()).toEqual([]);
  });

  it.each([
    [422, 'Invalid', 'refused'],
    [409, 'Conflict', 'busy'],
    [404, 'NotFound', 'unavailable'],
  ])('is not taken for another pod on a %i that is about something else', async (status, code, verdict) => {
    const uid = await stage.createPod();
    stage.failing('patch pods/status', status, code);
    await expect(stage.pods.tell(EIP, uid, { reason: 'Throttled' })).rejects.toMatchObject({ verdict });
  });

  it('that it has no address any more takes its annotations away', async () => {
    const uid = await stage.createPod();
    await stage.pods.tell(EIP, uid, BOUND);
    await stage.pods.tell(EIP, uid, { reason: 'Unwanted' });
    expect((await stage.readPod()).metadata?.annotations).toEqual(ANNOTATIONS);
    expect(await stage.conditionsOf()).toMatchObject([{ status: 'False', reason: 'Unwanted' }]);
  });

  it('that is no longer there fails with "gone"', async () => {
    const uid = await stage.createPod();
    await stage.deletePod();
    await expect(stage.pods.tell(EIP, uid, BOUND)).rejects.toMatchObject({ verdict: 'gone' });
  });

  it('is told half only where the connection breaks in between, and then told again', async () => {
    const uid = await stage.createPod();
    stage.context.faults.add({
      service: 'kubernetes',
      operation: 'patch pods/status',
      times: 1,
      fault: { kind: 'drop' },
    });
    await expect(stage.pods.tell(EIP, uid, BOUND)).rejects.toMatchObject({ verdict: 'unavailable' });
    expect(await stage.pods.read(EIP)).toMatchObject({ told: {} });
    await stage.pods.tell(EIP, uid, BOUND);
    expect(await stage.pods.read(EIP)).toMatchObject({ told: { eip: BOUND } });
  });

  it('is untold again where somebody took an annotation away', async () => {
    const uid = await stage.createPod();
    await stage.pods.tell(EIP, uid, BOUND);
    await stage.core.patchNamespacedPod(
      {
        namespace: 'default',
        name: 'web-0',
        body: { metadata: { annotations: { 'k8s.aliyun.com/allocated-eipAddress': null } } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    const view = await stage.pods.read(EIP);
    expect(view).toMatchObject({ told: { eip: { reason: 'Bound' } } });
    expect(view).not.toHaveProperty('told.eip.address');
  });
});

describe('an Event on a pod', () => {
  const said = { type: 'Warning', reason: 'InvalidAnnotation', message: 'x is "y"' } as const;

  it('is written once for one thing, and names us as its source', async () => {
    const uid = await stage.createPod();
    await stage.pods.event(EIP, uid, said);
    await stage.pods.event(EIP, uid, said);
    await stage.pods.event(EIP, uid, { ...said, message: 'x is "z"' });
    const events = await stage.eventsOf();
    expect(events.map(({ message }) => message).sort()).toEqual(['x is "y"', 'x is "z"']);
    expect(events[0]).toMatchObject({
      type: 'Warning',
      involvedObject: { kind: 'Pod', name: 'web-0', uid },
      source: { component: 'holdfast' },
      reportingComponent: 'holdfast',
    });
  });

  it('is a courtesy: what it is about does not fail with it', async () => {
    const uid = await stage.createPod();
    stage.failing('create events', 500, 'InternalError');
    await stage.pods.tell(EIP, uid, { reason: 'Throttled' });
    expect(await stage.conditionsOf()).toMatchObject([{ reason: 'Throttled', status: 'False' }]);
    expect(stage.lines.join()).toContain('an Event could not be written');
  });
});
