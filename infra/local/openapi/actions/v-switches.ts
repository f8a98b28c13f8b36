import { action, hasTags, isoTime, page } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { refusal } from '../failure.ts';
import { contains, overlaps, parseCidr } from '../ipv4.ts';
import type { Tag, VSwitch } from '../records.ts';

/** Source: VPC API reference, CreateVSwitch. The vSwitch is Available at once. */
export const createVSwitch = action({
  name: 'CreateVSwitch',
  token: true,
  parameters: {
    RegionId: { type: 'string' },
    VpcId: { type: 'string', required: true },
    ZoneId: { type: 'string', required: true },
    CidrBlock: { type: 'string', required: true },
    VSwitchName: { type: 'string', maxLength: 128 },
    Description: { type: 'string', maxLength: 256 },
    Tag: { type: 'tags' },
  },
  run(cloud, { VpcId, ZoneId, CidrBlock, VSwitchName, Description, Tag }) {
    const { id } = addVSwitch(cloud, {
      vpcId: VpcId,
      zone: ZoneId,
      cidr: CidrBlock,
      name: VSwitchName,
      description: Description,
      tags: Tag,
    });
    return { VSwitchId: id };
  },
});

/** Source: VPC API reference, DescribeVSwitches. */
export const describeVSwitches = action({
  name: 'DescribeVSwitches',
  parameters: {
    RegionId: { type: 'string' },
    VpcId: { type: 'string' },
    VSwitchId: { type: 'string' },
    VSwitchName: { type: 'string' },
    ZoneId: { type: 'string' },
    IsDefault: { type: 'boolean' },
    Tag: { type: 'tags' },
    PageNumber: { type: 'integer', default: 1, min: 1 },
    PageSize: { type: 'integer', default: 10, min: 1, max: 50 },
  },
  run(cloud, filter) {
    const ids = filter.VSwitchId?.split(',');
    const found = [...cloud.vSwitches.values()].filter(
      (one) =>
        (ids === undefined || ids.includes(one.id)) &&
        (filter.VpcId === undefined || one.vpcId === filter.VpcId) &&
        (filter.VSwitchName === undefined || one.name === filter.VSwitchName) &&
        (filter.ZoneId === undefined || one.zone === filter.ZoneId) &&
        (filter.IsDefault === undefined || one.isDefault === filter.IsDefault) &&
        hasTags(one.tags, filter.Tag),
    );
    const { items, fields } = page(found, filter.PageNumber, filter.PageSize);
    return { ...fields, VSwitches: { VSwitch: items.map((one) => describe(cloud, one)) } };
  },
});

export interface VSwitchWishes {
  readonly vpcId: string;
  readonly zone: string;
  readonly cidr: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly isDefault?: boolean;
  readonly tags?: readonly Tag[];
}

/** Source: VPC API reference, CreateVSwitch: masks from /16 to /29, within the VPC, apart from all others. */
export function addVSwitch(cloud: Cloud, wishes: VSwitchWishes): VSwitch {
  const vpc = cloud.vpcs.get(wishes.vpcId);
  if (!vpc) throw refusal('InvalidVpcId.NotFound', wishes.vpcId);
  const block = parseCidr(wishes.cidr);
  const outer = parseCidr(vpc.cidr);
  if (!block || !outer || block.size > 2 ** 16 || block.size < 2 ** 3 || !contains(outer, block)) {
    throw refusal(
      'InvalidCidrBlock',
      `It must be a block from /16 to /29 within ${vpc.cidr}, got "${wishes.cidr}".`,
    );
  }
  for (const other of cloud.vSwitches.values()) {
    const taken = parseCidr(other.cidr);
    if (other.vpcId === vpc.id && taken && overlaps(taken, block)) {
      throw refusal('InvalidCidrBlock.Overlapped', `${other.id} has ${other.cidr}.`);
    }
  }
  const created: VSwitch = {
    id: cloud.newId('vsw'),
    vpcId: vpc.id,
    cidr: wishes.cidr,
    zone: wishes.zone,
    name: wishes.name ?? '',
    description: wishes.description ?? '',
    isDefault: wishes.isDefault ?? false,
    tags: wishes.tags ?? [],
    createdAt: cloud.clock.now(),
  };
  cloud.addVSwitch(created);
  return created;
}

function describe(cloud: Cloud, one: VSwitch): object {
  return {
    AvailableIpAddressCount: cloud.addressesOf(one.id).available(),
    CidrBlock: one.cidr,
    CreationTime: isoTime(one.createdAt),
    Description: one.description,
    EnabledIpv6: false,
    Ipv6CidrBlock: '',
    IsDefault: one.isDefault,
    NetworkAclId: '',
    OwnerId: Number(cloud.accountId),
    ResourceGroupId: 'rg-default',
    RouteTable: { RouteTableId: '', RouteTableType: 'System' },
    ShareType: '',
    Status: 'Available',
    Tags: { Tag: one.tags.map(({ key, value }) => ({ Key: key, Value: value })) },
    VSwitchId: one.id,
    VSwitchName: one.name,
    VpcId: one.vpcId,
    ZoneId: one.zone,
  };
}
