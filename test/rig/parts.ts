import { randomUUID } from 'node:crypto';
import { CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions, type V1Pod } from '@kubernetes/client-node';
import TableStore from 'tablestore';
import { type ContextOptions, createContext } from '../../infra/local/kernel/context.ts';
import { startKubernetesApi } from '../../infra/local/kubernetes/api/server.ts';
import { startMns } from '../../infra/local/mns/server.ts';
import type { OpenApiOptions } from '../../infra/local/openapi/options.ts';
import { startOpenApi } from '../../infra/local/openapi/server.ts';
import { startTablestore } from '../../infra/local/tablestore/server.ts';
import { TABLES } from '../../infra/resources/tables.ts';
import { openClusters } from '../../shared/adapters/kubernetes/cluster.ts';
import { createPodApi } from '../../shared/adapters/kubernetes/pods.ts';
import { createHintQueue } from '../../shared/adapters/mns/hint-queue.ts';
import { createOpenApi } from '../../shared/adapters/openapi/call.ts';
import { createCloud } from '../../shared/adapters/openapi/cloud.ts';
import { createClaimStore } from '../../shared/adapters/tablestore/claims.ts';
import { createParkingBooks, createReleaseSwitch } from '../../shared/adapters/tablestore/control.ts';
import {
  createQuota,
  DEFAULT_RELEASES_PER_MINUTE,
  type QuotaTable,
} from '../../shared/adapters/tablestore/quota.ts';
import { createTables, openTableClient } from '../../shared/adapters/tablestore/table.ts';
import { workTime } from '../../shared/adapters/time-left.ts';
import type { Identity } from '../../shared/claim/identity.ts';
import { momentAsKnown } from '../../shared/reconcile/moment.ts';
import type { Hint, Ports } from '../../shared/reconcile/ports.ts';
import { createLogger } from '../../shared/runtime/log.ts';

export const CLUSTER = 'c-test';
const QUEUE = 'hints';

interface InvocationOptions {
  readonly quotas?: QuotaTable;
  readonly releasesPerMinute?: number;
  readonly remainingMs?: () => number;
  /** The function's own clock, which can be wrong. */
  readonly now?: () => number;
}

const PLENTY_OF_TIME = () => 60_000;

export interface RigOptions extends ContextOptions {
  readonly openApi?: OpenApiOptions;
}

/**
 * The emulated services and the ports on the vendors' SDKs, in one process: everything but Function Compute and the
 * cluster's controllers. Pods are made and unmade by hand, so that a test can stop at any moment of their lives.
 */
