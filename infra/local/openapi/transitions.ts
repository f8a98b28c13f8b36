import type { Cloud } from './cloud.ts';
import { type ActionName, REACQUIRE_MS } from './options.ts';
import type { Eip, EipStatus, Eni, EniStatus, Membership } from './records.ts';

/**
 * States that take time. A transition puts the transitional state and, after the action's latency, ends it from what the
 * state then is: so one that was cut off by a restart can be taken up again from the record alone.
 */

/** Which action's latency ends a state. */
const EIP_TASKS: Partial<Record<EipStatus, ActionName>> = {
  Associating: 'AssociateEipAddress',
  Unassociating: 'UnassociateEipAddress',
  Releasing: 'ReleaseEipAddress',
};

const ENI_TASKS: Partial<Record<EniStatus, ActionName>> = {
  Attaching: 'AttachNetworkInterface',
  Detaching: 'DetachNetworkInterface',
  Deleting: 'DeleteNetworkInterface',
};

const MEMBERSHIP_TASKS: Partial<Record<Membership['status'], ActionName>> = {
  BINDING: 'AddCommonBandwidthPackageIp',
  UNBINDING: 'RemoveCommonBandwidthPackageIp',
};

/** Puts an EIP into a transitional state, with what else changes with it. */
export function startEip(cloud: Cloud, eip: Eip, status: EipStatus, changes: Partial<Eip> = {}): void {
  const started = { ...eip, ...changes, status, task: cloud.nextNumber() };
  cloud.eips.put(started);
  resumeEip(cloud, started);
}

export function startEni(cloud: Cloud, eni: Eni, status: EniStatus, changes: Partial<Eni> = {}): void {
  const started = { ...eni, ...changes, status, task: cloud.nextNumber() };
  cloud.enis.put(started);
  resumeEni(cloud, started);
}

export function startMembership(
  cloud: Cloud,
  eip: Eip,
  packageId: string,
  status: Membership['status'],
): void {
  const started = { ...eip, membership: { packageId, status, task: cloud.nextNumber() } };
  cloud.eips.put(started);
  resumeMembership(cloud, started);
}

/** Takes up all transitions that were under way when the records were saved. */
export function resumeAll(cloud: Cloud): void {
  for (const eip of [...cloud.eips.values()]) {
    resumeEip(cloud, eip);
    resumeMembership(cloud, eip);
  }
  for (const eni of [...cloud.enis.values()]) resumeEni(cloud, eni);
}

function resumeEip(cloud: Cloud, { id, task, status }: Eip): void {
  const action = EIP_TASKS[status];
  if (!action) return;
  afterLatency(cloud, action, () => {
    const eip = cloud.eips.get(id);
    if (eip?.task === task) settleEip(cloud, eip);
  });
}

function resumeEni(cloud: Cloud, { id, task, status }: Eni): void {
  const action = ENI_TASKS[status];
  if (!action) return;
  afterLatency(cloud, action, () => {
    const eni = cloud.enis.get(id);
    if (eni?.task === task) settleEni(cloud, eni);
  });
}

function resumeMembership(cloud: Cloud, { id, membership }: Eip): void {
  const action = membership && MEMBERSHIP_TASKS[membership.status];
  if (!action) return;
  afterLatency(cloud, action, () => {
    const eip = cloud.eips.get(id);
    if (eip?.membership?.task === membership.task) settleMembership(cloud, eip, eip.membership);
  });
}

function afterLatency(cloud: Cloud, action: ActionName, settle: () => void): void {
  const latency = cloud.latencyOf(action);
  if (latency === 0) settle();
  else cloud.clock.after(latency, settle);
}

function settleEip(cloud: Cloud, eip: Eip): void {
  switch (eip.status) {
    case 'Associating':
      cloud.eips.put({ ...eip, status: 'InUse' });
      return;
    case 'Unassociating':
      unbind(cloud, eip);
      return;
    case 'Releasing':
      retire(cloud, eip);
      return;
    default:
  }
}

/** Gives the address back, and remembers for a while whose it was. */
function retire(cloud: Cloud, { id, address }: Eip): void {
  const now = cloud.clock.now();
  for (const [oldest, { releasedAt }] of cloud.released) {
    if (releasedAt + REACQUIRE_MS >= now) break;
    cloud.released.delete(oldest);
  }
  cloud.publicAddresses.giveBack(address);
  cloud.released.set(id, { id, address, releasedAt: now });
  cloud.eips.remove(id);
}

function settleEni(cloud: Cloud, eni: Eni): void {
  switch (eni.status) {
    case 'Attaching':
      cloud.enis.put({ ...eni, status: 'InUse' });
      return;
    case 'Detaching': {
      const { instanceId: _, ...detached } = eni;
      cloud.enis.put({ ...detached, status: 'Available' });
      return;
    }
    case 'Deleting':
      removeEni(cloud, eni);
      return;
    default:
  }
}

function settleMembership(cloud: Cloud, eip: Eip, membership: Membership): void {
  if (membership.status === 'BINDING') {
    cloud.eips.put({ ...eip, membership: { ...membership, status: 'BINDED' } });
    return;
  }
  const { membership: _, ...outside } = eip;
  cloud.eips.put(outside);
}

/** Takes an EIP off what it is bound to, whatever its state. The new task number outdates a transition under way. */
function unbind(cloud: Cloud, eip: Eip): void {
  const { binding, ...free } = eip;
  const eni = binding && cloud.enis.get(binding.instanceId);
  if (eni) {
    const addresses = eni.addresses.map((address) =>
      address.eipId === eip.id ? { ip: address.ip } : address,
    );
    cloud.enis.put({ ...eni, addresses });
  }
  cloud.eips.put({ ...free, status: 'Available', task: cloud.nextNumber() });
}

/** An ENI goes: its private IPs become idle, the EIPs on them Available. */
export function removeEni(cloud: Cloud, eni: Eni): void {
  for (const { ip, eipId } of eni.addresses) {
    const eip = eipId === undefined ? undefined : cloud.eips.get(eipId);
    if (eip) unbind(cloud, eip);
    cloud.addressesOf(eni.vSwitchId).giveBack(ip);
  }
  cloud.enis.remove(eni.id);
}
