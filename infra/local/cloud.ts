import { type Exporter, type ExporterOptions, startExporter } from './exporter/exporter.ts';
import {
  type FunctionCompute,
  type FunctionComputeOptions,
  startFunctionCompute,
} from './functioncompute/server.ts';
import { type CloudContext, type ContextOptions, createContext } from './kernel/context.ts';
import { type KubernetesApi, startKubernetesApi } from './kubernetes/api/server.ts';
import { startControllers } from './kubernetes/controllers/controllers.ts';
import { type Mns, startMns } from './mns/server.ts';
import type { NodeOptions } from './nodes/node.ts';
import { type Nodes, type NodesOptions, startNodes } from './nodes/nodes.ts';
import type { OpenApiOptions } from './openapi/options.ts';
import { type OpenApi, startOpenApi } from './openapi/server.ts';
import type { VpcWorld } from './openapi/world.ts';
import { startTablestore, type Tablestore } from './tablestore/server.ts';

export interface CloudOptions extends ContextOptions {
  /** The cluster's id, which is its context's name. Default `c-local`. */
  readonly clusterId?: string;
  /**
   * The administrator's kubeconfig of a cluster that stands in for the emulated one, such as a real control plane's.
   * The nodes join it, and it brings its own controllers.
   */
  readonly kubeconfig?: string;
  /** False leaves out the emulated cluster's controllers and scheduler, as envtest does. Default true. */
  readonly controllers?: boolean;
  readonly openApi?: Omit<OpenApiOptions, 'port'>;
  readonly functions?: Pick<FunctionComputeOptions, 'keepWarmMs' | 'maxInstances'>;
  /**
   * Default: three ECS nodes in one vSwitch, so that a fixed private IP can follow its pod to any of them. As a
   * function it can make the vSwitches that they are in.
   */
  readonly nodes?: readonly NodeOptions[] | ((world: VpcWorld) => readonly NodeOptions[]);
  readonly timings?: NodesOptions['timings'];
}

/** The whole local cloud, running. */
export interface Cloud {
  readonly context: CloudContext;
  readonly mns: Mns;
  readonly tablestore: Tablestore;
  readonly openApi: OpenApi;
  readonly functionCompute: FunctionCompute;
  readonly nodes: Nodes;
  readonly cluster: { readonly id: string; readonly kubeconfig: string };
  /** The emulated API server; absent where another cluster stands in. */
  readonly kubernetes: KubernetesApi | undefined;
  readonly endpoints: Readonly<Record<'fc' | 'mns' | 'tablestore' | 'vpc' | 'ecs', string>>;
  /** Starts forwarding the cluster's Events to a webhook; ends with the cloud. */
  exportEvents(options: Pick<ExporterOptions, 'webhook' | 'loss'>): Promise<Exporter>;
  /** Resolves when no function runs and no message that could be received waits for one. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

const DEFAULT_CLUSTER = 'c-local';

/** Starts every service on loopback, on free ports. What had started is closed again when one of them fails. */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const context = createContext(options);
  const clusterId = options.clusterId ?? DEFAULT_CLUSTER;
  const started: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    started.push(part);
    return part;
  };
  const close = async () => {
    // Clients before the services that they talk to.
    for (const part of started.reverse()) await part.close();
    context.clock.close();
  };
  try {
    const mns = keep(await startMns(context));
    const tablestore = keep(await startTablestore(context));
    const openApi = keep(await startOpenApi(context, options.openApi));
    const functionCompute = keep(
      await startFunctionCompute(context, { ...options.functions, queues: mns.queues }),
    );
    const emulated =
      options.kubeconfig === undefined ? keep(await startKubernetesApi(context, { clusterId })) : undefined;
    const kubeconfig = options.kubeconfig ?? emulated?.kubeconfig(clusterId) ?? '';
    if (emulated && options.controllers !== false) keep(await startControllers(context, { kubeconfig }));
    const { owner, region } = context.account;
    const wanted = options.nodes ?? ((world: VpcWorld) => defaultNodes(world, region));
    const nodes = keep(
      await startNodes(context, {
        kubeconfig,
        clusterId,
        world: openApi.world,
        openapi: {
          url: openApi.url,
          accessKeyId: owner.accessKeyId,
          accessKeySecret: owner.accessKeySecret,
          region,
        },
        nodes: typeof wanted === 'function' ? wanted(openApi.world) : wanted,
        ...(options.timings ? { timings: options.timings } : {}),
      }),
    );
    return {
      context,
      mns,
      tablestore,
      openApi,
      functionCompute,
      nodes,
      cluster: { id: clusterId, kubeconfig },
      kubernetes: emulated,
      endpoints: {
        fc: functionCompute.url,
        mns: mns.url,
        tablestore: tablestore.url,
        vpc: openApi.url,
        ecs: openApi.url,
      },
      exportEvents: async (exporter) =>
        keep(await startExporter(context, { kubeconfig, clusterName: clusterId, ...exporter })),
      quiet: () => quiet(functionCompute, mns),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function defaultNodes(world: VpcWorld, region: string): readonly NodeOptions[] {
  const [vSwitchId] = world.defaults.vSwitchIds;
  return [11, 12, 13].map((host) => ({
    name: `${region}.192.168.1.${host}`,
    zone: `${region}-h`,
    vSwitchId,
    kind: 'ecs',
    pods: 60,
  }));
}

const QUIET_POLL_MS = 10;

async function quiet({ idle }: FunctionCompute, { queues }: Mns): Promise<void> {
  for (;;) {
    await idle();
    const waiting = queues.list().some((queue) => queues.depth(queue).active > 0 && !isDeadEnd(queue));
    if (!waiting) return;
    await new Promise((resolve) => setTimeout(resolve, QUIET_POLL_MS));
  }
}

/** Queues that people look into, and no function empties. */
const isDeadEnd = (queue: string): boolean => /-(?:dead|failed)$/.test(queue);
