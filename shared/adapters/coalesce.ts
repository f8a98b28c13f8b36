/**
 * Joins the calls of one turn of the event loop into few: the pods of a batch ask one by one, the service is asked
 * once for all of them. `load` gets at most `most` keys, each once, and answers in their order. An error among its
 * answers is thrown at those who asked for that key, and at nobody else.
 */
export function coalesce<K, V>(
  load: (keys: readonly K[]) => Promise<readonly (V | Error)[]>,
  { most, nameOf }: { readonly most: number; readonly nameOf: (key: K) => string },
): (key: K) => Promise<V> {
  interface Waiting {
    readonly key: K;
    readonly promise: Promise<V>;
    resolve(value: V): void;
    reject(error: unknown): void;
  }
  let waiting = new Map<string, Waiting>();

  const flush = async (batch: readonly Waiting[]) => {
    try {
      const values = await load(batch.map(({ key }) => key));
      if (values.length !== batch.length) throw new Error(`asked for ${batch.length}, got ${values.length}`);
      for (const [index, entry] of batch.entries()) {
        const value = values[index] as V | Error;
        if (value instanceof Error) entry.reject(value);
        else entry.resolve(value);
      }
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
  };

  const flushAll = () => {
    const entries = [...waiting.values()];
    waiting = new Map();
    for (let start = 0; start < entries.length; start += most) void flush(entries.slice(start, start + most));
  };

  return (key) => {
    const name = nameOf(key);
    const known = waiting.get(name);
    if (known) return known.promise;
    if (waiting.size === 0) setImmediate(flushAll);
    const { promise, resolve, reject } = withResolvers<V>();
    waiting.set(name, { key, promise, resolve, reject });
    return promise;
  };
}

/** What `work` gives, or the error that it throws, as an answer for one key of many. */
export function answer<V>(work: () => V): V | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<V>() {
  let resolve!: (value: V) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<V>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
