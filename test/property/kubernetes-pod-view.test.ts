import type { V1Pod } from '@kubernetes/client-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPodView } from '../../shared/adapters/kubernetes/pod-view.ts';
import { ANNOTATIONS } from '../../shared/claim/policy.ts';
import { CONDITION_TYPES, REASONS, RESULT_ANNOTATIONS } from '../../shared/claim/reason.ts';
import { runs } from './effort.ts';

const NAMES = [
  ...Object.values(ANNOTATIONS).flatMap(({ names }) => [...names]),
  ...Object.values(RESULT_ANNOTATIONS).flat(),
  'network.alibabacloud.com/allocated-eni-id',
  '__proto__',
  'constructor',
];

const junk = fc.oneof(
  fc.constantFrom(null, undefined, '', 0, true),
  fc.string(),
  fc.jsonValue({ maxDepth: 2 }),
);
const or = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: arbitrary as fc.Arbitrary<unknown> }, junk);
const partial = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] });

const condition = partial({
  type: or(fc.constantFrom(...Object.values(CONDITION_TYPES))),
  status: or(fc.constantFrom('True', 'False', 'Unknown')),
  reason: or(fc.constantFrom(...Object.keys(REASONS), 'toString', '__proto__', 'Associate eip succeed')),
  message: junk,
});

/** A pod as the API server could send it, with anything missing and anything in the place of anything. */
const pod = partial({
  metadata: or(
    partial({
      uid: or(fc.uuid()),
      annotations: or(fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), or(fc.string()))),
      deletionTimestamp: or(fc.constant(new Date(0))),
    }),
  ),
  spec: or(partial({ hostNetwork: or(fc.boolean()) })),
  status: or(
    partial({
      phase: or(fc.constantFrom('Pending', 'Running', 'Failed', 'Succeeded')),
      podIP: or(fc.ipV4()),
      conditions: or(fc.array(or(condition), { maxLength: 4 })),
    }),
  ),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<V1Pod>;

describe('any object that is said to be a pod', () => {
  it('is read into a view that holds what its types say', () => {
    fc.assert(
      fc.property(pod, (one) => {
        const view = toPodView(one);
        expect([typeof view.uid, typeof view.terminating, typeof view.hostNetwork]).toEqual([
          'string',
          'boolean',
          'boolean',
        ]);
        for (const text of [view.ip, view.eniHint]) expect(['string', 'undefined']).toContain(typeof text);
        for (const told of [view.told.eip, view.told.ip]) {
          if (told === undefined) continue;
          expect(Object.keys(REASONS)).toContain(told.reason);
          expect(['string', 'undefined']).toContain(typeof told.address);
          expect(['string', 'undefined']).toContain(typeof told.message);
        }
      }),
      runs(3_000),
    );
  });

  it('wants nothing that is not written in its annotations', () => {
    fc.assert(
      fc.property(pod, (one) => {
        const { wishes } = toPodView(one);
        const given: unknown = one.metadata?.annotations;
        const values = typeof given === 'object' && given !== null ? Object.values(given) : [];
        if (typeof wishes.ip === 'object')
          expect(values.map(String).map((text) => text.trim())).toContain('true');
      }),
      runs(1_000),
    );
  });

  it('is not being deleted because the server says that there is no time of deletion', () => {
    const metadata = { uid: 'u', deletionTimestamp: null } as unknown as { uid: string };
    expect(toPodView({ metadata }).terminating).toBe(false);
  });

  it('has been told nothing by a reason that is only a property of every object', () => {
    const conditions = [{ type: CONDITION_TYPES.eip, status: 'False', reason: 'toString' }];
    expect(toPodView({ status: { conditions } }).told).toEqual({});
  });
});
