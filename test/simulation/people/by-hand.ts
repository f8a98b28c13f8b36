import { Refusal } from '../../../infra/local/openapi/failure.ts';
import { ECS, VPC } from '../cloud-stage.ts';
import { claimNameOf, type Pod } from '../cluster/pod.ts';
import { INSTALLATION, type World } from '../world.ts';

/** What people do in the cloud's console, to the addresses of pods. What the cloud refuses there is seen, and left. */
export interface ByHand {
  unbind(pod: Pod): Promise<void>;
  release(pod: Pod): Promise<void>;
  unassign(pod: Pod): Promise<void>;
  bindElsewhere(pod: Pod): Promise<void>;
  /** What was bound elsewhere is let go. */
  letGo(): Promise<void>;
}

const STRANGER = 'i-stranger';
/** An EIP that was unbound is free after this. */
const FREE_AFTER_MS = 2_000;

export function createByHand({ stage, clock, books }: Pick<World, 'stage' | 'clock' | 'books'>): ByHand {
  let strangers = 0;

  const call = async (...asked: Parameters<typeof stage.byHand>): Promise<boolean> => {
    try {
      await stage.byHand(...asked);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return false;
    }
  };
  const unbindEip = (id: string) => call(VPC, 'UnassociateEipAddress', { AllocationId: id });
  const whenFree = (id: string, then: () => Promise<void>) =>
    clock.after(FREE_AFTER_MS, () => {
      if (stage.world.eip(id)?.status === 'Available') void then();
    });

  const eipOf = (pod: Pod) =>
    stage.world
      .eips()
      .find(
        ({ tags, binding }) =>
          tags.some(({ key, value }) => key === 'holdfast/owner' && value === INSTALLATION) &&
          (binding?.instanceId === pod.eniId ||
            tags.some(({ key, value }) => key === 'holdfast/claim' && value === claimNameOf(pod, 'eip'))),
      );

  return {
    async unbind(pod) {
      const eip = eipOf(pod);
      if (eip) await unbindEip(eip.id);
    },
    async release(pod) {
      const eip = eipOf(pod);
      if (!eip) return;
      await unbindEip(eip.id);
      whenFree(eip.id, async () => {
        if (await call(VPC, 'ReleaseEipAddress', { AllocationId: eip.id })) books.touchedByHand(eip.address);
      });
    },
    async unassign({ eniId }) {
      const eni = eniId === undefined ? undefined : stage.world.eni(eniId);
      const [address] = eni?.addresses.slice(1) ?? [];
      if (eni && address)
        await call(ECS, 'UnassignPrivateIpAddresses', {
          NetworkInterfaceId: eni.id,
          PrivateIpAddress: [address.ip],
        });
    },
    async bindElsewhere(pod) {
      const eip = eipOf(pod);
      if (!eip) return;
      if (eip.status === 'InUse') await unbindEip(eip.id);
      whenFree(eip.id, async () => {
        const id = `${STRANGER}-${++strangers}`;
        stage.world.registerInstance({ id, zone: 'cn-hangzhou-h' });
        const asked = { AllocationId: eip.id, InstanceId: id, InstanceType: 'EcsInstance' };
        if (!(await call(VPC, 'AssociateEipAddress', asked))) return;
        books.touchedByHand(eip.address);
      });
    },
    async letGo() {
      for (const { id, binding } of stage.world.eips())
        if (binding?.instanceId.startsWith(STRANGER)) await unbindEip(id);
    },
  };
}
