import { action } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { changeableEni } from '../enis.ts';
import { refusal } from '../failure.ts';
import { startEni } from '../transitions.ts';

const ATTACHMENT = {
  RegionId: { type: 'string', required: true },
  NetworkInterfaceId: { type: 'string', required: true },
  InstanceId: { type: 'string', required: true },
} as const;

/** Source: ECS API reference, AttachNetworkInterface: an Available ENI, an instance in the same zone. */
export const attachNetworkInterface = action({
  name: 'AttachNetworkInterface',
  background: true,
  parameters: ATTACHMENT,
  run(cloud, { NetworkInterfaceId, InstanceId }) {
    const eni = changeableEni(cloud, NetworkInterfaceId, ['Available']);
    const instance = cloud.instances.get(InstanceId);
    if (!instance) throw refusal('InvalidEcsId.NotFound', InstanceId);
    if (instance.zone !== eni.zone) {
      throw refusal('InvalidOperation.AvailabilityZoneMismatch', `${eni.zone} is not ${instance.zone}.`);
    }
    const { enisPerInstance, secondaryIpsOfAttachedEni } = cloud.quotas;
    if (attachedTo(cloud, InstanceId) >= enisPerInstance) {
      throw refusal('EniPerInstanceLimitExceeded', `It is ${enisPerInstance}.`);
    }
    if (eni.addresses.length - 1 > secondaryIpsOfAttachedEni) {
      throw refusal(
        'InvalidOperation.Ipv4CountExceeded',
        `${instance.type} takes ${secondaryIpsOfAttachedEni}.`,
      );
    }
    startEni(cloud, eni, 'Attaching', { instanceId: InstanceId });
    return {};
  },
});

/** Source: ECS API reference, DetachNetworkInterface: InUse, or Detaching, where the request is simply repeated. */
export const detachNetworkInterface = action({
  name: 'DetachNetworkInterface',
  background: true,
  parameters: ATTACHMENT,
  run(cloud, { NetworkInterfaceId, InstanceId }) {
    const eni = changeableEni(cloud, NetworkInterfaceId, ['InUse', 'Detaching']);
    if (eni.instanceId !== InstanceId) {
      throw refusal(
        'InvalidEcsId.NotFound',
        `${eni.id} is attached to ${eni.instanceId}, not to ${InstanceId}.`,
      );
    }
    if (eni.status === 'InUse') startEni(cloud, eni, 'Detaching');
    return {};
  },
});

/** Source: ECS API reference, DeleteNetworkInterface: Available, or Deleting, where the request is simply repeated. */
export const deleteNetworkInterface = action({
  name: 'DeleteNetworkInterface',
  background: true,
  parameters: {
    RegionId: { type: 'string', required: true },
    NetworkInterfaceId: { type: 'string', required: true },
  },
  run(cloud, { NetworkInterfaceId }) {
    const eni = changeableEni(cloud, NetworkInterfaceId, ['Available', 'Deleting']);
    if (eni.status === 'Available') startEni(cloud, eni, 'Deleting');
    return {};
  },
});

const attachedTo = (cloud: Cloud, instanceId: string): number =>
  [...cloud.enis.values()].filter((eni) => eni.instanceId === instanceId).length;
