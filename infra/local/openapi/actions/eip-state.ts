import type { Cloud } from '../cloud.ts';
import { refusal } from '../failure.ts';
import type { Eip, EipStatus } from '../records.ts';

/**
 * The EIP, if a call may change it: in a transitional state only queries are allowed, and the same action is not accepted
 * twice at a time. Source: VPC API reference, AssociateEipAddress, UnassociateEipAddress and ReleaseEipAddress.
 * @param own the transitional state of the action itself
 */
export function changeableEip(cloud: Cloud, id: string, own: EipStatus | undefined): Eip {
  const eip = cloud.eips.get(id);
  if (!eip) throw refusal('InvalidAllocationId.NotFound', id);
  if (eip.status === own) throw refusal('TaskConflict', `${id} is ${eip.status}.`);
  if (eip.status !== 'Available' && eip.status !== 'InUse')
    throw refusal('IncorrectEipStatus', `${id} is ${eip.status}.`);
  if (eip.membership && eip.membership.status !== 'BINDED') {
    throw refusal('TaskConflict', `${id} is ${eip.membership.status} in ${eip.membership.packageId}.`);
  }
  return eip;
}
