import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareFields,
  difference,
  fieldsOf,
  intersection,
  isEmptySet,
  pathsOf,
  union,
} from '../../infra/local/kubernetes/api/field-set.ts';
import { MERGE_SCHEMAS } from '../../infra/local/kubernetes/api/merge-schema.ts';

const schema = MERGE_SCHEMAS.Pod ?? {};
const pod = (image: string) => ({
  metadata: { labels: { app: 'web' }, finalizers: ['a.io/a'] },
  spec: { containers: [{ name: 'c', image, ports: [{ containerPort: 80 }] }], tolerations: [{ key: 'k' }] },
});

describe('a set of fields', () => {
  it('names list items by their keys, members of sets by their value, and plain lists as a whole', () => {
    expect(fieldsOf(pod('x'), schema, false)).toEqual({
      'f:metadata': { 'f:labels': { 'f:app': {} }, 'f:finalizers': { 'v:"a.io/a"': {} } },
      'f:spec': {
        'f:containers': {
          'k:{"name":"c"}': {
            '.': {},
            'f:name': {},
            'f:image': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
        'f:tolerations': {},
      },
    });
  });

  it('is worded in paths', () => {
    const { changed } = compareFields(pod('x'), pod('y'), schema);
    expect(pathsOf(changed)).toEqual(['.spec.containers[name="c"].image']);
  });

  it('tells what was removed apart from what changed', () => {
    const { changed, removed } = compareFields({ data: { a: '1', b: '2' } }, { data: { a: '3' } }, {});
    expect(changed).toEqual({ 'f:data': { 'f:a': {} } });
    expect(removed).toEqual({ 'f:data': { 'f:b': {} } });
  });

  it('follows the laws of sets', () => {
    const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constant('x'));
    const set = fc.record({ data, more: data }).map((value) => fieldsOf(value, {}, false));
    fc.assert(
      fc.property(set, set, (left, right) => {
        expect(union(difference(left, right), intersection(left, right))).toEqual(left);
        expect(isEmptySet(intersection(difference(left, right), right))).toBe(true);
        expect(difference(union(left, right), right)).toEqual(difference(left, right));
      }),
    );
  });
});
