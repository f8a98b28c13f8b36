import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../infra/local/kubernetes/api/objects.ts';
import { createStore } from '../../infra/local/kubernetes/api/store.ts';

const object = (name: string, namespace = 'default', value = 0): KubeObject => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name, namespace, uid: name, resourceVersion: '', creationTimestamp: '' },
  data: { value },
});

const namesOf = (listed: readonly { object: KubeObject }[] | undefined) =>
  listed?.map((stored) => stored.object.metadata.name);

describe('the store', () => {
  it('counts every write of any collection in one revision', () => {
    const store = createStore(10);
    store.put('a', object('x'));
    store.put('b', object('y'));
    store.remove('a', 'default', 'x');
    expect(store.revision()).toBe(3);
    expect(store.get('b', 'default', 'y')?.object.metadata.resourceVersion).toBe('2');
  });

  it('lists in the order of namespaces and names', () => {
    const store = createStore(10);
    for (const [name, namespace] of [
      ['b', 'x'],
      ['a', 'x'],
      ['c', 'x-y'],
      ['d', 'a'],
    ]) {
      store.put('a', object(name ?? '', namespace));
    }
    expect(namesOf(store.list('a'))).toEqual(['d', 'c', 'a', 'b']);
    expect(namesOf(store.list('a', 'x'))).toEqual(['a', 'b']);
  });

  it('tells what changed after a revision, for one collection', () => {
    const store = createStore(10);
    store.put('a', object('x'));
    store.put('b', object('y'));
    store.put('a', object('x', 'default', 1));
    store.remove('a', 'default', 'x');
    expect(store.since(1, 'a')?.map(({ type, revision }) => [type, revision])).toEqual([
      ['MODIFIED', 3],
      ['DELETED', 4],
    ]);
  });

  it('cannot tell what is beyond its window', () => {
    const store = createStore(2);
    for (let index = 0; index < 10; index++) store.put('a', object(`x-${index}`));
    expect(store.since(1, 'a')).toBeUndefined();
    expect(store.listAt(1, 'a')).toBeUndefined();
    expect(store.since(9, 'a')).toHaveLength(1);
  });

  it('shows every collection as it was at any revision of its window', () => {
    const step = fc.record({ name: fc.constantFrom('a', 'b', 'c'), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const store = createStore(100);
        const shots: string[][] = [[]];
        for (const { name, remove } of steps) {
          if (remove) store.remove('things', 'default', name);
          else store.put('things', object(name));
          shots[store.revision()] = namesOf(store.list('things')) ?? [];
        }
        shots.forEach((shot, revision) => {
          expect(namesOf(store.listAt(revision, 'things'))).toEqual(shot);
        });
      }),
    );
  });
});
