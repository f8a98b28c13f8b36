import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Save } from '../../shared/claim/action.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { toldOf } from '../rig/journey.ts';
import { buyEip } from '../rig/own-eip.ts';
import { identityOf, type Rig, startRig } from '../rig/parts.ts';
import { conditionOf, EIP_CONDITION, eventsOf, IP_CONDITION } from '../rig/pods.ts';
import { leap, passMinutes, settle, startSettledPod, sweep } from '../rig/timers.ts';

const EIP = { 'k8s.aliyun.com/pod-with-eip': 'true', 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };
const FIXED_IP = { 'network.alibabacloud.com/enable-fixed-ip': 'true' };
const HOUR = 3_600_000;
const HELD = 'Another pod or instance holds this address; it is bound when that one lets go';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const boundPod = (name: string, annotations: Record<string, string>) =>
  startSettledPod(rig, name, annotations);

/** The only EIP there is. */
const onlyEip = () => {
  const [eip, ...others] = rig.world.eips();
  if (!eip || others.length > 0) throw new Error(`there are ${others.length + (eip ? 1 : 0)} EIPs`);
  return eip;
};

const associate = (AllocationId: string, InstanceId: string) =>
  rig.vpc('AssociateEipAddress', { AllocationId, InstanceType: 'NetworkInterface', InstanceId });
const unassociate = (AllocationId: string) => rig.vpc('UnassociateEipAddress', { AllocationId });
const buy = () => buyEip(rig);

describe('an EIP that somebody touches by hand', () => {
  it('is bound again when it was unbound from a pod that lives', async () => {
    const pod = await boundPod('web-0', EIP);
    const { id } = onlyEip();
    await unassociate(id);
    await sweep(rig);
    expect(onlyEip()).toMatchObject({ id, binding: { instanceId: pod.eniId, privateIp: pod.ip } });
  });

  it('is replaced by one with the same address when it was deleted under a pod that lives', async () => {
    const pod = await boundPod('web-0', EIP);
    const { id, address } = onlyEip();
    await unassociate(id);
    await rig.vpc('ReleaseEipAddress', { AllocationId: id });
    await sweep(rig);
    expect(onlyEip()).toMatchObject({ address, binding: { instanceId: pod.eniId } });
    expect(await toldOf(rig, 'eip', 'web-0')).toBe(address);
  });

  it('is replaced by another when its address can no longer be had, and the pod is told the new one', async () => {
    const pod = await boundPod('web-0', EIP);
    const { id, address } = onlyEip();
    await unassociate(id);
    await rig.vpc('ReleaseEipAddress', { AllocationId: id });
    // The cloud gives an address back for seven days.
    await rig.context.clock.advance(8 * 24 * HOUR);
    await sweep(rig);
    expect(onlyEip()).toMatchObject({ binding: { instanceId: pod.eniId } });
    expect(onlyEip().address).not.toBe(address);
    expect(await toldOf(rig, 'eip', 'web-0')).toBe(onlyEip().address);
  });

  it('is forgotten when it was deleted while it was kept; the pod that comes back gets another', async () => {
    const pod = await boundPod('web-0', EIP);
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    await rig.vpc('ReleaseEipAddress', { AllocationId: onlyEip().id });
    await sweep(rig);
    const next = await boundPod('web-0', EIP);
    expect(onlyEip()).toMatchObject({ binding: { instanceId: next.eniId } });
  });

  it('is not fought over when it was bound elsewhere: the pod is told who has it', async () => {
    await boundPod('web-0', EIP);
    const { id } = onlyEip();
    const elsewhere = rig.world.createEni({ instanceId: 'i-other' });
    await unassociate(id);
    await associate(id, elsewhere.id);
    await passMinutes(rig, 5);
    expect(onlyEip().binding).toMatchObject({ instanceId: elsewhere.id });
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toBe(
      `False AddressInUse: ${HELD}: ${id} is bound to ${elsewhere.id}.`,
    );
    expect(await eventsOf(rig.core, 'web-0')).toContain(
      `EIPAddressInUse: ${HELD}: ${id} is bound to ${elsewhere.id}.`,
    );
  });

  it('is not released while it is bound elsewhere, however long its pod has been gone', async () => {
    const pod = await boundPod('web-0', EIP);
    const { id } = onlyEip();
    const elsewhere = rig.world.createEni({ instanceId: 'i-other' });
    await unassociate(id);
    await associate(id, elsewhere.id);
    await rig.endPod(pod);
    await passMinutes(rig, 15);
    await leap(rig, HOUR);
    expect(onlyEip().binding).toMatchObject({ instanceId: elsewhere.id });

    await unassociate(id);
    await passMinutes(rig, 2);
    expect(rig.world.eips()).toEqual([]);
  });

  it('that was bound elsewhere comes back to its pod when it is let go', async () => {
    const pod = await boundPod('web-0', EIP);
    const { id } = onlyEip();
    await unassociate(id);
    await associate(id, rig.world.createEni({ instanceId: 'i-other' }).id);
    await passMinutes(rig, 1);
    await unassociate(id);
    await sweep(rig);
    expect(onlyEip().binding).toMatchObject({ instanceId: pod.eniId });
    expect(await toldOf(rig, 'eip', 'web-0')).toBe(onlyEip().address);
  });
});

