import { action } from '../action.ts';
import { addEni } from '../enis.ts';
import { missing, refusal } from '../failure.ts';
import { describeEni } from './describe-network-interfaces.ts';

/** Source: ECS API reference, CreateNetworkInterface: synchronous, the ENI is Available at once. */
export const createNetworkInterface = action({
  name: 'CreateNetworkInterface',
  token: true,
  parameters: {
    RegionId: { type: 'string', required: true },
    VSwitchId: { type: 'string', required: true },
    SecurityGroupId: { type: 'string' },
    SecurityGroupIds: { type: 'list', max: 10 },
    PrimaryIpAddress: { type: 'string' },
    PrivateIpAddress: { type: 'list', max: 10 },
    SecondaryPrivateIpAddressCount: { type: 'integer', min: 1, max: 49 },
    InstanceType: { type: 'string', default: 'Secondary', values: ['Secondary', 'Trunk'] },
    NetworkInterfaceName: { type: 'string', maxLength: 128 },
    NetworkInterfaceTrafficMode: {
      type: 'string',
      default: 'Standard',
      values: ['Standard', 'HighPerformance'],
    },
    Description: { type: 'string', maxLength: 256 },
    DeleteOnRelease: { type: 'boolean', default: true },
    ResourceGroupId: { type: 'string' },
    Tag: { type: 'tags' },
  },
  run(cloud, wishes) {
    const vSwitch = cloud.vSwitches.get(wishes.VSwitchId);
    if (!vSwitch) throw refusal('InvalidVSwitchId.NotFound', wishes.VSwitchId);
    if (cloud.enis.size >= cloud.quotas.enis)
      throw refusal('MaxEniCountExceeded', `It is ${cloud.quotas.enis}.`);
    const { SecurityGroupId, SecurityGroupIds, PrivateIpAddress, SecondaryPrivateIpAddressCount } = wishes;
    if (SecurityGroupId === undefined && SecurityGroupIds.length === 0) throw missing('SecurityGroupId');
    if (SecurityGroupId !== undefined && SecurityGroupIds.length > 0) {
      throw refusal('InvalidParameter.Conflict', 'Give either SecurityGroupId or SecurityGroupIds.N.');
    }
    if (PrivateIpAddress.length > 0 && SecondaryPrivateIpAddressCount !== undefined) {
      throw refusal(
        'InvalidParameter.Conflict',
        'Give either PrivateIpAddress.N or SecondaryPrivateIpAddressCount.',
      );
    }
    const eni = addEni(cloud, {
      vSwitch,
      primaryIp: wishes.PrimaryIpAddress,
      secondaryIps: PrivateIpAddress,
      secondaryCount: SecondaryPrivateIpAddressCount ?? 0,
      type: wishes.InstanceType,
      name: wishes.NetworkInterfaceName,
      description: wishes.Description,
      securityGroupIds: SecurityGroupId === undefined ? SecurityGroupIds : [SecurityGroupId],
      resourceGroupId: wishes.ResourceGroupId,
      deleteOnRelease: wishes.DeleteOnRelease,
      trafficMode: wishes.NetworkInterfaceTrafficMode,
      tags: wishes.Tag,
    });
    return describeEni(cloud, eni);
  },
});
