import type { ErrorKind, Stream } from './protocol.ts';

/** One line of an instance's log. */
export interface LogLine {
  readonly functionName: string;
  readonly requestId: string;
  /** The instance's id. */
  readonly instance: string;
  readonly stream: Stream;
  readonly line: string;
}

/** Through which door a call came. */
export type Source = 'api' | 'async' | 'timer' | 'queue' | 'http';

/** An execution that is over. */
export interface Invocation {
  readonly serviceName: string;
  readonly functionName: string;
  readonly requestId: string;
  readonly instance: string;
  readonly source: Source;
  /** Whether an instance was started for it. */
  readonly cold: boolean;
  /** Cloud time, ms. */
  readonly startedAt: number;
  /** Real time, ms; starting the instance is not in it. */
  readonly durationMs: number;
  readonly error?: ErrorKind;
  /** Why the code could not be loaded, or its initializer failed. */
  readonly notStarted?: string;
}

/** Tells whoever listens. */
export interface Announcer<T> {
  announce(event: T): void;
  on(listener: (event: T) => void): () => void;
  /** Whether anybody listens. */
  heard(): boolean;
}

export function createAnnouncer<T>(): Announcer<T> {
  const listeners = new Set<(event: T) => void>();
  return {
    announce(event) {
      for (const listener of listeners) listener(event);
    },
    on(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    heard: () => listeners.size > 0,
  };
}