describe('a fixed IP that somebody takes away by hand', () => {
  it('is assigned again to the pod that lives', async () => {
    const pod = await boundPod('web-0', FIXED_IP);
    const [, fixed] = rig.world.eni(pod.eniId)?.addresses ?? [];
    await rig.ecs('UnassignPrivateIpAddresses', {
      NetworkInterfaceId: pod.eniId,
      PrivateIpAddress: [fixed?.ip ?? ''],
    });
    await sweep(rig);
    expect(rig.world.eni(pod.eniId)?.addresses.slice(1)).toEqual([fixed]);
  });

  it('is not fought over when it was given to another ENI: the pod is told which', async () => {
    const pod = await boundPod('web-0', FIXED_IP);
    const [, fixed] = rig.world.eni(pod.eniId)?.addresses ?? [];
    const taken = { PrivateIpAddress: [fixed?.ip ?? ''] };
    await rig.ecs('UnassignPrivateIpAddresses', { NetworkInterfaceId: pod.eniId, ...taken });
    const elsewhere = rig.world.createEni({ instanceId: 'i-other' });
    await rig.ecs('AssignPrivateIpAddresses', { NetworkInterfaceId: elsewhere.id, ...taken });
    await passMinutes(rig, 5);
    expect(rig.world.eni(elsewhere.id)?.addresses.slice(1)).toEqual([fixed]);
    expect(await conditionOf(rig.core, 'web-0', IP_CONDITION)).toBe(
      `False AddressInUse: ${HELD}: ${fixed?.ip} is on ${elsewhere.id}.`,
    );
  });

  it('is parked again when it was taken off its parking ENI', async () => {
    const pod = await boundPod('web-0', FIXED_IP);
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    const [parking] = rig.world.enis();
    const held = parking?.addresses.slice(1).map(({ ip }) => ip) ?? [];
    await rig.ecs('UnassignPrivateIpAddresses', {
      NetworkInterfaceId: parking?.id ?? '',
      PrivateIpAddress: held,
    });
    await sweep(rig);
    expect(rig.world.enis().flatMap(({ addresses }) => addresses.slice(1).map(({ ip }) => ip))).toEqual(held);
  });

  it('is parked on a new ENI when its parking ENI was deleted', async () => {
    const pod = await boundPod('web-0', FIXED_IP);
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    const [parking] = rig.world.enis();
    rig.world.deleteEni(parking?.id ?? '');
    await sweep(rig);
    const [next] = rig.world.enis();
    expect(next?.addresses.slice(1)).toEqual(parking?.addresses.slice(1));
  });
});

