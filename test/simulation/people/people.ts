import type { Cluster } from '../cluster/cluster.ts';
import type { Pod } from '../cluster/pod.ts';
import {
  type Act,
  type Annotations,
  LONG_OUTAGE_MS,
  type PodAct,
  type Story,
  type WorkloadAct,
  type WorkloadPlan,
  type WorldAct,
} from '../story.ts';
import type { World } from '../world.ts';
import { createByHand } from './by-hand.ts';
import { createNewerVersion } from './newer-version.ts';
import { wordAct } from './word-act.ts';

/** Does what people do. A wish that cannot be met, because what it is about is not there, is no wish. */
export interface People {
  begin(): void;
  act(act: Act): Promise<void>;
  /** What stays as it is would be no fault of anybody's: releases go on, what was bound by hand is let go. */
  makeUp(): Promise<void>;
}

export function createPeople(world: World, story: Story): People {
  const { clusters, clock, host, store, trace } = world;
  const byHand = createByHand(world);
  const newerVersion = createNewerVersion(store);

  const clusterOf = ({ cluster }: Pick<WorkloadPlan, 'cluster'>): Cluster => clusters[cluster] as Cluster;
  const podAt = (plan: WorkloadPlan, ordinal: number): Pod | undefined => {
    const pods = clusterOf(plan).pods.of(plan.name);
    return pods.length === 0 ? undefined : pods[ordinal % pods.length];
  };
  /** Annotations with the ids of the user's own EIPs in them. */
  const fill = (annotations: Annotations): Annotations =>
    Object.fromEntries(
      Object.entries(annotations).map(([name, value]) => [
        name,
        value.replace(/^<(.+)>$/, (_, given: string) => world.given.get(given) ?? given),
      ]),
    );
  const apply = (plan: WorkloadPlan, annotations = plan.annotations) =>
    clusterOf(plan).workloads.apply({ ...plan, annotations: fill(annotations) });
  const setFrozen = (frozen: boolean) => store.put('control', [['name', 'switch/releases']], { frozen });

  const takeDown = async (ms: number) => {
    host.setDown(true);
    if (ms < LONG_OUTAGE_MS) {
      clock.after(ms, () => host.setDown(false));
      return;
    }
    await clock.advance(ms);
    host.setDown(false);
  };

  const actOnWorld = (act: WorldAct): void | Promise<void> => {
    switch (act.kind) {
      case 'freeze releases':
        return setFrozen(true);
      case 'thaw releases':
        return setFrozen(false);
      case 'let go of what was bound by hand':
        return byHand.letGo();
      case 'platform down':
        return takeDown(act.ms);
      case 'delete the namespace':
        for (const plan of story.workloads)
          if (plan.namespace === act.namespace && plan.cluster === act.cluster)
            clusterOf(plan).workloads.remove(plan.name);
    }
  };

  const actOnWorkload = (act: WorkloadAct, plan: WorkloadPlan) => {
    const { workloads, pods, loseNodeOf } = clusterOf(plan);
    const workload = workloads.get(plan.name);
    switch (act.kind) {
      case 'restart':
        return workloads.restart(plan.name);
      case 'delete the workload':
        return workloads.remove(plan.name);
      case 'apply the workload':
        if (!workload) apply(plan);
        return;
      case 'apply with others':
        workloads.remove(plan.name);
        return apply(plan, act.annotations);
      case 'scale':
        return workloads.scale(plan.name, act.replicas);
      case 'lose its node':
        if (workload) loseNodeOf(pods.of(plan.name));
        return;
      case 'annotate':
        if (workload) workloads.annotate(workload, fill(act.annotations));
    }
  };

  const actOnPod = (act: PodAct, pod: Pod, cluster: Cluster): void | Promise<void> => {
    switch (act.kind) {
      case 'delete a pod':
        return cluster.deletePod(pod, { force: false });
      case 'force a pod':
        return cluster.deletePod(pod, { force: true });
      case 'evict a pod':
        return cluster.evict(pod);
      case 'rebuild the network':
        return cluster.rebuildNetwork(pod);
      case 'unbind by hand':
        return byHand.unbind(pod);
      case 'release by hand':
        return byHand.release(pod);
      case 'bind elsewhere by hand':
        return byHand.bindElsewhere(pod);
      case 'unassign by hand':
        return byHand.unassign(pod);
      case 'rewrite its records':
        return newerVersion.rewriteRecordsOf(pod);
    }
  };

  return {
    begin() {
      for (const plan of story.workloads) apply(plan);
    },
    async act(act) {
      if (trace.on) trace.add(`* ${wordAct(act, story)}`);
      if (!('workload' in act)) return actOnWorld(act);
      const plan = story.workloads[act.workload];
      if (!plan) return;
      if (!('ordinal' in act)) return actOnWorkload(act, plan);
      const pod = podAt(plan, act.ordinal);
      if (pod) await actOnPod(act, pod, clusterOf(plan));
    },
    async makeUp() {
      setFrozen(false);
      newerVersion.takeBack();
      host.setDown(false);
      await byHand.letGo();
    },
  };
}
