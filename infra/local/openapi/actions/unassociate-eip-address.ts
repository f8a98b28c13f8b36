import { action } from '../action.ts';
import { refusal } from '../failure.ts';
import type { Eip, EipBinding } from '../records.ts';
import { startEip } from '../transitions.ts';
import { changeableEip } from './eip-state.ts';

/** Source: VPC API reference, UnassociateEipAddress. */
export const unassociateEipAddress = action({
  name: 'UnassociateEipAddress',
  token: true,
  background: true,
  parameters: {
    RegionId: { type: 'string' },
    AllocationId: { type: 'string', required: true },
    InstanceId: { type: 'string' },
    InstanceType: { type: 'string' },
    PrivateIpAddress: { type: 'string' },
    Force: { type: 'boolean', default: false },
  },
  run(cloud, { AllocationId, InstanceId, InstanceType, PrivateIpAddress }) {
    const eip = changeableEip(cloud, AllocationId, 'Unassociating');
    if (eip.status !== 'InUse' || !eip.binding)
      throw refusal('IncorrectEipStatus', `${eip.id} is ${eip.status}.`);
    const { binding } = eip;
    // What the caller names is a fence: an EIP that has moved on meanwhile must not be taken from its new holder.
    checkFence('InstanceId', InstanceId, binding.instanceId, eip);
    checkFence('InstanceType', InstanceType, binding.instanceType, eip);
    checkFence('PrivateIpAddress', PrivateIpAddress, binding.privateIp, eip);
    const eni = cloud.enis.get(binding.instanceId);
    if (eni?.serviceManaged) {
      throw refusal('InvalidOperation.EniServiceManaged', `${eni.id} cannot be changed by its user.`);
    }
    startEip(cloud, eip, 'Unassociating');
    return {};
  },
});

function checkFence(
  name: string,
  given: string | undefined,
  bound: EipBinding[keyof EipBinding],
  eip: Eip,
): void {
  if (given === undefined || given === bound) return;
  throw refusal('InvalidParameter', `${name}: ${eip.id} is bound to "${bound}", not to "${given}".`);
}
