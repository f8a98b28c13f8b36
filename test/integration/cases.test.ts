import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toldOf } from '../rig/journey.ts';
import { buyEip } from '../rig/own-eip.ts';
import { INSTANT, type Rig, startRig } from '../rig/parts.ts';
import {
  annotate,
  conditionOf,
  createPendingPod,
  EIP_CONDITION,
  eventsOf,
  IP_CONDITION,
  setStatus,
} from '../rig/pods.ts';
import { passMinutes, settle, startSettledPod, sweep } from '../rig/timers.ts';

/** Cases of `docs/cases.md` that no other test shows. */

const WITH_EIP = 'k8s.aliyun.com/pod-with-eip';
const EIP_ID = 'k8s.aliyun.com/pod-eip-instanceid';
const FOLLOWING = { [WITH_EIP]: 'true' };
const KEPT = { ...FOLLOWING, 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };
const FIXED_IP = { 'network.alibabacloud.com/enable-fixed-ip': 'true' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const boundPod = (name: string, annotations: Record<string, string>) =>
  startSettledPod(rig, name, annotations);
const keptEip = async () => {
  await rig.endPod(await boundPod('web-0', KEPT));
  await settle(rig, 'web-0');
  return rig.world.eips()[0]?.id;
};
const buy = () => buyEip(rig);
const refuse = (operation: string, code: string) =>
  rig.context.faults.add({ service: 'openapi', operation, fault: { kind: 'error', status: 400, code } });
/** How often an operation of the cloud is called from now on. */
const callsOf = (operation: string): (() => number) => {
  let calls = 0;
  rig.context.meter.onCall((call) => {
    if (call.service === 'openapi' && call.operation === operation) calls++;
  });
  return () => calls;
};

describe('a pod that has to wait is told why, and served once it can be', () => {
  it.each(['InsufficientBalance', 'InsufficientBalance.Eip'])(
    'where the account has not the balance for an EIP (%s)',
    async (code) => {
      const arrears = refuse('AllocateEipAddress', code);
      const pod = await rig.startPod('web-0', KEPT);
      await passMinutes(rig, 3);
      expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toMatch(
        new RegExp(`^False InsufficientBalance: .* ${code}: AllocateEipAddress`),
      );
      expect(await eventsOf(rig.core, 'web-0')).toEqual([expect.stringMatching(/^EIPInsufficientBalance: /)]);

      arrears.remove();
      await passMinutes(rig, 2);
      expect(rig.world.eips()).toMatchObject([{ binding: { instanceId: pod.eniId } }]);
    },
  );

  it('where its vSwitch has no idle private IP', async () => {
    const { id: vSwitchId } = rig.world.createVSwitch({ cidr: '192.168.3.0/29', zone: 'cn-hangzhou-h' });
    const eni = rig.world.createEni({ vSwitchId, instanceId: 'i-node1' });
    const others: string[] = [];
    while (rig.world.idleAddresses(vSwitchId) > 0) others.push(rig.world.createEni({ vSwitchId }).id);
    await createPendingPod(rig.core, 'web-0', FIXED_IP);
    await setStatus(rig.core, 'web-0', { phase: 'Running', podIP: eni.addresses[0]?.ip ?? '' });
    await passMinutes(rig, 3);
    expect(await conditionOf(rig.core, 'web-0', IP_CONDITION)).toMatch(
      /^False VSwitchExhausted: .* InvalidVSwitchId\.IpNotEnough/,
    );

    rig.world.deleteEni(others[0] ?? '');
    await passMinutes(rig, 2);
    expect(rig.world.eni(eni.id)?.addresses).toHaveLength(2);
    expect(await toldOf(rig, 'ip', 'web-0')).toBe(rig.world.eni(eni.id)?.addresses[1]?.ip);
  });

  it('where somebody has bound another EIP to its IP, which is left there', async () => {
    const theirs = await buy();
    const pod = await rig.startPod('web-0', KEPT);
    const place = { InstanceType: 'NetworkInterface', InstanceId: pod.eniId, PrivateIpAddress: pod.ip };
    await rig.vpc('AssociateEipAddress', { AllocationId: theirs, ...place });
    await passMinutes(rig, 3);
    expect(rig.world.eip(theirs)).toMatchObject({ binding: { instanceId: pod.eniId } });
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toMatch(
      /^False AddressInUse: .* BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP/,
    );

    await rig.vpc('UnassociateEipAddress', { AllocationId: theirs });
    await passMinutes(rig, 2);
    const ours = rig.world.eips().filter(({ id }) => id !== theirs);
    expect(ours).toMatchObject([{ binding: { instanceId: pod.eniId } }]);
    expect(rig.world.eip(theirs)).toMatchObject({ status: 'Available' });
  });
});

describe('an EIP that the cloud is slow to bind', () => {
  it('is waited for as long as it takes: it is neither released nor replaced', async () => {
    await rig.close();
    rig = await startRig({
      openApi: { latency: { ...INSTANT, AssociateEipAddress: { min: 30 * MINUTE, max: 30 * MINUTE } } },
    });
    const pod = await rig.startPod('web-0', FOLLOWING);
    await passMinutes(rig, 25);
    expect(rig.world.eips()).toMatchObject([{ status: 'Associating' }]);
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toMatch(/^False Binding/);
    await passMinutes(rig, 10);
    expect(rig.world.eips()).toMatchObject([{ status: 'InUse', binding: { instanceId: pod.eniId } }]);
    expect(await toldOf(rig, 'eip', 'web-0')).toBe(rig.world.eips()[0]?.address);
  });
});

describe('an EIP that the cloud shows free and does not bind', () => {
  it('because of the state of the instance is tried again now and then, and its pod is told', async () => {
    const hindrance = refuse('AssociateEipAddress', 'IncorrectInstanceStatus');
    const pod = await rig.startPod('web-0', FOLLOWING);
    const binds = callsOf('AssociateEipAddress');
    await passMinutes(rig, 5);
    expect(binds()).toBeLessThanOrEqual(2 * 5);
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toContain('IncorrectInstanceStatus');

    hindrance.remove();
    await passMinutes(rig, 2);
    expect(rig.world.eips()).toMatchObject([{ status: 'InUse', binding: { instanceId: pod.eniId } }]);
  });
});

describe('an EIP that the cloud does not let go', () => {
  it.each([
    ['protected', 'InvalidOperation.DeletionProtection'],
    ['paid in advance', 'Forbidden.ChargeTypeIsPrepaid'],
    ['managed by a service', 'OperationUnsupported.ServiceManaged'],
  ])('because it is %s is kept, and each timer asks once in ten minutes', async (_, code) => {
    const id = await keptEip();
    const protection = refuse('ReleaseEipAddress', code);
    const releases = callsOf('ReleaseEipAddress');
    await passMinutes(rig, 45);
    expect(rig.world.eips()).toMatchObject([{ id, status: 'Available' }]);
    expect(releases()).toBeGreaterThan(1);
    expect(releases()).toBeLessThanOrEqual(10);

    protection.remove();
    await passMinutes(rig, 12);
    expect(rig.world.eips()).toEqual([]);
  });

  it('because it is in a bandwidth package is kept until it is in none', async () => {
    const id = await keptEip();
    const { BandwidthPackageId } = (await rig.vpc('CreateCommonBandwidthPackage', { Bandwidth: 100 })) as {
      BandwidthPackageId: string;
    };
    await rig.vpc('AddCommonBandwidthPackageIp', { BandwidthPackageId, IpInstanceId: id });
    const releases = callsOf('ReleaseEipAddress');
    await passMinutes(rig, 13);
    expect(rig.world.eips()).toMatchObject([{ id, status: 'Available' }]);
    expect(releases()).toBeLessThanOrEqual(2 * 13);

    await rig.vpc('RemoveCommonBandwidthPackageIp', { BandwidthPackageId, IpInstanceId: id });
    await passMinutes(rig, 2);
    expect(rig.world.eips()).toEqual([]);
  });

  it('goes to the pod that comes back', async () => {
    const id = await keptEip();
    refuse('ReleaseEipAddress', 'InvalidOperation.DeletionProtection');
    await passMinutes(rig, 15);
    const back = await boundPod('web-0', KEPT);
    expect(rig.world.eips()).toMatchObject([{ id, binding: { instanceId: back.eniId } }]);
  });
});

describe('while no function runs for longer than a retention', () => {
  it('a pod that goes and comes back loses nothing', async () => {
    const pod = await boundPod('web-0', KEPT);
    const before = rig.world.eips()[0]?.id;
    await rig.endPod(pod);
    await rig.context.clock.advance(5 * HOUR);
    const back = await rig.startPod('web-0', KEPT);
    await sweep(rig);
    expect(rig.world.eips()).toMatchObject([{ id: before, binding: { instanceId: back.eniId } }]);
  });

  it('the address of a pod that goes is kept: its retention begins when it is seen to be gone', async () => {
    const pod = await boundPod('web-0', KEPT);
    await rig.endPod(pod);
    await rig.context.clock.advance(5 * HOUR);
    await passMinutes(rig, 9);
    expect(rig.world.eips()).toHaveLength(1);
    await passMinutes(rig, 4);
    expect(rig.world.eips()).toEqual([]);
  });
});

describe('a pod', () => {
  it('that is deleted again within the retention has the whole of it before it once more', async () => {
    const id = await keptEip();
    await passMinutes(rig, 6);
    const second = await boundPod('web-0', KEPT);
    await rig.endPod(second);
    await settle(rig, 'web-0');
    await passMinutes(rig, 9);
    expect(rig.world.eips()).toMatchObject([{ id }]);
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toEqual([]);
  });

  it('that has completed gives back an EIP that follows it, though its object is there', async () => {
    await boundPod('job-x7k2p', FOLLOWING);
    await setStatus(rig.core, 'job-x7k2p', { phase: 'Succeeded' });
    await sweep(rig);
    expect(rig.world.eips()).toEqual([]);
  });

  it('that names an EIP while it has another loses the one and gets the other', async () => {
    const pod = await boundPod('web-0', FOLLOWING);
    const id = await buy();
    await annotate(rig.core, 'web-0', { [EIP_ID]: id });
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toMatchObject([{ id, binding: { instanceId: pod.eniId } }]);
    expect(await toldOf(rig, 'eip', 'web-0')).toBe(rig.world.eips()[0]?.address);
  });

  it('that asks for another bandwidth while it has its EIP keeps that one as it is', async () => {
    await boundPod('web-0', { ...FOLLOWING, 'k8s.aliyun.com/eip-bandwidth': '5' });
    const before = rig.world.eips();
    await annotate(rig.core, 'web-0', { 'k8s.aliyun.com/eip-bandwidth': '10' });
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toEqual(before);
  });

  it('can be deleted while no function runs: nothing of ours holds it back', async () => {
    await boundPod('web-0', { ...KEPT, ...FIXED_IP });
    expect((await rig.readPod('web-0')).metadata?.finalizers ?? []).toEqual([]);
    await rig.core.deleteNamespacedPod({ namespace: 'default', name: 'web-0', gracePeriodSeconds: 0 });
    await expect(rig.readPod('web-0')).rejects.toMatchObject({ code: 404 });
  });
});
