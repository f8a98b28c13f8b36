import type { EniView, HolderView } from '../../claim/observation.ts';
import type { EniCloud, ParkingEni } from '../../reconcile/ports.ts';
import { coalesce } from '../coalesce.ts';
import { failure, isVerdict } from '../failure.ts';
import { listIn, type OpenApiCall } from './call.ts';
import { createParking, type ParkingBooks } from './parking.ts';
import { ownerTag, parkingTag, readTags } from './tags.ts';

/** Addresses in one DescribeNetworkInterfaces, and ENIs on a page. Source: ECS API reference. */
const MOST_ADDRESSES = 100;
const PAGE = 500;

export interface EniOptions {
  readonly installation: string;
  readonly books: ParkingBooks;
  /** Where private IPs repeat across the VPCs of the account: the one that the pods are in. */
  readonly vpcId?: string | undefined;
}

type Eni = Readonly<Record<string, unknown>>;

export function createEniCloud(ecs: OpenApiCall, { installation, books, vpcId }: EniOptions): EniCloud {
  const describeAll = async (filter: Parameters<OpenApiCall>[1]): Promise<readonly Eni[]> => {
    const enis: Eni[] = [];
    let next: string | undefined;
    do {
      const body = await ecs('DescribeNetworkInterfaces', {
        ...filter,
        VpcId: vpcId,
        MaxResults: PAGE,
        NextToken: next,
      });
      enis.push(...listIn(body, 'NetworkInterfaceSets', 'NetworkInterfaceSet'));
      next = String((body as { NextToken?: unknown }).NextToken ?? '') || undefined;
    } while (next);
    return enis;
  };

  const ofPrivateIp = coalesce<string, EniView | 'absent'>(
    async (addresses) => {
      const enis = await describeAll({ PrivateIpAddress: addresses });
      return addresses.map((address) => {
        const owners = enis.filter((eni) => addressesOf(eni).includes(address));
        if (owners.length > 1) {
          const ids = owners.map((eni) => eni.NetworkInterfaceId).join(', ');
          return failure(
            'refused',
            'AmbiguousPrivateIp',
            `${address} is on ${ids}: set HOLDFAST_VPC_ID to the VPC of the pods`,
          );
        }
        const [eni] = owners;
        return eni ? toView(eni, address) : 'absent';
      });
    },
    { most: MOST_ADDRESSES, nameOf: (address) => address },
  );

  const holderOf = coalesce<{ vSwitchId: string; address: string }, HolderView>(
    async (asked) => {
      const enis = await describeAll({ PrivateIpAddress: [...new Set(asked.map(({ address }) => address))] });
      return asked.map(({ vSwitchId, address }) => {
        const eni = enis.find((one) => one.VSwitchId === vSwitchId && addressesOf(one).includes(address));
        return eni
          ? { eniId: String(eni.NetworkInterfaceId), parking: isParking(eni, installation) }
          : { eniId: undefined, parking: false };
      });
    },
    { most: MOST_ADDRESSES, nameOf: ({ vSwitchId, address }) => `${vSwitchId}/${address}` },
  );

  const assign = async (eniId: string, address: string) => {
    try {
      await ecs('AssignPrivateIpAddresses', { NetworkInterfaceId: eniId, PrivateIpAddress: [address] });
    } catch (error) {
      // Already on this very ENI: a call before this one acted.
      if (!isVerdict(error) || error.code !== 'InvalidIp.IpAssigned') throw error;
    }
  };

  const parking = createParking(ecs, books, { installation, assign });

  return {
    ofPrivateIp,
    holderOf: (vSwitchId, address) => holderOf({ vSwitchId, address }),
    assign,

    async assignAny(eniId, token) {
      const body = await ecs('AssignPrivateIpAddresses', {
        NetworkInterfaceId: eniId,
        SecondaryPrivateIpAddressCount: 1,
        ClientToken: token,
      });
      const set = (body as Record<string, unknown>).AssignedPrivateIpAddressesSet;
      const addresses = (set as { PrivateIpSet?: { PrivateIpAddress?: readonly unknown[] } } | undefined)
        ?.PrivateIpSet?.PrivateIpAddress;
      const [address] = addresses ?? [];
      if (typeof address !== 'string')
        throw failure('unavailable', 'NoAnswer', 'AssignPrivateIpAddresses: the answer names no address');
      return address;
    },

    async unassign(eniId, address) {
      await ecs('UnassignPrivateIpAddresses', { NetworkInterfaceId: eniId, PrivateIpAddress: [address] });
    },

    park: parking.park,

    async parking() {
      const enis = await describeAll({ Tag: [ownerTag(installation), parkingTag] });
      return enis.filter((eni) => isParking(eni, installation)).map(toParking);
    },

    dropParking: parking.drop,
  };
}

const addressesOf = (eni: Eni): readonly string[] =>
  listIn(eni, 'PrivateIpSets', 'PrivateIpSet').map(({ PrivateIpAddress }) => String(PrivateIpAddress));

const isParking = (eni: Eni, installation: string): boolean => {
  const { owner, role } = readTags(eni);
  return owner === installation && role === parkingTag.Value;
};

function toView(eni: Eni, lookedUpBy: string): EniView {
  const [securityGroupId] =
    (eni.SecurityGroupIds as { SecurityGroupId?: readonly unknown[] } | undefined)?.SecurityGroupId ?? [];
  return {
    id: String(eni.NetworkInterfaceId),
    vSwitchId: String(eni.VSwitchId),
    managed: eni.ServiceManaged === true,
    ...(String(eni.PrivateIpAddress) === lookedUpBy
      ? { beside: addressesOf(eni).filter((address) => address !== lookedUpBy) }
      : {}),
    ...(typeof securityGroupId === 'string' ? { securityGroupId } : {}),
  };
}

function toParking(eni: Eni): ParkingEni {
  const createdAt = Date.parse(String(eni.CreationTime));
  return {
    id: String(eni.NetworkInterfaceId),
    vSwitchId: String(eni.VSwitchId),
    held: addressesOf(eni).filter((address) => address !== String(eni.PrivateIpAddress)),
    createdAt: Number.isNaN(createdAt) ? Number.POSITIVE_INFINITY : createdAt,
  };
}
