import type { Case } from './kubernetes-battery.ts';

const containers = [{ name: 'c', image: 'nginx' }];
const template = { metadata: { labels: { app: 'x' } }, spec: { containers } };
const selector = { matchLabels: { app: 'x' } };
const pod = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...metadata },
  spec: { schedulerName: 'none', containers, ...spec },
});
const workload = (spec: object = {}) => ({
  metadata: { name: 'w' },
  spec: { replicas: 0, selector, template, ...spec },
});

const definition = (name: string, extra: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${name}s.battery.example.com` },
  spec: {
    group: 'battery.example.com',
    scope: 'Namespaced',
    names: {
      plural: `${name}s`,
      kind: name[0]?.toUpperCase() + name.slice(1),
      shortNames: [name.slice(0, 2)],
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['id'],
                properties: {
                  id: { type: 'string', pattern: '^[a-z]+$' },
                  size: { type: 'integer', minimum: 1, default: 3 },
                  mode: { type: 'string', enum: ['On', 'Off'] },
                  labels: { type: 'object', additionalProperties: { type: 'string' } },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
        ...extra,
      },
    ],
  },
});

/** What sets the kinds apart: defaults, checks, subresources. */
export const KIND_CASES: readonly Case[] = [
  {
    name: 'pods: defaults and status',
    async run({ send }) {
      await send('POST', 'pods', pod());
      await send('POST', 'pods', pod({}, { name: 'q' }));
      await send('PUT', 'pods/p', pod({ containers: [{ name: 'c', image: 'redis:1' }] }));
      await send(
        'PATCH',
        'pods/p/status',
        { metadata: { labels: { a: 'b' } }, spec: { nodeName: 'n' }, status: { phase: 'Running' } },
        'merge',
      );
      await send('PATCH', 'pods/p', { status: { phase: 'Failed' } }, 'merge');
      await send(
        'POST',
        'pods',
        pod(
          {
            containers: [
              { name: 'c', image: 'x@sha256:1', resources: { limits: { cpu: '1', memory: '1Gi' } } },
            ],
          },
          { name: 'g' },
        ),
      );
      await send(
        'POST',
        'pods',
        pod(
          {
            containers: [
              {
                name: 'c',
                image: 'x:latest',
                resources: { requests: { cpu: '1' } },
                livenessProbe: { httpGet: { port: 80 } },
                env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
              },
            ],
            volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 'x' } }],
          },
          { name: 'b' },
        ),
      );
    },
  },
  {
    name: 'pods: what is refused',
    async run({ send }) {
      await send('POST', 'pods', pod({ containers: [] }));
      await send('POST', 'pods', pod({ containers: [{ name: 'A' }], restartPolicy: 'X' }));
      await send('POST', 'pods', pod({ containers: [...containers, ...containers] }));
      await send(
        'POST',
        'pods',
        pod({ containers: [{ name: 'c', image: 'x', volumeMounts: [{ name: 'none', mountPath: '/x' }] }] }),
      );
      await send('POST', 'pods', pod());
      await send('PATCH', 'pods/p', { spec: { nodeName: 'n' } }, 'merge');
      await send('PATCH', 'pods/p', { spec: { containers: [{ name: 'd', image: 'x' }] } }, 'strategic');
      await send('PATCH', 'pods/p', { spec: { tolerations: [] } }, 'merge');
      await send(
        'PATCH',
        'pods/p',
        { spec: { tolerations: [{ key: 'mine', operator: 'Exists' }] } },
        'merge',
      );
    },
  },
  {
    name: 'pods: binding',
    async run({ send }) {
      await send('POST', 'pods', pod());
      await send('POST', 'pods/p/binding', {
        metadata: { name: 'p', annotations: { a: 'b' } },
        target: { kind: 'Node', name: 'n' },
      });
      await send('GET', 'pods/p');
      await send('POST', 'pods/p/binding', { metadata: { name: 'p' }, target: { kind: 'Node', name: 'm' } });
      await send('POST', 'pods/none/binding', {
        metadata: { name: 'none' },
        target: { kind: 'Node', name: 'm' },
      });
      await send('DELETE', 'pods/p?gracePeriodSeconds=0');
    },
  },
  {
    name: 'stateful sets',
    async run({ send }) {
      await send(
        'POST',
        'statefulsets',
        workload({ template: { metadata: { labels: { app: 'y' } }, spec: { containers } } }),
      );
      await send('POST', 'statefulsets', workload({ serviceName: 's' }));
      await send('PATCH', 'statefulsets/w', { spec: { serviceName: 'n' } }, 'merge');
      await send('PATCH', 'statefulsets/w', { spec: { replicas: 2 } }, 'merge');
      await send('PATCH', 'statefulsets/w', { metadata: { labels: { a: 'b' } } }, 'merge');
      await send(
        'PATCH',
        'statefulsets/w/status',
        { spec: { replicas: 7 }, status: { replicas: 1, readyReplicas: 1, observedGeneration: 2 } },
        'merge',
      );
      await send('PATCH', 'statefulsets/w', { status: { replicas: 5 } }, 'merge');
      await send('GET', 'statefulsets/w/status');
      await send('DELETE', 'statefulsets/w');
    },
  },
  {
    name: 'scale',
    async run({ send, namespace }) {
      await send('POST', 'statefulsets', workload());
      await send('GET', 'statefulsets/w/scale');
      await send('PATCH', 'statefulsets/w/scale', { spec: { replicas: 3 } }, 'merge');
      await send('PUT', 'statefulsets/w/scale', {
        metadata: { name: 'w', namespace },
        spec: { replicas: 4 },
      });
      await send('PUT', 'statefulsets/w/scale', { metadata: { name: 'w' }, spec: { replicas: -3 } });
      await send('PUT', 'statefulsets/w/scale', {
        metadata: { name: 'w', namespace, resourceVersion: '1' },
        spec: { replicas: 3 },
      });
      await send('PUT', 'statefulsets/none/scale', {
        metadata: { name: 'none', namespace },
        spec: { replicas: 3 },
      });
      await send('GET', 'statefulsets/w');
    },
  },
  {
    name: 'deployments and replica sets',
    async run({ send, quietly, note }) {
      await send('POST', 'deployments', workload());
      await send('POST', 'deployments', { metadata: { name: 'e' }, spec: {} });
      await send('PATCH', 'deployments/w', { spec: { replicas: -1 } }, 'merge');
      await send('PATCH', 'deployments/w', { spec: { selector: { matchLabels: { app: 'z' } } } }, 'merge');
      await send('PATCH', 'deployments/w', { spec: { paused: true } }, 'merge');
      await send(
        'PATCH',
        'deployments/w/status',
        { status: { replicas: 1, conditions: [{ type: 'Available', status: 'True' }] } },
        'merge',
      );
      await send('POST', 'replicasets', workload());
      await send('POST', 'controllerrevisions', { metadata: { name: 'r' }, revision: 1, data: { a: 1 } });
      await send('POST', 'controllerrevisions', { metadata: { name: 'bare' }, revision: 1 });
      // The server answers with the bytes of the data, in Go's own words.
      const { status } = await quietly('PATCH', 'controllerrevisions/r', { data: { a: 2 } }, 'merge');
      note({ status });
      await send('PATCH', 'controllerrevisions/r', { revision: 2 }, 'merge');
    },
  },
  {
    name: 'nodes',
    async run(bench) {
      const name = `node-${bench.namespace}`;
      await bench.send('POST', '/api/v1/nodes', {
        metadata: { name },
        status: { capacity: { cpu: '1' }, addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
      });
      await bench.send(
        'PATCH',
        `/api/v1/nodes/${name}`,
        { spec: { unschedulable: true, taints: null, providerID: 'cn-hangzhou.i-1' } },
        'merge',
      );
      await bench.send(
        'PATCH',
        `/api/v1/nodes/${name}/status`,
        { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
        'strategic',
      );
      await bench.send('DELETE', `/api/v1/nodes/${name}`);
    },
  },
  {
    name: 'events in both versions',
    async run({ send, namespace }) {
      const involvedObject = { kind: 'Pod', namespace, name: 'x' };
      const newer = '/apis/events.k8s.io/v1/namespaces/$ns/events';
      await send('POST', 'events', {
        metadata: { name: 'e' },
        involvedObject,
        reason: 'R',
        message: 'm',
        type: 'Normal',
        source: { component: 'c' },
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
      });
      await send('GET', `${newer}/e`);
      await send('POST', newer, {
        metadata: { name: 'f' },
        regarding: involvedObject,
        reason: 'R',
        note: 'm',
        type: 'Normal',
        reportingController: 'example.com/c',
        reportingInstance: 'i',
        action: 'a',
        eventTime: '2026-01-01T00:00:00.000000Z',
      });
      await send('GET', 'events/f');
      await send('POST', newer, { metadata: { name: 'g' } });
      await send('POST', 'events', {
        metadata: { name: 'g' },
        involvedObject: { kind: 'Pod', namespace: 'xx', name: 'x' },
      });
      await send('PATCH', 'events/e', { count: 2 }, 'merge');
      await send('PUT', 'events/h', { metadata: { name: 'h' }, involvedObject });
      await send('GET', 'events?fieldSelector=involvedObject.name=x,reason=R');
    },
  },
  {
    name: 'leases, secrets, services, accounts',
    async run({ send }) {
      await send('POST', 'leases', {
        metadata: { name: 'l' },
        spec: { holderIdentity: 'x', leaseDurationSeconds: 0 },
      });
      await send('PUT', 'leases/l', { metadata: { name: 'l' }, spec: { holderIdentity: 'x' } });
      await send('PUT', 'leases/l', { metadata: { name: 'l' }, spec: { holderIdentity: 'y' } });
      await send('POST', 'secrets', { metadata: { name: 's' }, stringData: { a: 'b' } });
      await send('PATCH', 'secrets/s', { type: 'Other' }, 'merge');
      await send('POST', 'services', {
        metadata: { name: 's' },
        spec: { clusterIP: 'None', selector: { a: 'b' } },
      });
      await send('POST', 'services', { metadata: { name: 't' }, spec: {} });
      await send('POST', 'serviceaccounts', { metadata: { name: 's' } });
      await send('DELETE', 'serviceaccounts/s');
      await send('POST', 'endpoints', {
        metadata: { name: 's' },
        subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }],
      });
    },
  },
  {
    name: 'custom resources',
    async run(bench) {
      const { send } = bench;
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const things = '/apis/battery.example.com/v1/namespaces/$ns/things';
      const thing = (spec: object, metadata: object = {}) => ({
        apiVersion: 'battery.example.com/v1',
        kind: 'Thing',
        metadata: { name: 't', ...metadata },
        spec,
      });
      await send('POST', path, definition('thing'));
      await bench.eventually(things, (answer) => answer.status === 200);
      await send('POST', things, thing({ id: 'abc', extra: 1, labels: { a: 'b' }, free: { x: 1 } }));
      await send('POST', things, thing({ id: 'abc' }));
      await send('POST', things, thing({}, { name: 'u' }));
      await send('POST', things, thing({ id: '9' }, { name: 'u' }));
      await send('POST', things, thing({ id: 'abc', size: 'big' }, { name: 'u' }));
      await send('POST', things, thing({ id: 'abc', size: 0 }, { name: 'u' }));
      await send('POST', things, thing({ id: 'abc', mode: 'Maybe' }, { name: 'u' }));
      await send('PUT', `${things}/t`, thing({ id: 'abd' }));
      await send('PATCH', `${things}/t`, { spec: { id: 'abd' }, status: { phase: 'No' } }, 'merge');
      await send('PATCH', `${things}/t`, { spec: { id: 'x' } }, 'strategic');
      await send(
        'PATCH',
        `${things}/t/status`,
        { spec: { id: 'zzz' }, status: { phase: 'Yes', other: 1 } },
        'merge',
      );
      await send('PATCH', `${things}/t?fieldManager=m`, thing({ id: 'applied' }), 'apply');
      await send('PATCH', `${things}/t?fieldManager=m&force=true`, thing({ id: 'applied' }), 'apply');
      await bench.accept('application/json;as=Table;v=v1;g=meta.k8s.io', `${things}/t`);
      await send('GET', things);
      await send('GET', `${things}?fieldSelector=spec.id=x`);
      await send('DELETE', `${things}/t`);
      await send('GET', '/apis/battery.example.com/v1');
      await bench.quietly('DELETE', `${path}/things.battery.example.com`);
    },
  },
  {
    name: 'definitions that are refused',
    async run({ send }) {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      await send('POST', path, { ...definition('wrong'), metadata: { name: 'other.example.com' } });
      await send('POST', path, definition('bare', { schema: undefined }));
    },
  },
  {
    name: 'namespaces',
    async run(bench) {
      const name = `other-${bench.namespace}`;
      await bench.send('POST', '/api/v1/namespaces', { metadata: { name } });
      await bench.send(
        'PATCH',
        `/api/v1/namespaces/${name}`,
        { metadata: { labels: { a: 'b' } }, spec: { finalizers: null } },
        'merge',
      );
      await bench.send('POST', '/api/v1/namespaces', { metadata: { name: 'With.Dots' } });
      await bench.send('DELETE', '/api/v1/namespaces/default');
      await bench.quietly('DELETE', `/api/v1/namespaces/${name}`);
    },
  },
];
