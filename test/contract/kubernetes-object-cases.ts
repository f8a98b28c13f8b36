import type { Case } from './kubernetes-battery.ts';

const map = (name: string, data: Record<string, string> = { a: '1' }, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

/** Creating, reading and replacing objects of any kind, on the plainest one. */
export const OBJECT_CASES: readonly Case[] = [
  {
    name: 'create, get, replace, delete',
    async run({ send }) {
      await send('POST', 'configmaps', map('a'));
      await send('GET', 'configmaps/a');
      await send('PUT', 'configmaps/a', map('a', { a: '2' }));
      await send('PUT', 'configmaps/a', map('a', { a: '2' }));
      await send('PUT', 'configmaps/a', { metadata: { name: 'a' }, data: { b: '3' } });
      await send('DELETE', 'configmaps/a');
      await send('GET', 'configmaps/a');
      await send('DELETE', 'configmaps/a');
    },
  },
  {
    name: 'what cannot be created',
    async run({ send }) {
      await send('POST', 'configmaps', map('a'));
      await send('POST', 'configmaps', map('a'));
      await send('POST', 'configmaps', map('A_b'));
      await send('POST', 'configmaps', map('b', {}, { namespace: 'elsewhere' }));
      await send('POST', 'configmaps', map('b', {}, { resourceVersion: '5' }));
      await send('POST', 'configmaps', { kind: 'ConfigMap', apiVersion: 'v1', metadata: {} });
      await send('POST', 'configmaps', map('b', {}, { labels: { 'a b': 'x', ok: 'not ok' } }));
      await send('POST', 'configmaps', map('b', {}, { annotations: { 'a b': 'x' } }));
      await send('POST', 'configmaps', map('b', {}, { finalizers: ['plain'] }));
      await send(
        'POST',
        'configmaps',
        map('b', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: '' }] }),
      );
      await send('POST', '/api/v1/namespaces/nowhere/configmaps', map('a'));
      await send('POST', '/api/v1/configmaps', map('a'));
      await send('POST', 'configmaps/a', map('a'));
    },
  },
  {
    name: 'what cannot be replaced',
    async run({ send }) {
      await send('POST', 'configmaps', map('a'));
      await send('PUT', 'configmaps/a', map('b'));
      await send('PUT', 'configmaps/a', map('a', {}, { uid: 'f7d055fa-d706-41d5-91d9-ca81667e7382' }));
      await send('PUT', 'configmaps/a', map('a', {}, { resourceVersion: '1' }));
      await send('PUT', 'configmaps/a', map('a', {}, { namespace: 'elsewhere' }));
      await send('PUT', 'configmaps/zz', map('zz'));
      await send('PUT', 'configmaps', map('zz'));
    },
  },
  {
    name: 'optimistic concurrency',
    async run({ send }) {
      const { body } = await send('POST', 'configmaps', map('a'));
      const { resourceVersion } = body.metadata as { resourceVersion: string };
      await send('PUT', 'configmaps/a', map('a', { a: '2' }, { resourceVersion }));
      await send('PUT', 'configmaps/a', map('a', { a: '3' }, { resourceVersion }));
      await send('PATCH', 'configmaps/a', { metadata: { resourceVersion }, data: { a: '4' } }, 'merge');
      await send('PATCH', 'configmaps/a', { metadata: { resourceVersion }, data: { a: '4' } }, 'strategic');
      await send('GET', 'configmaps/a');
    },
  },
  {
    name: 'generated names',
    async run({ send, quietly, note }) {
      await send('POST', 'configmaps', { metadata: { generateName: 'x', name: 'given' } });
      const { body } = await quietly('POST', 'configmaps', { metadata: { generateName: 'made-' } });
      const { name, generateName } = body.metadata as { name: string; generateName: string };
      note({ generateName, name: /^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(name) });
    },
  },
  {
    name: 'a dry run writes nothing',
    async run({ send }) {
      await send('POST', 'configmaps?dryRun=All', map('a'));
      await send('GET', 'configmaps/a');
      await send('POST', 'configmaps', map('a'));
      await send('PUT', 'configmaps/a?dryRun=All', map('a', { a: '9' }));
      await send('PATCH', 'configmaps/a?dryRun=All', { data: { a: '9' } }, 'merge');
      await send('DELETE', 'configmaps/a?dryRun=All');
      await send('GET', 'configmaps/a');
    },
  },
  {
    name: 'metadata that is empty or foreign is dropped',
    async run({ send }) {
      await send(
        'POST',
        'configmaps',
        map('a', {}, { labels: {}, annotations: {}, finalizers: [], unknown: 'x', generation: 7 }),
      );
      await send(
        'POST',
        'configmaps',
        map(
          'b',
          {},
          { deletionTimestamp: '2020-01-01T00:00:00Z', uid: 'x', creationTimestamp: '2020-01-01T00:00:00Z' },
        ),
      );
    },
  },
  {
    name: 'paths that lead nowhere',
    async run({ send }) {
      await send('GET', '/api/v1/namespaces/$ns/things');
      await send('GET', '/api/v1/namespaces/$ns/configmaps/a/status');
      await send('GET', '/api/v1/namespaces/$ns/nodes');
      await send('PATCH', 'configmaps', {}, 'merge');
      await send('PUT', '/api/v1/namespaces/$ns/pods', {});
    },
  },
];
