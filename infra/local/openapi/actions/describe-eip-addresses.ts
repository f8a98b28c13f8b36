import { action, hasTags, isoTime, page } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { refusal } from '../failure.ts';
import type { Values } from '../parameters.ts';
import type { Eip } from '../records.ts';

/** Source: VPC API reference, DescribeEipAddresses. */
const PARAMETERS = {
  RegionId: { type: 'string', required: true },
  AllocationId: { type: 'string' },
  EipAddress: { type: 'string' },
  EipName: { type: 'string' },
  Status: {
    type: 'string',
    values: ['Available', 'Associating', 'InUse', 'Unassociating', 'Releasing'],
  },
  AssociatedInstanceType: { type: 'string' },
  AssociatedInstanceId: { type: 'string' },
  ChargeType: { type: 'string' },
  ISP: { type: 'string' },
  PublicIpAddressPoolId: { type: 'string' },
  ResourceGroupId: { type: 'string' },
  Tag: { type: 'tags' },
  PageNumber: { type: 'integer', default: 1, min: 1 },
  PageSize: { type: 'integer', default: 10, min: 1, max: 100 },
} as const;

const MOST_IDS = 50;

export const describeEipAddresses = action({
  name: 'DescribeEipAddresses',
  parameters: PARAMETERS,
  run(cloud, filter) {
    const found = candidates(cloud, filter).filter((eip) => matches(eip, filter));
    const { items, fields } = page(found, filter.PageNumber, filter.PageSize);
    return { ...fields, EipAddresses: { EipAddress: items.map((eip) => describe(cloud, eip)) } };
  },
});

type Filter = Values<typeof PARAMETERS>;

/** Ids are looked up, so that asking for one EIP costs the same however many there are. */
function candidates(cloud: Cloud, { AllocationId }: Filter): readonly Eip[] {
  if (AllocationId === undefined) return [...cloud.eips.allSeen()];
  const ids = new Set(AllocationId.split(',').map((id) => id.trim()));
  if (ids.size > MOST_IDS) {
    throw refusal('InvalidParameter', `AllocationId must hold at most ${MOST_IDS} ids, got ${ids.size}.`);
  }
  return [...ids].flatMap((id) => cloud.eips.seen(id) ?? []);
}

function matches(eip: Eip, filter: Filter): boolean {
  const equal = (wanted: string | undefined, is: string | undefined) => wanted === undefined || wanted === is;
  return (
    equal(filter.EipAddress, eip.address) &&
    equal(filter.EipName, eip.name) &&
    equal(filter.Status, eip.status) &&
    equal(filter.AssociatedInstanceType, eip.binding?.instanceType) &&
    equal(filter.AssociatedInstanceId, eip.binding?.instanceId) &&
    equal(filter.ChargeType, eip.chargeType) &&
    equal(filter.ISP, eip.isp) &&
    equal(filter.PublicIpAddressPoolId, eip.publicIpAddressPoolId) &&
    equal(filter.ResourceGroupId, eip.resourceGroupId) &&
    hasTags(eip.tags, filter.Tag)
  );
}

function describe(cloud: Cloud, eip: Eip): object {
  const { binding, membership } = eip;
  const bandwidthPackage = membership && cloud.packages.seen(membership.packageId);
  return {
    AllocationId: eip.id,
    AllocationTime: isoTime(eip.createdAt),
    // An EIP in a package shares the package's bandwidth; its own one counts again once it leaves.
    Bandwidth: String(bandwidthPackage?.bandwidth ?? eip.bandwidth),
    BandwidthPackageBandwidth: bandwidthPackage ? String(bandwidthPackage.bandwidth) : '',
    BandwidthPackageId: membership?.packageId ?? '',
    BandwidthPackageType: membership ? 'CommonBandwidthPackage' : '',
    BizType: '',
    BusinessStatus: 'Normal',
    ChargeType: eip.chargeType,
    DeletionProtection: false,
    Description: eip.description,
    EipBandwidth: String(eip.bandwidth),
    ExpiredTime: '',
    HDMonitorStatus: 'OFF',
    HasReservationData: 'false',
    ISP: eip.isp,
    InstanceId: binding?.instanceId ?? '',
    InstanceRegionId: binding ? cloud.region : '',
    InstanceType: binding?.instanceType ?? '',
    InternetChargeType: eip.internetChargeType,
    IpAddress: eip.address,
    Mode: binding?.mode ?? '',
    Name: eip.name,
    Netmode: eip.netmode,
    OperationLocks: { LockReason: [] },
    PrivateIpAddress: binding?.privateIp ?? '',
    PublicIpAddressPoolId: eip.publicIpAddressPoolId,
    RegionId: cloud.region,
    ReservationActiveTime: '',
    ReservationBandwidth: '',
    ReservationInternetChargeType: '',
    ReservationOrderType: '',
    ResourceGroupId: eip.resourceGroupId,
    SecondLimited: false,
    SecurityProtectionTypes: { SecurityProtectionType: eip.securityProtectionTypes },
    SegmentInstanceId: '',
    ServiceManaged: 0,
    Status: eip.status,
    Tags: { Tag: eip.tags.map(({ key, value }) => ({ Key: key, Value: value })) },
    VpcId: binding?.vpcId ?? '',
    Zone: eip.zone,
  };
}
