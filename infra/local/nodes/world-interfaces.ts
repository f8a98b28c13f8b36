import type { VpcWorld } from '../openapi/world.ts';
import { interfaceName, interfaceTags, type PodInterfaces, podUidOf } from './interfaces.ts';

/**
 * Interfaces that a cloud service makes for its pods, as ECI does: managed, so that their owner can look at them and
 * do nothing else. No call of the user's makes them, so they come in through the world's own door.
 */
export function createManagedInterfaces(world: VpcWorld, clusterId: string): PodInterfaces {
  const find = (podUid: string) => world.enis().find((eni) => eni.name === interfaceName(podUid));
  return {
    async ensure({ podUid, vSwitchId, primaryIp, instanceId }) {
      const eni =
        find(podUid) ??
        world.createManagedEni({
          vSwitchId,
          name: interfaceName(podUid),
          tags: interfaceTags(clusterId),
          ...(primaryIp === undefined ? {} : { primaryIp }),
          instanceId: instanceId ?? `eci-${podUid.slice(0, 8)}`,
        });
      return { id: eni.id, ip: eni.addresses[0]?.ip ?? '' };
    },
    async release(podUid) {
      const eni = find(podUid);
      if (eni) world.deleteManagedEni(eni.id);
    },
    async holders() {
      const ours = world
        .enis()
        .filter(
          (eni) =>
            eni.serviceManaged &&
            eni.tags.some((tag) => tag.key === 'ack.aliyun.com' && tag.value === clusterId),
        );
      return ours.flatMap((eni) => podUidOf(eni.name) ?? []);
    },
  };
}
