import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStage, type Stage } from '../../infra/demo/stage.ts';
import { serviceName } from '../../infra/resources/names.ts';
import { annotate, eventsOf } from '../rig/pods.ts';
import { type StagedPods, stagedPods } from '../rig/staged-pods.ts';

const SERVICE = serviceName('local');
const MINUTE = 60_000;

let folder: string;
let stage: Stage;
let pods: StagedPods;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-input-'));
  stage = await openStage({ folder, clusterId: 'c-mine', dropEvents: 1 });
  pods = stagedPods(stage.cloud);
});
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

let lines: { functionName: string; line: string }[] = [];
let stopListening: () => void;
beforeEach(async () => {
  await stage.cloud.quiet();
  lines = [];
  stopListening = stage.cloud.functionCompute.onLog((line) => lines.push(line));
});
afterEach(() => stopListening());

/** Messages in a queue, whatever state they are in. */
const depthOf = (suffix: string) => {
  const { queues } = stage.cloud.mns;
  const name = queues.list().find((queue) => queue.endsWith(suffix));
  if (!name) throw new Error(`no queue ends with ${suffix}: ${queues.list().join(', ')}`);
  const { active, inactive, delayed } = queues.depth(name);
  return active + inactive + delayed;
};
const nothingQueued = async () => {
  await stage.cloud.quiet();
  expect({ hints: depthOf('-hints'), dead: depthOf('-hints-dead') }).toEqual({ hints: 0, dead: 0 });
};

/** A minute of the slowest machine's; a line that is there ends it at once. */
const MOST_LOOKS = 6_000;

/** Resolves with the fields of the first log line that says so. */
async function logged(msg: string): Promise<Record<string, unknown>> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    for (const { line } of lines) {
      if (!line.includes(msg)) continue;
      return JSON.parse(line.slice(line.indexOf('{')));
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no log line says "${msg}":\n${lines.map(({ line }) => line).join('\n')}`);
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

const podEvent = (more: object = {}) => ({
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'web-0' },
  reason: 'Killing',
  clusterName: 'c-mine',
  ...more,
});

async function post(body: string, authorization?: string) {
  const response = await fetch(stage.intakeUrl, {
    method: 'POST',
    headers: authorization === undefined ? {} : { authorization },
    body,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const postWithToken = (body: string) => post(body, `Bearer ${stage.intakeToken}`);

describe('a webhook call', () => {
  it.each([
    ['no token', () => undefined],
    ['a wrong token', () => 'Bearer not-the-token-of-this-cloud'],
    ['a token that only begins right', () => `Bearer ${stage.intakeToken}x`],
    ['the token under another scheme', () => `Basic ${stage.intakeToken}`],
    ['an empty token', () => 'Bearer '],
  ])('with %s is refused, and nothing is queued', async (_, authorization) => {
    const { status, body } = await post(JSON.stringify(podEvent()), authorization());
    expect(status).toBe(401);
    expect(JSON.stringify(body)).not.toContain(stage.intakeToken);
    await nothingQueued();
  });

  it.each([
    ['is no JSON', 'malformed', '{"involvedObject":'],
    ['is of no known shape', 'malformed', '{"hello":"world"}'],
    ['is empty', 'malformed', ''],
    [
      'names a pod that cannot exist',
      'malformed',
      JSON.stringify(podEvent({ involvedObject: { kind: 'Pod', namespace: 'default', name: '../../etc' } })),
    ],
    ['is about a cluster that is not ours', 'foreign', JSON.stringify(podEvent({ clusterName: 'c-theirs' }))],
    ['is far too large', 'oversized', JSON.stringify(podEvent({ message: 'x'.repeat(200_000) }))],
  ])(
    'whose body %s is acknowledged, counted, logged with its hash, and queued nowhere',
    async (_, why, text) => {
      const { status, body } = await postWithToken(text);
      expect({ status, ...body }).toEqual({ status: 202, accepted: 0, ignored: { [why]: 1 } });
      expect(await logged('a message was ignored')).toMatchObject({
        level: 'warn',
        why,
        hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
      expect(lines.map(({ line }) => line).join('\n')).not.toContain('xxxxxxxxxx');
      await nothingQueued();
    },
  );

  it('that the queue does not take is answered with an error, so that its sender can post it again', async () => {
    const fault = { kind: 'error', status: 500, code: 'InternalError' } as const;
    const outage = stage.cloud.context.faults.add({ service: 'mns', operation: 'BatchSendMessage', fault });
    const refused = await fetch(stage.intakeUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.intakeToken}` },
      body: JSON.stringify(podEvent()),
    });
    outage.remove();
    expect(refused.status).toBe(502);
    expect((await postWithToken(JSON.stringify(podEvent()))).status).toBe(202);
  });

  it('that brings good and bad together queues the good', async () => {
    const { body } = await postWithToken(
      JSON.stringify([podEvent(), { hello: 'world' }, podEvent({ clusterName: 'c-theirs' })]),
    );
    expect(body).toEqual({ accepted: 1, ignored: { malformed: 1, foreign: 1 } });
    expect(await logged('"reconciled"')).toMatchObject({ key: 'c-mine/default/web-0', outcome: 'settled' });
    await nothingQueued();
  });

  it('with a body that no memory should hold is counted by its hash, and nothing is queued', async () => {
    const post = (token: string) =>
      fetch(stage.intakeUrl, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: 'x'.repeat(2 * 1024 * 1024),
      });
    expect((await post('a-token-that-is-not-ours')).status).toBe(401);
    const response = await post(stage.intakeToken);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 0, ignored: { oversized: 1 } });
    await nothingQueued();
  });
});

