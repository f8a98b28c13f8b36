import { action, hasTags, isoTime, page } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { refusal } from '../failure.ts';
import type { Values } from '../parameters.ts';
import type { Eni, EniAddress } from '../records.ts';

/** Source: ECS API reference, DescribeNetworkInterfaces. */
const PARAMETERS = {
  RegionId: { type: 'string', required: true },
  NetworkInterfaceId: { type: 'list', max: 100 },
  NetworkInterfaceName: { type: 'string' },
  PrivateIpAddress: { type: 'list', max: 100 },
  PrimaryIpAddress: { type: 'string' },
  InstanceId: { type: 'string' },
  VSwitchId: { type: 'string' },
  VpcId: { type: 'string' },
  SecurityGroupId: { type: 'string' },
  ResourceGroupId: { type: 'string' },
  Type: { type: 'string' },
  Status: { type: 'string', values: ['Available', 'Attaching', 'InUse', 'Detaching', 'Deleting'] },
  ServiceManaged: { type: 'boolean' },
  Tag: { type: 'tags' },
  MaxResults: { type: 'integer', min: 10, max: 500, clamp: true },
  NextToken: { type: 'string' },
  PageNumber: { type: 'integer', default: 1, min: 1 },
  PageSize: { type: 'integer', default: 10, min: 1, max: 500 },
} as const;

const DEFAULT_MAX_RESULTS = 10;

type Filter = Values<typeof PARAMETERS>;

export const describeNetworkInterfaces = action({
  name: 'DescribeNetworkInterfaces',
  parameters: PARAMETERS,
  run(cloud, filter) {
    const found = candidates(cloud, filter).filter((eni) => matches(eni, filter));
    const { items, fields } = byToken(found, filter) ?? byPage(found, filter);
    return {
      ...fields,
      NetworkInterfaceSets: { NetworkInterfaceSet: items.map((eni) => describeSeen(cloud, eni)) },
    };
  },
});

/** Ids are looked up, so that asking for one ENI costs the same however many there are. */
function candidates(cloud: Cloud, { NetworkInterfaceId }: Filter): readonly Eni[] {
  if (NetworkInterfaceId.length === 0) return [...cloud.enis.allSeen()];
  return [...new Set(NetworkInterfaceId)].flatMap((id) => cloud.enis.seen(id) ?? []);
}

function matches(eni: Eni, filter: Filter): boolean {
  const equal = <T>(wanted: T | undefined, is: T | undefined) => wanted === undefined || wanted === is;
  const { PrivateIpAddress, SecurityGroupId } = filter;
  return (
    equal(filter.NetworkInterfaceName, eni.name) &&
    equal(filter.PrimaryIpAddress, eni.addresses[0]?.ip) &&
    equal(filter.InstanceId, eni.instanceId) &&
    equal(filter.VSwitchId, eni.vSwitchId) &&
    equal(filter.VpcId, eni.vpcId) &&
    equal(filter.ResourceGroupId, eni.resourceGroupId) &&
    equal(filter.Type, eni.type) &&
    equal(filter.Status, eni.status) &&
    equal(filter.ServiceManaged, eni.serviceManaged) &&
    (SecurityGroupId === undefined || eni.securityGroupIds.includes(SecurityGroupId)) &&
    // Finds primary addresses, too: the cloud's own controllers look up pods by it whose IP is the primary one.
    (PrivateIpAddress.length === 0 || eni.addresses.some(({ ip }) => PrivateIpAddress.includes(ip))) &&
    hasTags(eni.tags, filter.Tag)
  );
}

