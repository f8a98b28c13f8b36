import { Refusal } from '../../infra/local/openapi/failure.ts';
import type { PrimaryKey, Row } from '../../shared/adapters/tablestore/table.ts';
import { NEWER_SCHEMA } from './books/records.ts';
import { ECS, VPC } from './cloud-stage.ts';
import type { Cluster } from './cluster/cluster.ts';
import { claimNameOf, type Pod } from './cluster/pod.ts';
import { type Act, type Annotations, LONG_OUTAGE_MS, type Story, type WorkloadPlan } from './story.ts';
import { INSTALLATION, type World } from './world.ts';

/** Does what people do. A wish that cannot be met, because what it is about is not there, is no wish. */
export interface People {
  begin(): void;
  act(act: Act): Promise<void>;
  /** What stays as it is would be no fault of anybody's: releases go on, what was bound by hand is let go. */
  makeUp(): Promise<void>;
  /** Names of claims whose EIP was bound to something else by hand. */
  readonly robbed: ReadonlySet<string>;
}

const claimRowKey = ({ bucket, claim }: Row): PrimaryKey => [
  ['bucket', bucket ?? ''],
  ['claim', claim ?? ''],
];

const STRANGER = 'i-stranger';

export function createPeople(world: World, story: Story): People {
  const { clusters, stage, host, store, books, trace } = world;
  const robbed = new Set<string>();
  /** Rows of claims as they were before they were rewritten, by the claims' names. */
  const rewritten = new Map<string, { readonly key: PrimaryKey; readonly cells: Row }>();
  let strangers = 0;

  const planOf = (number: number): WorkloadPlan | undefined => story.workloads[number];
  const clusterOf = ({ cluster }: Pick<WorkloadPlan, 'cluster'>): Cluster => clusters[cluster] as Cluster;
  const fill = (annotations: Annotations): Annotations =>
    Object.fromEntries(
      Object.entries(annotations).map(([name, value]) => [
        name,
        value.replace(/^<(.+)>$/, (_, given: string) => world.given.get(given) ?? given),
      ]),
    );
  const podsOf = (plan: WorkloadPlan): readonly Pod[] => clusterOf(plan).pods.of(plan.name);
  const podAt = (plan: WorkloadPlan, ordinal: number): Pod | undefined => {
    const pods = podsOf(plan);
    return pods.length === 0 ? undefined : pods[ordinal % pods.length];
  };
  const apply = (plan: WorkloadPlan, annotations = plan.annotations) =>
    clusterOf(plan).workloads.apply({ ...plan, annotations: fill(annotations) });

  const eipOf = (pod: Pod) =>
    stage.world
      .eips()
      .find(
        ({ tags, binding }) =>
          tags.some(({ key, value }) => key === 'holdfast/owner' && value === INSTALLATION) &&
          (binding?.instanceId === pod.eniId ||
            tags.some(({ key, value }) => key === 'holdfast/claim' && value === claimNameOf(pod, 'eip'))),
      );
  /** In the console: what the cloud refuses there is seen, and left. */
  const byHand = async (...call: Parameters<typeof stage.byHand>): Promise<boolean> => {
    try {
      await stage.byHand(...call);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return false;
    }
  };
  const untilFree = async (allocationId: string, then: () => Promise<void>) => {
    world.clock.after(2_000, () => {
      if (stage.world.eip(allocationId)?.status === 'Available') void then();
    });
  };

  const setFrozen = (frozen: boolean) => store.put('control', [['name', 'switch/releases']], { frozen });

  /** A newer Holdfast has been at work: nobody of today's can read what it wrote. */
  const rewriteRecords = (pod: Pod) => {
    for (const row of store.rows('claims')) {
      const { bucket, claim, ...cells } = row;
      const isOf = String(claim).startsWith(`${pod.clusterId}/${pod.namespace}/${pod.name}/`);
      if (!isOf || rewritten.has(String(claim))) continue;
      const key = claimRowKey(row);
      rewritten.set(String(claim), { key, cells });
      store.put('claims', key, { ...cells, rev: Number(cells.rev) + 1, schema: NEWER_SCHEMA });
    }
  };
  const takeRecordsBack = () => {
    for (const { key, cells } of rewritten.values())
      store.put('claims', key, { ...cells, rev: Number(cells.rev) + 2 });
    rewritten.clear();
  };

  const bindElsewhere = async (pod: Pod) => {
    const eip = eipOf(pod);
    if (!eip) return;
    if (eip.status === 'InUse') await byHand(VPC, 'UnassociateEipAddress', { AllocationId: eip.id });
    await untilFree(eip.id, async () => {
      const id = `${STRANGER}-${++strangers}`;
      stage.world.registerInstance({ id, zone: 'cn-hangzhou-h' });
      const bound = await byHand(VPC, 'AssociateEipAddress', {
        AllocationId: eip.id,
        InstanceId: id,
        InstanceType: 'EcsInstance',
      });
      if (bound) {
        books.touchedByHand(eip.address);
        robbed.add(claimNameOf(pod, 'eip'));
      }
    });
  };

  const letGo = async () => {
    for (const { id, binding } of stage.world.eips())
      if (binding?.instanceId.startsWith(STRANGER))
        await byHand(VPC, 'UnassociateEipAddress', { AllocationId: id });
  };

  const act = async (one: Act): Promise<void> => {
    if (trace.on) trace.add(`* ${wordAct(one, story)}`);
    switch (one.kind) {
      case 'freeze releases':
        return setFrozen(true);
      case 'thaw releases':
        return setFrozen(false);
      case 'let go of what was bound by hand':
        return letGo();
      case 'platform down':
        host.setDown(true);
        if (one.ms < LONG_OUTAGE_MS) {
          world.clock.after(one.ms, () => host.setDown(false));
          return;
        }
        await world.clock.advance(one.ms);
        host.setDown(false);
        return;
      case 'delete the namespace':
        for (const plan of story.workloads)
          if (plan.namespace === one.namespace && plan.cluster === one.cluster)
            clusterOf(plan).workloads.remove(plan.name);
        return;
    }
    const plan = planOf(one.workload);
    if (!plan) return;
    const cluster = clusterOf(plan);
    const workload = cluster.workloads.get(plan.name);
    switch (one.kind) {
      case 'restart':
        return cluster.workloads.restart(plan.name);
      case 'delete the workload':
        return cluster.workloads.remove(plan.name);
      case 'apply the workload':
        if (!workload) apply(plan);
        return;
      case 'apply with others':
        cluster.workloads.remove(plan.name);
        return apply(plan, one.annotations);
      case 'scale':
        return cluster.workloads.scale(plan.name, one.replicas);
      case 'lose its node':
        if (workload) cluster.loseNodeOf(cluster.pods.of(plan.name));
        return;
      case 'annotate':
        if (workload) cluster.workloads.annotate(workload, fill(one.annotations));
        return;
    }
    const pod = podAt(plan, one.ordinal);
    if (!pod) return;
    switch (one.kind) {
      case 'delete a pod':
        return cluster.deletePod(pod, { force: false });
      case 'force a pod':
        return cluster.deletePod(pod, { force: true });
      case 'evict a pod':
        return cluster.evict(pod);
      case 'rebuild the network':
        return cluster.rebuildNetwork(pod);
      case 'unbind by hand': {
        const eip = eipOf(pod);
        if (eip) await byHand(VPC, 'UnassociateEipAddress', { AllocationId: eip.id });
        return;
      }
      case 'release by hand': {
        const eip = eipOf(pod);
        if (!eip) return;
        await byHand(VPC, 'UnassociateEipAddress', { AllocationId: eip.id });
        await untilFree(eip.id, async () => {
          if (await byHand(VPC, 'ReleaseEipAddress', { AllocationId: eip.id }))
            books.touchedByHand(eip.address);
        });
        return;
      }
      case 'bind elsewhere by hand':
        return bindElsewhere(pod);
      case 'rewrite its records':
        return rewriteRecords(pod);
      case 'unassign by hand': {
        const eni = pod.eniId === undefined ? undefined : stage.world.eni(pod.eniId);
        const [address] = eni?.addresses.slice(1) ?? [];
        if (eni && address)
          await byHand(ECS, 'UnassignPrivateIpAddresses', {
            NetworkInterfaceId: eni.id,
            PrivateIpAddress: [address.ip],
          });
        return;
      }
    }
  };

  return {
    robbed,
    begin() {
      for (const plan of story.workloads) apply(plan);
    },
    act,
    async makeUp() {
      setFrozen(false);
      takeRecordsBack();
      host.setDown(false);
      await letGo();
    },
  };
}

/** An act in words. */
export function wordAct(act: Act, story: Story): string {
  const plan = 'workload' in act ? story.workloads[act.workload] : undefined;
  const about = plan
    ? ` ${plan.namespace}/${plan.name}${'ordinal' in act ? ` (pod ${act.ordinal})` : ''} in c-${plan.cluster}`
    : '';
  const more =
    'annotations' in act
      ? ` with ${JSON.stringify(act.annotations)}`
      : 'replicas' in act
        ? ` to ${act.replicas}`
        : 'ms' in act
          ? ` for ${act.ms / 1_000} s`
          : 'namespace' in act
            ? ` ${act.namespace} in c-${act.cluster}`
            : '';
  return `${act.kind}${about}${more}`;
}
