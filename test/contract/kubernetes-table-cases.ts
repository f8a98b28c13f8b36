import type { Bench, Case } from './kubernetes-battery.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const containers = [{ name: 'c', image: 'nginx' }];
const template = { metadata: { labels: { app: 'x' } }, spec: { containers } };

/** What kubectl prints of a pod in one state. */
interface Row {
  readonly name: string;
  readonly spec?: object;
  readonly status?: object;
}

const waiting = (reason: string) => [
  { name: 'c', ready: false, restartCount: 2, image: '', imageID: '', state: { waiting: { reason } } },
];
const running = (ready: boolean, restartCount = 0) => [
  { name: 'c', ready, restartCount, image: '', imageID: '', state: { running: { startedAt: null } } },
];
const terminated = (state: object) => [
  { name: 'c', ready: false, restartCount: 1, image: '', imageID: '', state: { terminated: state } },
];

const PODS: readonly Row[] = [
  { name: 'pending' },
  { name: 'scheduled', spec: { nodeName: 'n' } },
  {
    name: 'creating',
    spec: { nodeName: 'n' },
    status: { phase: 'Pending', containerStatuses: waiting('ContainerCreating') },
  },
  {
    name: 'crashing',
    spec: { nodeName: 'n' },
    status: { phase: 'Running', containerStatuses: waiting('CrashLoopBackOff') },
  },
  {
    name: 'running',
    spec: { nodeName: 'n' },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }],
      containerStatuses: running(true, 3),
    },
  },
  {
    name: 'unready',
    spec: { nodeName: 'n' },
    status: { phase: 'Running', nominatedNodeName: 'm', containerStatuses: running(false) },
  },
  {
    name: 'completed',
    status: { phase: 'Succeeded', containerStatuses: terminated({ exitCode: 0, reason: 'Completed' }) },
  },
  { name: 'failed', status: { phase: 'Failed', containerStatuses: terminated({ exitCode: 3 }) } },
  {
    name: 'killed',
    status: { phase: 'Failed', containerStatuses: terminated({ exitCode: 137, signal: 9 }) },
  },
  { name: 'evicted', status: { phase: 'Failed', reason: 'Evicted' } },
  {
    name: 'initializing',
    spec: {
      initContainers: [
        { name: 'i', image: 'x' },
        { name: 'j', image: 'x' },
      ],
    },
    status: {
      phase: 'Pending',
      initContainerStatuses: [
        { name: 'i', ready: false, restartCount: 0, image: '', imageID: '', state: { running: {} } },
      ],
    },
  },
  {
    name: 'gated',
    spec: { readinessGates: [{ conditionType: 'a.io/one' }, { conditionType: 'a.io/two' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'a.io/one', status: 'True' }],
      containerStatuses: running(true),
    },
  },
];

async function createPods({ quietly }: Bench): Promise<void> {
  for (const { name, spec, status } of PODS) {
    await quietly('POST', 'pods', {
      metadata: { name },
      spec: { schedulerName: 'none', containers, ...spec },
    });
    if (status) await quietly('PATCH', `pods/${name}/status`, { status }, 'merge');
  }
}

const rows = (bench: Bench, path: string) => bench.accept(TABLE, path);

/** Tables, cell by cell. */
export const TABLE_CASES: readonly Case[] = [
  {
    name: 'tables of pods',
    async run(bench) {
      await createPods(bench);
      await bench.quietly('DELETE', 'pods/running');
      await rows(bench, 'pods?includeObject=None');
      await bench.quietly('DELETE', 'pods?gracePeriodSeconds=0');
    },
  },
  {
    name: 'tables of workloads',
    async run(bench) {
      const body = {
        metadata: { name: 'w' },
        spec: { replicas: 3, selector: { matchLabels: { app: 'x' } }, template },
      };
      for (const plural of ['statefulsets', 'deployments', 'replicasets']) {
        await bench.quietly('POST', plural, body);
        await bench.quietly(
          'PATCH',
          `${plural}/w/status`,
          { status: { replicas: 2, readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 } },
          'merge',
        );
        await rows(bench, `${plural}/w?includeObject=None`);
      }
    },
  },
  {
    name: 'tables of nodes and namespaces',
    async run(bench) {
      const name = `node-${bench.namespace}`;
      await bench.quietly('POST', '/api/v1/nodes', {
        metadata: { name, labels: { 'node-role.kubernetes.io/worker': '' } },
        status: {
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
          nodeInfo: { kubeletVersion: 'v1.20.2', osImage: 'Linux' },
        },
      });
      await rows(bench, `/api/v1/nodes/${name}?includeObject=None`);
      await bench.quietly(
        'PATCH',
        `/api/v1/nodes/${name}/status`,
        { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
        'merge',
      );
      await bench.quietly('PATCH', `/api/v1/nodes/${name}`, { spec: { unschedulable: true } }, 'merge');
      await rows(bench, `/api/v1/nodes/${name}?includeObject=None`);
      await bench.quietly('DELETE', `/api/v1/nodes/${name}`);
      await rows(bench, '/api/v1/namespaces/$ns?includeObject=None');
    },
  },
  {
    name: 'tables of events',
    async run(bench) {
      const involvedObject = {
        kind: 'Pod',
        namespace: bench.namespace,
        name: 'x',
        fieldPath: 'spec.containers{c}',
      };
      await bench.quietly('POST', 'events', {
        metadata: { name: 'e' },
        involvedObject,
        reason: 'Started',
        message: 'Started container ',
        type: 'Normal',
        source: { component: 'kubelet', host: 'n' },
        count: 3,
      });
      await rows(bench, 'events?includeObject=None');
    },
  },
  {
    name: 'tables of the rest',
    async run(bench) {
      await bench.quietly('POST', 'secrets', { metadata: { name: 's' }, stringData: { a: 'b' } });
      await bench.quietly('POST', 'services', {
        metadata: { name: 's' },
        spec: { clusterIP: 'None', ports: [{ port: 80 }], selector: { a: 'b' } },
      });
      await bench.quietly('POST', 'serviceaccounts', { metadata: { name: 's' } });
      await bench.quietly('POST', 'leases', { metadata: { name: 's' }, spec: { holderIdentity: 'x' } });
      await bench.quietly('POST', 'controllerrevisions', { metadata: { name: 's' }, revision: 4, data: {} });
      for (const path of [
        'secrets/s',
        'services/s',
        'serviceaccounts/s',
        'leases/s',
        'controllerrevisions/s',
      ]) {
        await rows(bench, `${path}?includeObject=None`);
      }
    },
  },
];