describe('a message that somebody puts straight on the queue', () => {
  const hint = { holdfast: 1, cluster: 'c-mine', namespace: 'default', pod: 'web-0' };
  const POISON: readonly [what: string, text: string, why: string][] = [
    ['is no JSON', 'rubbish {', 'malformed'],
    ['is about a cluster that is not ours', JSON.stringify({ ...hint, cluster: 'c-theirs' }), 'foreign'],
    ['is of a version that we do not know', JSON.stringify({ ...hint, holdfast: 2 }), 'malformed'],
    ['is about a pod that cannot exist', JSON.stringify({ ...hint, pod: 'Web_0' }), 'malformed'],
  ];
  const send = (body: string) => {
    const { queues } = stage.cloud.mns;
    return queues.send(queues.list().find((name) => name.endsWith('-hints')) ?? '', body);
  };

  it.each(POISON)('and that %s is acknowledged, and logged with its hash', async (_, text, why) => {
    await send(Buffer.from(text).toString('base64'));
    expect(await logged('a message was ignored')).toMatchObject({ why, hash: expect.any(String) });
    await nothingQueued();
  });

  it('never comes back, and is no dead letter either', async () => {
    for (const [, text] of POISON) await send(Buffer.from(text).toString('base64'));
    await logged('a message was ignored');
    await nothingQueued();
    lines = [];
    await stage.cloud.context.clock.advance(40 * MINUTE);
    await nothingQueued();
    expect(lines.filter(({ line }) => line.includes('a message was ignored'))).toEqual([]);
  });

  it('is logged under the hash that its sender can compute', async () => {
    await send('rubbish {');
    expect(await logged('a message was ignored')).toMatchObject({ hash: hashOf('rubbish {') });
    await nothingQueued();
  });
});

describe('an annotation that cannot be read', () => {
  const WITH_EIP = 'k8s.aliyun.com/pod-with-eip';
  const BANDWIDTH = 'k8s.aliyun.com/eip-bandwidth';
  const eips = () => stage.cloud.openApi.world.eips();
  const RETENTION = 'k8s.aliyun.com/pod-eip-release-strategy';
  const HOURS = 'network.alibabacloud.com/fixed-ip-release-after';
  const conditionOf = async (name: string, about = 'k8s.aliyun.com/eip') =>
    (await pods.core.readNamespacedPod({ namespace: 'default', name })).status?.conditions?.find(
      ({ type }) => type === about,
    );
  const quoting = async (pod: string, text: string) =>
    (await eventsOf(pods.core, pod)).filter((event) => event.includes(text));

  it('gives one Event that quotes it and says what is allowed; nothing is bought', async () => {
    await pods.create('web-0', { [WITH_EIP]: 'yes please' });
    await pods.until('the Event', async () => (await quoting('web-0', 'yes please')).length > 0);
    await stage.cloud.context.clock.advance(5 * MINUTE);
    await stage.cloud.quiet();
    expect(await quoting('web-0', 'yes please')).toEqual([
      `InvalidAnnotation: ${WITH_EIP} is "yes please"; allowed is "true" or "false". What the pod has is kept.`,
    ]);
    expect(eips()).toEqual([]);
    await pods.remove('web-0');
  });

  it('leaves the pod what it has', async () => {
    await pods.create('web-1', { [WITH_EIP]: 'true' });
    await pods.until('the bind', () => eips().some(({ status }) => status === 'InUse'));
    const before = eips();
    await annotate(pods.core, 'web-1', { [BANDWIDTH]: 'a lot' });
    await pods.until('the Event', async () => (await quoting('web-1', 'a lot')).length > 0);
    await stage.cloud.context.clock.advance(5 * MINUTE);
    await stage.cloud.quiet();
    expect(await quoting('web-1', 'a lot')).toEqual([
      `InvalidAnnotation: ${BANDWIDTH} is "a lot"; allowed is a whole number of Mbit/s from 1 to 200. What the pod has is kept.`,
    ]);
    expect(eips()).toEqual(before);
    await pods.remove('web-1');
    await pods.until('the release', () => eips().length === 0);
  });

  it('buys nothing when it says how long to keep it: a slip would be kept for ever', async () => {
    await pods.create('web-2', { [WITH_EIP]: 'true', [RETENTION]: 'a while' });
    await pods.until('the word', async () => (await conditionOf('web-2'))?.reason === 'InvalidAnnotation');
    expect((await conditionOf('web-2'))?.message).toContain(
      `${RETENTION} is "a while"; allowed is Follow, Never`,
    );
    expect(eips()).toEqual([]);
  });

  it('about the fixed IP keeps no EIP from a pod, and is told where the fixed IP is, once', async () => {
    await pods.create('web-4', {
      [WITH_EIP]: 'true',
      'network.alibabacloud.com/enable-fixed-ip': 'true',
      [HOURS]: 'a weekend',
    });
    await pods.until('the word', async () => (await conditionOf('web-4'))?.status === 'True');
    expect(eips()).toMatchObject([{ status: 'InUse' }]);
    await stage.cloud.context.clock.advance(5 * MINUTE);
    await stage.cloud.quiet();
    const said = `${HOURS} is "a weekend"; allowed is a whole number of hours from 0 to 87600. What the pod has is kept.`;
    expect(await conditionOf('web-4', 'holdfast.io/fixed-ip')).toMatchObject({
      status: 'False',
      reason: 'InvalidAnnotation',
      message: `An annotation cannot be read: ${said}`,
    });
    expect(await quoting('web-4', 'a weekend')).toEqual([`InvalidAnnotation: ${said}`]);
    await pods.remove('web-4');
    await pods.until('the release', () => eips().length === 0);
  });

  it('keeps for good the address that a pod already has', async () => {
    await pods.create('web-3', { [WITH_EIP]: 'true', [RETENTION]: '10m' });
    await pods.until('the bind', () => eips().some(({ status }) => status === 'InUse'));
    await annotate(pods.core, 'web-3', { [RETENTION]: 'a while' });
    for (let minute = 0; minute < 3; minute++) {
      await stage.cloud.context.clock.advance(MINUTE);
      await stage.cloud.quiet();
    }
    await pods.remove('web-3');
    await pods.until('the unbind', () => eips().every(({ status }) => status === 'Available'));
    await stage.cloud.context.clock.advance(20 * MINUTE);
    await stage.cloud.quiet();
    expect(eips()).toHaveLength(1);
  });
});

