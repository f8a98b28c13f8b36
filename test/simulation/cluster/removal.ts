import { within } from '../draw.ts';
import type { ClusterOptions } from './cluster.ts';
import type { Network } from './network.ts';
import type { Objects } from './objects.ts';
import type { Pod } from './pod.ts';

const SECOND = 1_000;

/** How pods come to their end. The object and the network go at two moments, and either can be the first. */
export interface Removal {
  deletePod(pod: Pod, how: { readonly force: boolean }): void;
  evict(pod: Pod): void;
  /** Their node is lost with them: for minutes they are neither there nor gone. */
  loseNodeOf(pods: readonly Pod[]): void;
}

/** `onEnd`: the pod has failed, or its object is gone. */
export function createRemoval(
  { clock, random, audit, onEvent }: ClusterOptions,
  objects: Objects,
  network: Network,
  onEnd: (pod: Pod) => void,
): Removal {
  const remove = (pod: Pod) => {
    if (!pod.exists) return;
    objects.remove(pod);
    audit.ended(pod);
    onEnd(pod);
  };

  /** What a node does with a pod that is being deleted. */
  const terminate = (pod: Pod) => {
    const grace = within(random, 0.2, 6) * SECOND;
    const apart = within(random, 0, 2) * SECOND;
    const [first, then] = random.next() < 0.7 ? [network.stop, remove] : [remove, network.stop];
    clock.after(grace, () => first(pod));
    clock.after(grace + apart, () => then(pod));
  };

  const deletePod: Removal['deletePod'] = (pod, { force }) => {
    if (!pod.exists || (pod.deletedAt !== undefined && !force)) return;
    pod.deletedAt ??= clock.now();
    objects.touch(pod);
    onEvent(pod);
    if (force) {
      // The object goes at once, whatever the node still has.
      clock.after(within(random, 1, 40) * SECOND, () => network.stop(pod));
      remove(pod);
    } else if (!pod.onLostNode) terminate(pod);
  };

  const loseNode = (pod: Pod, instanceIsGone: boolean) => {
    pod.onLostNode = true;
    clock.after(within(random, 20, 60) * SECOND, () => deletePod(pod, { force: false }));
    clock.after(within(random, 60, 240) * SECOND, () => {
      pod.onLostNode = false;
      // Its instance is gone, and with it the ENI, and then the object is collected; or somebody deletes the Node, and
      // the objects are collected while the containers run on, until the instance is reached again.
      const [first, then, most] = instanceIsGone ? [network.stop, remove, 20] : [remove, network.stop, 180];
      first(pod);
      clock.after(within(random, 0, most) * SECOND, () => then(pod));
    });
  };

  return {
    deletePod,
    evict(pod) {
      if (!pod.exists || pod.phase !== 'Running') return;
      pod.phase = 'Failed';
      objects.touch(pod);
      onEvent(pod);
      audit.ended(pod);
      clock.after(within(random, 0, 3) * SECOND, () => network.stop(pod));
      onEnd(pod);
    },
    loseNodeOf(pods) {
      const instanceIsGone = random.next() < 0.6;
      for (const pod of pods) loseNode(pod, instanceIsGone);
    },
  };
}
