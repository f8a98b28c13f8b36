import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ExporterOptions, startExporter } from '../../infra/local/exporter/exporter.ts';
import { secondsTime } from '../../infra/local/kubernetes/client/objects.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import { type ClusterRig, openCluster, podManifest } from './cluster-rig.ts';
import { statefulSet } from './controllers-rig.ts';
import { openWebhookSink, type WebhookSink } from './webhook-sink.ts';

let cluster: ClusterRig;
let sink: WebhookSink;
beforeEach(async () => {
  cluster = await openCluster();
  sink = cluster.closing(await openWebhookSink());
});
afterEach(() => cluster.close());

const open = async (options: Partial<ExporterOptions> = {}) =>
  cluster.closing(
    await startExporter(cluster.context, {
      kubeconfig: cluster.api.kubeconfig(),
      clusterName: 'prod-hz',
      webhook: { url: sink.url, headers: { 'X-Bridge-Token': 'secret' } },
      ...options,
    }),
  );

let number = 0;
const event = (reason: string, more: object = {}) => {
  const time = secondsTime(cluster.clock.now());
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `web-0.${++number}`, namespace: 'default' },
    involvedObject: {
      kind: 'Pod',
      namespace: 'default',
      name: 'web-0',
      uid: 'u-1',
      apiVersion: 'v1',
      resourceVersion: '7',
    },
    reason,
    message: 'Stopping container nginx',
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type: 'Normal',
    reportingComponent: 'kubelet',
    reportingInstance: 'node-1',
    ...more,
  };
};
const happens = (reason: string, more: object = {}) =>
  cluster.client.create(paths.events('default'), event(reason, more));
const posts = (count: number) => cluster.until(`${count} posts`, () => sink.received.length >= count);

describe('what is posted', () => {
  test('is the JSON of the original, to the byte', async () => {
    await open();
    const involvedObject = { ...event('').involvedObject, fieldPath: 'spec.containers{nginx}' };
    const { metadata } = await happens('Killing', { message: 'a < b & "c"', involvedObject });
    await posts(1);
    expect(sink.received[0]?.body).toBe(
      `{"metadata":{"name":"${metadata.name}","namespace":"default","uid":"${metadata.uid}",` +
        `"resourceVersion":"${metadata.resourceVersion}","creationTimestamp":"2026-08-21T08:15:30Z"},` +
        '"reason":"Killing","message":"a \\u003c b \\u0026 \\"c\\"","source":{"component":"kubelet","host":"node-1"},' +
        '"firstTimestamp":"2026-08-21T08:15:30Z","lastTimestamp":"2026-08-21T08:15:30Z","count":1,"type":"Normal",' +
        '"eventTime":null,"reportingComponent":"kubelet","reportingInstance":"node-1","clusterName":"prod-hz",' +
        '"involvedObject":{"kind":"Pod","namespace":"default","name":"web-0","uid":"u-1","apiVersion":"v1",' +
        '"resourceVersion":"7","fieldPath":"spec.containers{nginx}","deleted":false}}',
    );
  });

  test('is one event a request, by POST, with the headers of Go and those that are asked for', async () => {
    await open();
    await happens('Killing');
    await posts(1);
    expect(sink.received[0]).toMatchObject({
      method: 'POST',
      path: '/events',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Go-http-client/1.1',
        'x-bridge-token': 'secret',
      },
    });
  });

  test('has no times and no count where the event is of the newer kind', async () => {
    await open();
    const { involvedObject: regarding } = event('');
    await cluster.client.create(paths.schedulerEvents('default'), {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'web-0.scheduled', namespace: 'default' },
      eventTime: '2026-08-21T08:15:01.123456Z',
      reportingController: 'default-scheduler',
      reportingInstance: 'default-scheduler-a',
      action: 'Binding',
      reason: 'Scheduled',
      regarding,
      note: 'Successfully assigned default/web-0 to node-1',
      type: 'Normal',
    });
    await posts(1);
    const { body = '' } = sink.received[0] ?? {};
    expect(body).toContain(
      '"source":{},"firstTimestamp":null,"lastTimestamp":null,"type":"Normal",' +
        '"eventTime":"2026-08-21T08:15:01.123456Z","action":"Binding","reportingComponent":"default-scheduler"',
    );
  });

  test('tells labels, annotations, owners and deletion only where the object is looked up', async () => {
    await open({ omitLookup: false });
    const labels = { zone: 'h', app: 'web' };
    const set = await cluster.client.create(paths.statefulSets('default'), statefulSet());
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      name: 'web',
      uid: set.metadata.uid ?? '',
      controller: true,
    };
    const manifest = podManifest(
      'web-0',
      { nodeName: 'n' },
      { labels, annotations: { a: 'b' }, ownerReferences: [owner] },
    );
    await cluster.client.create(paths.pods('default'), manifest);
    await happens('Pulled');
    await posts(1);
    await cluster.client.remove(paths.pods('default', 'web-0'));
    const again = { ...event('').involvedObject, resourceVersion: '8' };
    await happens('Killing', { involvedObject: again });
    await posts(2);
    await happens('Killing', { involvedObject: { ...again, name: 'web-9', resourceVersion: '9' } });
    await posts(3);
    const [first, second, third] = sink.bodies().map(({ involvedObject }) => involvedObject);
    expect(first).toMatchObject({
      labels,
      annotations: { a: 'b' },
      ownerReferences: [owner],
      deleted: false,
    });
    expect(Object.keys(first.labels)).toEqual(['app', 'zone']);
    expect(second).toMatchObject({ labels, deleted: true });
    expect(third).toMatchObject({ name: 'web-9', deleted: true });
    expect(third).not.toHaveProperty('labels');
  });

  test('describes an earlier pod with what its successor is like: the lookup goes by name', async () => {
    await open({ omitLookup: false });
    await cluster.client.create(
      paths.pods('default'),
      podManifest('web-0', {}, { labels: { of: 'successor' } }),
    );
    await happens('Killing');
    await posts(1);
    expect(sink.bodies()[0].involvedObject).toMatchObject({
      uid: 'u-1',
      labels: { of: 'successor' },
      deleted: false,
    });
  });
});

