import { setMaxListeners } from 'node:events';
import type { CloudContext } from '../kernel/context.ts';
import { createKubernetesClient } from '../kubernetes/client/client.ts';
import { createEventRecorder, type EventRecorder } from '../kubernetes/client/event-recorder.ts';
import { createInformer } from '../kubernetes/client/informer.ts';
import type { Pod } from '../kubernetes/client/objects.ts';
import { paths } from '../kubernetes/client/paths.ts';
import type { VpcWorld } from '../openapi/world.ts';
import { createEcsCall, type OpenApiAccess } from './ecs.ts';
import { createEcsInterfaces } from './ecs-interfaces.ts';
import { type NodeOptions, startNode, type WorkingNode } from './node.ts';
import { releaseOrphans } from './orphans.ts';
import { type PodLife, type Span, startPodLife } from './pod-life.ts';
import { createManagedInterfaces } from './world-interfaces.ts';

export interface NodesOptions {
  readonly kubeconfig: string;
  readonly openapi: OpenApiAccess & {
    /** Default: the one that the world starts with. */
    readonly securityGroupId?: string;
  };
  readonly nodes: readonly NodeOptions[];
  /** How long containers take to start and stop, ms of cloud time. Default 200 to 400 and 150 to 300. */
  readonly timings?: { readonly start?: Span; readonly stop?: Span };
  /** Needed for managed interfaces, and to register instances. */
  readonly world?: VpcWorld;
  /** The tag that all its interfaces carry. Default `local`. */
  readonly clusterId?: string;
}

export interface Nodes {
  /** The node stops reporting: its pods stay as they are, whatever is asked of them. */
  lose(nodeName: string): void;
  /** The node is back, and goes on where it stopped. */
  recover(nodeName: string): void;
  /** The kubelet evicts the pod: it fails, its interface is released, its object stays. */
  evict(namespace: string, pod: string, message?: string): void;
  /** A container is killed and started again; resolves when it runs. The pod keeps its address. */
  restartContainer(namespace: string, pod: string, container: string): Promise<void>;
  /** The nodes go silent; their pods and interfaces stay, and the next `startNodes` takes them over. */
  close(): Promise<void>;
}

const START: Span = { min: 200, max: 400 };
const STOP: Span = { min: 150, max: 300 };
const EVICTED = 'The node was low on resource: memory.';

/**
 * Stands in for the nodes of a cluster: kubelets, virtual kubelets, and the network plugin that gives each pod an ENI.
 * No container runs; everything that the API and the cloud can see of one happens. Resolves when all nodes are Ready.
 */
export async function startNodes(context: CloudContext, options: NodesOptions): Promise<Nodes> {
  const { clock, log } = context;
  const { world, openapi, clusterId = 'local' } = options;
  const random = context.random.fork('nodes');
  const client = await createKubernetesClient(options.kubeconfig);
  const closing = new AbortController();
  // Each pod listens to it.
  setMaxListeners(0, closing.signal);
  const own = createEcsInterfaces({
    call: createEcsCall(openapi),
    clock,
    clusterId,
    securityGroupId: openapi.securityGroupId ?? world?.defaults.securityGroupId ?? '',
  });
  const managed = world && createManagedInterfaces(world, clusterId);
  const recorders: EventRecorder[] = [];
  const nodes = new Map<string, WorkingNode>();
  const lives = new Map<string, PodLife>();
  const timings = { start: options.timings?.start ?? START, stop: options.timings?.stop ?? STOP };

  for (const [index, node] of options.nodes.entries()) {
    const source = { component: 'kubelet', host: node.name };
    const recorder = createEventRecorder({ client, clock, source, log });
    recorders.push(recorder);
    if (node.managedInterfaces && !managed) {
      throw new Error(`node ${node.name}: managed interfaces need the world of the emulated cloud`);
    }
    const interfaces = node.managedInterfaces && managed ? managed : own;
    const facts = { node, index, region: openapi.region, world, interfaces, recorder };
    nodes.set(node.name, await startNode({ client, clock, log, ...facts }));
  }

  const pods = createInformer<Pod>({ client, clock, path: paths.pods(), log });
  pods.listen({
    changed(pod, old) {
      const { uid = '' } = pod.metadata;
      // Deleted and made anew between two lists.
      if (old && old.metadata.uid !== uid) end(old.metadata.uid ?? '');
      const node = nodes.get(pod.spec.nodeName ?? '');
      if (!node) return;
      const life = lives.get(uid);
      if (life) life.changed(pod);
      else
        lives.set(
          uid,
          startPodLife(pod, {
            client,
            clock,
            random,
            timings,
            host: node.host,
            closing: closing.signal,
            log,
          }),
        );
    },
    gone: (pod) => end(pod.metadata.uid ?? ''),
  });
  const end = (uid: string) => {
    lives.get(uid)?.gone();
    lives.delete(uid);
  };
  await pods.start();
  for (const interfaces of managed ? [own, managed] : [own]) {
    releaseOrphans({ client, clock, interfaces, closing: closing.signal, log }).catch(() => {
      // Only closing ends its tries; the next start goes on with it.
    });
  }

  const nodeNamed = (name: string): WorkingNode => {
    const node = nodes.get(name);
    if (!node) throw new Error(`no node ${name}; there are ${[...nodes.keys()].join(', ')}`);
    return node;
  };
  const lifeOf = (namespace: string, pod: string): PodLife => {
    const life = lives.get(pods.get(`${namespace}/${pod}`)?.metadata.uid ?? '');
    if (!life) throw new Error(`no pod ${namespace}/${pod} on these nodes`);
    return life;
  };

  return {
    lose: (name) => nodeNamed(name).lose(),
    recover: (name) => nodeNamed(name).recover(),
    evict: (namespace, pod, message = EVICTED) => lifeOf(namespace, pod).evict(message),
    restartContainer: (namespace, pod, container) => lifeOf(namespace, pod).restart(container),
    async close() {
      pods.close();
      closing.abort(new Error('the nodes are closing'));
      for (const node of nodes.values()) node.close();
      for (const recorder of recorders) recorder.close();
      client.close();
    },
  };
}
