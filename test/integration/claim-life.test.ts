import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { resyncPass } from '../../shared/reconcile/resync.ts';
import { retainPass } from '../../shared/reconcile/retain.ts';
import { identityOf, type Rig, startRig } from '../rig/parts.ts';

const EIP = { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };
const FIXED_IP = { 'network.alibabacloud.com/enable-fixed-ip': 'true' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

/** Reconciles the pod until nothing is left to do, letting cloud time pass between the tries. */
async function settle(pod: string, { look = false } = {}): Promise<void> {
  const ports = rig.newPorts();
  for (let round = 0; round < 20; round++) {
    const { again } = await reconcile(ports, { ...identityOf(pod), ...(look ? { look } : {}) });
    if (!again) return;
    await rig.context.clock.advance(again.afterMs);
  }
  throw new Error(`not settled:\n${rig.lines.slice(-12).join('\n')}`);
}

const conditionOf = async (pod: string, type: string) =>
  (await rig.readPod(pod)).status?.conditions?.find((condition) => condition.type === type);

const secondaryIpsOf = (eniId: string) =>
  (rig.world.eni(eniId)?.addresses ?? []).slice(1).map(({ ip }) => ip);

describe('the EIP of a StatefulSet pod', () => {
  it('is bought, bound to the pod and told to it', async () => {
    const pod = await rig.startPod('web-0', EIP);
    await settle('web-0');

    const [eip] = rig.world.eips();
    expect(eip).toMatchObject({ status: 'InUse', binding: { instanceId: pod.eniId, privateIp: pod.ip } });
    const seen = await rig.readPod('web-0');
    expect(seen.metadata?.annotations).toMatchObject({
      'k8s.aliyun.com/allocated-eipAddress': eip?.address,
      'network.alibabacloud.com/allocated-eipAddress': eip?.address,
    });
    expect(await conditionOf('web-0', 'k8s.aliyun.com/eip')).toMatchObject({
      status: 'True',
      reason: 'Associate eip succeed',
    });
  });

  it('is kept when the pod goes, and bound again to the pod that comes back', async () => {
    const first = await rig.startPod('web-0', EIP);
    await settle('web-0');
    const [before] = rig.world.eips();
    await rig.endPod(first);
    await settle('web-0');
    expect(rig.world.eips()).toMatchObject([{ address: before?.address, status: 'Available' }]);

    const second = await rig.startPod('web-0', EIP);
    await settle('web-0');
    expect(rig.world.eips()).toMatchObject([
      { address: before?.address, status: 'InUse', binding: { instanceId: second.eniId } },
    ]);
  });

  it('is released when the retention is over, and not a moment before', async () => {
    const pod = await rig.startPod('web-0', EIP);
    await settle('web-0');
    await rig.endPod(pod);
    await settle('web-0');

    await rig.context.clock.advance(9 * MINUTE);
    await retainPass(rig.newPorts());
    expect(rig.world.eips()).toMatchObject([{ status: 'Available' }]);

    await rig.context.clock.advance(MINUTE + 1_000);
    await retainPass(rig.newPorts());
    expect(rig.world.eips()).toEqual([]);
    expect(await retainPass(rig.newPorts())).toMatchObject({ due: 0 });
  });

  it('follows the pod where no retention is asked for', async () => {
    const pod = await rig.startPod('job-x7k2p', { 'k8s.aliyun.com/pod-with-eip': 'true' });
    await settle('job-x7k2p');
    expect(rig.world.eips()).toHaveLength(1);
    await rig.endPod(pod);
    await settle('job-x7k2p');
    expect(rig.world.eips()).toEqual([]);
  });
});

describe('the fixed private IP of a StatefulSet pod', () => {
  it('stands beside the pod IP on the pod ENI', async () => {
    const pod = await rig.startPod('web-0', FIXED_IP);
    await settle('web-0');
    const [address, ...others] = secondaryIpsOf(pod.eniId);
    expect(others).toEqual([]);
    expect((await rig.readPod('web-0')).metadata?.annotations).toMatchObject({
      'holdfast.io/fixed-ip': address,
    });
    expect(await conditionOf('web-0', 'holdfast.io/fixed-ip')).toMatchObject({ status: 'True' });
  });

  it('is parked while the pod is away, and moves to the ENI of the pod that comes back', async () => {
    const first = await rig.startPod('web-0', FIXED_IP);
    await settle('web-0');
    const [address] = secondaryIpsOf(first.eniId);
    await rig.endPod(first);
    await settle('web-0');
    const parking = rig.world.enis().find(({ name }) => name === 'holdfast-parking');
    expect(secondaryIpsOf(parking?.id ?? '')).toEqual([address]);

    const second = await rig.startPod('web-0', FIXED_IP);
    await settle('web-0');
    expect(secondaryIpsOf(second.eniId)).toEqual([address]);
    expect(secondaryIpsOf(parking?.id ?? '')).toEqual([]);
  });

  it('is parked by the sweeps alone, when no event arrives and no other ENI is left', async () => {
    const pod = await rig.startPod('web-0', FIXED_IP);
    await settle('web-0');
    const [address] = secondaryIpsOf(pod.eniId);
    await rig.endPod(pod);
    expect(rig.world.enis()).toEqual([]);

    await resyncPass(rig.newPorts());
    expect(await rig.takeHints()).toMatchObject([{ pod: 'web-0', look: true }]);
    await settle('web-0', { look: true });
    expect(rig.world.enis()).toMatchObject([{ name: 'holdfast-parking' }]);
    expect(secondaryIpsOf(rig.world.enis()[0]?.id ?? '')).toEqual([address]);
  });

  it('is given back after 48 hours', async () => {
    const pod = await rig.startPod('web-0', FIXED_IP);
    await settle('web-0');
    await rig.endPod(pod);
    await settle('web-0');
    const parking = rig.world.enis().find(({ name }) => name === 'holdfast-parking')?.id ?? '';
    await rig.context.clock.advance(48 * HOUR - MINUTE);
    await retainPass(rig.newPorts());
    expect(secondaryIpsOf(parking)).toHaveLength(1);
    await rig.context.clock.advance(MINUTE + 1_000);
    await retainPass(rig.newPorts());
    expect(secondaryIpsOf(parking)).toEqual([]);
  });
});
