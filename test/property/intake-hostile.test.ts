import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNamespaceName, isPodName } from '../../shared/claim/identity.ts';
import { type Reading, readEnvelope } from '../../shared/intake/envelope.ts';
import { decodeHint, encodeHint } from '../../shared/intake/hint.ts';
import { parseEvent } from '../../shared/runtime/middleware.ts';
import { runs } from './effort.ts';

const FOLDER = new URL('../fixtures/events/', import.meta.url);
const RECORDED: readonly string[] = readdirSync(FOLDER).map((file) =>
  readFileSync(new URL(file, FOLDER), 'utf8'),
);
const PARSED = RECORDED.flatMap((text) => {
  const value = parsed(text);
  return value === undefined ? [] : [value];
});

const CLUSTERS = ['c-test', 'c-prod'];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every text in a body, opened as far as JSON and base64 go: whatever a hint names has to be one of these. */
function textsIn(value: unknown, depth = 40): readonly string[] {
  if (depth === 0) return [];
  if (Buffer.isBuffer(value)) return textsIn(value.toString('utf8'), depth - 1);
  if (typeof value === 'string') {
    // In base64, "{" and "[" begin with these; most texts are neither.
    const isCoded = /^\s*[eW]/.test(value);
    const inner = parsed(isCoded ? Buffer.from(value, 'base64').toString('utf8') : value) ?? parsed(value);
    return [value, ...(typeof inner === 'object' ? textsIn(inner, depth - 1) : [])];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((inner) => textsIn(inner, depth - 1));
}

function check(body: unknown, ids: readonly string[]): Reading {
  const reading = readEnvelope(body, { ids });
  const texts = reading.hints.length > 0 ? textsIn(body) : [];
  for (const { clusterId, namespace, pod, attempt = 0 } of reading.hints) {
    expect(ids).toContain(clusterId);
    expect([isNamespaceName(namespace), isPodName(pod)]).toEqual([true, true]);
    expect(texts).toContain(namespace);
    expect(texts.some((text) => text === pod || text.includes(` Pod ${pod} in StatefulSet `))).toBe(true);
    const isNamed = texts.some((text) => text === clusterId || text.includes(`:${clusterId}/`));
    expect(isNamed || ids.length === 1).toBe(true);
    expect([Number.isInteger(attempt), attempt >= 0 && attempt <= 1_000]).toEqual([true, true]);
  }
  return reading;
}

/** What breaks a reader that is careless with names, numbers and prototypes. */
const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '', ' ', '/', '..', 'web-0\n'],
    ...['Web-0', 'ｗｅｂ-0', 'wéb', 'a'.repeat(254), '-', 'c-test/../c-prod', '١', '\u0000', '\ud800'],
    ...[1e308, -1, 0, -0, 2 ** 53, 1.5, Number.NaN, true, null, undefined],
    ...[[], {}, [[]], { __proto__: null }, JSON.parse('{"__proto__":{"kind":"Pod","name":"web-0"}}')],
  ),
  fc.string({ unit: 'binary' }),
  fc.jsonValue({ maxDepth: 3 }),
);

const GONE = Symbol('gone');
type Change = (value: unknown) => unknown;

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>(() => GONE),
  hostile.map(
    (by): Change =>
      () =>
        by,
  ),
  fc.constantFrom<Change>(
    (value) => [value, value],
    (value) => ({ data: value, specversion: '1.0' }),
    (value) => ({ involvedObject: value }),
    // As JSON has it: a field of that name, which is nobody's prototype.
    (value) => Object.fromEntries([['__proto__', value]]),
    (value) => JSON.stringify(value),
    (value) => Buffer.from(JSON.stringify(value) ?? '').toString('base64'),
    (value) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url'),
    (value) => `${Buffer.from(JSON.stringify(value) ?? '').toString('base64')}=`,
    (value) => (typeof value === 'string' ? value.repeat(300) : value),
    (value) => (typeof value === 'string' ? ` ${value}` : value),
  ),
);

function changedAt(value: unknown, path: readonly number[], by: Change): unknown {
  const [first, ...rest] = path;
  if (first === undefined || typeof value !== 'object' || value === null) return by(value);
  const entries = Object.entries(value);
  const at = entries.length === 0 ? 0 : first % entries.length;
  const changed = entries
    .map(([name, inner], index) => [name, index === at ? changedAt(inner, rest, by) : inner] as const)
    .filter(([, inner]) => inner !== GONE);
  return Array.isArray(value) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
}

