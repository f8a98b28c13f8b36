import type { Kind } from '../../shared/claim/identity.ts';
import { CONDITION_TYPES, RESULT_ANNOTATIONS } from '../../shared/claim/reason.ts';
import { asksOf } from './asks.ts';
import { claimNameOf, type Pod } from './cluster/pod.ts';
import type { Violation } from './rules.ts';
import type { Story } from './story.ts';
import { INSTALLATION, type World } from './world.ts';

/** What a living pod ended up with, for each kind that it asks for. */
export type Standing = 'has it' | 'may wait' | 'lacks it';

/** How every pod stands, by what it is: the same for two runs of one story that came out the same. */
export interface Ending {
  readonly [pod: string]: Standing;
}

const tagged = (tags: readonly { readonly key: string; readonly value: string }[], key: string) =>
  tags.find((tag) => tag.key === key)?.value;

const claimsOf = ({ store }: World) =>
  store.rows('claims').map((row) => ({
    name: String(row.claim),
    phase: String(row.phase),
    allocationId: row.allocationId === undefined ? undefined : String(row.allocationId),
    address: row.address === undefined ? undefined : String(row.address),
  }));

const ourEips = ({ stage }: World) =>
  stage.world.eips().filter(({ tags }) => tagged(tags, 'holdfast/owner') === INSTALLATION);
const isParking = (tags: readonly { readonly key: string; readonly value: string }[]) =>
  tagged(tags, 'holdfast/role') === 'parking';

/** How each pod that asks for something stands, when nothing is under way any more. */
export function endingOf(world: World, story: Story): Ending {
  const ending: Record<string, Standing> = {};
  for (const cluster of world.clusters) {
    for (const pod of cluster.pods.all()) {
      if (pod.deletedAt !== undefined || pod.phase !== 'Running') continue;
      const workload = story.workloads.find(
        ({ name, cluster: at }) => name === pod.workload && `c-${at}` === pod.clusterId,
      );
      // Told apart by their number: pods of a Deployment, whose names differ from run to run, and those that ask for one
      // and the same EIP, of whom one has it.
      const label = (kind: Kind, named?: string) => {
        const podName = workload?.kind === 'Deployment' ? `${pod.workload}-*` : pod.name;
        const base = named ?? `${pod.clusterId}/${pod.namespace}/${podName}/${kind}`;
        let name = base;
        for (let number = 2; name in ending; number++) name = `${base} ${number}`;
        return name;
      };
      const { eip, ip } = asksOf(pod.annotations);
      // Whether it had the address before its wish could not be read any more, chance has decided.
      if (eip !== 'no' && eip !== 'unclear')
        ending[label('eip', eip.named)] = eip.isPuzzling ? 'may wait' : eipStanding(world, pod, eip.named);
      if (ip !== 'no') ending[label('ip')] = ip.isPuzzling ? 'may wait' : ipStanding(world, pod);
    }
  }
  return ending;
}

function isTold(pod: Pod, kind: Kind, address: string): boolean {
  const condition = pod.conditions.find(({ type }) => type === CONDITION_TYPES[kind]);
  return (
    condition?.status === 'True' &&
    RESULT_ANNOTATIONS[kind].every((name) => pod.annotations[name] === address)
  );
}

function eipStanding(world: World, pod: Pod, named: string | undefined): Standing {
  const name = claimNameOf(pod, 'eip');
  const claims = claimsOf(world);
  const claim = claims.find((one) => one.name === name);
  const bound = world.stage.world
    .eips()
    .filter(
      ({ status, binding }) =>
        status === 'InUse' && binding?.instanceId === pod.eniId && binding?.privateIp === pod.ip,
    );
  const [eip] = bound;
  const isTheOne =
    eip !== undefined &&
    (named === undefined ? tagged(eip.tags, 'holdfast/claim') === name : eip.id === named) &&
    claim?.phase === 'Bound' &&
    claim.allocationId === eip.id;
  if (bound.length === 1 && isTheOne && isTold(pod, 'eip', eip.address)) return 'has it';
  // Another EIP is kept for this name, for as long as its retention lasts.
  const keepsAnother = claim?.phase === 'Retained';
  if (named !== undefined) {
    const lockedBy = claims.find((one) => one.allocationId === named && one.name !== name);
    return lockedBy || keepsAnother ? 'may wait' : 'lacks it';
  }
  const isFull = world.stage.world.eips().length >= world.stage.cloud.quotas.eips;
  const isKeptForNamed = keepsAnother && ourEips(world).every(({ id }) => id !== claim.allocationId);
  return (isFull && !claim?.allocationId) || isKeptForNamed ? 'may wait' : 'lacks it';
}

