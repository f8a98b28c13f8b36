import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '../../infra/local/cloud.ts';
import { writeCloudFile } from '../../infra/local/cloud-file.ts';
import { createKubernetesClient } from '../../infra/local/kubernetes/client/client.ts';
import type { Pod } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import type { OpenApiOptions } from '../../infra/local/openapi/options.ts';
import { serviceName } from '../../infra/resources/names.ts';
import { deploy } from '../../infra/serverless/deploy.ts';
import { DEFAULT_QUOTAS } from '../../shared/adapters/tablestore/quota.ts';

/** Far above what any measurement needs: the quotas are measured elsewhere, by being there. */
const PLENTY = 1_000_000;
const APIS = Object.keys(DEFAULT_QUOTAS);

interface Fc2 {
  deleteTrigger(service: string, name: string, trigger: string): Promise<unknown>;
  putOnDemandConfig(
    service: string,
    name: string,
    qualifier: string,
    options: { maximumInstanceCount: number },
  ): Promise<unknown>;
}

export interface BenchPod {
  readonly name: string;
  readonly uid: string;
  readonly eniId: string;
  readonly ip: string;
}

/**
 * The local cloud with the functions deployed, and neither nodes nor sweeps: pods are made by hand, so that every call
 * that is counted is Holdfast's own.
 */
export async function openBench(latency: OpenApiOptions['latency']) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const cloud = await startCloud({
    nodes: [],
    controllers: false,
    openApi: {
      ...(latency ? { latency } : {}),
      quotas: {
        eips: PLENTY,
        enis: PLENTY,
        ...Object.fromEntries(APIS.map((name) => [name, PLENTY])),
      },
    },
  });
  const token = randomBytes(24).toString('hex');
  const { cloudFile } = await writeCloudFile(cloud, folder, token);
  const quotas = Object.fromEntries(APIS.map((name) => [name, { bind: PLENTY, release: PLENTY }]));
  await deploy({ stage: 'local', cloudFile, env: { HOLDFAST_QUOTAS: JSON.stringify(quotas) } });
  const { owner, id, region } = cloud.context.account;
  const Fc = createRequire(import.meta.url)('@alicloud/fc2') as new (account: string, options: object) => Fc2;
  const fc = new Fc(id, {
    accessKeyID: owner.accessKeyId,
    accessKeySecret: owner.accessKeySecret,
    region,
    endpoint: cloud.endpoints.fc,
  });
  for (const name of ['retain', 'resync']) await fc.deleteTrigger(serviceName('local'), name, 'timer');

  await fc.putOnDemandConfig(serviceName('local'), 'reconcile', 'LATEST', { maximumInstanceCount: 1 });

  const { world } = cloud.openApi;
  // Room for more pods than the vSwitches that a cloud starts with have addresses.
  const { id: vSwitchId } = world.createVSwitch({ cidr: '192.168.128.0/17', zone: `${region}-h` });
  const kubernetes = await createKubernetesClient(cloud.cluster.kubeconfig);
  const intake = cloud.functionCompute.httpUrl(serviceName('local'), 'intake');
  const namespace = 'default';
  // A cluster that shows no pod at all is doubted; every other one has those that run it.
  await kubernetes.create(paths.pods('kube-system'), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'coredns' },
    spec: { nodeName: 'bench', containers: [{ name: 'main', image: 'coredns' }] },
  });

  return {
    cloud,
    world,

    async startPod(name: string, annotations: Readonly<Record<string, string>>): Promise<BenchPod> {
      const eni = world.createEni({ instanceId: 'i-bench', vSwitchId });
      const ip = eni.addresses[0]?.ip ?? '';
      const pod = await kubernetes.create<Pod>(paths.pods(namespace), {
        apiVersion: 'v1',
        kind: 'Pod',
        // As a node of ACS writes it once the pod has its interface.
        metadata: {
          name,
          annotations: { ...annotations, 'network.alibabacloud.com/allocated-eni-id': eni.id },
        },
        spec: { nodeName: 'bench', containers: [{ name: 'main', image: 'nginx' }] },
      });
      await kubernetes.patch(paths.pods(namespace, name, 'status'), 'merge', {
        status: { phase: 'Running', podIP: ip },
      });
      return { name, uid: pod.metadata.uid ?? '', eniId: eni.id, ip };
    },

    async endPod({ name, eniId }: BenchPod): Promise<void> {
      world.deleteEni(eniId);
      await kubernetes.remove(paths.pods(namespace, name), { gracePeriodSeconds: 0 });
    },

    isTold: async (name: string, condition: string): Promise<boolean> => {
      const { status } = await kubernetes.get<Pod>(paths.pods(namespace, name));
      return (
        status?.conditions?.some(({ type, status: value }) => type === condition && value === 'True') === true
      );
    },

    /** What the exporter posts about a pod, through the intake. */
    async postEvent(name: string, uid: string, reason: string): Promise<void> {
      const answer = await fetch(intake, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(eventOf(name, uid, reason, cloud.cluster.id, cloud.context.clock.now())),
      });
      if (answer.status !== 202) throw new Error(`the intake answered ${answer.status}`);
      await answer.arrayBuffer();
    },

    /** The same, put on the queue at once: what a burst looks like when it reaches the functions. */
    queueEvent: (name: string, uid: string, reason: string) =>
      cloud.mns.queues.send(
        'holdfast-local-hints',
        Buffer.from(
          JSON.stringify(eventOf(name, uid, reason, cloud.cluster.id, cloud.context.clock.now())),
        ).toString('base64'),
      ),

    /** Calls since the last `resetCounts`: to the store, and to the cloud's APIs. */
    counts() {
      const counts = Object.entries(cloud.context.meter.counts());
      const sum = (wanted: (name: string) => boolean) =>
        counts.filter(([name]) => wanted(name)).reduce((total, [, count]) => total + count, 0);
      return {
        storeRoundTrips: sum((name) => name.startsWith('tablestore.')),
        cloudWrites: sum((name) => name.startsWith('openapi.') && !name.startsWith('openapi.Describe')),
        cloudReads: sum((name) => name.startsWith('openapi.Describe')),
      };
    },
    resetCounts: () => cloud.context.meter.reset(),

    async close(): Promise<void> {
      kubernetes.close();
      await cloud.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Bench = Awaited<ReturnType<typeof openBench>>;

/** Source: kubernetes-event-exporter, webhook receiver without layout. */
function eventOf(pod: string, uid: string, reason: string, clusterName: string, now: number) {
  const at = new Date(now).toISOString();
  return {
    metadata: {
      name: `${pod}.${now.toString(16)}`,
      namespace: 'default',
      uid: `event-${uid}`,
      creationTimestamp: at,
    },
    reason,
    message: `${reason} container main`,
    source: { component: 'kubelet', host: 'bench' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type: 'Normal',
    eventTime: null,
    reportingComponent: 'kubelet',
    reportingInstance: 'bench',
    clusterName,
    involvedObject: {
      kind: 'Pod',
      namespace: 'default',
      name: pod,
      uid,
      apiVersion: 'v1',
      fieldPath: 'spec.containers{main}',
      deleted: false,
    },
  };
}

export async function until(
  holds: () => Promise<boolean> | boolean,
  what: string,
  limitMs = 60_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come to pass in ${limitMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
