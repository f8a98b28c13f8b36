import type { VpcWorld } from '../../../infra/local/openapi/world.ts';
import type { Pod } from '../cluster/pod.ts';

/** Whose EIP and whose ENI something is, as their tags say, and which pod lives where. */
export interface Places {
  /** A pod has an ENI and an IP. */
  networked(pod: Pod): void;
  /** The claim whose EIP it is; empty where its tags name none, undefined where it is none of ours. */
  ownerOfEip(allocationId: string): string | undefined;
  /** The address is that of one of the user's own EIPs that pods may name. */
  isGivenAddress(address: string): boolean;
  /** An EIP of ours, or one of the user's own that pods may name. */
  mayBeBound(allocationId: string): boolean;
  isParking(eniId: string): boolean;
  /** It is a pod's, or was. */
  isOfPod(eniId: string): boolean;
  /** The pod that lives on this ENI, and with this IP where one is given. */
  livesAt(eniId: string, privateIp?: string): Pod | undefined;
}

const OWNER = 'holdfast/owner';
const CLAIM = 'holdfast/claim';
const ROLE = 'holdfast/role';

export interface PlacesOptions {
  world(): VpcWorld;
  /** Name of the installation, in tags. */
  readonly installation: string;
  /** Whether this is one of the user's own EIPs that pods may name. */
  isGiven(allocationId: string): boolean;
}

export function createPlaces({ world, installation, isGiven }: PlacesOptions): Places {
  const podOfEni = new Map<string, Pod>();

  const ownerOfEip = (allocationId: string): string | undefined => {
    const tags = tagsOf(world().eip(allocationId));
    return tags.get(OWNER) === installation ? (tags.get(CLAIM) ?? '') : undefined;
  };

  return {
    networked(pod) {
      // ENIs never change hands: what was once a pod's stays known as that pod's.
      if (pod.eniId !== undefined) podOfEni.set(pod.eniId, pod);
    },
    ownerOfEip,
    isGivenAddress: (address) =>
      world()
        .eips()
        .some((eip) => eip.address === address && isGiven(eip.id)),
    mayBeBound: (allocationId) => ownerOfEip(allocationId) !== undefined || isGiven(allocationId),
    isParking(eniId) {
      const tags = tagsOf(world().eni(eniId));
      return tags.get(OWNER) === installation && tags.get(ROLE) === 'parking';
    },
    isOfPod: (eniId) => podOfEni.has(eniId),
    livesAt(eniId, privateIp) {
      const pod = podOfEni.get(eniId);
      const lives = pod?.exists && pod.phase !== 'Failed' && pod.eniId === eniId;
      return lives && (privateIp === undefined || pod.ip === privateIp) ? pod : undefined;
    },
  };
}

interface Tagged {
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

const tagsOf = (tagged: Tagged | undefined): ReadonlyMap<string, string> =>
  new Map(tagged?.tags.map(({ key, value }) => [key, value]));
