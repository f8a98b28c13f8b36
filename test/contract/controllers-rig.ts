import { secondsTime } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import { startControllers } from '../../infra/local/kubernetes/controllers/controllers.ts';
import { type ClusterRig, openCluster } from './cluster-rig.ts';

/** A cluster with the controllers and nothing that runs pods: a test says what becomes of them. */
export async function openControlled() {
  const cluster = await openCluster();
  const start = async () =>
    cluster.closing(await startControllers(cluster.context, { kubeconfig: cluster.api.kubeconfig() }));
  const controllers = await start();
  return { ...cluster, controllers, start, ...hands(cluster) };
}

export type ControlledRig = Awaited<ReturnType<typeof openControlled>>;

function hands(cluster: ClusterRig) {
  const { client } = cluster;
  const status = (pod: string, body: object) =>
    client.patch(paths.pods('default', pod, 'status'), 'strategic', { status: body });
  return {
    /** A node that is Ready, with room for `pods`. */
    async addNode(name: string, { labels = {}, spec = {}, pods = 110 } = {}) {
      await client.create(paths.nodes(), {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels },
        spec,
      });
      await client.patch(paths.nodes(name, 'status'), 'strategic', {
        status: { conditions: [{ type: 'Ready', status: 'True' }], allocatable: { pods: String(pods) } },
      });
    },
    makeReady: (pod: string) =>
      status(pod, {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: secondsTime(cluster.clock.now()) }],
      }),
    makeUnready: (pod: string) => status(pod, { conditions: [{ type: 'Ready', status: 'False' }] }),
    makeFailed: (pod: string) => status(pod, { phase: 'Failed' }),
    /** What a kubelet does at the end. */
    finish: (pod: string) => client.remove(paths.pods('default', pod), { gracePeriodSeconds: 0 }),
    names: async () => (await cluster.pods()).map(({ metadata }) => metadata.name ?? '').sort(),
    terminating: async () =>
      (await cluster.pods())
        .filter(({ metadata }) => metadata.deletionTimestamp)
        .map(({ metadata }) => metadata.name),
  };
}

const podTemplate = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'nginx', image }] },
});

export const statefulSet = (spec: object = {}, image = 'nginx:1') => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    serviceName: 'web',
    selector: { matchLabels: { app: 'web' } },
    template: podTemplate(image),
    ...spec,
  },
});

export const deployment = (spec: object = {}, image = 'nginx:1') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, template: podTemplate(image), ...spec },
});

export const newImage = (image: string) => ({ spec: { template: podTemplate(image) } });
