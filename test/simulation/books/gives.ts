import { claimNameOf } from '../cluster/pod.ts';
import { type AnsweredCall, type Look, type Looks, textOf } from './looks.ts';

const buyEip: Look<AnsweredCall> = (call, { world, tokens }) => {
  const { AllocationId: id = '' } = call.answer as { AllocationId?: string };
  tokens.bought(textOf(call, 'ClientToken'), id, (earlier) => world().eip(earlier) !== undefined);
};

const bindEip: Look<AnsweredCall> = (call, { world, places, ledger, broken }) => {
  const id = textOf(call, 'AllocationId');
  const eniId = textOf(call, 'InstanceId');
  if (!places.mayBeBound(id)) broken('touches what is not ours', `${id} is bound`);
  const ours = world()
    .eips()
    .filter((eip) => eip.binding?.instanceId === eniId && places.ownerOfEip(eip.id) !== undefined);
  if (ours.length > 1) broken('two addresses', `${ours.map((eip) => eip.id).join(' and ')} on ${eniId}`);
  const pod = places.livesAt(eniId);
  const owner = places.ownerOfEip(id);
  if (pod && owner === claimNameOf(pod, 'eip')) ledger.gets(owner, world().eip(id)?.address ?? '');
};

/** What the cloud answers to it, as far as it is read here. */
interface AssignedIps {
  readonly AssignedPrivateIpAddressesSet?: {
    readonly PrivateIpSet?: { readonly PrivateIpAddress?: readonly string[] };
  };
}

const assignIps: Look<AnsweredCall> = (call, { world, places, ledger, tokens }) => {
  const eniId = textOf(call, 'NetworkInterfaceId');
  const token = call.parameters.ClientToken;
  const isOnEni = (ip: string) =>
    world()
      .eni(eniId)
      ?.addresses.some((one) => one.ip === ip) === true;
  const pod = places.livesAt(eniId);
  const { AssignedPrivateIpAddressesSet: assigned } = call.answer as AssignedIps;
  for (const ip of assigned?.PrivateIpSet?.PrivateIpAddress ?? []) {
    if (token !== undefined) tokens.bought(String(token), ip, isOnEni);
    if (pod) ledger.gets(claimNameOf(pod, 'ip'), ip);
  }
};

/** Looks at what was given, when the cloud has done it. */
export const GIVES: Looks<AnsweredCall> = {
  AllocateEipAddress: buyEip,
  AssociateEipAddress: bindEip,
  AssignPrivateIpAddresses: assignIps,
};
