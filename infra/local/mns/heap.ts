/** A binary heap that can also give up an item from its middle: what is least comes out first. */
export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  /** The least item, which stays in. */
  peek(): T | undefined;
  pop(): T | undefined;
  /** Takes the item out, wherever it stands; false when it was not in. */
  remove(item: T): boolean;
  /** All items, in no order. */
  items(): readonly T[];
}

/** `less` must not change its mind about two items while both are in the heap. */
export function createHeap<T>(less: (a: T, b: T) => boolean): Heap<T> {
  const entries: T[] = [];
  const places = new Map<T, number>();

  const place = (item: T, index: number) => {
    entries[index] = item;
    places.set(item, index);
  };

  const rise = (item: T, from: number) => {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >>> 1;
      const parent = entries[above] as T;
      if (!less(item, parent)) break;
      place(parent, index);
      index = above;
    }
    place(item, index);
    return index;
  };

  const sink = (item: T, from: number) => {
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= entries.length) break;
      if (below + 1 < entries.length && less(entries[below + 1] as T, entries[below] as T)) below++;
      const child = entries[below] as T;
      if (!less(child, item)) break;
      place(child, index);
      index = below;
    }
    place(item, index);
  };

  const remove = (item: T) => {
    const index = places.get(item);
    if (index === undefined) return false;
    places.delete(item);
    const last = entries.pop() as T;
    if (last !== item && rise(last, index) === index) sink(last, index);
    return true;
  };

  return {
    get size() {
      return entries.length;
    },
    push(item) {
      entries.push(item);
      rise(item, entries.length - 1);
    },
    peek: () => entries[0],
    pop() {
      const least = entries[0];
      if (least !== undefined) remove(least);
      return least;
    },
    remove,
    items: () => entries,
  };
}
