import type { Eni } from '../../../infra/local/openapi/records.ts';
import { claimNameOf, type Pod } from '../cluster/pod.ts';
import type { Process } from '../process/process.ts';
import { type CloudCall, type Known, type Look, type Looks, textOf, textsOf } from './looks.ts';
import { namedBy, wishOf } from './wishes.ts';

const unbindEip: Look<CloudCall> = (call, { world, places, wishes, ledger, broken }) => {
  const id = textOf(call, 'AllocationId');
  const eip = world().eip(id);
  if (eip?.status !== 'InUse' || !eip.binding) return;
  const { instanceId, privateIp } = eip.binding;
  const { InstanceId = instanceId, PrivateIpAddress = privateIp } = call.parameters;
  // The cloud refuses that.
  if (InstanceId !== instanceId || PrivateIpAddress !== privateIp) return;
  if (!places.mayBeBound(id)) return broken('touches what is not ours', `${id} is unbound`);
  if (!places.isOfPod(instanceId))
    return broken('takes from a stranger', `${eip.address} is unbound from ${instanceId}`);
  const pod = places.livesAt(instanceId, privateIp);
  if (!pod || !wishes.wantsAllAlong(pod, call.by)) return;
  const has = ledger.of(claimNameOf(pod, 'eip'))?.told === true;
  if (wantsEip(pod, id, places.ownerOfEip(id), has))
    broken('takes from a live pod', `${eip.address} (${id}) is unbound from ${pod.name}`);
};

/**
 * `owner`: the claim of an EIP of ours; undefined where it is one of the user's own. `has`: the pod was told an address,
 * and has not given it up. What it has is kept where nobody can read what it wants, and nothing else.
 */
function wantsEip(pod: Pod, id: string, owner: string | undefined, has: boolean): boolean {
  if (owner === undefined) return namedBy(pod) === id;
  const wish = wishOf(pod, 'eip');
  return wish !== 'no' && (wish !== 'unclear' || has) && owner === claimNameOf(pod, 'eip');
}

const releaseEip: Look<CloudCall> = (call, { world, places, ledger, records, broken }) => {
  const id = textOf(call, 'AllocationId');
  const eip = world().eip(id);
  if (eip?.status !== 'Available') return;
  const owner = places.ownerOfEip(id);
  if (owner === undefined) return broken('releases what is not ours', `${id} is released`);
  if (records.isFrozenFor(call.by)) return broken('releases while frozen', `${eip.address} is released`);
  const due = ledger.of(owner);
  if (due?.address === eip.address && ledger.isStillDue(due))
    broken('releases too early', `${eip.address} of ${owner}, which is owed ${ledger.word(due)}`);
};

const unassignIps: Look<CloudCall> = (call, known) => {
  const eni = known.world().eni(textOf(call, 'NetworkInterfaceId'));
  if (!eni) return;
  const beside = ipsBeside(eni);
  const isHold = known.places.isParking(eni.id);
  for (const ip of textsOf(call, 'PrivateIpAddress')) {
    if (!beside.includes(ip)) continue;
    if (isHold) takeOffHold(ip, call.by, known);
    else takeOffPod(ip, eni.id, call.by, known);
  }
};

/** The addresses of an ENI beside its own. */
const ipsBeside = ({ addresses }: Eni): readonly string[] => addresses.slice(1).map(({ ip }) => ip);

/** The claim that is owed this private IP, and what it is owed. Who had it before is still in the ledger, and owed nothing. */
const owedIp = (ip: string, { ledger }: Known) =>
  ledger.all().find(([claim, due]) => claim.endsWith('/ip') && due.address === ip && ledger.isStillDue(due));

function takeOffPod(ip: string, eniId: string, by: Process, known: Known): void {
  const { places, wishes, broken } = known;
  if (!places.isOfPod(eniId)) broken('touches what is not ours', `${ip} is taken off ${eniId}`);
  const pod = places.livesAt(eniId);
  const [claim, due] = owedIp(ip, known) ?? [];
  if (!pod || claim !== claimNameOf(pod, 'ip')) return;
  if (due?.told && wishes.wantsAllAlong(pod, by) && wishOf(pod, 'ip') !== 'no')
    broken('takes from a live pod', `${ip} is taken off ${pod.name}`);
}

function takeOffHold(ip: string, by: Process, known: Known): void {
  const { ledger, records, broken } = known;
  if (isMoving(ip, by, known)) return;
  if (records.isFrozenFor(by)) broken('releases while frozen', `${ip} is taken off its parking ENI`);
  const [claim, due] = owedIp(ip, known) ?? [];
  if (due) broken('releases too early', `${ip} of ${claim}, which is owed ${ledger.word(due)}`);
}

/**
 * On its way from its hold to a pod that lives, or that lived when this began: late or not, that is no release, but the
 * moment in which a private IP is unheld (docs/promises.md).
 */
function isMoving(ip: string, by: Process, { records, ledger }: Known): boolean {
  const claim = records.holderOfIp(ip);
  const due = claim === undefined ? undefined : ledger.of(claim);
  return due !== undefined && (due.pod !== undefined || due.endedAt >= by.startedAt);
}

const deleteEni: Look<CloudCall> = (call, { world, places, ledger, broken }) => {
  const eni = world().eni(textOf(call, 'NetworkInterfaceId'));
  if (!eni) return;
  if (!places.isParking(eni.id)) return broken('touches what is not ours', `${eni.id} is deleted`);
  const held = ipsBeside(eni);
  for (const [claim, due] of ledger.all()) {
    const { address } = due;
    if (address !== undefined && held.includes(address) && ledger.isStillDue(due))
      broken('releases too early', `${address} of ${claim} goes with its parking ENI ${eni.id}`);
  }
};

/** Looks at what is about to be taken away, before the cloud does it. */
export const TAKES: Looks<CloudCall> = {
  UnassociateEipAddress: unbindEip,
  ReleaseEipAddress: releaseEip,
  UnassignPrivateIpAddresses: unassignIps,
  DeleteNetworkInterface: deleteEni,
};
