import { describe, expect, it } from 'vitest';
import { MERGE_SCHEMAS } from '../../infra/local/kubernetes/api/merge-schema.ts';
import { strategicMerge } from '../../infra/local/kubernetes/api/strategic-merge.ts';

const schema = MERGE_SCHEMAS.Pod ?? {};
const containers = (...names: string[]) => ({
  spec: { containers: names.map((name) => ({ name, image: `${name}:1` })) },
});
const namesIn = (pod: Record<string, unknown>) =>
  (pod.spec as { containers: { name: string }[] }).containers.map((container) => container.name);

describe('a strategic merge patch', () => {
  it('changes the item with the same key and leaves the others alone', () => {
    const patched = strategicMerge(
      containers('a', 'b'),
      { spec: { containers: [{ name: 'b', image: 'b:2' }] } },
      schema,
    );
    expect(patched).toEqual({
      spec: {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:2' },
        ],
      },
    });
  });

  it('puts what it adds before what it does not name', () => {
    const patched = strategicMerge(
      containers('a', 'b'),
      { spec: { containers: [{ name: 'c', image: 'c:1' }] } },
      schema,
    );
    expect(namesIn(patched)).toEqual(['c', 'a', 'b']);
  });

  it('orders items as it is told', () => {
    const order = { $patch: 'merge', '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] };
    expect(namesIn(strategicMerge(containers('a', 'b'), { spec: order }, schema))).toEqual(['b', 'a']);
  });

  it('deletes an item by its key, and a record as a whole', () => {
    const patch = { spec: { containers: [{ name: 'a', $patch: 'delete' }] }, status: { $patch: 'delete' } };
    expect(strategicMerge({ ...containers('a', 'b'), status: { phase: 'Running' } }, patch, schema)).toEqual(
      containers('b'),
    );
  });

  it('replaces a list or a record as a whole', () => {
    const list = strategicMerge(
      containers('a', 'b'),
      { spec: { containers: [{ $patch: 'replace' }, { name: 'c' }] } },
      schema,
    );
    expect(namesIn(list)).toEqual(['c']);
    const labels = { metadata: { labels: { a: '1' } } };
    const record = strategicMerge(labels, { metadata: { labels: { $patch: 'replace', b: '2' } } }, schema);
    expect(record).toEqual({ metadata: { labels: { b: '2' } } });
  });

  it('replaces lists that do not merge', () => {
    const tolerations = (...keys: string[]) => ({ spec: { tolerations: keys.map((key) => ({ key })) } });
    expect(strategicMerge(tolerations('a'), tolerations('b'), schema)).toEqual(tolerations('b'));
  });

  it('adds to sets and deletes from them', () => {
    const held = { metadata: { finalizers: ['a.io/a', 'b.io/b'] } };
    const added = strategicMerge(held, { metadata: { finalizers: ['c.io/c'] } }, schema);
    expect(added).toEqual({ metadata: { finalizers: ['c.io/c', 'a.io/a', 'b.io/b'] } });
    const deletion = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.io/a'] } };
    expect(strategicMerge(held, deletion, schema)).toEqual({ metadata: { finalizers: ['b.io/b'] } });
  });

  it('keeps only the keys that it retains', () => {
    const volume = { spec: { volumes: [{ name: 'v', configMap: { name: 'c' } }] } };
    const patch = { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'emptyDir'], emptyDir: {} }] } };
    expect(strategicMerge(volume, patch, schema)).toEqual({
      spec: { volumes: [{ name: 'v', emptyDir: {} }] },
    });
  });

  it('removes a field by null', () => {
    expect(
      strategicMerge(
        { metadata: { labels: { a: '1', b: '2' } } },
        { metadata: { labels: { a: null } } },
        schema,
      ),
    ).toEqual({
      metadata: { labels: { b: '2' } },
    });
  });

  it('changes neither of its arguments', () => {
    const original = Object.freeze(containers('a'));
    Object.freeze(original.spec);
    Object.freeze(original.spec.containers);
    const patch = Object.freeze({ spec: { containers: [{ name: 'a', image: 'a:2' }] } });
    strategicMerge(original, patch, schema);
    expect(original).toEqual(containers('a'));
  });

  it('is refused without the key of an item', () => {
    expect(() => strategicMerge(containers('a'), { spec: { containers: [{ image: 'x' }] } }, schema)).toThrow(
      'map: map[image:x] does not contain declared merge key: name',
    );
  });
});
