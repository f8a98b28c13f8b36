import type { EipView } from '../../claim/observation.ts';
import type { EipCloud, TaggedEip } from '../../reconcile/ports.ts';
import { answer, coalesce } from '../coalesce.ts';
import { failure } from '../failure.ts';
import { listIn, type OpenApiCall } from './call.ts';
import { claimTags, ownerTag, readTags, tokenTag } from './tags.ts';

/** Ids in one DescribeEipAddresses, and EIPs on a page. Source: VPC API reference. */
const MOST_IDS = 50;
const PAGE = 100;
const STATUSES: readonly string[] = ['Available', 'Associating', 'InUse', 'Unassociating', 'Releasing'];

export interface EipOptions {
  /** Name of this installation, in tags. */
  readonly installation: string;
}

export function createEipCloud(vpc: OpenApiCall, { installation }: EipOptions): EipCloud {
  const describe = coalesce<string, EipView | TaggedEip | 'absent'>(
    async (ids) => {
      const body = await vpc('DescribeEipAddresses', { AllocationId: ids.join(','), PageSize: MOST_IDS });
      const found = new Map(
        listIn(body, 'EipAddresses', 'EipAddress').map((eip) => [String(eip.AllocationId), eip]),
      );
      return ids.map((id) => {
        const eip = found.get(id);
        if (!eip) return 'absent';
        return answer(() => (readTags(eip).owner === installation ? toTagged(eip) : toView(eip)));
      });
    },
    { most: MOST_IDS, nameOf: (id) => id },
  );

  return {
    async allocate(key, token, { bandwidth, reclaim }) {
      const body = await vpc('AllocateEipAddress', {
        ClientToken: token,
        // The API's own default bills by bandwidth, around the clock. The vendors' controllers bill by traffic.
        InternetChargeType: 'PayByTraffic',
        InstanceChargeType: 'PostPaid',
        Bandwidth: bandwidth,
        IpAddress: reclaim,
        Tag: claimTags(installation, key, token),
      });
      const { AllocationId, EipAddress } = body as { AllocationId?: unknown; EipAddress?: unknown };
      if (typeof AllocationId !== 'string' || typeof EipAddress !== 'string') {
        throw failure('unavailable', 'NoAnswer', 'AllocateEipAddress: the answer names no EIP');
      }
      return { allocationId: AllocationId, address: EipAddress, status: 'Available' };
    },

    // No ClientToken: a replayed answer would say yes for a binding that has been undone since. The EIP's own state
    // makes a second call harmless.
    async associate(allocationId, eniId, privateIp) {
      await vpc('AssociateEipAddress', {
        AllocationId: allocationId,
        InstanceType: 'NetworkInterface',
        InstanceId: eniId,
        PrivateIpAddress: privateIp,
      });
    },

    async unassociate(allocationId, eniId, privateIp) {
      await vpc('UnassociateEipAddress', {
        AllocationId: allocationId,
        InstanceType: 'NetworkInterface',
        InstanceId: eniId,
        PrivateIpAddress: privateIp,
      });
    },

    async release(allocationId) {
      await vpc('ReleaseEipAddress', { AllocationId: allocationId });
    },

    describe,

    async findByToken(_key, token) {
      const body = await vpc('DescribeEipAddresses', {
        Tag: [ownerTag(installation), tokenTag(token)],
        PageSize: 10,
      });
      // A token that the cloud had forgotten can have bought two. All who look agree on one, so that the other one is
      // an orphan; one that is bound is never given up.
      const [eip] = listIn(body, 'EipAddresses', 'EipAddress').map(toTagged).sort(boundOrOldestFirst);
      if (!eip) return 'absent';
      const { claim: _, token: __, allocatedAt: ___, ...view } = eip;
      return view;
    },

    async *tagged() {
      for (let page = 1; ; page++) {
        const body = await vpc('DescribeEipAddresses', {
          Tag: [ownerTag(installation)],
          PageSize: PAGE,
          PageNumber: page,
        });
        const found = listIn(body, 'EipAddresses', 'EipAddress');
        yield found
          .filter((eip) => readTags(eip).owner === installation)
          .flatMap((eip) => {
            const tagged = answer(() => toTagged(eip));
            // In a state that nobody knows, it is nobody's to release, and no reason to release none.
            return tagged instanceof Error ? [] : [tagged];
          });
        if (found.length < PAGE) return;
      }
    },
  };
}

function toView(eip: Readonly<Record<string, unknown>>): EipView {
  const status = String(eip.Status);
  if (!STATUSES.includes(status))
    throw failure('busy', 'UnknownStatus', `${String(eip.AllocationId)} is "${status}"`);
  const instanceId = String(eip.InstanceId ?? '');
  const privateIp = String(eip.PrivateIpAddress ?? '');
  return {
    allocationId: String(eip.AllocationId),
    address: String(eip.IpAddress),
    status: status as EipView['status'],
    ...(instanceId ? { boundTo: { instanceId, ...(privateIp ? { privateIp } : {}) } } : {}),
  };
}

function toTagged(eip: Readonly<Record<string, unknown>>): TaggedEip {
  const { claim, token } = readTags(eip);
  // An EIP whose age cannot be read counts as just bought, and is left alone.
  const allocatedAt = Date.parse(String(eip.AllocationTime));
  return {
    ...toView(eip),
    claim,
    token,
    allocatedAt: Number.isNaN(allocatedAt) ? Number.POSITIVE_INFINITY : allocatedAt,
  };
}

function boundOrOldestFirst(a: TaggedEip, b: TaggedEip): number {
  const isBound = ({ boundTo }: TaggedEip) => Number(boundTo !== undefined);
  return (
    isBound(b) - isBound(a) || a.allocatedAt - b.allocatedAt || (a.allocationId < b.allocationId ? -1 : 1)
  );
}
