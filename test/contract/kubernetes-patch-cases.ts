import type { Case } from './kubernetes-battery.ts';

const map = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', labels: { x: 'y' } },
  data: { a: '1', b: '2' },
};

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', finalizers: ['example.com/one'] },
  spec: {
    schedulerName: 'none',
    containers: [
      {
        name: 'one',
        image: 'one:1',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
        ports: [{ containerPort: 80 }],
      },
      { name: 'two', image: 'two:1' },
    ],
  },
};

const applied = (data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
  data,
});

const workload = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'd' } },
    template: {
      metadata: { labels: { app: 'd' } },
      spec: {
        containers: [
          {
            name: 'one',
            image: 'one:1',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
            ports: [{ containerPort: 80 }],
          },
          { name: 'two', image: 'two:1' },
        ],
        volumes: [
          { name: 'v', configMap: { name: 'c' } },
          { name: 'w', emptyDir: {} },
        ],
      },
    },
  },
};

/** The four kinds of patches. */
export const PATCH_CASES: readonly Case[] = [
  {
    name: 'merge patch',
    async run({ send }) {
      await send('POST', 'configmaps', map);
      await send(
        'PATCH',
        'configmaps/a',
        { data: { a: null, c: '3' }, metadata: { labels: { z: 'w' } } },
        'merge',
      );
      await send('PATCH', 'configmaps/a', {}, 'merge');
      await send('PATCH', 'configmaps/a', { data: { c: '3' } }, 'merge');
      await send('PATCH', 'configmaps/a', { data: null }, 'merge');
      await send('PATCH', 'configmaps/nope', {}, 'merge');
    },
  },
  {
    name: 'json patch',
    async run({ send }) {
      await send('POST', 'configmaps', map);
      await send(
        'PATCH',
        'configmaps/a',
        [
          { op: 'test', path: '/data/a', value: '1' },
          { op: 'replace', path: '/data/a', value: '9' },
        ],
        'patch',
      );
      await send(
        'PATCH',
        'configmaps/a',
        [
          { op: 'test', path: '/data/a', value: '1' },
          { op: 'remove', path: '/data/b' },
        ],
        'patch',
      );
      await send('PATCH', 'configmaps/a', [{ op: 'remove', path: '/data/none' }], 'patch');
      await send(
        'PATCH',
        'configmaps/a',
        [
          { op: 'add', path: '/metadata/annotations', value: { 'x.io/y': 'z' } },
          { op: 'move', from: '/data/b', path: '/data/c' },
        ],
        'patch',
      );
      await send(
        'PATCH',
        'configmaps/a',
        [{ op: 'add', path: '/metadata/annotations/x.io~1y', value: 'w' }],
        'patch',
      );
      await send('PATCH', 'configmaps/a', {}, 'patch');
      await send('PATCH', 'configmaps/a', [], 'patch');
    },
  },
  {
    name: 'identities in patches',
    async run({ send }) {
      await send('POST', 'configmaps', map);
      await send(
        'PATCH',
        'configmaps/a',
        { metadata: { uid: 'f7d055fa-d706-41d5-91d9-ca81667e7382' } },
        'merge',
      );
      await send(
        'PATCH',
        'configmaps/a',
        { metadata: { uid: 'f7d055fa-d706-41d5-91d9-ca81667e7382' } },
        'strategic',
      );
      await send('PATCH', 'configmaps/a', [{ op: 'test', path: '/metadata/uid', value: 'x' }], 'patch');
      await send('PATCH', 'configmaps/a', { metadata: { name: 'b' } }, 'merge');
      await send('PATCH', 'configmaps/a', { metadata: { namespace: 'elsewhere' } }, 'merge');
      await send('PATCH', 'configmaps/a', { metadata: { creationTimestamp: null } }, 'merge');
      await send('PATCH', 'configmaps/a', {}, 'json');
    },
  },
  {
    name: 'strategic merge of pods',
    async run({ send, quietly }) {
      const { body } = await quietly('POST', 'configmaps', map);
      const owner = { uid: (body.metadata as { uid: string }).uid };
      await send('POST', 'pods', pod);
      await send('PATCH', 'pods/p', { spec: { containers: [{ name: 'one', image: 'one:2' }] } }, 'strategic');
      await send(
        'PATCH',
        'pods/p',
        { metadata: { finalizers: ['example.com/two'], annotations: { a: 'b' } } },
        'strategic',
      );
      await send(
        'PATCH',
        'pods/p',
        {
          metadata: {
            finalizers: ['example.com/two'],
            '$setElementOrder/finalizers': ['example.com/one', 'example.com/two'],
          },
        },
        'strategic',
      );
      await send(
        'PATCH',
        'pods/p',
        { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/one', 'example.com/two'] } },
        'strategic',
      );
      await send(
        'PATCH',
        'pods/p/status',
        {
          status: {
            phase: 'Running',
            podIP: '10.0.0.1',
            podIPs: [{ ip: '10.0.0.1' }],
            conditions: [
              { type: 'Ready', status: 'True' },
              { type: 'Other', status: 'False' },
            ],
          },
        },
        'strategic',
      );
      await send(
        'PATCH',
        'pods/p/status',
        { status: { conditions: [{ type: 'Mine', status: 'True', reason: 'x' }] } },
        'strategic',
      );
      await send(
        'PATCH',
        'pods/p/status',
        {
          status: {
            conditions: [
              { type: 'Mine', status: 'False' },
              { type: 'Other', $patch: 'delete' },
            ],
          },
        },
        'strategic',
      );
      await send(
        'PATCH',
        'pods/p',
        {
          metadata: {
            ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', ...owner }],
          },
        },
        'strategic',
      );
      await send(
        'PATCH',
        'pods/p',
        {
          metadata: { ownerReferences: [{ $patch: 'delete', ...owner }] },
        },
        'strategic',
      );
      await send('PATCH', 'pods/p', { spec: { containers: [{ image: 'x' }] } }, 'strategic');
    },
  },
  {
    name: 'strategic merge of workloads',
    async run({ send }) {
      await send('POST', 'deployments', workload);
      const inPod = (spec: object) => ({ spec: { template: { spec } } });
      await send(
        'PATCH',
        'deployments/d',
        inPod({
          containers: [
            {
              name: 'one',
              env: [
                { name: 'C', value: '3' },
                { name: 'A', $patch: 'delete' },
              ],
            },
          ],
        }),
        'strategic',
      );
      await send(
        'PATCH',
        'deployments/d',
        inPod({
          containers: [
            { name: 'three', image: 'three:1' },
            { name: 'two', $patch: 'delete' },
          ],
        }),
        'strategic',
      );
      await send(
        'PATCH',
        'deployments/d',
        inPod({
          '$setElementOrder/containers': [{ name: 'one' }, { name: 'three' }],
          containers: [{ name: 'three', image: 'three:2' }],
        }),
        'strategic',
      );
      await send(
        'PATCH',
        'deployments/d',
        inPod({ containers: [{ name: 'one', ports: [{ containerPort: 81, name: 'x' }] }] }),
        'strategic',
      );
      await send(
        'PATCH',
        'deployments/d',
        inPod({ volumes: [{ name: 'v', $retainKeys: ['name', 'emptyDir'], emptyDir: {} }] }),
        'strategic',
      );
      await send(
        'PATCH',
        'deployments/d',
        { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
        'strategic',
      );
      await send(
        'PATCH',
        'deployments/d',
        inPod({ containers: [{ $patch: 'replace' }, { name: 'only', image: 'only:1' }] }),
        'strategic',
      );
      await send('PATCH', 'deployments/d', { metadata: { labels: { old: 'label' } } }, 'strategic');
      await send(
        'PATCH',
        'deployments/d',
        { metadata: { labels: { $patch: 'replace', a: 'b' } } },
        'strategic',
      );
      await send(
        'PATCH',
        'deployments/d',
        { spec: { selector: { matchLabels: { app: 'e' } } } },
        'strategic',
      );
    },
  },
  {
    name: 'server-side apply',
    async run({ send }) {
      await send('PATCH', 'configmaps/a?fieldManager=m1', applied({ a: '1', b: '2' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m1', applied({ a: '1', b: '2' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m2', applied({ a: '1' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m2', applied({ a: '9' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m2', applied({ a: '9', b: '9' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m3', { data: { c: '9' } }, 'merge');
      await send('PATCH', 'configmaps/a?fieldManager=m2', applied({ b: '9', c: '3' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m2&force=true', applied({ a: '9' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m1', applied({ b: '5' }), 'apply');
      await send(
        'PATCH',
        'configmaps/a?fieldManager=m1',
        applied({ d: '5' }, { labels: { l: 'm' } }),
        'apply',
      );
      await send('PATCH', 'configmaps/a?fieldManager=m1', applied({}), 'apply');
    },
  },
  {
    name: 'server-side apply of keyed lists',
    async run({ send }) {
      const deployment = (containers: object[], spec: object = {}) => ({
        ...workload,
        spec: { ...workload.spec, template: { ...workload.spec.template, spec: { containers } }, ...spec },
      });
      await send(
        'PATCH',
        'deployments/d?fieldManager=m1',
        deployment([
          { name: 'one', image: 'one:1', ports: [{ containerPort: 80 }] },
          { name: 'two', image: 'two:1' },
        ]),
        'apply',
      );
      await send(
        'PATCH',
        'deployments/d?fieldManager=m2',
        deployment([{ name: 'one', image: 'one:2' }]),
        'apply',
      );
      await send(
        'PATCH',
        'deployments/d?fieldManager=m2',
        deployment([{ name: 'side', image: 'side:1' }]),
        'apply',
      );
      await send(
        'PATCH',
        'deployments/d?fieldManager=m1',
        deployment([{ name: 'one', image: 'one:1', env: [{ name: 'A', value: '1' }] }]),
        'apply',
      );
      await send(
        'PATCH',
        'deployments/d?fieldManager=m2',
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } },
        'apply',
      );
    },
  },
  {
    name: 'what cannot be applied',
    async run({ send }) {
      await send('PATCH', 'configmaps/a', applied({}), 'apply');
      await send(
        'PATCH',
        'configmaps/a?fieldManager=m',
        { kind: 'ConfigMap', metadata: { name: 'a' } },
        'apply',
      );
      await send('PATCH', 'configmaps/a?fieldManager=m', { apiVersion: 'v1', kind: 'ConfigMap' }, 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m', applied({}, { name: 'b' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m', applied({}, { managedFields: [{}] }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m', applied({}, { uid: 'x' }), 'apply');
      await send('PATCH', 'configmaps/a?fieldManager=m&force=true', {}, 'merge');
    },
  },
];
