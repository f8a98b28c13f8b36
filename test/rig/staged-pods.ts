import { CoreV1Api, KubeConfig, type V1Pod } from '@kubernetes/client-node';
import type { Cloud } from '../../infra/local/cloud.ts';

export interface StagedPods {
  readonly core: CoreV1Api;
  create(name: string, annotations: Record<string, string>): Promise<void>;
  /** Resolves when the object is gone. */
  remove(name: string): Promise<void>;
  read(name: string): Promise<V1Pod>;
  /** Lets cloud time run, a second at a time, until it holds. Throws when it does not within five minutes of it. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
}

const STEP_MS = 1_000;
const MOST_STEPS = 300;
/** Real time for the processes to do their part in. */
const PAUSE_MS = 10;

/** Pods on the nodes of a whole local cloud, without a workload that would bring them back. */
export function stagedPods(cloud: Cloud): StagedPods {
  const config = new KubeConfig();
  config.loadFromString(cloud.cluster.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const read = (name: string) => core.readNamespacedPod({ namespace: 'default', name });

  const until: StagedPods['until'] = async (what, holds) => {
    for (let step = 0; step < MOST_STEPS; step++) {
      if (await holds()) return;
      await cloud.context.clock.advance(STEP_MS);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await cloud.quiet();
    }
    throw new Error(`${what} did not come to pass`);
  };

  return {
    core,
    read,
    until,
    async create(name, annotations) {
      await core.createNamespacedPod({
        namespace: 'default',
        body: { metadata: { name, annotations }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
      });
    },
    async remove(name) {
      await core.deleteNamespacedPod({ namespace: 'default', name });
      await until(`the end of ${name}`, () =>
        read(name).then(
          () => false,
          () => true,
        ),
      );
    },
  };
}
