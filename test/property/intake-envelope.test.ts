import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNamespaceName, isPodName } from '../../shared/claim/identity.ts';
import { readEnvelope } from '../../shared/intake/envelope.ts';
import { decodeHint, encodeHint } from '../../shared/intake/hint.ts';
import { runs } from './effort.ts';

const FOLDER = new URL('../fixtures/events/', import.meta.url);
const RECORDED: readonly string[] = readdirSync(FOLDER).map((file) =>
  readFileSync(new URL(file, FOLDER), 'utf8'),
);

const CLUSTERS = ['c-test', 'c-prod'];

/** Reads what came and checks that whatever is taken from it can be used. */
function readAndCheck(body: unknown, ids = CLUSTERS): number {
  const { hints, ignored } = readEnvelope(body, { ids });
  for (const { clusterId, namespace, pod, attempt } of hints) {
    expect(ids).toContain(clusterId);
    expect(isNamespaceName(namespace)).toBe(true);
    expect(isPodName(pod)).toBe(true);
    expect(attempt ?? 0).toBeGreaterThanOrEqual(0);
  }
  for (const { hash } of ignored) expect(hash).toMatch(/^[0-9a-f]{16}$/);
  return hints.length + ignored.length;
}

const junk = fc.oneof(
  fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: true }),
  fc.jsonValue(),
);

/** One place in a JSON value is replaced by anything. */
function mutated(value: unknown, path: readonly number[], by: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined || typeof value !== 'object' || value === null) return by;
  const entries = Object.entries(value);
  const at = entries.length === 0 ? 0 : first % entries.length;
  const changed = entries.map(([name, inner], index) => [
    name,
    index === at ? mutated(inner, rest, by) : inner,
  ]);
  return Array.isArray(value) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
}

describe('reading an envelope', () => {
  it('takes anything at all', () => {
    fc.assert(
      fc.property(junk, (body) => {
        if (!Array.isArray(body)) expect(readAndCheck(body)).toBeGreaterThan(0);
        else readAndCheck(body);
      }),
      runs(2_000),
    );
  });

  it('takes any JSON and any text, as text and as bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.base64String()), (text) => {
        readAndCheck(text);
        readAndCheck(Buffer.from(text));
      }),
      runs(1_000),
    );
  });

  it('takes recorded bodies of which any part is replaced by anything', () => {
    const path = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...RECORDED), path, junk, fc.boolean(), (text, where, by, oneCluster) => {
        readAndCheck(mutated(JSON.parse(text), where, by), oneCluster ? ['c-test'] : CLUSTERS);
      }),
      runs(4_000),
    );
  });

  it('takes recorded bodies that were cut off or changed on the way', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RECORDED), fc.nat(), fc.string({ maxLength: 3 }), (text, draw, by) => {
        const at = draw % text.length;
        readAndCheck(text.slice(0, at));
        readAndCheck(`${text.slice(0, at)}${by}${text.slice(at + 1)}`);
      }),
      runs(1_000),
    );
  });

  it('gives nothing where no cluster is configured', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RECORDED), (text) => {
        expect(readEnvelope(text, { ids: [] }).hints).toEqual([]);
      }),
    );
  });
});

describe('our own hints', () => {
  const hint = fc
    .record({
      clusterId: fc.constantFrom(...CLUSTERS),
      namespace: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/),
      pod: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/),
      attempt: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
      look: fc.option(fc.constant(true), { nil: undefined }),
    })
    .map(({ attempt, look, ...identity }) => ({
      ...identity,
      ...(attempt === undefined ? {} : { attempt }),
      ...(look === undefined ? {} : { look }),
    }));

  it('are read back as they were sent', () => {
    fc.assert(
      fc.property(hint, (one) => {
        expect(decodeHint(JSON.parse(encodeHint(one)))).toEqual(one);
      }),
    );
  });

  it('arrive through every wrapping of the queue', () => {
    const wrap = fc.constantFrom(
      (body: string) => body,
      (body: string) => Buffer.from(body).toString('base64'),
    );
    fc.assert(
      fc.property(fc.array(hint, { maxLength: 5 }), wrap, (hints, wrapped) => {
        const messages = hints.map((one) => ({
          specversion: '1.0',
          type: 'mns:Queue:SendMessage',
          data: { messageBody: wrapped(encodeHint(one)) },
        }));
        expect(readEnvelope(messages, { ids: CLUSTERS })).toEqual({ hints, ignored: [] });
      }),
    );
  });
});
