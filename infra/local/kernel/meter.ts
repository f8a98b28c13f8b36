/** One call that reached a service. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  /** Cloud time at which the call arrived, ms. */
  readonly at: number;
  /** HTTP status of the answer; 0 where the connection was dropped. */
  readonly status: number;
}

/** Counts every call that reaches the local cloud, so that figures are read off and not guessed. */
export interface Meter {
  record(call: Call): void;
  /** Calls so far, by `service.operation`. */
  counts(): Readonly<Record<string, number>>;
  reset(): void;
  onCall(listener: (call: Call) => void): () => void;
}

export function createMeter(): Meter {
  const counts = new Map<string, number>();
  const listeners = new Set<(call: Call) => void>();
  return {
    record(call) {
      const key = `${call.service}.${call.operation}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      for (const listener of listeners) listener(call);
    },
    counts: () => Object.fromEntries(counts),
    reset: () => counts.clear(),
    onCall(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