const mutant = fc
  .tuple(
    fc.constantFrom(...PARSED),
    fc.array(fc.tuple(fc.array(fc.nat({ max: 30 }), { maxLength: 6 }), change), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([body, changes]) =>
    changes.reduce((value, [path, by]) => changedAt(value, path, by), body as unknown),
  );

const ids = fc.constantFrom(CLUSTERS, ['c-test'], []);

describe('an envelope, whatever was done to it,', () => {
  it('gives valid names of configured clusters, and only such as stand in it', () => {
    fc.assert(
      fc.property(mutant, ids, (body, configured) => {
        check(body, configured);
        const text = JSON.stringify(body);
        if (text !== undefined) check(text, configured);
      }),
      runs(1_500),
    );
  });

  it('gives the same as text, as bytes and in base64', () => {
    fc.assert(
      fc.property(mutant, (body) => {
        const text = JSON.stringify(body);
        if (text === undefined || typeof body !== 'object' || body === null) return;
        const { hints } = check(text, CLUSTERS);
        expect(check(Buffer.from(text), CLUSTERS).hints).toEqual(hints);
        expect(check(Buffer.from(text).toString('base64'), CLUSTERS).hints).toEqual(hints);
      }),
      runs(500),
    );
  });

  it('gives nothing about a cluster whose name is only a property of every object', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.constantFrom(...names), (cluster, namespace) => {
        const message = JSON.parse(
          `{"holdfast":1,"cluster":"${cluster}","namespace":"${namespace}","pod":"web-0"}`,
        ) as unknown;
        expect(readEnvelope(message, { ids: CLUSTERS }).hints).toEqual([]);
        expect(decodeHint(message)?.clusterId).not.toBe('__proto__');
      }),
    );
  });

  it('is not read for hours because it is long and blank', () => {
    const { hints, ignored } = check(`${' '.repeat(400_000)}!`, CLUSTERS);
    expect([hints, ignored.length]).toEqual([[], 1]);
  });

  it('is not opened without end', () => {
    const nested = '['.repeat(60_000) + ']'.repeat(60_000);
    expect(check(nested, CLUSTERS).hints).toEqual([]);
    const circle: { data: unknown; specversion: string } = { data: undefined, specversion: '1.0' };
    circle.data = circle;
    expect(readEnvelope(circle, { ids: CLUSTERS }).hints).toEqual([]);
  });
});

describe('the event that a function is called with', () => {
  const read = async (event: unknown): Promise<unknown> => {
    const request = { event, context: {}, response: undefined, error: null, internal: {} };
    await parseEvent().before?.(request as never);
    return request.event;
  };

  it('is read from any bytes', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc.constantFrom(...RECORDED).map((text) => Buffer.from(text)),
      fc
        .tuple(fc.constantFrom(...RECORDED), fc.nat(), fc.uint8Array({ maxLength: 4 }))
        .map(([text, draw, by]) => {
          const whole = Buffer.from(text);
          const at = draw % whole.length;
          return Buffer.concat([whole.subarray(0, at), Buffer.from(by), whole.subarray(at + 1)]);
        }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (event) => {
        check(await read(event), CLUSTERS);
      }),
      runs(1_000),
    );
  });
});

describe('a message of our own form', () => {
  const almost = fc.record(
    {
      holdfast: fc.oneof(fc.constant(1), hostile),
      cluster: fc.oneof(fc.constant('c-test'), hostile),
      namespace: fc.oneof(fc.constant('shop'), hostile),
      pod: fc.oneof(fc.constant('web-0'), hostile),
      attempt: fc.oneof(fc.nat({ max: 2_000 }), hostile),
      look: fc.oneof(fc.boolean(), hostile),
    },
    { requiredKeys: [] },
  );

  it('is a hint with valid names, or none at all', () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: almost }, fc.anything()), (message) => {
        const hint = decodeHint(message);
        if (hint === undefined) return;
        expect([isNamespaceName(hint.namespace), isPodName(hint.pod)]).toEqual([true, true]);
        expect(decodeHint(JSON.parse(encodeHint(hint)))).toMatchObject({
          clusterId: hint.clusterId,
          namespace: hint.namespace,
          pod: hint.pod,
        });
      }),
      runs(3_000),
    );
  });
});
