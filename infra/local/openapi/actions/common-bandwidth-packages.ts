import { action, hasTags, isoTime, page } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { refusal } from '../failure.ts';
import type { BandwidthPackage, Eip } from '../records.ts';
import { startMembership } from '../transitions.ts';

/** Source: VPC API reference, CreateCommonBandwidthPackage. */
export const createCommonBandwidthPackage = action({
  name: 'CreateCommonBandwidthPackage',
  token: true,
  parameters: {
    RegionId: { type: 'string', required: true },
    Bandwidth: { type: 'integer', required: true, min: 1, max: 20_000 },
    InternetChargeType: {
      type: 'string',
      default: 'PayByBandwidth',
      values: ['PayByBandwidth', 'PayBy95', 'PayByDominantTraffic', 'PayByTraffic'],
    },
    ISP: { type: 'string', default: 'BGP' },
    Name: { type: 'string', maxLength: 128 },
    Description: { type: 'string', maxLength: 256 },
    Ratio: { type: 'integer', min: 1, max: 100 },
    ResourceGroupId: { type: 'string', default: 'rg-default' },
    Zone: { type: 'string' },
    Tag: { type: 'tags' },
  },
  run(cloud, wishes) {
    const created: BandwidthPackage = {
      id: cloud.newId('cbwp'),
      sequence: cloud.nextNumber(),
      bandwidth: wishes.Bandwidth,
      isp: wishes.ISP,
      internetChargeType: wishes.InternetChargeType,
      name: wishes.Name ?? '',
      description: wishes.Description ?? '',
      resourceGroupId: wishes.ResourceGroupId,
      zone: wishes.Zone ?? '',
      ...(wishes.Ratio !== undefined && { ratio: wishes.Ratio }),
      tags: wishes.Tag,
      createdAt: cloud.clock.now(),
    };
    cloud.packages.put(created);
    return { BandwidthPackageId: created.id, ResourceGroupId: created.resourceGroupId };
  },
});

/** Source: VPC API reference, DeleteCommonBandwidthPackage: `Force` takes the EIPs out first. */
export const deleteCommonBandwidthPackage = action({
  name: 'DeleteCommonBandwidthPackage',
  parameters: {
    RegionId: { type: 'string', required: true },
    BandwidthPackageId: { type: 'string', required: true },
    Force: { type: 'boolean', default: false },
  },
  run(cloud, { BandwidthPackageId, Force }) {
    const { id } = existingPackage(cloud, BandwidthPackageId);
    const members = membersOf(cloud.eips.values(), id);
    if (members.length > 0 && !Force)
      throw refusal('DependencyViolation.EIP', `${id} holds ${members.length}.`);
    for (const { membership: _, ...outside } of members) cloud.eips.put(outside);
    cloud.packages.remove(id);
    return {};
  },
});

/** Source: VPC API reference, DescribeCommonBandwidthPackages. */
export const describeCommonBandwidthPackages = action({
  name: 'DescribeCommonBandwidthPackages',
  parameters: {
    RegionId: { type: 'string', required: true },
    BandwidthPackageId: { type: 'string' },
    Name: { type: 'string' },
    ResourceGroupId: { type: 'string' },
    Tag: { type: 'tags' },
    PageNumber: { type: 'integer', default: 1, min: 1 },
    PageSize: { type: 'integer', default: 10, min: 1, max: 50 },
  },
  run(cloud, { BandwidthPackageId, Name, ResourceGroupId, Tag, PageNumber, PageSize }) {
    const found = [...cloud.packages.allSeen()].filter(
      (one) =>
        (BandwidthPackageId === undefined || one.id === BandwidthPackageId) &&
        (Name === undefined || one.name === Name) &&
        (ResourceGroupId === undefined || one.resourceGroupId === ResourceGroupId) &&
        hasTags(one.tags, Tag),
    );
    const { items, fields } = page(found, PageNumber, PageSize);
    return {
      ...fields,
      CommonBandwidthPackages: { CommonBandwidthPackage: items.map((one) => describe(cloud, one)) },
    };
  },
});

