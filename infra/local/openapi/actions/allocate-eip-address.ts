import { action } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { refusal } from '../failure.ts';
import { REACQUIRE_MS } from '../options.ts';
import type { Values } from '../parameters.ts';
import type { Eip } from '../records.ts';

/** Source: VPC API reference, AllocateEipAddressPro. */
const PRO_PARAMETERS = {
  RegionId: { type: 'string', required: true },
  Bandwidth: { type: 'string', default: '5' },
  InternetChargeType: {
    type: 'string',
    default: 'PayByBandwidth',
    values: ['PayByBandwidth', 'PayByTraffic'],
  },
  InstanceChargeType: { type: 'string', default: 'PostPaid', values: ['PostPaid', 'PrePaid'] },
  ISP: { type: 'string', default: 'BGP' },
  Netmode: { type: 'string', default: 'public', values: ['public'] },
  IpAddress: { type: 'string' },
  InstanceId: { type: 'string' },
  PublicIpAddressPoolId: { type: 'string' },
  ResourceGroupId: { type: 'string' },
  SecurityProtectionTypes: { type: 'list', max: 10 },
  Tag: { type: 'tags' },
} as const;

/** Source: VPC API reference, AllocateEipAddress. */
const PARAMETERS = {
  ...PRO_PARAMETERS,
  Name: { type: 'string', maxLength: 128 },
  Description: { type: 'string', maxLength: 256 },
  Zone: { type: 'string' },
} as const;

type Wishes = Values<typeof PRO_PARAMETERS> & Partial<Values<typeof PARAMETERS>>;

export const allocateEipAddress = action({
  name: 'AllocateEipAddress',
  token: true,
  parameters: PARAMETERS,
  run: allocate,
});

export const allocateEipAddressPro = action({
  name: 'AllocateEipAddressPro',
  token: true,
  parameters: PRO_PARAMETERS,
  run: allocate,
});

function allocate(cloud: Cloud, wishes: Wishes): object {
  const bandwidth = bandwidthOf(wishes.Bandwidth, wishes.InternetChargeType, wishes.InstanceChargeType);
  if (wishes.InstanceChargeType === 'PrePaid' && wishes.InternetChargeType !== 'PayByBandwidth') {
    throw refusal('InvalidParameter', 'A PrePaid EIP is paid by bandwidth.');
  }
  if (cloud.eips.size >= cloud.quotas.eips)
    throw refusal('QuotaExceeded.Eip', `The account may hold ${cloud.quotas.eips}.`);
  const { id, address } = takeAddress(cloud, wishes);
  const eip: Eip = {
    id,
    sequence: cloud.nextNumber(),
    task: 0,
    address,
    status: 'Available',
    bandwidth,
    internetChargeType: wishes.InternetChargeType,
    chargeType: wishes.InstanceChargeType,
    isp: wishes.ISP,
    netmode: wishes.Netmode,
    name: wishes.Name ?? '',
    description: wishes.Description ?? '',
    resourceGroupId: wishes.ResourceGroupId ?? 'rg-default',
    publicIpAddressPoolId: wishes.PublicIpAddressPoolId ?? '',
    zone: wishes.Zone ?? '',
    securityProtectionTypes: wishes.SecurityProtectionTypes,
    tags: wishes.Tag,
    createdAt: cloud.clock.now(),
  };
  cloud.eips.put(eip);
  return { AllocationId: id, EipAddress: address, ResourceGroupId: eip.resourceGroupId };
}

/** Mbit/s. Source: VPC API reference, AllocateEipAddress and ModifyEipAddressAttribute, Bandwidth. */
export function bandwidthOf(text: string, internetChargeType: string, chargeType: string): number {
  const most = chargeType === 'PrePaid' ? 1000 : internetChargeType === 'PayByTraffic' ? 200 : 500;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= most)) {
    throw refusal('InvalidBandwidth.Malformed', `Bandwidth must be from 1 to ${most} Mbit/s, got "${text}".`);
  }
  return value;
}

/** A new address, or the one that the caller wants back. */
function takeAddress(cloud: Cloud, { IpAddress, InstanceId }: Wishes): { id: string; address: string } {
  if (IpAddress !== undefined && InstanceId !== undefined) {
    throw refusal('InvalidParameter.Conflict', 'Give either IpAddress or InstanceId.');
  }
  if (IpAddress === undefined && InstanceId === undefined) {
    const address = cloud.publicAddresses.takeAny();
    if (address === undefined)
      throw refusal('QuotaExceeded.Eip', 'The local cloud has no public address left.');
    return { id: cloud.newId('eip'), address };
  }
  const known = [...cloud.released.values()].findLast(
    ({ id, address }) => id === InstanceId || address === IpAddress,
  );
  const holder = [...cloud.eips.values()].find(
    ({ id, address }) => id === InstanceId || address === (IpAddress ?? known?.address),
  );
  if (holder) throw refusal('Ip.Allocated', `${holder.address} is allocated.`);
  if (!known || known.releasedAt + REACQUIRE_MS < cloud.clock.now()) {
    throw refusal(
      'OperationFailed.AllocateUnfamiliarIp',
      `${InstanceId ?? IpAddress} was not released by this account.`,
    );
  }
  cloud.publicAddresses.take(known.address);
  cloud.released.delete(known.id);
  return { id: known.id, address: known.address };
}
