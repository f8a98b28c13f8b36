import { action } from '../action.ts';
import type { Cloud } from '../cloud.ts';
import { changeableEni, checkIdle, takeAddresses } from '../enis.ts';
import { refusal } from '../failure.ts';
import type { Eni } from '../records.ts';

/** Source: ECS API reference, AssignPrivateIpAddresses and UnassignPrivateIpAddresses, PrivateIpAddress.N. */
const MOST_A_CALL = 32;

/** Source: ECS API reference, AssignPrivateIpAddresses. All of the addresses are assigned, or none. */
export const assignPrivateIpAddresses = action({
  name: 'AssignPrivateIpAddresses',
  token: true,
  parameters: {
    RegionId: { type: 'string', required: true },
    NetworkInterfaceId: { type: 'string', required: true },
    PrivateIpAddress: { type: 'list', max: MOST_A_CALL },
    SecondaryPrivateIpAddressCount: { type: 'integer', min: 1, max: 49 },
  },
  run(cloud, { NetworkInterfaceId, PrivateIpAddress, SecondaryPrivateIpAddressCount }) {
    if (PrivateIpAddress.length > 0 && SecondaryPrivateIpAddressCount !== undefined) {
      throw refusal(
        'InvalidParameter.Conflict',
        'Give either PrivateIpAddress.N or SecondaryPrivateIpAddressCount.',
      );
    }
    const count = SecondaryPrivateIpAddressCount ?? 0;
    if (PrivateIpAddress.length + count === 0) {
      throw refusal('MissingParameter', 'Give PrivateIpAddress.N or SecondaryPrivateIpAddressCount.');
    }
    const eni = changeableEni(cloud, NetworkInterfaceId, ['Available', 'InUse']);
    checkRoom(cloud, eni, PrivateIpAddress.length + count);
    for (const ip of PrivateIpAddress) {
      if (eni.addresses.some((address) => address.ip === ip)) throw refusal('InvalidIp.IpAssigned', ip);
    }
    checkIdle(cloud, eni.vSwitchId, PrivateIpAddress);
    const assigned = takeAddresses(cloud, eni.vSwitchId, PrivateIpAddress, count);
    cloud.enis.put({ ...eni, addresses: [...eni.addresses, ...assigned.map((ip) => ({ ip }))] });
    return {
      AssignedPrivateIpAddressesSet: {
        NetworkInterfaceId: eni.id,
        PrivateIpSet: { PrivateIpAddress: assigned },
        Ipv4PrefixSet: { Ipv4Prefixes: [] },
      },
    };
  },
});

/** Source: ECS API reference, UnassignPrivateIpAddresses. All of the addresses are unassigned, or none. */
export const unassignPrivateIpAddresses = action({
  name: 'UnassignPrivateIpAddresses',
  parameters: {
    RegionId: { type: 'string', required: true },
    NetworkInterfaceId: { type: 'string', required: true },
    PrivateIpAddress: { type: 'list', required: true, max: MOST_A_CALL },
  },
  run(cloud, { NetworkInterfaceId, PrivateIpAddress }) {
    const eni = changeableEni(cloud, NetworkInterfaceId, ['Available', 'InUse']);
    const secondary = eni.addresses.slice(1);
    for (const [index, ip] of PrivateIpAddress.entries()) {
      if (PrivateIpAddress.indexOf(ip) !== index)
        throw refusal('InvalidIp.IpRepeated', `${ip} is named twice.`);
      const held = secondary.find((address) => address.ip === ip);
      // The primary address answers the same: it cannot be unassigned.
      if (!held) throw refusal('InvalidIp.IpUnassigned', `${ip} is no secondary address of ${eni.id}.`);
      if (held.eipId !== undefined) throw refusal('Operation.Conflict', `${held.eipId} is bound to ${ip}.`);
    }
    const addresses = eni.addresses.filter((address) => !PrivateIpAddress.includes(address.ip));
    const pool = cloud.addressesOf(eni.vSwitchId);
    for (const ip of PrivateIpAddress) pool.giveBack(ip);
    cloud.enis.put({ ...eni, addresses });
    return {};
  },
});

function checkRoom(cloud: Cloud, eni: Eni, added: number): void {
  const { secondaryIpsOfAvailableEni, secondaryIpsOfAttachedEni } = cloud.quotas;
  const most = eni.status === 'InUse' ? secondaryIpsOfAttachedEni : secondaryIpsOfAvailableEni;
  const held = eni.addresses.length - 1;
  if (held + added > most) {
    throw refusal(
      'InvalidOperation.Ipv4CountExceeded',
      `${eni.id} has ${held} of at most ${most} secondary ones.`,
    );
  }
}