/** Source: VPC API reference, AddCommonBandwidthPackageIp. */
export const addCommonBandwidthPackageIp = action({
  name: 'AddCommonBandwidthPackageIp',
  token: true,
  background: true,
  parameters: {
    RegionId: { type: 'string', required: true },
    BandwidthPackageId: { type: 'string', required: true },
    IpInstanceId: { type: 'string', required: true },
    IpType: { type: 'string', default: 'EIP' },
  },
  run(cloud, { BandwidthPackageId, IpInstanceId, IpType }) {
    if (IpType !== 'EIP') throw refusal('OperationUnsupported.IpType', `"${IpType}" is not EIP.`);
    const { id, isp } = existingPackage(cloud, BandwidthPackageId);
    const eip = settledEip(cloud, IpInstanceId);
    if (eip.membership)
      throw refusal('IpInstanceId.AlreadyInBandwidthPackage', `It is in ${eip.membership.packageId}.`);
    if (eip.chargeType === 'PrePaid') throw refusal('IpInstanceId.ChargeType.NotSupport');
    if (eip.isp !== isp)
      throw refusal('IpInstanceId.UnMatchedWithBandwidthPackageISP', `${eip.isp} is not ${isp}.`);
    const most = cloud.quotas.eipsPerBandwidthPackage;
    if (membersOf(cloud.eips.values(), id).length >= most)
      throw refusal('IpInstanceId.QuotaExceeded', `It may hold ${most}.`);
    startMembership(cloud, eip, id, 'BINDING');
    return {};
  },
});

/** Source: VPC API reference, RemoveCommonBandwidthPackageIp. */
export const removeCommonBandwidthPackageIp = action({
  name: 'RemoveCommonBandwidthPackageIp',
  token: true,
  background: true,
  parameters: {
    RegionId: { type: 'string', required: true },
    BandwidthPackageId: { type: 'string', required: true },
    IpInstanceId: { type: 'string', required: true },
  },
  run(cloud, { BandwidthPackageId, IpInstanceId }) {
    const { id } = existingPackage(cloud, BandwidthPackageId);
    const eip = settledEip(cloud, IpInstanceId);
    if (eip.membership?.packageId !== id)
      throw refusal('OperationUnsupported.IpNotInCbwp', `${eip.id} is not in ${id}.`);
    startMembership(cloud, eip, id, 'UNBINDING');
    return {};
  },
});

function existingPackage(cloud: Cloud, id: string): BandwidthPackage {
  const found = cloud.packages.get(id);
  if (!found) throw refusal('InvalidBandwidthPackageId.NotFound', id);
  return found;
}

/** The EIP, if nothing is under way with it. */
function settledEip(cloud: Cloud, id: string): Eip {
  const eip = cloud.eips.get(id);
  if (!eip) throw refusal('InvalidIpInstanceId.NotFound', id);
  if (eip.membership && eip.membership.status !== 'BINDED') {
    throw refusal('TaskConflict', `${id} is ${eip.membership.status} in ${eip.membership.packageId}.`);
  }
  if (eip.status !== 'Available' && eip.status !== 'InUse')
    throw refusal('IncorrectStatus.Eip', `${id} is ${eip.status}.`);
  return eip;
}

const membersOf = (eips: Iterable<Eip>, packageId: string): readonly Eip[] =>
  [...eips].filter((eip) => eip.membership?.packageId === packageId);

function describe(cloud: Cloud, one: BandwidthPackage): object {
  return {
    Bandwidth: String(one.bandwidth),
    BandwidthPackageId: one.id,
    BizType: '',
    BusinessStatus: 'Normal',
    CreationTime: isoTime(one.createdAt),
    DeletionProtection: false,
    Description: one.description,
    ExpiredTime: '',
    HasReservationData: 'false',
    ISP: one.isp,
    InstanceChargeType: 'PostPaid',
    InternetChargeType: one.internetChargeType,
    Name: one.name,
    PublicIpAddresses: {
      // Spelled like this by the API.
      PublicIpAddresse: membersOf(cloud.eips.allSeen(), one.id).map((eip) => ({
        AllocationId: eip.id,
        BandwidthPackageIpRelationStatus: eip.membership?.status,
        IpAddress: eip.address,
      })),
    },
    Ratio: one.ratio ?? 100,
    RegionId: cloud.region,
    ResourceGroupId: one.resourceGroupId,
    SecurityProtectionTypes: { SecurityProtectionType: [] },
    ServiceManaged: 0,
    Status: 'Available',
    Tags: { Tag: one.tags.map(({ key, value }) => ({ Key: key, Value: value })) },
    Zone: one.zone,
  };
}
