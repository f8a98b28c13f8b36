import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_QUOTAS } from '../../shared/adapters/tablestore/quota.ts';
import { reconcileBatch } from '../../shared/reconcile/hints.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { retainPass } from '../../shared/reconcile/retain.ts';
import { identityOf, type Rig, startRig } from '../rig/parts.ts';
import { conditionOf, EIP_CONDITION } from '../rig/pods.ts';
import { settle } from '../rig/timers.ts';

const EIP = { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };
const MINUTE = 60_000;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  // At a minute's end, permits of the next one are fetched ahead: each test begins far from one.
  await beginMinute();
});
afterEach(() => rig.close());

const calls = (operation: string) => rig.context.meter.counts()[`openapi.${operation}`] ?? 0;
const beginMinute = () => rig.context.clock.advance(MINUTE - (rig.context.clock.now() % MINUTE) + 1);

describe('a window that is used up', () => {
  const quotas = { ...DEFAULT_QUOTAS, DescribeEipAddresses: { bind: 3, release: 350 } };

  it('stops the looks, and lets them go on in the next minute', async () => {
    await rig.startPod('web-0', EIP);
    await settle(rig, 'web-0');
    await beginMinute();
    const before = calls('DescribeEipAddresses');
    const ports = rig.newPorts({ quotas });
    const look = () => reconcile(ports, { ...identityOf('web-0'), look: true });
    for (let turn = 0; turn < 3; turn++) await look();
    await expect(look()).rejects.toMatchObject({ verdict: 'throttled', afterMs: expect.any(Number) });
    expect(calls('DescribeEipAddresses') - before).toBe(3);
    await beginMinute();
    await expect(look()).resolves.toMatchObject({ again: undefined });
  });

  it('puts the hint back for the next minute, and counts it as no failure', async () => {
    await rig.startPod('web-0', EIP);
    await settle(rig, 'web-0');
    const none = { ...DEFAULT_QUOTAS, DescribeEipAddresses: { bind: 0, release: 0 } };
    const hints = [{ ...identityOf('web-0'), look: true }];
    expect(await reconcileBatch(rig.newPorts({ quotas: none }), hints)).toMatchObject({
      again: 1,
      failed: 0,
    });
  });

  it('is what a pod is told that waits for it', async () => {
    await rig.startPod('web-0', EIP);
    const none = { ...DEFAULT_QUOTAS, AllocateEipAddress: { bind: 0, release: 0 } };
    const { again } = await reconcile(rig.newPorts({ quotas: none }), identityOf('web-0'));
    expect(again?.afterMs).toBeLessThanOrEqual(MINUTE);
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toBe(
      "False Throttled: The cloud's calls-per-minute quota is used up; it goes on in the next minute: WindowUsedUp: AllocateEipAddress: no calls are left for this minute.",
    );
    await beginMinute();
    await settle(rig, 'web-0');
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toMatch(/^True/);
  });
});

describe('the releases of a minute', () => {
  const FOLLOWS = { 'k8s.aliyun.com/pod-with-eip': 'true' };
  const NAMES = ['web-0', 'web-1', 'web-2', 'web-3'];

  it('are as many as may be, whoever finds what is due: a hint, the timer or the sweep for orphans', async () => {
    for (const name of NAMES) {
      const pod = await rig.startPod(name, FOLLOWS);
      await settle(rig, name);
      await rig.endPod(pod);
    }
    await rig.newPorts().cloud.bind.eips.allocate({ ...identityOf('gone-0'), kind: 'eip' }, 'token-1', {});
    await rig.context.clock.advance(11 * MINUTE);
    const left: number[] = [];
    for (let minute = 0; minute < NAMES.length + 2; minute++) {
      await beginMinute();
      const ports = rig.newPorts({ releasesPerMinute: 1 });
      await reconcileBatch(ports, NAMES.map(identityOf));
      await retainPass(ports);
      await resyncPass(ports);
      await reconcileBatch(ports, await rig.takeHints());
      left.push(rig.world.eips().length);
    }
    expect(left).toEqual([4, 3, 2, 1, 0, 0]);
  });
});

describe('a look that is put off', () => {
  it('is put back as a look, also where only what it leads to found no calls left', async () => {
    const annotations = { 'network.alibabacloud.com/enable-fixed-ip': 'true' };
    const pod = await rig.startPod('web-0', annotations);
    await settle(rig, 'web-0');
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    const [parking] = rig.world.enis();
    rig.world.deleteEni(parking?.id ?? '');
    await rig.takeHints();
    const none = { bind: 0, release: 0 };
    const quotas = { ...DEFAULT_QUOTAS, CreateNetworkInterface: none, AssignPrivateIpAddresses: none };
    await reconcileBatch(rig.newPorts({ quotas }), [{ ...identityOf('web-0'), look: true }]);
    // A queue delays by whole seconds.
    await rig.context.clock.advance(MINUTE + 1_000);
    expect(await rig.takeHints()).toMatchObject([{ pod: 'web-0', look: true }]);
  });
});

describe('a sweep that has used up its lane', () => {
  it('leaves binding untouched', async () => {
    const none = { bind: 200, release: 0 };
    const quotas = {
      ...DEFAULT_QUOTAS,
      DescribeEipAddresses: none,
      DescribeNetworkInterfaces: { bind: 350, release: 0 },
    };
    await rig.startPod('web-0', EIP);
    await settle(rig, 'web-0');
    await resyncPass(rig.newPorts({ quotas }));
    const pod = await rig.startPod('web-1', EIP);
    for (let turn = 0; turn < 2; turn++) await reconcile(rig.newPorts({ quotas }), identityOf('web-1'));
    expect(rig.world.eips().map(({ binding }) => binding?.instanceId)).toContain(pod.eniId);
  });
});

describe('a function that is running out of time', () => {
  it('begins nothing, loses nothing and tells the pod nothing, and has the time to put its hint back', async () => {
    await rig.startPod('web-0', EIP);
    let left = 60_000;
    const ports = rig.newPorts({ remainingMs: () => left });
    const { bind } = ports.cloud;
    const allocate: typeof bind.eips.allocate = async (...wishes) => {
      const bought = await bind.eips.allocate(...wishes);
      left = 19_000;
      return bought;
    };
    const cloud = { ...ports.cloud, bind: { ...bind, eips: { ...bind.eips, allocate } } };
    const hints = [identityOf('web-0')];
    expect(await reconcileBatch({ ...ports, cloud }, hints)).toMatchObject({ again: 1, failed: 0 });
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toBeUndefined();
    const [bought] = rig.world.eips();
    await settle(rig, 'web-0');
    expect(rig.world.eips()).toMatchObject([{ id: bought?.id, status: 'InUse' }]);
  });
});
