import { ADDRESS_KINDS, type AddressKind, type Need, type Wishes } from './ledger.ts';

/** The cloud, the records and the pods, side by side, at a moment in which nothing is under way. All of it is pure. */
export interface Picture {
  /** Cloud time, ms. */
  readonly at: number;
  readonly eips: readonly EipSight[];
  readonly ips: readonly IpSight[];
  readonly parkings: readonly { readonly eniId: string; readonly held: number }[];
  readonly claims: readonly ClaimSight[];
  readonly pods: readonly PodSight[];
}

export interface EipSight {
  readonly id: string;
  readonly address: string;
  /** Which claim its tags say it was bought for; undefined for the user's own. */
  readonly boughtFor: string | undefined;
  /** The pod on whose ENI it is. */
  readonly podUid: string | undefined;
}

/** A private IP that is a secondary one of some ENI. */
export interface IpSight {
  /** `<vSwitch>/<private IP>` */
  readonly name: string;
  readonly podUid: string | undefined;
}

export interface ClaimSight {
  /** `<cluster>/<namespace>/<pod>/<kind>` */
  readonly name: string;
  readonly phase: string;
  /** As the locks name it: an EIP's id, `<vSwitch>/<private IP>`. */
  readonly address: string | undefined;
}

export interface PodSight {
  readonly uid: string;
  /** `<namespace>/<pod>` */
  readonly name: string;
  readonly wishes: Wishes;
  /** The addresses that its annotations and conditions say are bound, in dotted form. */
  readonly told: Readonly<Partial<Record<AddressKind, string>>>;
}

export const claimName = (clusterId: string, pod: string, kind: AddressKind): string =>
  `${clusterId}/${pod}/${kind}`;

/** The addresses of a kind on a pod, as locks name them. */
const onPod = ({ eips, ips }: Picture, uid: string, kind: AddressKind): readonly string[] =>
  kind === 'eip'
    ? eips.filter(({ podUid }) => podUid === uid).map(({ id }) => id)
    : ips.filter(({ podUid }) => podUid === uid).map(({ name }) => name);

const dotted = ({ eips }: Picture, kind: AddressKind, name: string): string | undefined =>
  kind === 'eip' ? eips.find(({ id }) => id === name)?.address : name.split('/')[1];

/** What still keeps a pod from having what it asks for, from being told so, or the record from saying the same. */
export function unsettled(picture: Picture, clusterId: string): readonly string[] {
  const claims = new Map(picture.claims.map((claim) => [claim.name, claim]));
  return picture.pods.flatMap((pod) =>
    ADDRESS_KINDS.filter((kind) => pod.wishes[kind] !== undefined).flatMap((kind) => {
      const [address] = onPod(picture, pod.uid, kind);
      if (address === undefined) return [`${pod.name} has no ${kind}`];
      if (pod.told[kind] !== dotted(picture, kind, address))
        return [`${pod.name} has the ${kind} ${address} and was told ${pod.told[kind] ?? 'nothing'}`];
      const claim = claims.get(claimName(clusterId, pod.name, kind));
      if (claim?.phase !== 'Bound' || claim.address !== address)
        return [
          `${pod.name} has the ${kind} ${address}, on record is ${claim?.phase} ${claim?.address ?? ''}`,
        ];
      return [];
    }),
  );
}

/**
 * What exists and nobody needs. A lock that stands for nothing is not counted (docs/store.md): it holds nothing, and is
 * taken over by whoever wants its address. `graceMs` is how long after its time the sweeps may take.
 */
export function leaks(
  picture: Picture,
  needs: readonly Need[],
  clusterId: string,
  graceMs: number,
): readonly string[] {
  const needed = needs.filter(({ until }) => picture.at < until + graceMs);
  const addresses = new Set(needed.map(({ address }) => address));
  const claims = new Map(needed.map((need) => [claimName(clusterId, need.pod, need.kind), need]));
  const alive = new Set(picture.pods.map(({ uid }) => uid));

  const eips = picture.eips.filter(({ id, boughtFor }) => {
    if (boughtFor === undefined || addresses.has(id)) return false;
    // Bought for a pod that was gone before it had it: the name keeps it, as long as it has no other.
    const need = claims.get(boughtFor);
    return need === undefined || need.address !== undefined;
  });
  const ips = picture.ips.filter(
    ({ name, podUid }) => !addresses.has(name) && !(podUid !== undefined && !alive.has(podUid)),
  );
  const parkings = picture.parkings.filter(({ held }) => held === 0);
  const records = picture.claims.filter(({ name, phase }) => phase !== 'Released' && !claims.has(name));
  return [
    ...eips.map(
      ({ id, address, boughtFor }) => `EIP ${address} (${id}), bought for ${boughtFor}, which needs none`,
    ),
    ...ips.map(
      ({ name, podUid }) =>
        `private IP ${name} on ${podUid === undefined ? 'a parking ENI' : `the ENI of pod ${podUid}`}`,
    ),
    ...parkings.map(({ eniId }) => `parking ENI ${eniId}, which holds nothing`),
    ...records.map(({ name, phase }) => `claim ${name}, ${phase} for nobody`),
  ];
}

/** One address with two claims, two addresses of a kind on one pod, two EIPs bought for one claim. */
export function doubles(picture: Picture): readonly string[] {
  const claimed = grouped(
    picture.claims.filter(({ address }) => address !== undefined),
    ({ address }) => address ?? '',
  );
  const bought = grouped(
    picture.eips.filter(({ boughtFor }) => boughtFor !== undefined),
    ({ boughtFor }) => boughtFor ?? '',
  );
  return [
    ...claimed.map(([address, claims]) => `${address} has ${claims.length} claims: ${names(claims)}`),
    ...picture.pods.flatMap((pod) =>
      ADDRESS_KINDS.flatMap((kind) => {
        const addresses = onPod(picture, pod.uid, kind);
        return addresses.length > 1 ? [`${pod.name} has ${addresses.join(' and ')}`] : [];
      }),
    ),
    ...bought.map(([claim, eips]) => `${eips.length} EIPs were bought for ${claim}`),
  ];
}

const names = (claims: readonly ClaimSight[]): string => claims.map(({ name }) => name).join(', ');

/** The groups that have more than one. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): readonly [string, readonly T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups].filter(([, members]) => members.length > 1);
}
