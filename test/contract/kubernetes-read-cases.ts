import { type Bench, type Case, shortEvents } from './kubernetes-battery.ts';

const map = (name: string, labels: Record<string, string> = {}, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});

async function some({ quietly }: Bench): Promise<void> {
  await quietly('POST', 'configmaps', map('a', { app: 'web', tier: 'front' }));
  await quietly('POST', 'configmaps', map('b', { app: 'web', tier: 'back' }));
  await quietly('POST', 'configmaps', map('c', { app: 'db' }));
  await quietly('POST', 'configmaps', map('d'));
}

const namesOf = (body: Record<string, unknown>) =>
  (body.items as { metadata: { name: string } }[]).map((item) => item.metadata.name);

const revisionOf = (body: Record<string, unknown>) =>
  (body.metadata as { resourceVersion: string }).resourceVersion;

/** Lists, selectors, pages and watches. */
export const READ_CASES: readonly Case[] = [
  {
    name: 'lists',
    async run(bench) {
      await bench.send('GET', 'configmaps?labelSelector=none');
      await some(bench);
      await bench.send('GET', 'configmaps?labelSelector=app');
      const cached = await bench.quietly('GET', 'configmaps?labelSelector=app&resourceVersion=0');
      bench.note(namesOf(cached.body).sort());
    },
  },
  {
    name: 'label selectors',
    async run(bench) {
      await some(bench);
      const selectors = [
        'app=web',
        'app==web',
        'app!=web',
        'app',
        '!app',
        'app in (web,db)',
        'app notin (web)',
        'app=web,tier=back',
        'app=web,tier!=back',
        'tier in (front)',
        'app=',
        ' app = web ',
      ];
      for (const selector of selectors) {
        const { body } = await bench.quietly(
          'GET',
          `configmaps?labelSelector=${encodeURIComponent(selector)}`,
        );
        bench.note({ selector, names: namesOf(body).filter((name) => name.length === 1) });
      }
      for (const selector of ['a b', 'a in b', 'a in (b', 'a,,b', 'A/B/c', '=x', 'a=b c']) {
        await bench.send('GET', `configmaps?labelSelector=${encodeURIComponent(selector)}`);
      }
    },
  },
  {
    name: 'field selectors',
    async run(bench) {
      await some(bench);
      const { body } = await bench.quietly('GET', 'configmaps?fieldSelector=metadata.name=b');
      bench.note(namesOf(body));
      const others = await bench.quietly(
        'GET',
        'configmaps?labelSelector=app&fieldSelector=metadata.name!=b,metadata.namespace=$ns'.replace(
          '$ns',
          bench.namespace,
        ),
      );
      bench.note(namesOf(others.body));
      await bench.send('GET', 'configmaps?fieldSelector=data.a=b');
      await bench.send('GET', 'pods?fieldSelector=spec.nodeName=n');
      await bench.send('GET', 'pods?fieldSelector=spec.foo=n');
      await bench.send('GET', 'events?fieldSelector=involvedObject.kind=Pod,reason!=x,type=Normal,source=y');
      await bench.send('GET', '/api/v1/nodes?fieldSelector=spec.unschedulable=true');
      await bench.send('GET', 'secrets?fieldSelector=type=Other');
      await bench.send('GET', 'configmaps?fieldSelector=nonsense');
    },
  },
  {
    name: 'pages',
    async run(bench) {
      await some(bench);
      const first = await bench.quietly('GET', 'secrets?limit=1');
      bench.note(namesOf(first.body));
      const query = 'configmaps?labelSelector=app&limit=2';
      const one = await bench.quietly('GET', query);
      bench.note({ names: namesOf(one.body), metadata: Object.keys(one.body.metadata as object).sort() });
      const token = (one.body.metadata as { continue: string }).continue;
      await bench.quietly('DELETE', 'configmaps/c');
      const two = await bench.quietly('GET', `${query}&continue=${encodeURIComponent(token)}`);
      bench.note({ names: namesOf(two.body), sameRevision: revisionOf(two.body) === revisionOf(one.body) });
      await bench.send('GET', 'configmaps?limit=x');
      const remaining = await bench.quietly('GET', '/api/v1/namespaces?limit=1');
      bench.note(typeof (remaining.body.metadata as { remainingItemCount: number }).remainingItemCount);
    },
  },
  {
    name: 'revisions of lists',
    async run(bench) {
      await bench.send('GET', 'configmaps?resourceVersion=abc');
      await bench.send('GET', 'configmaps?resourceVersionMatch=Exact');
      await bench.send('GET', 'configmaps?resourceVersion=1&resourceVersionMatch=Foo');
      await bench.send('GET', 'configmaps?resourceVersion=0&resourceVersionMatch=Exact');
      const { body } = await bench.quietly('POST', 'configmaps', map('a', { app: 'web' }));
      await bench.quietly('PATCH', 'configmaps/a', { data: { later: 'x' } }, 'merge');
      const exact = await bench.quietly(
        'GET',
        `configmaps?labelSelector=app&resourceVersion=${revisionOf(body)}&resourceVersionMatch=Exact`,
      );
      bench.note((exact.body.items as { data?: object }[]).map((item) => item.data ?? null));
    },
  },
  {
    name: 'a watch from a revision',
    async run(bench) {
      const { body } = await bench.quietly('POST', 'configmaps', map('a', { app: 'web' }, { a: '1' }));
      await bench.quietly('PATCH', 'configmaps/a', { data: { a: '2' } }, 'merge');
      const watching = await bench.watch(
        `configmaps?watch=true&resourceVersion=${revisionOf(body)}&labelSelector=app`,
      );
      await bench.quietly('PATCH', 'configmaps/a', { data: { a: '2' } }, 'merge');
      await bench.quietly('PATCH', 'configmaps/a', { data: { a: '3' } }, 'merge');
      await bench.quietly('DELETE', 'configmaps/a');
      bench.note(shortEvents(await watching.until(3)));
    },
  },
  {
    name: 'a watch without a revision begins with what is there',
    async run(bench) {
      await bench.quietly('POST', 'configmaps', map('a', { app: 'web' }));
      const watching = await bench.watch('configmaps?watch=1&labelSelector=app');
      await watching.until(1);
      await bench.quietly('POST', 'configmaps', map('b', { app: 'web' }));
      bench.note(shortEvents(await watching.until(2)));
    },
  },
  {
    name: 'objects enter and leave a watched selection',
    async run(bench) {
      const { body } = await bench.quietly('POST', 'configmaps', map('a', { app: 'web' }, { a: '1' }));
      const watching = await bench.watch(
        `configmaps?watch=true&labelSelector=app%3Dweb&resourceVersion=${revisionOf(body)}`,
      );
      await bench.quietly(
        'PATCH',
        'configmaps/a',
        { metadata: { labels: { app: 'db' } }, data: { a: '2' } },
        'merge',
      );
      await bench.quietly('PATCH', 'configmaps/a', { data: { a: '3' } }, 'merge');
      await bench.quietly('PATCH', 'configmaps/a', { metadata: { labels: { app: 'web' } } }, 'merge');
      await bench.quietly('DELETE', 'configmaps/a');
      bench.note(shortEvents(await watching.until(3)));
    },
  },
  {
    name: 'one object is watched by its name',
    async run(bench) {
      const watching = await bench.watch('configmaps?watch=true&fieldSelector=metadata.name%3Da');
      await bench.quietly('POST', 'configmaps', map('b'));
      await bench.quietly('POST', 'configmaps', map('a'));
      bench.note(shortEvents(await watching.until(1)));
      await bench.send('GET', 'configmaps/nope?watch=true');
    },
  },
  {
    name: 'tables',
    async run(bench) {
      await some(bench);
      const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
      await bench.accept(table, 'configmaps/c');
      await bench.accept('application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'configmaps/c');
      await bench.accept(
        'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
        'configmaps?labelSelector=app%3Ddb',
      );
    },
  },
];