describe('what is not posted', () => {
  test('changes of an event, and events of other kinds', async () => {
    await open();
    const { metadata } = await happens('Killing');
    await cluster.client.patch(paths.events('default', metadata.name), 'merge', { count: 2 });
    await happens('NodeReady', { involvedObject: { kind: 'Node', name: 'node-1' } });
    const set = { kind: 'StatefulSet', namespace: 'default', name: 'web' };
    await happens('FailedCreate', { involvedObject: set });
    await happens('SuccessfulCreate', { involvedObject: set });
    await happens('Last');
    await posts(3);
    await cluster.passes(500);
    expect(sink.reasons()).toEqual(['Killing', 'SuccessfulCreate', 'Last']);
  });

  test('events older than maxEventAgeSeconds; what happened shortly before the start is', async () => {
    await happens('Old');
    await cluster.passes(301_000, 10_000);
    await happens('Recent');
    await open();
    await posts(1);
    await happens('Last', { lastTimestamp: secondsTime(cluster.clock.now() - 299_000) });
    await posts(2);
    expect(sink.reasons()).toEqual(['Recent', 'Last']);
  });

  test('anything a second time, though the webhook refuses it', async () => {
    const exporter = await open();
    const statuses: (number | undefined)[] = [];
    exporter.onPost(({ status }) => statuses.push(status));
    sink.answer(503);
    await happens('Killing');
    await posts(1);
    await cluster.until('its answer', () => statuses.length === 1);
    sink.answer(200);
    await happens('Last');
    await posts(2);
    expect(sink.reasons()).toEqual(['Killing', 'Last']);
    await cluster.until('both are answered', () => exporter.sent() === 2);
    expect(statuses[0]).toBe(503);
  });
});

describe('the way to the webhook', () => {
  test('takes one post at a time, and the next only when the last is answered', async () => {
    await open();
    sink.hold();
    for (const reason of ['A', 'B', 'C']) await happens(reason);
    await posts(1);
    await cluster.passes(1_000);
    expect(sink.received).toHaveLength(1);
    sink.release();
    await posts(3);
    expect(sink.mostAtOnce()).toBe(1);
  });

  test('loses, doubles, delays and disorders as it is told', async () => {
    const exporter = await open({ loss: { drop: 1 } });
    await happens('Lost');
    await cluster.until('it is lost', () => exporter.dropped() === 1);
    exporter.setLoss({ duplicate: 1 });
    await happens('Twice');
    await posts(2);
    exporter.setLoss({ delayMs: { min: 5_000, max: 5_000 } });
    await happens('Late');
    await cluster.passes(4_500);
    expect(sink.reasons()).toEqual(['Twice', 'Twice']);
    await posts(3);
    exporter.setLoss({ reorder: true });
    const reasons = Array.from({ length: 12 }, (_, index) => `R${index}`);
    for (const reason of reasons) await happens(reason);
    await posts(15);
    const disordered = sink.reasons().slice(3);
    expect(disordered).not.toEqual(reasons);
    expect(new Set(disordered)).toEqual(new Set(reasons));
    await cluster.until('all are answered', () => exporter.sent() === 15);
  });

  test('is found again when the API has forgotten where the watch was', async () => {
    await open();
    await happens('Before');
    await posts(1);
    cluster.context.faults.add({
      service: 'kubernetes',
      operation: /watch/,
      times: 3,
      fault: { kind: 'drop' },
    });
    cluster.api.store.compact();
    await happens('After');
    await posts(2);
    expect(sink.reasons()).toEqual(['Before', 'After']);
  });
});
