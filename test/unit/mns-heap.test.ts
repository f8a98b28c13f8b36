import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap } from '../../infra/local/mns/heap.ts';

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('push' as const), weight: fc.integer({ min: 0, max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), index: fc.nat() }) },
);

describe('a heap', () => {
  it('always gives the least of what is in it, whatever is pushed, popped and removed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = createHeap<{ weight: number }>((a, b) => a.weight < b.weight);
        const model: { weight: number }[] = [];
        const leave = (item: { weight: number } | undefined) => {
          if (item) model.splice(model.indexOf(item), 1);
        };
        for (const one of steps) {
          if (one.kind === 'push') {
            const item = { weight: one.weight };
            heap.push(item);
            model.push(item);
          } else if (one.kind === 'pop') {
            leave(heap.pop());
          } else {
            const item = model[one.index % model.length];
            if (item) expect(heap.remove(item)).toBe(true);
            leave(item);
          }
          expect(heap.size).toBe(model.length);
          expect(heap.peek()?.weight).toBe(
            model.length > 0 ? Math.min(...model.map((item) => item.weight)) : undefined,
          );
        }
        expect(new Set(heap.items())).toEqual(new Set(model));
      }),
    );
  });

  it('says when an item was not in it', () => {
    const heap = createHeap<number>((a, b) => a < b);
    heap.push(1);
    expect(heap.remove(2)).toBe(false);
    expect(heap.items()).toEqual([1]);
  });
});