describe('a function with settings that cannot be right', () => {
  interface Fc2 {
    getFunction(
      service: string,
      name: string,
    ): Promise<{ data: { environmentVariables: Record<string, string> } }>;
    updateFunction(service: string, name: string, change: object): Promise<unknown>;
    invokeFunction(
      service: string,
      name: string,
      event: string,
    ): Promise<{ headers: Record<string, string>; data: unknown }>;
  }

  const clientOfFunctions = (): Fc2 => {
    const { owner, id, region } = stage.cloud.context.account;
    const Fc = createRequire(import.meta.url)('@alicloud/fc2') as new (
      account: string,
      options: object,
    ) => Fc2;
    return new Fc(id, {
      accessKeyID: owner.accessKeyId,
      accessKeySecret: owner.accessKeySecret,
      region,
      endpoint: stage.cloud.endpoints.fc,
    });
  };

  const WRONG = { HOLDFAST_QUEUE: 'two words', HOLDFAST_KUBECONFG: 'x' };
  const PROBLEMS = [
    'HOLDFAST_MNS_ENDPOINT is missing',
    'HOLDFAST_QUEUE is not a name',
    'HOLDFAST_KUBECONFG is not a setting',
  ];
  const QUOTAS = { settings: { HOLDFAST_QUOTAS: '{' }, says: ['HOLDFAST_QUOTAS is not JSON'] };
  const INTAKE = {
    settings: { HOLDFAST_CLUSTERS: 'c-mine,not one', HOLDFAST_INTAKE_TOKEN: 'short' },
    says: [
      'HOLDFAST_CLUSTERS is not a list of cluster ids',
      'HOLDFAST_INTAKE_TOKEN is shorter than 16 characters',
    ],
  };

  it.each([
    ['retain', QUOTAS],
    ['reconcile', QUOTAS],
    ['resync', QUOTAS],
    ['intake', INTAKE],
  ])('refuses to start and lists all of them (%s)', async (name, { settings, says }) => {
    const fc = clientOfFunctions();
    const { environmentVariables } = (await fc.getFunction(SERVICE, name)).data;
    const { HOLDFAST_MNS_ENDPOINT: _, ...others } = environmentVariables;
    await fc.updateFunction(SERVICE, name, { environmentVariables: { ...others, ...WRONG, ...settings } });
    const { data } = await fc.invokeFunction(SERVICE, name, '{}');
    const said = JSON.stringify(data);
    for (const problem of [...PROBLEMS, ...says]) expect(said).toContain(problem);

    await fc.updateFunction(SERVICE, name, { environmentVariables });
    const { data: healed } = await fc.invokeFunction(SERVICE, name, '{}');
    expect(JSON.stringify(healed)).not.toContain('errorMessage');
  });
});
