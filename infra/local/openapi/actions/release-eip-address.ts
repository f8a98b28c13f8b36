import { action } from '../action.ts';
import { refusal } from '../failure.ts';
import { startEip } from '../transitions.ts';
import { changeableEip } from './eip-state.ts';

/** Source: VPC API reference, ReleaseEipAddress: only pay-as-you-go EIPs that are Available. No ClientToken. */
export const releaseEipAddress = action({
  name: 'ReleaseEipAddress',
  background: true,
  parameters: {
    RegionId: { type: 'string' },
    AllocationId: { type: 'string', required: true },
  },
  run(cloud, { AllocationId }) {
    const eip = changeableEip(cloud, AllocationId, 'Releasing');
    if (eip.status !== 'Available') throw refusal('IncorrectEipStatus', `${eip.id} is ${eip.status}.`);
    if (eip.chargeType === 'PrePaid') throw refusal('Forbidden.ChargeTypeIsPrepaid');
    if (eip.membership) throw refusal('IncorrectEipStatus', `${eip.id} is in ${eip.membership.packageId}.`);
    startEip(cloud, eip, 'Releasing');
    return {};
  },
});
