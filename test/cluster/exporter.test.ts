import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Exporter, startExporter } from '../../infra/local/exporter/exporter.ts';
import { paths } from '../../infra/local/kubernetes/client/paths.ts';
import { isReady, podManifest } from '../contract/cluster-rig.ts';
import { statefulSet } from '../contract/controllers-rig.ts';
import { openWebhookSink, type WebhookSink } from '../contract/webhook-sink.ts';
import { openPlane, type PlaneRig } from './plane-rig.ts';

let rig: PlaneRig;
let sink: WebhookSink;
let exporter: Exporter;
beforeAll(async () => {
  rig = await openPlane();
  sink = await openWebhookSink();
  exporter = await startExporter(rig.context, {
    kubeconfig: rig.plane.kubeconfig(),
    clusterName: 'real',
    webhook: { url: sink.url, headers: {} },
  });
});
afterAll(async () => {
  await exporter?.close();
  await sink?.close();
  await rig?.close();
});

const about = (reason: string) => sink.bodies().find((body) => body.reason === reason);
const posted = (reason: string) => rig.until(reason, async () => about(reason));

test('posts what a real control plane and its nodes say about a StatefulSet', async () => {
  await rig.client.create(paths.statefulSets('default'), statefulSet({ replicas: 1 }));
  expect(await posted('SuccessfulCreate')).toMatchObject({
    involvedObject: { kind: 'StatefulSet', name: 'web' },
  });
  const started = await posted('Started');
  expect(started.involvedObject).toEqual({
    kind: 'Pod',
    namespace: 'default',
    name: 'web-0',
    uid: (await rig.pod('web-0'))?.metadata.uid,
    apiVersion: 'v1',
    resourceVersion: expect.any(String),
    fieldPath: 'spec.containers{nginx}',
    deleted: false,
  });
  const scheduled = await posted('Scheduled');
  expect(Object.keys(scheduled)).toEqual([
    'metadata',
    'reason',
    'message',
    'source',
    'firstTimestamp',
    'lastTimestamp',
    'type',
    'eventTime',
    'action',
    'reportingComponent',
    'reportingInstance',
    'clusterName',
    'involvedObject',
  ]);
  expect(scheduled).toMatchObject({ source: {}, firstTimestamp: null, lastTimestamp: null });
  await rig.client.patch(paths.statefulSets('default', 'web'), 'merge', { spec: { replicas: 0 } });
  await posted('SuccessfulDelete');
  await posted('Killing');
  for (const { metadata } of sink.bodies()) expect(metadata).not.toHaveProperty('managedFields');
});

test('says nothing of the removal of a pod by force', async () => {
  await rig.client.create(paths.pods('default'), podManifest('forced'));
  await rig.until('it is ready', async () => isReady(await rig.pod('forced')));
  await rig.until('it has started', async () =>
    sink.bodies().some((body) => body.involvedObject.name === 'forced' && body.reason === 'Started'),
  );
  const before = sink.received.length;
  await rig.client.remove(paths.pods('default', 'forced'), { gracePeriodSeconds: 0 });
  await rig.until('its ENI is gone', async () => rig.cloud.world.enis().length === 0);
  expect(await rig.pod('forced')).toBeUndefined();
  expect(
    sink
      .bodies()
      .slice(before)
      .filter((body) => body.reason !== 'Killing'),
  ).toEqual([]);
});