export async function startRig({ openApi: openApiOptions, ...options }: RigOptions = {}) {
  const context = createContext(options);
  const [mns, tablestore, openApi, kubernetes] = await Promise.all([
    startMns(context),
    startTablestore(context, { tableReadyMs: 0 }),
    startOpenApi(context, openApiOptions ?? { latency: INSTANT }),
    startKubernetesApi(context, { clusterId: CLUSTER }),
  ]);
  const { owner: credentials, id: accountId, region } = context.account;

  const tableClient = new TableStore.Client({
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.accessKeySecret,
    endpoint: tablestore.url,
    instancename: tablestore.instance,
  });
  for (const { name, primaryKey, timeToLive, maxVersions } of TABLES) {
    await tableClient.createTable({
      tableMeta: {
        tableName: name,
        primaryKey: primaryKey.map((column) => ({ name: column.name, type: column.type })),
      },
      tableOptions: { timeToLive, maxVersions },
      reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    });
  }
  const { default: Mns } = await import('@alicloud/mns');
  const queueClient = new Mns(accountId, { ...credentials, endpoint: mns.url }) as unknown as {
    createQueue(name: string, attributes: object): Promise<unknown>;
  };
  await queueClient.createQueue(QUEUE, { MessageRetentionPeriod: 604_800 });

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(kubernetes.kubeconfig(CLUSTER));
  const core = kubeConfig.makeApiClient(CoreV1Api);

  // What runs every cluster. One that shows no pod at all is not believed.
  await core.createNamespacedPod({
    namespace: 'kube-system',
    body: { metadata: { name: 'coredns-0' }, spec: { containers: [{ name: 'main', image: 'coredns' }] } },
  });

  const lines: string[] = [];
  const newTables = (remainingMs = PLENTY_OF_TIME) =>
    createTables(
      openTableClient({ endpoint: tablestore.url, instance: tablestore.instance, credentials }),
      remainingMs,
    );
  const newVpc = () => createOpenApi({ endpoint: openApi.url, region, version: '2016-04-28', credentials });
  const newEcs = () => createOpenApi({ endpoint: openApi.url, region, version: '2014-05-26', credentials });
  /** The ports of one invocation; a function's windows and the time it has can be given. */
  const newPorts = ({
    quotas,
    releasesPerMinute = DEFAULT_RELEASES_PER_MINUTE,
    remainingMs = PLENTY_OF_TIME,
    now = context.clock.now,
  }: InvocationOptions = {}): Ports => {
    const workMs = workTime(remainingMs);
    const log = createLogger({ level: 'debug', write: (line) => lines.push(line), now: context.clock.now });
    const tables = newTables(workMs);
    const pods = createPodApi({
      clusters: openClusters(kubernetes.kubeconfig(CLUSTER)),
      log,
      now,
      remainingMs: workMs,
    });
    const quota = createQuota(tables, { now, releasesPerMinute, ...(quotas ? { quotas } : {}) });
    return {
      claims: createClaimStore(tables, log, () => momentAsKnown({ now, pods })),
      cloud: createCloud({
        vpc: newVpc(),
        ecs: newEcs(),
        installation: tablestore.instance,
        books: createParkingBooks(tables),
        quota,
        remainingMs: workMs,
      }),
      pods,
      hints: createHintQueue({ endpoint: mns.url, queue: QUEUE, accountId, credentials, remainingMs }),
      quota,
      releases: createReleaseSwitch(tables),
      releasesPerMinute,
      log,
      now,
      newToken: () => randomUUID(),
      remainingMs,
    };
  };

  return {
    context,
    world: openApi.world,
    core,
    lines,
    newPorts,
    queues: mns.queues,
    kubernetes,
    /** What an operator can do by hand: rows of the store, and any call of the account's owner. */
    tables: newTables(),
    vpc: newVpc(),
    ecs: newEcs(),

    /** A pod with its network up: an ENI of its own, and the ENI's primary IP as its IP. */
    async startPod(
      name: string,
      annotations: Record<string, string>,
      spec: Partial<V1Pod['spec']> = {},
    ): Promise<StartedPod> {
      const created = await core.createNamespacedPod({
        namespace: 'default',
        body: {
          metadata: { name, annotations },
          spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'nginx' }], ...spec },
        },
      });
      const eni = openApi.world.createEni({ instanceId: 'i-node1' });
      const ip = eni.addresses[0]?.ip ?? '';
      await core.patchNamespacedPodStatus(
        { namespace: 'default', name, body: { status: { phase: 'Running', podIP: ip } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
      return { name, uid: created.metadata?.uid ?? '', eniId: eni.id, ip };
    },

    /** The containers end, the ENI goes, and then the object: as a node does it. */
    async endPod({ name, eniId }: StartedPod): Promise<void> {
      openApi.world.deleteEni(eniId);
      await core.deleteNamespacedPod({ namespace: 'default', name, gracePeriodSeconds: 0 });
    },

    readPod: (name: string) => core.readNamespacedPod({ namespace: 'default', name }),

    /** Every hint that can be received now; each is taken off the queue. */
    async takeHints(): Promise<Hint[]> {
      const hints: Hint[] = [];
      for (;;) {
        const messages = await mns.queues.receive(QUEUE, { max: 16, waitMs: 0 });
        if (messages.length === 0) return hints;
        for (const { body, receiptHandle } of messages) {
          const { cluster, namespace, pod, ...rest } = JSON.parse(Buffer.from(body, 'base64').toString());
          hints.push({ clusterId: cluster, namespace, pod, ...rest });
          await mns.queues.delete(QUEUE, receiptHandle);
        }
      }
    },

    async close(): Promise<void> {
      await Promise.all([mns.close(), tablestore.close(), openApi.close(), kubernetes.close()]);
      context.clock.close();
    },
  };
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

export interface StartedPod {
  readonly name: string;
  readonly uid: string;
  readonly eniId: string;
  readonly ip: string;
}

export const identityOf = (pod: string): Identity => ({ clusterId: CLUSTER, namespace: 'default', pod });

/** A cloud whose asynchronous states are reached before the answer. */
export const INSTANT = {
  AssociateEipAddress: { min: 0, max: 0 },
  UnassociateEipAddress: { min: 0, max: 0 },
  ReleaseEipAddress: { min: 0, max: 0 },
  DeleteNetworkInterface: { min: 0, max: 0 },
} as const;
