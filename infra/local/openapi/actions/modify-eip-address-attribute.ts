import { action } from '../action.ts';
import { refusal } from '../failure.ts';
import { bandwidthOf } from './allocate-eip-address.ts';
import { changeableEip } from './eip-state.ts';

/** Source: VPC API reference, ModifyEipAddressAttribute. */
export const modifyEipAddressAttribute = action({
  name: 'ModifyEipAddressAttribute',
  parameters: {
    RegionId: { type: 'string' },
    AllocationId: { type: 'string', required: true },
    Bandwidth: { type: 'string' },
    Name: { type: 'string', maxLength: 128 },
    Description: { type: 'string', maxLength: 256 },
  },
  run(cloud, { AllocationId, Bandwidth, Name, Description }) {
    const eip = changeableEip(cloud, AllocationId, undefined);
    if (Bandwidth === undefined && Name === undefined && Description === undefined) {
      throw refusal('MissingParameter', 'Give Bandwidth, Name or Description.');
    }
    cloud.eips.put({
      ...eip,
      ...(Bandwidth !== undefined && {
        bandwidth: bandwidthOf(Bandwidth, eip.internetChargeType, eip.chargeType),
      }),
      ...(Name !== undefined && { name: Name }),
      ...(Description !== undefined && { description: Description }),
    });
    return {};
  },
});
