import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LARGEST_MESSAGE, readEnvelope, type Why } from '../../shared/intake/envelope.ts';
import type { Hint } from '../../shared/reconcile/ports.ts';

const FOLDER = new URL('../fixtures/events/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(`${name}.json`, FOLDER), 'utf8');
const bodyOf = (name: string): unknown => JSON.parse(textOf(name));

const ONE_CLUSTER = { ids: ['c-test'] };
const TWO_CLUSTERS = { ids: ['c-test', 'c-prod'] };

const hintOf = (pod: string, more: Partial<Hint> = {}): Hint => ({
  clusterId: 'c-test',
  namespace: 'default',
  pod,
  ...more,
});
const WEB_0 = hintOf('web-0');
const WEB_1_AGAIN = hintOf('web-1', { attempt: 3, look: true });
const SHOP_WEB_1 = hintOf('web-1', { namespace: 'shop' });

/** What each recorded body says, with one cluster configured. */
const RECORDED: Readonly<Record<string, { hints: readonly Hint[]; ignored?: readonly Why[] }>> = {
  'exporter-killing': { hints: [WEB_0] },
  'exporter-scheduled': { hints: [SHOP_WEB_1] },
  'exporter-taint-eviction': { hints: [WEB_0] },
  'exporter-statefulset-create': { hints: [hintOf('web-2')] },
  'exporter-statefulset-delete': { hints: [hintOf('web-2')] },
  'exporter-statefulset-failed': { hints: [hintOf('web-3')] },
  'exporter-unnamed-cluster': { hints: [WEB_0] },
  'exporter-own-event': { hints: [], ignored: ['own'] },
  'exporter-node': { hints: [], ignored: ['irrelevant'] },
  'exporter-other-cluster': { hints: [], ignored: ['foreign'] },
  'exporter-invalid-name': { hints: [], ignored: ['malformed'] },
  'acs-pod-event': { hints: [WEB_0] },
  'acs-other-cluster': { hints: [], ignored: ['foreign'] },
  'http-source-object': { hints: [WEB_0] },
  'http-source-text': { hints: [WEB_0] },
  'queue-trigger-single': { hints: [WEB_0] },
  'queue-trigger-text': { hints: [WEB_0, WEB_1_AGAIN] },
  'queue-trigger-object': { hints: [WEB_0] },
  'queue-trigger-base64': { hints: [WEB_0, WEB_1_AGAIN] },
  'queue-trigger-text-items': { hints: [WEB_0] },
  'queue-trigger-mixed': {
    hints: [WEB_0, WEB_0, SHOP_WEB_1, WEB_1_AGAIN],
    ignored: ['malformed', 'irrelevant'],
  },
  'queue-trigger-deepest': { hints: [WEB_0] },
  hint: { hints: [WEB_0] },
  'hint-again': { hints: [WEB_1_AGAIN] },
  'hint-newer': { hints: [], ignored: ['malformed'] },
  malformed: { hints: [], ignored: Array.from({ length: 19 }, () => 'malformed' as const) },
};

const whysOf = (body: unknown, clusters = ONE_CLUSTER) =>
  readEnvelope(body, clusters).ignored.map(({ why }) => why);

describe('a recorded body', () => {
  it('is in the table below, each of them', () => {
    const names = readdirSync(FOLDER).map((file) => file.replace('.json', ''));
    expect(Object.keys(RECORDED).sort()).toEqual(names.sort());
  });

  describe.each(Object.entries(RECORDED))('%s', (name, { hints, ignored = [] }) => {
    it.each([
      ['an object', bodyOf(name)],
      ['text', textOf(name)],
      ['bytes', Buffer.from(textOf(name))],
      ['base64', Buffer.from(textOf(name)).toString('base64')],
    ])('says the same as %s', (_, body) => {
      const reading = readEnvelope(body, ONE_CLUSTER);
      expect(reading.hints).toEqual(hints);
      expect(reading.ignored.map(({ why }) => why)).toEqual(ignored);
    });
  });
});

describe('the cluster of an event', () => {
  it('cannot be told where several are configured and none is named', () => {
    expect(whysOf(bodyOf('exporter-unnamed-cluster'), TWO_CLUSTERS)).toEqual(['foreign']);
  });

  it('is the one that the event names, or else the envelope around it', () => {
    expect(readEnvelope(bodyOf('exporter-killing'), TWO_CLUSTERS).hints).toEqual([WEB_0]);
    expect(readEnvelope(bodyOf('acs-pod-event'), TWO_CLUSTERS).hints).toEqual([WEB_0]);
  });

  it('is the one around it where its own name for it is no text', () => {
    const named = { ...(bodyOf('exporter-killing') as object), clusterName: 7 };
    expect(readEnvelope(named, ONE_CLUSTER).hints).toEqual([WEB_0]);
    expect(whysOf(named, TWO_CLUSTERS)).toEqual(['foreign']);
  });

  it('is malformed where its name could not be one', () => {
    const named = { ...(bodyOf('exporter-killing') as object), clusterName: 'c/test' };
    expect(whysOf(named)).toEqual(['malformed']);
  });

  it('must be configured, also in a hint of our own', () => {
    expect(whysOf(bodyOf('hint'), { ids: ['c-prod'] })).toEqual(['foreign']);
    expect(whysOf(bodyOf('hint'), { ids: [] })).toEqual(['foreign']);
  });
});

describe('the subject of a cloud event', () => {
  const { data, ...event } = bodyOf('acs-pod-event') as Record<string, unknown>;
  const about = (subject: unknown) => ({ ...event, subject, data });
  const path = 'apis/v1/namespaces/default/pods/web-0';

  it.each(['c-test', 'c5e7a1b2c3d4e4f6a8b9c0d1e2f3a4b5c'])('names the cluster, such as %s', (id) => {
    const { hints } = readEnvelope(about(`acs:cs:cn-hangzhou:1234567890123456:${id}/${path}`), {
      ids: [id, 'c-prod'],
    });
    expect(hints).toEqual([{ ...WEB_0, clusterId: id }]);
  });

  it.each([
    `x acs:cs:cn-hangzhou:1:c-test/${path}`,
    `acs:eventbridge:cn-hangzhou:1:c-test/${path}`,
    `acs:cs:cn-hangzhou:c-test/${path}`,
    'acs:cs:cn-hangzhou:1:c-test',
    `acs:cs:cn-hangzhou:1:/${path}`,
    [`acs:cs:cn-hangzhou:1:c-test/${path}`],
    { toString: null },
    '',
    undefined,
  ])('names none where it is %j', (subject) => {
    expect(whysOf(about(subject), TWO_CLUSTERS)).toEqual(['foreign']);
    expect(readEnvelope(about(subject), ONE_CLUSTER).hints).toEqual([WEB_0]);
  });
});

describe('an envelope', () => {
  const event = bodyOf('exporter-killing') as Record<string, unknown>;

  it('is a cloud event only with a version and with data; an event that has one of them is itself', () => {
    for (const more of [{ specversion: '1.0' }, { data: bodyOf('hint-again') }])
      expect(readEnvelope({ ...event, ...more }, ONE_CLUSTER).hints).toEqual([WEB_0]);
    const both = { ...event, specversion: '1.0', data: bodyOf('hint-again') };
    expect(readEnvelope(both, ONE_CLUSTER).hints).toEqual([WEB_1_AGAIN]);
  });

  it('of an HTTP source holds its message in a body, any other may have a field of that name', () => {
    const from = (type: string, data: unknown) =>
      readEnvelope({ specversion: '1.0', type, data }, ONE_CLUSTER);
    const http = 'eventbridge:Events:HTTPEvent';
    expect(from(http, { body: event }).hints).toEqual([WEB_0]);
    expect(from(http, event).hints).toEqual([WEB_0]);
    expect(from('cs:k8s:PodRelatedEvent', { ...event, body: 'x' }).hints).toEqual([WEB_0]);
  });

  /** The hint within so many of them. */
  const within = (count: number, wrap: (inner: unknown) => unknown): unknown =>
    Array.from({ length: count }).reduce((inner) => wrap(inner), bodyOf('hint'));

  it.each<[string, (inner: unknown) => unknown]>([
    ['arrays', (item) => [item]],
    ['cloud events', (data) => ({ specversion: '1.0', data })],
    ['queue messages', (messageBody) => ({ specversion: '1.0', data: { messageBody } })],
    ['requests', (body) => ({ specversion: '1.0', type: 'eventbridge:Events:HTTPEvent', data: { body } })],
  ])('may stand within seven %s and no more, text counting as one of them', (_, wrap) => {
    expect(readEnvelope(within(7, wrap), ONE_CLUSTER).hints).toEqual([WEB_0]);
    expect(whysOf(within(8, wrap))).toEqual(['malformed']);
    expect(readEnvelope(JSON.stringify(within(6, wrap)), ONE_CLUSTER).hints).toEqual([WEB_0]);
    expect(whysOf(JSON.stringify(within(7, wrap)))).toEqual(['malformed']);
  });
});

describe('a text in base64', () => {
  const base64 = (pad: string) => Buffer.from(`${textOf('hint').trim()}${pad}`).toString('base64');
  const unpadded = ['', ' ', '  '].map(base64).find((text) => !text.endsWith('=')) ?? '';

  it('is read with any padding, and with blanks in it and around it', () => {
    for (const text of ['', ' ', '  '].map(base64)) {
      expect(readEnvelope(text, ONE_CLUSTER).hints).toEqual([WEB_0]);
      expect(readEnvelope(` ${text}\n`, ONE_CLUSTER).hints).toEqual([WEB_0]);
      expect(readEnvelope(text.replace(/.{76}/g, '$&\r\n'), ONE_CLUSTER).hints).toEqual([WEB_0]);
    }
  });

  it.each([
    ['led by a sign', `!${unpadded}`],
    ['followed by a sign', `${unpadded}!`],
    ['with a sign in it', `${unpadded.slice(0, 8)}!${unpadded.slice(8)}`],
    ['padded more than once', `${unpadded}===`],
    ['of the alphabet for addresses', `${unpadded}_-`],
  ])('is none where it is %s', (_, text) => {
    expect(whysOf(text)).toEqual(['malformed']);
  });

  it('is found out not to be one at once, however many blanks there are', () => {
    expect(whysOf(`${' '.repeat(1024 * 1024)}{`)).toEqual(['malformed']);
    expect(whysOf(`${' '.repeat(1024 * 1024)}=x`)).toEqual(['malformed']);
  });
});

describe('what cannot be used', () => {
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

  it('is named by a hash of it as it came, and shows nothing of the body', () => {
    for (const body of ['a secret', Buffer.from('a secret')])
      expect(readEnvelope(body, ONE_CLUSTER)).toEqual({
        hints: [],
        ignored: [{ why: 'malformed', hash: hashOf('a secret') }],
      });
    expect(readEnvelope({ a: 'secret' }, ONE_CLUSTER).ignored).toEqual([
      { why: 'malformed', hash: hashOf('{"a":"secret"}') },
    ]);
  });

  it('is malformed where it is text within text', () => {
    expect(whysOf(JSON.stringify(textOf('hint')))).toEqual(['malformed']);
    expect(whysOf(Buffer.from('null').toString('base64'))).toEqual(['malformed']);
  });

  it('is about no object where that is no object itself', () => {
    for (const involvedObject of [[], null, 'web-0'])
      expect(whysOf({ clusterName: 'c-test', involvedObject })).toEqual(['malformed']);
  });

  it.each(['namespace', 'name'])('is malformed where the %s could not be one', (field) => {
    const event = bodyOf('exporter-killing') as { involvedObject: object };
    for (const value of ['No_Name', '', 7, null])
      expect(whysOf({ ...event, involvedObject: { ...event.involvedObject, [field]: value } })).toEqual([
        'malformed',
      ]);
  });

  it('is oversized from one byte above the limit on', () => {
    const padded = (size: number) => {
      const bare = JSON.stringify({ ...(bodyOf('hint') as object), pad: '' });
      return JSON.stringify({ ...(bodyOf('hint') as object), pad: 'x'.repeat(size - bare.length) });
    };
    expect(readEnvelope(padded(LARGEST_MESSAGE), ONE_CLUSTER).hints).toEqual([WEB_0]);
    expect(whysOf(padded(LARGEST_MESSAGE + 1))).toEqual(['oversized']);
  });

  it('does not weigh on its neighbours', () => {
    const big = JSON.stringify({ pad: 'x'.repeat(LARGEST_MESSAGE) });
    const reading = readEnvelope([big, bodyOf('hint'), '{'], ONE_CLUSTER);
    expect(reading.hints).toEqual([WEB_0]);
    expect(reading.ignored.map(({ why }) => why)).toEqual(['oversized', 'malformed']);
  });

  it('is an array of more items than a batch can have', () => {
    const items = (length: number) => Array.from({ length }, () => 0);
    expect(whysOf(items(10_001))).toEqual(['oversized']);
    expect(new Set(whysOf(items(10_000)))).toEqual(new Set(['malformed']));
  });

  it.each([
    ['arrays nested a hundred thousand deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['objects nested a hundred thousand deep', `${'{"data":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    [
      'a message that cannot be turned into text',
      '{"involvedObject":{"kind":"StatefulSet","name":"web"},"message":{"toString":null,"valueOf":null}}',
    ],
    ['a message that is no text', '{"involvedObject":{"kind":"StatefulSet","name":"web"},"message":[1]}'],
    ['an object that says what it is in JSON', '{"involvedObject":{"kind":"Pod"},"toJSON":1}'],
    ['a prototype', '{"__proto__":{"involvedObject":{"kind":"Pod"}}}'],
  ])('may be %s', (_, text) => {
    const reading = readEnvelope(text, ONE_CLUSTER);
    expect(reading.hints).toEqual([]);
    expect(reading.ignored).toHaveLength(1);
  });

  it('may be a value that JSON has no form for', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const thrower = {
      toJSON: () => {
        throw new Error('no');
      },
    };
    for (const value of [1n, { a: 1n }, circle, thrower, Symbol('x'), () => 1, new Map(), undefined])
      expect(whysOf(value)).toEqual(['malformed']);
  });
});

describe('an event about a StatefulSet', () => {
  const about = (message: unknown) => ({
    involvedObject: { kind: 'StatefulSet', namespace: 'default', name: 'web' },
    clusterName: 'c-test',
    message,
  });

  it.each([
    'create Claim data-web-0 Pod web-0 in StatefulSet web success',
    'StatefulSet web scaled',
    'create Pod web-0',
    'first create Pod web-0 in StatefulSet web successful',
    'create Pod web-0 in StatefulSet web',
    'create Pod web-0 web-1 in StatefulSet web successful',
    'create Pod web-0 in StatefulSet the web successful',
    'update Pod web-0 in StatefulSet web successful',
    '',
    undefined,
  ])('is irrelevant where its message names no pod: %j', (message) => {
    expect(whysOf(about(message))).toEqual(['irrelevant']);
  });

  it.each([
    'create Pod web-0 in StatefulSet web successful',
    'delete Pod web-0 in StatefulSet web successful',
    'create Pod web-0 in StatefulSet web failed error: the quota is used up',
  ])('is about the pod that its message names: %s', (message) => {
    expect(readEnvelope(about(message), ONE_CLUSTER).hints).toEqual([WEB_0]);
  });

  it('is the only one whose message is read', () => {
    const event = about('create Pod web-0 in StatefulSet web successful');
    expect(whysOf({ ...event, involvedObject: { ...event.involvedObject, kind: 'ReplicaSet' } })).toEqual([
      'irrelevant',
    ]);
  });

  it('is malformed where it names one that cannot be', () => {
    expect(whysOf(about('create Pod Web_0 in StatefulSet web successful'))).toEqual(['malformed']);
  });
});

describe('an event that we wrote ourselves', () => {
  it('is known by either of the fields that name who reports it', () => {
    const event = bodyOf('exporter-killing') as object;
    expect(whysOf({ ...event, source: { component: 'holdfast' } })).toEqual(['own']);
    expect(whysOf({ ...event, reportingComponent: 'holdfast' })).toEqual(['own']);
    for (const source of [undefined, null, 'holdfast', ['holdfast']])
      expect(readEnvelope({ ...event, source }, ONE_CLUSTER).hints).toEqual([WEB_0]);
  });
});
