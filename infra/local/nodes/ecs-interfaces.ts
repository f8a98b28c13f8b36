import type { Clock } from '../kernel/clock.ts';
import { codeOf, type EcsCall, isCertainlyRefused } from './ecs.ts';
import { createInterfaceLookout } from './interface-lookout.ts';
import {
  type InterfaceWish,
  interfaceName,
  interfaceTags,
  type PodInterfaces,
  podUidOf,
} from './interfaces.ts';

export interface EcsInterfacesOptions {
  readonly call: EcsCall;
  readonly clock: Clock;
  readonly clusterId: string;
  readonly securityGroupId: string;
}

interface Created {
  readonly NetworkInterfaceId: string;
  readonly PrivateIpAddress: string;
}

interface Described {
  readonly NextToken?: string;
  readonly NetworkInterfaceSets?: {
    readonly NetworkInterfaceSet?: readonly {
      readonly NetworkInterfaceId: string;
      readonly NetworkInterfaceName?: string;
      readonly ServiceManaged?: boolean;
    }[];
  };
}

const PAGE = '500';

/** Interfaces of the user's own, made, attached, detached and deleted through the ECS API as Terway does. */
export function createEcsInterfaces(options: EcsInterfacesOptions): PodInterfaces {
  const { call, clock, clusterId, securityGroupId } = options;
  const lookout = createInterfaceLookout(call, clock);
  const tags = Object.fromEntries(
    interfaceTags(clusterId).flatMap(({ key, value }, index) => [
      [`Tag.${index + 1}.Key`, key],
      [`Tag.${index + 1}.Value`, value],
    ]),
  );
  /** How many ClientTokens of a pod are spent: their first call failed for good. */
  const spentTokens = new Map<string, number>();
  /** What this run has made and not yet released: a list may lag behind it. */
  const made = new Map<string, string>();
  /** Creates whose outcome is not known. */
  const uncertain = new Map<string, InterfaceWish>();

  const create = async (wish: InterfaceWish): Promise<Created> => {
    const { podUid, vSwitchId, primaryIp } = wish;
    const spent = spentTokens.get(podUid) ?? 0;
    try {
      const created = await call<Created>('CreateNetworkInterface', {
        ...tags,
        VSwitchId: vSwitchId,
        SecurityGroupId: securityGroupId,
        ...(primaryIp === undefined ? {} : { PrimaryIpAddress: primaryIp }),
        NetworkInterfaceName: interfaceName(podUid),
        ClientToken: spent === 0 ? podUid : `${podUid}-${spent}`,
      });
      uncertain.delete(podUid);
      made.set(podUid, created.NetworkInterfaceId);
      return created;
    } catch (error) {
      // Source: ECS API reference, "Ensure idempotence": after this code only a new token gets another try.
      if (codeOf(error) === 'IdempotentFailed') spentTokens.set(podUid, spent + 1);
      if (!isCertainlyRefused(error)) uncertain.set(podUid, wish);
      throw error;
    }
  };

  const forget = (podUid: string) => {
    for (const memory of [made, uncertain, spentTokens]) memory.delete(podUid);
  };

  const describe = (filter: Readonly<Record<string, string>>) =>
    call<Described>('DescribeNetworkInterfaces', { MaxResults: PAGE, ...filter });

  const find = async (podUid: string): Promise<string | undefined> => {
    const known = made.get(podUid);
    if (known !== undefined) return known;
    const wish = uncertain.get(podUid);
    // The token answers what became of a create whose answer was lost; a list could lag behind it.
    if (wish) {
      try {
        return (await create(wish)).NetworkInterfaceId;
      } catch (error) {
        if (!isCertainlyRefused(error)) throw error;
      }
    }
    const found = await describe({ NetworkInterfaceName: interfaceName(podUid) });
    return found.NetworkInterfaceSets?.NetworkInterfaceSet?.[0]?.NetworkInterfaceId;
  };

  /** Makes a change; where the state does not allow it, an earlier try has got further, and the next look tells. */
  const unlessUnderWay = async (change: () => Promise<unknown>): Promise<void> => {
    try {
      await change();
    } catch (error) {
      if (codeOf(error) !== 'InvalidOperation.InvalidEniState') throw error;
    }
  };
  const attach = (id: string, instanceId: string) =>
    unlessUnderWay(() => call('AttachNetworkInterface', { NetworkInterfaceId: id, InstanceId: instanceId }));
  const detach = (id: string, instanceId: string) =>
    unlessUnderWay(() => call('DetachNetworkInterface', { NetworkInterfaceId: id, InstanceId: instanceId }));
  const remove = (id: string) =>
    unlessUnderWay(() => call('DeleteNetworkInterface', { NetworkInterfaceId: id }));

  return {
    async ensure(wish, signal) {
      const { NetworkInterfaceId: id, PrivateIpAddress: ip } = await create(wish);
      if (wish.instanceId === undefined) return { id, ip };
      await attach(id, wish.instanceId);
      for (;;) {
        const state = await lookout.look(id, signal);
        if (state?.status === 'InUse') return { id, ip };
        if (state?.status === 'Available') await attach(id, wish.instanceId);
      }
    },
    async release(podUid, knownId, signal) {
      const id = knownId ?? (await find(podUid));
      if (id === undefined) return forget(podUid);
      for (;;) {
        const state = await lookout.look(id, signal);
        try {
          if (state?.status === 'InUse') await detach(id, state.instanceId);
          // Not seen is not proven gone, a list may lag: only a delete that does not find it is proof.
          if (!state || state.status === 'Available') await remove(id);
        } catch (error) {
          if (codeOf(error) === 'InvalidEniId.NotFound') return forget(podUid);
          throw error;
        }
      }
    },
    async holders() {
      const uids: string[] = [];
      for (let next: string | undefined = ''; next !== undefined; ) {
        const page: Described = await describe({ ...tags, ...(next ? { NextToken: next } : {}) });
        for (const eni of page.NetworkInterfaceSets?.NetworkInterfaceSet ?? []) {
          const uid = eni.ServiceManaged ? undefined : podUidOf(eni.NetworkInterfaceName ?? '');
          if (uid) uids.push(uid);
        }
        next = page.NextToken || undefined;
      }
      return uids;
    },
  };
}
