import type { Parameters } from '../../shared/adapters/openapi/call.ts';
import type { Kind } from '../../shared/claim/identity.ts';
import { asksOf } from './asks.ts';
import type { CloudAudit, CloudStage, Performed } from './cloud-stage.ts';
import type { PodAudit } from './cluster/cluster.ts';
import type { Pod } from './cluster/pod.ts';
import type { Process } from './process.ts';
import type { Written } from './row-store.ts';
import type { Rule, Violation } from './rules.ts';

/** What an identity is owed: the address that its pod was told, until it may be given back. */
interface Owed {
  address: string | undefined;
  /** Epoch ms; for ever while a pod that is owed the address lives. */
  until: number;
  /** What `until` was before the pod that lives now was created. */
  before: number;
  /** The shortest retention that the living pod has asked for. */
  keepMs: number;
  pod: Pod | undefined;
  /** When the last pod that asked for it ended, epoch ms. */
  endedAt: number;
  /** The living pod was told an address. */
  told: boolean;
}

/**
 * Keeps the books on who is owed which address, from what the pods ask and what the cloud does, and looks at each
 * effect whether it breaks a promise. It reads the world, and nothing of the product's.
 */
export interface Books extends PodAudit, CloudAudit {
  written(written: Written): void;
  /** A process begins a call of the cloud. */
  begins(action: string, by: Process): void;
  /** A call was begun with too little time left. */
  late(what: string): void;
  /** A person has done something to this EIP or private IP: nothing is owed any more. */
  touchedByHand(address: string): void;
  owedUntil(
    clusterId: string,
    namespace: string,
    pod: string,
    kind: Kind,
  ): { readonly address: string | undefined; readonly until: number } | undefined;
  readonly violations: readonly Violation[];
}

export interface BooksOptions {
  now(): number;
  stage(): CloudStage;
  /** Name of the installation, in tags. */
  readonly installation: string;
  /** Ids of the user's own EIPs that pods may name. */
  readonly given: ReadonlySet<string>;
  /** Calls of one API in a minute, over all processes. */
  readonly callsPerMinute: number;
  readonly releasesPerPass: number;
}

/** A private IP goes to no other name for so long after its pod. Source: docs/promises.md. */
const COOL_DOWN_MS = 60_000;

const MINUTE_MS = 60_000;

const OWNER = 'holdfast/owner';
const CLAIM = 'holdfast/claim';
const ROLE = 'holdfast/role';

/** Phases that a claim may go to from each. Source: docs/architecture.md, the phases of a claim. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  none: ['Allocating', 'Bound'],
  Released: ['Allocating', 'Bound'],
  Allocating: ['Allocating', 'Bound', 'Retained', 'Released'],
  Bound: ['Bound', 'Retained', 'Allocating', 'Released'],
  Retained: ['Retained', 'Bound', 'Releasing', 'Released'],
  Releasing: ['Bound', 'Retained', 'Released'],
};

/** The layout of a Holdfast to come. */
export const NEWER_SCHEMA = 99;

