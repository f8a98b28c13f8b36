import { setTimeout as realTime } from 'node:timers/promises';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import {
  createKubernetesClient,
  isStatus,
  type KubernetesClient,
  type ListAnswer,
} from '../../infra/local/kubernetes/client/client.ts';
import type { Event, Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import { type ControlPlane, startControlPlane } from '../../infra/local/kubernetes/control-plane.ts';
import { startControllers } from '../../infra/local/kubernetes/controllers/controllers.ts';
import type { NodeOptions } from '../../infra/local/nodes/node.ts';
import { type Nodes, startNodes } from '../../infra/local/nodes/nodes.ts';
import { type OpenApi, startOpenApi } from '../../infra/local/openapi/server.ts';

const PATIENCE_MS = 60_000;

/** A real control plane, the emulated cloud, and nodes between them. */
export interface PlaneRig {
  readonly plane: ControlPlane;
  readonly context: CloudContext;
  readonly cloud: OpenApi;
  readonly nodes: Nodes;
  readonly client: KubernetesClient;
  pod(name: string): Promise<Pod | undefined>;
  events(): Promise<readonly Event[]>;
  until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T>;
  close(): Promise<void>;
}

/** Where the programs are: this suite is about them, so it does not run without. */
export function assetsFolder(): string {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (!assets) {
    throw new Error(
      'set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl',
    );
  }
  return assets;
}

/** `ours` has our controllers run it, instead of its own controller manager and scheduler. */
export async function openPlane({ ours = false } = {}): Promise<PlaneRig> {
  const lines: string[] = [];
  const context = createContext({ log: (line) => lines.push(line) });
  const plane = await startControlPlane({ assets: assetsFolder(), controllers: !ours });
  const kubeconfig = plane.kubeconfig();
  const controllers = ours ? await startControllers(context, { kubeconfig }) : undefined;
  const cloud = await startOpenApi(context);
  const node = (index: 0 | 1, zone: string): NodeOptions => ({
    name: `node-${index}`,
    zone,
    vSwitchId: cloud.world.defaults.vSwitchIds[index],
    kind: 'ecs',
  });
  const nodes = await startNodes(context, {
    kubeconfig,
    openapi: { url: cloud.url, region: 'cn-hangzhou', ...context.account.owner },
    world: cloud.world,
    nodes: [node(0, 'cn-hangzhou-h'), node(1, 'cn-hangzhou-i')],
  });
  const client = await createKubernetesClient(kubeconfig);
  return {
    plane,
    context,
    cloud,
    nodes,
    client,
    async pod(name) {
      try {
        return await client.get<Pod>(paths.pods('default', name));
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }
    },
    async events() {
      const { items } = await client.get<ListAnswer<Event>>(paths.events('default'));
      return [...items].sort(
        (left, right) => Number(left.metadata.resourceVersion) - Number(right.metadata.resourceVersion),
      );
    },
    async until(what, look) {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const seen = await look();
        if (seen) return seen;
        if (performance.now() > deadline)
          throw new Error(`never came: ${what}\n${lines.slice(-20).join('\n')}`);
        await realTime(50);
      }
    },
    async close() {
      await nodes.close();
      await controllers?.close();
      client.close();
      await cloud.close();
      context.clock.close();
      await plane.close();
    },
  };
}
