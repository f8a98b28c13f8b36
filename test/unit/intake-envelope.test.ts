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

  it('must be configured, also in a hint of our own', () => {
    expect(whysOf(bodyOf('hint'), { ids: ['c-prod'] })).toEqual(['foreign']);
    expect(whysOf(bodyOf('hint'), { ids: [] })).toEqual(['foreign']);
  });
});

describe('what cannot be used', () => {
  it('is named by a hash, the same for the same, and shows nothing of the body', () => {
    const [first] = readEnvelope('a secret', ONE_CLUSTER).ignored;
    const [second] = readEnvelope('a secret', ONE_CLUSTER).ignored;
    const [other] = readEnvelope('another', ONE_CLUSTER).ignored;
    expect(first).toEqual({ why: 'malformed', hash: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(second).toEqual(first);
    expect(other?.hash).not.toBe(first?.hash);
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
    expect(whysOf(Array.from({ length: 10_001 }, () => 0))).toEqual(['oversized']);
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
    '',
    undefined,
  ])('is irrelevant where its message names no pod: %j', (message) => {
    expect(whysOf(about(message))).toEqual(['irrelevant']);
  });

  it('is malformed where it names one that cannot be', () => {
    expect(whysOf(about('create Pod Web_0 in StatefulSet web successful'))).toEqual(['malformed']);
  });
});