describe('an EIP that the user gives', () => {
  const given = (id: string) => ({ 'k8s.aliyun.com/pod-eip-instanceid': id });

  it('is bound, and unbound but not released when its pod is gone', async () => {
    const id = await buy();
    const pod = await boundPod('web-0', given(id));
    expect(onlyEip()).toMatchObject({ id, binding: { instanceId: pod.eniId } });
    await rig.endPod(pod);
    await settle(rig, 'web-0');
    await passMinutes(rig, 15);
    await leap(rig, 2 * HOUR);
    expect(onlyEip()).toMatchObject({ id, status: 'Available' });
  });

  it('is kept off other pods, which are told who has it, until its pod lets go', async () => {
    const id = await buy();
    const first = await boundPod('web-0', given(id));
    const second = await rig.startPod('web-1', given(id));
    await passMinutes(rig, 3);
    expect(onlyEip()).toMatchObject({ binding: { instanceId: first.eniId } });
    expect(await conditionOf(rig.core, 'web-1', EIP_CONDITION)).toMatch(/^False AddressInUse: .*eip-/);

    await rig.endPod(first);
    await sweep(rig);
    expect(onlyEip()).toMatchObject({ id, binding: { instanceId: second.eniId } });
    expect(await toldOf(rig, 'eip', 'web-1')).toBe(onlyEip().address);
  });

  it('is kept for its pod for as long as that asks, and for no other', async () => {
    const id = await buy();
    const annotations = { ...given(id), 'k8s.aliyun.com/pod-eip-release-strategy': '10m' };
    const first = await boundPod('web-0', annotations);
    await rig.endPod(first);
    await settle(rig, 'web-0');
    await rig.startPod('web-1', annotations);
    await passMinutes(rig, 3);
    expect(onlyEip().status).toBe('Available');
    expect(await conditionOf(rig.core, 'web-1', EIP_CONDITION)).toBe(
      `False AddressInUse: ${HELD}: ${id} is kept for c-test/default/web-0/eip.`,
    );
    const back = await boundPod('web-0', annotations);
    expect(onlyEip().binding).toMatchObject({ instanceId: back.eniId });
  });

  it('is not taken from an instance that has it', async () => {
    const id = await buy();
    const elsewhere = rig.world.createEni({ instanceId: 'i-other' });
    await associate(id, elsewhere.id);
    await rig.startPod('web-0', given(id));
    await passMinutes(rig, 3);
    expect(onlyEip().binding).toMatchObject({ instanceId: elsewhere.id });
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toContain(elsewhere.id);
  });

  it('is not one that was just bought for another pod, and is about to be on its record', async () => {
    const owner = await rig.startPod('web-0', { 'k8s.aliyun.com/pod-with-eip': 'true' });
    const { claims, ...ports } = rig.newPorts();
    const dyingToSaveIt = async (action: Save) => {
      if (action.next.phase === 'Bound') throw new Error('the function is killed');
      return claims.save(action);
    };
    const dying = { ...ports, claims: { ...claims, save: dyingToSaveIt } };
    await expect(reconcile(dying, identityOf('web-0'))).rejects.toThrow('the function is killed');
    const { id } = onlyEip();
    await rig.startPod('web-1', given(id));
    await settle(rig, 'web-1').catch(() => {});
    expect(await conditionOf(rig.core, 'web-1', EIP_CONDITION)).toBe(
      `False AddressInUse: ${HELD}: ${id} is kept for c-test/default/web-0/eip.`,
    );
    await passMinutes(rig, 2);
    expect(onlyEip()).toMatchObject({ id, binding: { instanceId: owner.eniId } });
  });

  it('that does not exist is told, and nothing is bought instead', async () => {
    await rig.startPod('web-0', given('eip-nowhere'));
    await passMinutes(rig, 3);
    expect(rig.world.eips()).toEqual([]);
    expect(await conditionOf(rig.core, 'web-0', EIP_CONDITION)).toBe(
      'False AddressNotFound: The EIP that the pod names does not exist in this account and region: eip-nowhere.',
    );
  });
});
