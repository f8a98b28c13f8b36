import { type Bench, type Case, shortEvents } from './kubernetes-battery.ts';

const map = (metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
});
const pod = (metadata: object = {}, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...metadata },
  spec: { schedulerName: 'none', containers: [{ name: 'c', image: 'c:1' }], ...spec },
});
const held = { finalizers: ['example.com/hold'] };
const release = { metadata: { finalizers: null } };

/** Creates a pod, puts it on a node, and watches it. */
async function onNode(bench: Bench, metadata: object = {}, spec: object = {}) {
  await bench.quietly('POST', 'pods', pod(metadata, { nodeName: 'n', ...spec }));
  const watching = await bench.watch('pods?watch=true');
  await watching.until(1);
  return watching;
}

/** Preconditions, finalizers and the grace of pods. */
export const DELETION_CASES: readonly Case[] = [
  {
    name: 'preconditions',
    async run({ send }) {
      const { body } = await send('POST', 'configmaps', map());
      const { uid, resourceVersion } = body.metadata as { uid: string; resourceVersion: string };
      await send('DELETE', 'configmaps/a', { preconditions: { uid: 'x' } });
      await send('DELETE', 'configmaps/a', { preconditions: { resourceVersion: '1' } });
      await send('DELETE', 'configmaps/a', { propagationPolicy: 'Never' });
      await send('DELETE', 'configmaps/a', { preconditions: { uid, resourceVersion } });
      await send('POST', 'deployments', {
        metadata: { name: 'd' },
        spec: {
          replicas: 0,
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'c:1' }] } },
        },
      });
      await send('DELETE', 'deployments/d', { preconditions: { uid: 'x' } });
      await send('DELETE', 'deployments/d');
    },
  },
  {
    name: 'finalizers hold an object',
    async run(bench) {
      const { send, note } = bench;
      await send('POST', 'configmaps', map({ ...held, labels: { watched: 'yes' } }));
      const watching = await bench.watch('configmaps?watch=true&labelSelector=watched');
      await watching.until(1);
      await send('DELETE', 'configmaps/a');
      await send('DELETE', 'configmaps/a');
      await send(
        'PATCH',
        'configmaps/a',
        { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } },
        'merge',
      );
      await send('PATCH', 'configmaps/a', { metadata: { labels: { b: 'c' } } }, 'merge');
      await send('PATCH', 'configmaps/a', release, 'merge');
      await send('GET', 'configmaps/a');
      note(shortEvents(await watching.until(4)));
    },
  },
  {
    name: 'a pod without a node goes at once',
    async run(bench) {
      const watching = await bench.watch('pods?watch=true');
      await bench.send('POST', 'pods', pod());
      await bench.send('DELETE', 'pods/p');
      await bench.send('GET', 'pods/p');
      bench.note(shortEvents(await watching.until(3)));
    },
  },
  {
    name: 'a pod on a node goes with grace',
    async run(bench) {
      const watching = await onNode(bench);
      await bench.send('DELETE', 'pods/p');
      await bench.send('DELETE', 'pods/p');
      await bench.send('DELETE', 'pods/p?gracePeriodSeconds=60');
      await bench.send('DELETE', 'pods/p', { gracePeriodSeconds: 5 });
      await bench.send('PATCH', 'pods/p/status', { status: { phase: 'Failed' } }, 'merge');
      await bench.send('DELETE', 'pods/p', { gracePeriodSeconds: 0 });
      await bench.send('GET', 'pods/p');
      bench.note(shortEvents(await watching.until(6)));
    },
  },
  {
    name: 'a pod on a node with a finalizer',
    async run(bench) {
      const watching = await onNode(bench, held);
      await bench.send('DELETE', 'pods/p', { gracePeriodSeconds: 3 });
      await bench.send('PATCH', 'pods/p', { metadata: { finalizers: ['example.com/other'] } }, 'merge');
      await bench.send('DELETE', 'pods/p', { gracePeriodSeconds: 0 });
      await bench.send('PATCH', 'pods/p', release, 'merge');
      await bench.send('GET', 'pods/p');
      bench.note(shortEvents(await watching.until(4)));
    },
  },
  {
    name: 'a finalizer that falls before the grace is over',
    async run(bench) {
      const watching = await onNode(bench, held);
      await bench.send('DELETE', 'pods/p');
      await bench.send('PATCH', 'pods/p', release, 'merge');
      await bench.send('DELETE', 'pods/p?gracePeriodSeconds=0');
      bench.note(shortEvents(await watching.until(5)));
    },
  },
  {
    name: 'a pod without a node with a finalizer',
    async run({ send }) {
      await send('POST', 'pods', pod(held));
      await send('DELETE', 'pods/p');
      await send('DELETE', 'pods/p', { gracePeriodSeconds: 0 });
      await send('PATCH', 'pods/p', release, 'merge');
      await send('GET', 'pods/p');
    },
  },
  {
    name: 'a pod that is done needs no grace',
    async run(bench) {
      await onNode(bench, {}, { restartPolicy: 'Never', terminationGracePeriodSeconds: 7 });
      await bench.send('PATCH', 'pods/p/status', { status: { phase: 'Succeeded' } }, 'merge');
      await bench.send('DELETE', 'pods/p');
      await bench.send('GET', 'pods/p');
    },
  },
  {
    name: 'eviction',
    async run(bench) {
      await onNode(bench, {}, { terminationGracePeriodSeconds: 7 });
      await bench.send('POST', 'pods/p/eviction', {
        apiVersion: 'policy/v1beta1',
        kind: 'Eviction',
        metadata: { name: 'q' },
      });
      await bench.send('POST', 'pods/none/eviction', {
        apiVersion: 'policy/v1beta1',
        kind: 'Eviction',
        metadata: { name: 'none' },
      });
      await bench.send('POST', 'pods/p/eviction', {
        apiVersion: 'policy/v1beta1',
        kind: 'Eviction',
        metadata: { name: 'p' },
      });
      await bench.send('GET', 'pods/p');
      await bench.quietly('DELETE', 'pods/p?gracePeriodSeconds=0');
    },
  },
  {
    name: 'collections are deleted by selector',
    async run(bench) {
      for (const name of ['a', 'b', 'c']) {
        await bench.quietly(
          'POST',
          'configmaps',
          map({ name, labels: { keep: name === 'c' ? 'yes' : 'no' } }),
        );
      }
      await bench.send('DELETE', 'configmaps?labelSelector=keep%3Dno');
      await bench.send('GET', 'configmaps?labelSelector=keep');
    },
  },
];