function ipStanding(world: World, pod: Pod): Standing {
  const claim = claimsOf(world).find(({ name }) => name === claimNameOf(pod, 'ip'));
  const eni = pod.eniId === undefined ? undefined : world.stage.world.eni(pod.eniId);
  const beside = eni?.addresses.slice(1).map(({ ip }) => ip) ?? [];
  const [address] = beside;
  const has =
    beside.length === 1 &&
    address !== undefined &&
    claim?.phase === 'Bound' &&
    claim.address === address &&
    isTold(pod, 'ip', address);
  return has ? 'has it' : 'lacks it';
}

/** Promises that a world at rest breaks, while retentions still run. */
export function keepsItsPromises(world: World): readonly Violation[] {
  const violations: Violation[] = [];
  const eips = ourEips(world);
  const held = new Set(
    world.stage.world
      .enis()
      .filter(({ tags }) => isParking(tags))
      .flatMap(({ addresses }) => addresses.slice(1).map(({ ip }) => ip)),
  );
  for (const { name, phase, address } of claimsOf(world)) {
    if (phase !== 'Retained' || address === undefined) continue;
    if (name.endsWith('/eip')) {
      const eip = eips.find((one) => one.address === address);
      if (eip && eip.status !== 'Available' && eip.binding?.instanceType !== 'EcsInstance')
        violations.push({
          rule: 'kept',
          what: `${address} of ${name} is ${eip.status} on ${eip.binding?.instanceId}`,
        });
    } else if (!held.has(address))
      violations.push({ rule: 'kept', what: `${address} of ${name} is on no parking ENI` });
  }
  return violations;
}

/** What the cloud has of ours and no claim names, where it has been there for longer than the sweeps may need. */
export function orphans(world: World): readonly Violation[] {
  const violations: Violation[] = [];
  const left = (what: string) => violations.push({ rule: 'left over', what });
  const claims = claimsOf(world);
  const named = new Set(claims.flatMap(({ allocationId, address }) => [allocationId ?? '', address ?? '']));
  // What was bought on an intent is that claim's, also while its pod's wish cannot be read and nothing is done about it.
  const intends = new Set(claims.filter(({ phase }) => phase === 'Allocating').map(({ name }) => name));
  for (const { id, address, status, tags } of ourEips(world))
    if (!named.has(id) && !intends.has(tagged(tags, 'holdfast/claim') ?? ''))
      left(`the EIP ${address} (${id}, ${status})`);
  for (const { id, addresses, tags } of world.stage.world.enis()) {
    const beside = addresses.slice(1);
    for (const { ip } of beside) if (!named.has(ip)) left(`the private IP ${ip} on ${id}`);
    if (isParking(tags) && beside.length === 0) left(`the parking ENI ${id}, which holds nothing`);
  }
  return violations;
}

/**
 * What is left over when every retention that ends is over. Not the rows of locks and of marks: a lock that stands for
 * nothing is taken over by whoever wants the address, and an old mark counts as none.
 */
export function leftovers(world: World): readonly Violation[] {
  const violations: Violation[] = [];
  const left = (what: string) => violations.push({ rule: 'left over', what });
  const { store, books, clusters } = world;

  for (const { name, phase, address } of claimsOf(world)) {
    const [clusterId = '', namespace = '', podName = '', kind] = name.split('/');
    const pod = clusters.find(({ id }) => id === clusterId)?.pods.get(namespace, podName);
    if (pod && pod.phase !== 'Failed') continue;
    if (phase === 'Released') left(`the tombstone of ${name}`);
    else {
      const owed = books.owedUntil(clusterId, namespace, podName, kind === 'ip' ? 'ip' : 'eip');
      const isForEver =
        phase === 'Retained' &&
        store.rows('claims').find(({ claim }) => claim === name)?.retention === 'never';
      if (!isForEver && owed?.until !== Number.POSITIVE_INFINITY)
        left(`the claim ${name} in ${phase} with ${address}`);
    }
  }
  // Of what is kept while its pod's wish cannot be read, the deadline stays too.
  const kept = new Set(
    claimsOf(world)
      .filter(({ phase }) => phase === 'Retained')
      .map(({ name }) => name),
  );
  for (const { claim } of store.rows('deadlines'))
    if (!kept.has(String(claim))) left(`a deadline of ${String(claim)}`);
  return [...violations, ...orphans(world)];
}