/** The token names the last ENI that was listed by its number, so that changes in between neither skip nor repeat. */
function byToken(found: readonly Eni[], { MaxResults, NextToken }: Filter) {
  if (MaxResults === undefined && NextToken === undefined) return undefined;
  const after = NextToken === undefined ? 0 : readToken(NextToken);
  const rest = found
    .filter((eni) => eni.sequence > after)
    .sort((one, other) => one.sequence - other.sequence);
  const items = rest.slice(0, MaxResults ?? DEFAULT_MAX_RESULTS);
  const last = items.at(-1);
  const next = last && items.length < rest.length ? writeToken(last.sequence) : '';
  return {
    items,
    fields: { NextToken: next, PageNumber: 1, PageSize: items.length, TotalCount: found.length },
  };
}

function byPage(found: readonly Eni[], { PageNumber, PageSize }: Filter) {
  const { items, fields } = page(found, PageNumber, PageSize);
  return { items, fields: { ...fields, NextToken: '' } };
}

const TOKEN_PREFIX = 'after:';

const writeToken = (sequence: number): string =>
  Buffer.from(`${TOKEN_PREFIX}${sequence}`).toString('base64url');

function readToken(token: string): number {
  const text = Buffer.from(token, 'base64url').toString();
  const sequence = text.startsWith(TOKEN_PREFIX) ? Number(text.slice(TOKEN_PREFIX.length)) : Number.NaN;
  if (!Number.isSafeInteger(sequence))
    throw refusal('InvalidParameter', 'NextToken must be one that was returned.');
  return sequence;
}

/** The public IP of an address, from the moment its EIP is in use until it is off. */
function associatedPublicIp(cloud: Cloud, { eipId }: EniAddress): object | undefined {
  const eip = eipId === undefined ? undefined : cloud.eips.seen(eipId);
  if (!eip || (eip.status !== 'InUse' && eip.status !== 'Unassociating')) return undefined;
  return { AllocationId: eip.id, PublicIpAddress: eip.address };
}

function describeSeen(cloud: Cloud, eni: Eni): object {
  const publicIps = eni.addresses.map((address) => associatedPublicIp(cloud, address));
  return {
    ...describeEni(cloud, eni),
    ...(publicIps[0] && { AssociatedPublicIp: publicIps[0] }),
    ...(eni.instanceId !== undefined && { Attachment: { InstanceId: eni.instanceId, DeviceIndex: 1 } }),
    CreationTime: isoTime(eni.createdAt),
    DeleteOnRelease: eni.deleteOnRelease,
    InstanceId: eni.instanceId ?? '',
    NetworkInterfaceTrafficMode: eni.trafficMode,
    PrivateIpSets: {
      PrivateIpSet: eni.addresses.map(({ ip }, index) => ({
        Primary: index === 0,
        PrivateIpAddress: ip,
        ...(publicIps[index] && { AssociatedPublicIp: publicIps[index] }),
      })),
    },
  };
}

/** The fields that CreateNetworkInterface answers with, too. */
export function describeEni(cloud: Cloud, eni: Eni): object {
  return {
    Description: eni.description,
    Ipv4PrefixSets: { Ipv4PrefixSet: [] },
    Ipv6PrefixSets: { Ipv6PrefixSet: [] },
    Ipv6Sets: { Ipv6Set: [] },
    MacAddress: eni.mac,
    NetworkInterfaceId: eni.id,
    NetworkInterfaceName: eni.name,
    OwnerId: cloud.accountId,
    PrivateIpAddress: eni.addresses[0]?.ip ?? '',
    PrivateIpSets: {
      PrivateIpSet: eni.addresses.map(({ ip }, index) => ({ Primary: index === 0, PrivateIpAddress: ip })),
    },
    ResourceGroupId: eni.resourceGroupId,
    SecurityGroupIds: { SecurityGroupId: eni.securityGroupIds },
    ServiceManaged: eni.serviceManaged,
    SourceDestCheck: false,
    Status: eni.status,
    Tags: { Tag: eni.tags.map(({ key, value }) => ({ TagKey: key, TagValue: value })) },
    Type: eni.type,
    VSwitchId: eni.vSwitchId,
    VpcId: eni.vpcId,
    ZoneId: eni.zone,
  };
}
