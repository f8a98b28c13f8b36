import { action } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { refusal } from '../failure.ts';
import type { Eip, EipBinding, Eni } from '../records.ts';
import { startEip } from '../transitions.ts';
import { changeableEip } from './eip-state.ts';

/** Source: VPC API reference, AssociateEipAddress. */
export const associateEipAddress = action({
  name: 'AssociateEipAddress',
  token: true,
  background: true,
  parameters: {
    RegionId: { type: 'string' },
    AllocationId: { type: 'string', required: true },
    InstanceId: { type: 'string', required: true },
    InstanceType: { type: 'string', default: 'EcsInstance' },
    PrivateIpAddress: { type: 'string' },
    Mode: { type: 'string', default: 'NAT', values: ['NAT', 'BINDED', 'MULTI_BINDED'] },
    VpcId: { type: 'string' },
    InstanceRegionId: { type: 'string' },
  },
  run(cloud, { AllocationId, InstanceId, InstanceType, PrivateIpAddress, Mode }) {
    const eip = changeableEip(cloud, AllocationId, 'Associating');
    if (eip.status === 'InUse') {
      throw refusal('InvalidAssociation.Duplicated', `${eip.id} is bound to ${eip.binding?.instanceId}.`);
    }
    switch (InstanceType) {
      case 'NetworkInterface':
        bindToEni(cloud, eip, InstanceId, PrivateIpAddress, Mode);
        return {};
      case 'EcsInstance':
        bindToInstance(cloud, eip, InstanceId, Mode);
        return {};
      default:
        throw refusal('InvalidInstanceType.ValueNotSupported', `The local cloud has no "${InstanceType}".`);
    }
  },
});

function bindToEni(cloud: Cloud, eip: Eip, eniId: string, privateIp: string | undefined, mode: string): void {
  const eni = bindableEni(cloud, eniId);
  const target =
    privateIp === undefined ? eni.addresses[0] : eni.addresses.find(({ ip }) => ip === privateIp);
  if (!target)
    throw refusal('InvalidParameter', `PrivateIpAddress must be one of ${eniId}'s, got "${privateIp}".`);
  if (target.eipId !== undefined) {
    throw refusal('BIND_INSTANCE_HAVE_PORTMAP_OR_BIND_EIP', `${target.ip} of ${eniId} has ${target.eipId}.`);
  }
  const addresses = eni.addresses.map((address) =>
    address === target ? { ...target, eipId: eip.id } : address,
  );
  cloud.enis.put({ ...eni, addresses });
  start(cloud, eip, {
    instanceType: 'NetworkInterface',
    instanceId: eniId,
    privateIp: target.ip,
    mode,
    vpcId: eni.vpcId,
  });
}

function bindableEni(cloud: Cloud, eniId: string): Eni {
  const eni = cloud.enis.get(eniId);
  if (!eni) throw refusal('InvalidInstanId.NotFound', eniId);
  if (eni.serviceManaged)
    throw refusal('InvalidOperation.EniServiceManaged', `${eniId} cannot be changed by its user.`);
  if (eni.status !== 'Available' && eni.status !== 'InUse') {
    throw refusal('InvalidStatus.EniStatusNotSupport', `${eniId} is ${eni.status}.`);
  }
  return eni;
}

function bindToInstance(cloud: Cloud, eip: Eip, instanceId: string, mode: string): void {
  if (!cloud.instances.has(instanceId)) throw refusal('InvalidInstanId.NotFound', instanceId);
  for (const { id, binding } of cloud.eips.values()) {
    if (binding?.instanceId === instanceId)
      throw refusal('InvalidAssociation.Duplicated', `${instanceId} has ${id}.`);
  }
  start(cloud, eip, { instanceType: 'EcsInstance', instanceId, privateIp: '', mode, vpcId: '' });
}

const start = (cloud: Cloud, eip: Eip, binding: EipBinding): void =>
  startEip(cloud, eip, 'Associating', { binding });
