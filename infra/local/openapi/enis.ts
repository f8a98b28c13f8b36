import type { Cloud } from './cloud.ts';
import { refusal } from './failure.ts';
import { parseIpv4 } from './ipv4.ts';
import type { Eni, Tag, VSwitch } from './records.ts';

/** What an ENI is made of; the rest follows from the vSwitch. */
export interface EniWishes {
  readonly vSwitch: VSwitch;
  /** Default: any idle address. */
  readonly primaryIp?: string | undefined;
  readonly secondaryIps?: readonly string[];
  readonly secondaryCount?: number;
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly securityGroupIds: readonly string[];
  readonly resourceGroupId?: string | undefined;
  readonly deleteOnRelease?: boolean | undefined;
  readonly serviceManaged?: boolean;
  readonly trafficMode?: string | undefined;
  readonly tags?: readonly Tag[];
  /** The ENI starts attached to this instance. */
  readonly instanceId?: string | undefined;
}

/** Puts a new ENI in place; throws a `Refusal`, and changes nothing, where an address cannot be had. */
export function addEni(cloud: Cloud, wishes: EniWishes): Eni {
  const { vSwitch, primaryIp, secondaryIps = [], secondaryCount = 0, instanceId } = wishes;
  const wanted = primaryIp === undefined ? secondaryIps : [primaryIp, ...secondaryIps];
  checkIdle(cloud, vSwitch.id, wanted);
  const open = (primaryIp === undefined ? 1 : 0) + secondaryCount;
  const taken = takeAddresses(cloud, vSwitch.id, wanted, open);
  // Without a wish the primary one is among those that were chosen, which come last.
  const primary = primaryIp ?? taken[wanted.length];
  const addresses = [primary, ...taken.filter((ip) => ip !== primary)].flatMap((ip) => (ip ? [{ ip }] : []));
  const eni: Eni = {
    id: cloud.newId('eni'),
    sequence: cloud.nextNumber(),
    task: 0,
    status: instanceId === undefined ? 'Available' : 'InUse',
    type: wishes.type ?? 'Secondary',
    vpcId: vSwitch.vpcId,
    vSwitchId: vSwitch.id,
    zone: vSwitch.zone,
    mac: cloud.newMac(),
    name: wishes.name ?? '',
    description: wishes.description ?? '',
    securityGroupIds: wishes.securityGroupIds,
    resourceGroupId: wishes.resourceGroupId ?? '',
    deleteOnRelease: wishes.deleteOnRelease ?? true,
    serviceManaged: wishes.serviceManaged ?? false,
    trafficMode: wishes.trafficMode ?? 'Standard',
    ...(instanceId !== undefined && { instanceId }),
    addresses,
    tags: wishes.tags ?? [],
    createdAt: cloud.clock.now(),
  };
  cloud.enis.put(eni);
  return eni;
}

/** Throws where one of the addresses is not in the vSwitch, is taken, or is named twice. */
export function checkIdle(cloud: Cloud, vSwitchId: string, addresses: readonly string[]): void {
  const pool = cloud.addressesOf(vSwitchId);
  for (const [index, ip] of addresses.entries()) {
    if (parseIpv4(ip) === undefined)
      throw refusal('InvalidPrivateIpAddress.Malformed', `"${ip}" is no IPv4 address.`);
    if (addresses.indexOf(ip) !== index) throw refusal('InvalidIp.IpRepeated', `${ip} is named twice.`);
    if (!pool.has(ip)) {
      throw refusal(
        'InvalidVSwitchId.IpInvalid',
        `${ip} cannot be had in ${cloud.vSwitches.get(vSwitchId)?.cidr}.`,
      );
    }
    if (!pool.isIdle(ip)) throw refusal('InvalidPrivateIpAddress.Duplicated', `${ip} is taken.`);
  }
}

/** Takes the given addresses, which are idle, and `count` more; all of them or none. */
export function takeAddresses(
  cloud: Cloud,
  vSwitchId: string,
  addresses: readonly string[],
  count: number,
): readonly string[] {
  const pool = cloud.addressesOf(vSwitchId);
  if (pool.available() < addresses.length + count) {
    throw refusal('InvalidVSwitchId.IpNotEnough', `${vSwitchId} has ${pool.available()} left.`);
  }
  for (const ip of addresses) pool.take(ip);
  const chosen = Array.from({ length: count }, () => pool.takeAny()).filter((ip) => ip !== undefined);
  return [...addresses, ...chosen];
}

/** The ENI, if a call may change it: it exists, no cloud service owns it, its state is one of `states`. */
export function changeableEni(cloud: Cloud, id: string, states: readonly Eni['status'][]): Eni {
  const eni = cloud.enis.get(id);
  if (!eni) throw refusal('InvalidEniId.NotFound', id);
  if (eni.serviceManaged)
    throw refusal('InvalidOperation.EniServiceManaged', `${id} cannot be changed by its user.`);
  if (!states.includes(eni.status)) {
    throw refusal(
      'InvalidOperation.InvalidEniState',
      `Expecting status is "${states.join(',')}" while current status is "${eni.status}".`,
    );
  }
  return eni;
}
