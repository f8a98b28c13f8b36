import { within } from '../draw.ts';
import type { ClusterOptions } from './cluster.ts';
import type { Objects } from './objects.ts';
import type { Pod } from './pod.ts';

/** Where the nodes are told by whoever made the pod's ENI. */
const ENI_ANNOTATION = 'network.alibabacloud.com/allocated-eni-id';

const SECOND = 1_000;

/** What nodes do about the network of their pods. */
export interface Network {
  /** The pod has its ENI and its IP, and runs; nothing where it has ended meanwhile. */
  start(pod: Pod): void;
  stop(pod: Pod): void;
  /** Made anew: another ENI and another IP, the same pod. */
  rebuild(pod: Pod): void;
}

export function createNetwork(options: ClusterOptions, objects: Objects): Network {
  const { id, clock, random, world, audit } = options;

  const start = (pod: Pod) => {
    if (!pod.exists || pod.phase === 'Failed') return;
    const eni = world.createEni({ vSwitchId: options.vSwitchId, instanceId: `i-${id}` });
    pod.eniId = eni.id;
    pod.ip = eni.addresses[0]?.ip;
    pod.phase = 'Running';
    if (options.hintsEni) pod.annotations = { ...pod.annotations, [ENI_ANNOTATION]: eni.id };
    objects.touch(pod);
    audit.networked(pod);
    options.onEvent(pod);
  };
  const stop = (pod: Pod) => {
    if (pod.eniId !== undefined && world.eni(pod.eniId)) world.deleteEni(pod.eniId);
    pod.eniId = undefined;
  };

  return {
    start,
    stop,
    rebuild(pod) {
      if (!pod.exists || pod.phase !== 'Running' || pod.deletedAt !== undefined) return;
      stop(pod);
      pod.ip = undefined;
      objects.touch(pod);
      clock.after(within(random, 0.5, 5) * SECOND, () => start(pod));
    },
  };
}