export function createBooks({
  now,
  stage,
  installation,
  given,
  callsPerMinute,
  releasesPerPass,
}: BooksOptions): Books {
  const violations: Violation[] = [];
  const owed = new Map<string, Owed>();
  const podOfEni = new Map<string, Pod>();
  /** When a pod last did not ask for what it asks for now. */
  const unwantedAt = new WeakMap<Pod, number>();
  /** The claims that name an address on record, by that address. */
  const holders = new Map<string, { readonly name: string; readonly phase: string }>();
  /** Every ClientToken that was on record when something was bought or made with it. */
  const tokensOnRecord = new Set<unknown>();
  const takenByHand = new Set<string>();
  /** What was bought with each ClientToken. */
  const boughtWith = new Map<string, string>();
  /** Calls that began, by API and minute. */
  const begun = new Map<string, number>();
  const releasedBy = new Map<Process, Set<string>>();
  /** Since when releases are frozen. */
  let frozenSince: number | undefined;

  const broken = (rule: Rule, what: string) => violations.push({ rule, what });
  const nameOf = ({ clusterId, namespace, name }: Pod, kind: Kind) =>
    `${clusterId}/${namespace}/${name}/${kind}`;
  const owedTo = (name: string): Owed => {
    const known = owed.get(name);
    if (known) return known;
    const fresh: Owed = {
      address: undefined,
      until: 0,
      before: 0,
      keepMs: 0,
      pod: undefined,
      endedAt: 0,
      told: false,
    };
    owed.set(name, fresh);
    return fresh;
  };

  /** Whether the pod asks for an address that is bought or assigned for its name. */
  const asks = (pod: Pod, kind: Kind): 'no' | 'unclear' | { readonly keepMs: number } => {
    const all = asksOf(pod.annotations);
    if (kind === 'ip') return all.ip;
    if (all.eip === 'no' || all.eip === 'unclear') return all.eip;
    return all.eip.named === undefined ? all.eip : 'no';
  };

  const begin = (pod: Pod, kind: Kind) => {
    const asked = asks(pod, kind);
    if (asked === 'no') return;
    const due = owedTo(nameOf(pod, kind));
    due.pod = pod;
    due.told = false;
    due.before = due.until;
    due.keepMs = asked === 'unclear' ? Number.POSITIVE_INFINITY : asked.keepMs;
    if (due.address !== undefined && now() < due.until) due.until = Number.POSITIVE_INFINITY;
    else due.address = undefined;
  };

  const end = (pod: Pod, kind: Kind) => {
    const due = owed.get(nameOf(pod, kind));
    if (due?.pod !== pod) return;
    due.pod = undefined;
    due.endedAt = now();
    // A pod that came and went untold may never have been seen: the promise to the one before it stands, or its own.
    const keepMs = kind === 'ip' ? Math.max(due.keepMs, COOL_DOWN_MS) : due.keepMs;
    due.until = due.told ? now() + keepMs : Math.min(due.before, now() + keepMs);
  };

  const tagsOf = (tags: readonly { readonly key: string; readonly value: string }[]) =>
    new Map(tags.map(({ key, value }) => [key, value]));

  /** Whose EIP it is, as its tags say; undefined where it is none of ours. */
  const ownerOfEip = (allocationId: string): string | undefined => {
    const eip = stage().world.eip(allocationId);
    const tags = tagsOf(eip?.tags ?? []);
    return tags.get(OWNER) === installation ? (tags.get(CLAIM) ?? '') : undefined;
  };
  const isParking = (eniId: string): boolean => {
    const tags = tagsOf(stage().world.eni(eniId)?.tags ?? []);
    return tags.get(OWNER) === installation && tags.get(ROLE) === 'parking';
  };

  const livesAt = (eniId: string, privateIp: string | undefined): Pod | undefined => {
    const pod = podOfEni.get(eniId);
    const lives = pod?.exists && pod.phase !== 'Failed' && pod.eniId === eniId;
    return lives && (privateIp === undefined || pod.ip === privateIp) ? pod : undefined;
  };
  /** It has asked for this since before the process began, so that no honest look can have said otherwise. */
  const wantsAllAlong = (pod: Pod, process: Process) => (unwantedAt.get(pod) ?? 0) < process.startedAt;

  const text = (parameters: Parameters, name: string): string => String(parameters[name] ?? '');
  const listOf = (parameters: Parameters, name: string): readonly string[] => {
    const value = parameters[name];
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  };

  const beforeUnassociate = (parameters: Parameters, by: Process) => {
    const id = text(parameters, 'AllocationId');
    const eip = stage().world.eip(id);
    if (eip?.status !== 'InUse' || !eip.binding) return;
    const { instanceId, privateIp } = eip.binding;
    if (parameters.InstanceId !== undefined && parameters.InstanceId !== instanceId) return;
    if (parameters.PrivateIpAddress !== undefined && parameters.PrivateIpAddress !== privateIp) return;
    const owner = ownerOfEip(id);
    if (owner === undefined && !given.has(id)) return broken('touches what is not ours', `${id} is unbound`);
    if (!podOfEni.has(instanceId))
      return broken('takes from a stranger', `${eip.address} is unbound from ${instanceId}`);
    const pod = livesAt(instanceId, privateIp);
    if (!pod || !wantsAllAlong(pod, by)) return;
    const asked = asksOf(pod.annotations).eip;
    const named = asked === 'no' || asked === 'unclear' ? undefined : asked.named;
    const wants =
      owner === undefined
        ? named === id
        : asked !== 'no' && named === undefined && owner === nameOf(pod, 'eip');
    if (wants) broken('takes from a live pod', `${eip.address} (${id}) is unbound from ${pod.name}`);
  };

  /** Whoever began before that may have looked at the switch before. */
  const isFrozenFor = ({ startedAt }: Process) => frozenSince !== undefined && frozenSince < startedAt;

  /** A pod that is being deleted before it was told of an address is given none: what was owed before it still is. */
  const owedTill = ({ pod, told, before, until }: Owed): number =>
    pod?.deletedAt !== undefined && !told ? before : until;

  const beforeRelease = (parameters: Parameters, by: Process) => {
    const id = text(parameters, 'AllocationId');
    const eip = stage().world.eip(id);
    if (eip?.status !== 'Available') return;
    const owner = ownerOfEip(id);
    if (owner === undefined) return broken('releases what is not ours', `${id} is released`);
    if (isFrozenFor(by)) return broken('releases while frozen', `${eip.address} is released`);
    const due = owed.get(owner);
    if (due?.address === eip.address && now() < owedTill(due))
      broken('releases too early', `${eip.address} of ${owner}, which is owed ${wordUntil(due.until)}`);
  };

  const beforeUnassign = (parameters: Parameters, by: Process) => {
    const eniId = text(parameters, 'NetworkInterfaceId');
    const eni = stage().world.eni(eniId);
    for (const ip of listOf(parameters, 'PrivateIpAddress')) {
      if (!eni?.addresses.slice(1).some((address) => address.ip === ip)) continue;
      const pod = livesAt(eniId, undefined);
      if (isParking(eniId) && isFrozenFor(by) && !isMoving(ip, by))
        broken('releases while frozen', `${ip} is taken off its parking ENI`);
      if (!pod && !isParking(eniId) && !podOfEni.has(eniId))
        broken('touches what is not ours', `${ip} is taken off ${eniId}`);
      const claim = [...owed].find(([name, { address }]) => name.endsWith('/ip') && address === ip);
      if (!claim) continue;
      const [name, due] = claim;
      if (pod && nameOf(pod, 'ip') === name && due.told && wantsAllAlong(pod, by) && asks(pod, 'ip') !== 'no')
        broken('takes from a live pod', `${ip} is taken off ${pod.name}`);
      else if (isParking(eniId) && now() < owedTill(due) && !isMoving(ip, by))
        broken('releases too early', `${ip} of ${name}, which is owed ${wordUntil(due.until)}`);
    }
  };

  /**
   * On its way from its hold to a pod that lives, or that lived when this began: late or not, that is no release, but the
   * moment in which a private IP is unheld (docs/promises.md).
   */
  const isMoving = (ip: string, by: Process): boolean => {
    const holder = [...holders].find(([address]) => address.endsWith(`/${ip}`));
    const due = holder && owed.get(holder[1].name);
    return due !== undefined && (due.pod !== undefined || due.endedAt >= by.startedAt);
  };

  const beforeDeleteEni = (parameters: Parameters) => {
    const eniId = text(parameters, 'NetworkInterfaceId');
    const eni = stage().world.eni(eniId);
    if (!eni) return;
    if (!isParking(eniId)) return broken('touches what is not ours', `${eniId} is deleted`);
    const held = eni.addresses.slice(1).map(({ ip }) => ip);
    for (const [name, due] of owed) {
      const { address } = due;
      if (address !== undefined && held.includes(address) && now() < owedTill(due))
        broken('releases too early', `${address} of ${name} goes with its parking ENI ${eniId}`);
    }
  };

  const afterAllocate = ({ parameters, answer }: Performed) => {
    const token = text(parameters, 'ClientToken');
    const { AllocationId: id = '' } = answer as { AllocationId?: string };
    const earlier = boughtWith.get(token);
    boughtWith.set(token, id);
    if (earlier !== undefined && earlier !== id && stage().world.eip(earlier))
      broken('bought twice', `${earlier} and ${id} with the token ${token}`);
  };

  /** Whoever has a wrong clock cannot know which minute it is, nor what was released since it began. */
  const knowsTheTime = (process: Process) => process.now() === now();

  const countRelease = (claim: string, by: Process) => {
    const pods = releasedBy.get(by) ?? new Set();
    releasedBy.set(by, pods.add(claim.slice(0, claim.lastIndexOf('/'))));
    // By pods: both addresses of one are released in one go.
    if (pods.size > releasesPerPass && by.name === 'retain' && knowsTheTime(by))
      broken('too many releases', `${by.name}#${by.number} releases those of ${pods.size} pods`);
  };

  const afterAssociate = (parameters: Parameters) => {
    const id = text(parameters, 'AllocationId');
    const eniId = text(parameters, 'InstanceId');
    const owner = ownerOfEip(id);
    if (owner === undefined && !given.has(id)) broken('touches what is not ours', `${id} is bound`);
    const ours = stage()
      .world.eips()
      .filter((eip) => eip.binding?.instanceId === eniId && ownerOfEip(eip.id) !== undefined);
    if (ours.length > 1) broken('two addresses', `${ours.map((eip) => eip.id).join(' and ')} on ${eniId}`);
    const pod = livesAt(eniId, undefined);
    if (pod && owner === nameOf(pod, 'eip')) sameAsOwed(owner, stage().world.eip(id)?.address ?? '');
  };

  const afterAssign = ({ parameters, answer }: Performed) => {
    const pod = livesAt(text(parameters, 'NetworkInterfaceId'), undefined);
    if (!pod) return;
    const set = (
      answer as {
        AssignedPrivateIpAddressesSet?: { PrivateIpSet?: { PrivateIpAddress?: readonly string[] } };
      }
    ).AssignedPrivateIpAddressesSet?.PrivateIpSet?.PrivateIpAddress;
    for (const ip of set ?? []) sameAsOwed(nameOf(pod, 'ip'), ip);
  };

  /** The pod that lives now is owed an address that is still to be had, and gets another one. */
  const sameAsOwed = (name: string, address: string) => {
    const due = owed.get(name);
    if (!due?.pod || due.address === undefined || due.address === address || now() >= due.until) return;
    broken('another address', `${name} is owed ${due.address} ${wordUntil(due.until)}, and gets ${address}`);
  };

  const wordUntil = (until: number) =>
    until === Number.POSITIVE_INFINITY ? 'for ever' : `for ${until - now()} ms more`;

  return {
    violations,
    created(pod) {
      begin(pod, 'eip');
      begin(pod, 'ip');
    },
    changed(pod) {
      unwantedAt.set(pod, now());
      for (const kind of ['eip', 'ip'] as const) {
        const due = owed.get(nameOf(pod, kind));
        const asked = asks(pod, kind);
        if (due?.pod === pod && asked === 'no') end(pod, kind);
        else if (due?.pod === pod && asked !== 'unclear' && asked !== 'no')
          due.keepMs = Math.min(due.keepMs, asked.keepMs);
        else if (due?.pod !== pod && pod.exists && pod.phase !== 'Failed') begin(pod, kind);
      }
    },
    ended(pod) {
      end(pod, 'eip');
      end(pod, 'ip');
    },
    told(pod, kind, reason, address) {
      if (reason !== 'Bound' || address === undefined) return;
      const due = owed.get(nameOf(pod, kind));
      if (due?.pod !== pod) return;
      if (due.address !== undefined && due.address !== address && now() < due.until)
        broken('another address', `${nameOf(pod, kind)} is owed ${due.address}, and is told ${address}`);
      // A slow function can still tell of what a person has taken away meanwhile.
      due.address = takenByHand.has(address) ? undefined : address;
      due.told = true;
      due.until = Number.POSITIVE_INFINITY;
    },
    late: (what) => broken('too little time', what),
    touchedByHand(address) {
      takenByHand.add(address);
      for (const due of owed.values()) if (due.address === address) due.address = undefined;
    },
    owedUntil: (clusterId, namespace, pod, kind) => owed.get(`${clusterId}/${namespace}/${pod}/${kind}`),

    before(action, parameters, by) {
      if (!by) return;
      const { ClientToken } = parameters;
      if (ClientToken !== undefined && !tokensOnRecord.has(ClientToken))
        broken('intent first', `${action} with the token ${String(ClientToken)}, which is on no record`);
      if (action === 'UnassociateEipAddress') beforeUnassociate(parameters, by);
      else if (action === 'ReleaseEipAddress') beforeRelease(parameters, by);
      else if (action === 'UnassignPrivateIpAddresses') beforeUnassign(parameters, by);
      else if (action === 'DeleteNetworkInterface') beforeDeleteEni(parameters);
    },
    after(performed) {
      if (!performed.by) return;
      if (performed.action === 'AllocateEipAddress') afterAllocate(performed);
      else if (performed.action === 'AssociateEipAddress') afterAssociate(performed.parameters);
      else if (performed.action === 'AssignPrivateIpAddresses') afterAssign(performed);
    },

    written({ table, key, before, after, by }) {
      if (after?.token !== undefined) tokensOnRecord.add(after.token);
      if (table === 'control' && key[0]?.[1] === 'switch/releases')
        frozenSince = after?.frozen === true ? (frozenSince ?? now()) : undefined;
      if (table !== 'claims' || !by) return;
      const name = String(key[1]?.[1]);
      const from = before === undefined ? 'none' : String(before.phase);
      for (const [address, holder] of holders) if (holder.name === name) holders.delete(address);
      if (after === undefined) {
        if (from !== 'Released') broken('a record is lost', `${name} is deleted in ${from}`);
        return;
      }
      if (before?.schema === NEWER_SCHEMA)
        return broken('a newer record', `${name} is written over in ${String(after.phase)}`);
      const to = String(after.phase);
      if (to === 'Released') countRelease(name, by);
      if (!NEXT[from]?.includes(to)) broken('phases', `${name} goes from ${from} to ${to}`);
      const rev = Number(before?.rev ?? 0);
      if (after.rev !== rev + 1)
        broken('revisions', `${name} goes from revision ${rev} to ${String(after.rev)}`);
      if (after.allocationId === undefined) return;
      const address = name.endsWith('/ip')
        ? `${after.allocationId}/${after.address}`
        : String(after.allocationId);
      const other = holders.get(address);
      if (other !== undefined) broken('two holders', `${address} is in ${other.name} and in ${name}`);
      holders.set(address, { name, phase: to });
    },

    begins(action, by) {
      if (!knowsTheTime(by)) return;
      const minute = `${action} ${Math.floor(now() / MINUTE_MS)}`;
      const count = (begun.get(minute) ?? 0) + 1;
      begun.set(minute, count);
      if (count > callsPerMinute) broken('more calls than the window', `${count} of ${minute}`);
    },

    networked(pod) {
      // ENIs never change hands: what was once a pod's stays known as that pod's.
      if (pod.eniId !== undefined) podOfEni.set(pod.eniId, pod);
    },
  };
}
