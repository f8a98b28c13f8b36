import type { CloudStage } from './cloud-stage.ts';
import { GIVEN } from './story.ts';

/** EIPs that are in the account before anything happens. Returns the user's own: their ids, by the names in stories. */
export function putEips(stage: CloudStage): ReadonlyMap<string, string> {
  const given = new Map(GIVEN.map((name) => [name, putEip(stage, [])]));
  // Neighbours in the account, which nobody here may touch: nobody's, and those of another installation.
  putEip(stage, []);
  putEip(stage, [{ key: 'holdfast/owner', value: 'somebody else' }]);
  return given;
}

function putEip({ cloud }: CloudStage, tags: readonly { key: string; value: string }[]): string {
  const address = cloud.publicAddresses.takeAny() ?? '';
  const id = cloud.newId('eip');
  cloud.eips.put({
    id,
    sequence: cloud.nextNumber(),
    task: 0,
    address,
    status: 'Available',
    bandwidth: 5,
    internetChargeType: 'PayByTraffic',
    chargeType: 'PostPaid',
    isp: 'BGP',
    netmode: 'public',
    name: '',
    description: '',
    resourceGroupId: '',
    publicIpAddressPoolId: '',
    zone: '',
    securityProtectionTypes: [],
    tags,
    createdAt: cloud.clock.now(),
  });
  return id;
}
