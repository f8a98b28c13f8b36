import { AsyncLocalStorage } from 'node:async_hooks';
import { format } from 'node:util';
import type { Stream } from '../protocol.ts';

/** Knows which request the code that is running belongs to. */
export interface Requests {
  run<T>(requestId: string, work: () => T): T;
}

const LEVELS = { log: 'verbose', debug: 'debug', info: 'info', warn: 'warn', error: 'error' } as const;

type Level = keyof typeof LEVELS;

export type Logger = Readonly<Record<Level, (...args: unknown[]) => void>>;

/**
 * Sends what the process writes to `emit`, with the request that wrote it. It goes the same way as the answers, and
 * so is never overtaken by them, which it would be in pipes of its own. What bypasses Node's streams (a crash report,
 * a native module) still reaches the real ones.
 */
export function captureOutput(emit: (requestId: string, stream: Stream, text: string) => void): Requests {
  const requests = new AsyncLocalStorage<string>();
  let latest = '';
  const current = () => requests.getStore() ?? latest;
  for (const stream of ['stdout', 'stderr'] as const) {
    process[stream].write = (
      chunk: Uint8Array | string,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      done?: (error?: Error | null) => void,
    ) => {
      emit(current(), stream, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      const callback = typeof encoding === 'function' ? encoding : done;
      if (callback) process.nextTick(callback);
      return true;
    };
  }
  installConsole(current);
  return {
    run(requestId, work) {
      latest = requestId;
      return requests.run(requestId, work);
    },
  };
}

/** Source: Function Compute, Node.js "Print logs" and "Context": date, request id, level in brackets, message. */
const write = (level: Level, requestId: string, args: readonly unknown[]) => {
  const stream = level === 'error' || level === 'warn' ? process.stderr : process.stdout;
  stream.write(`${new Date().toISOString()} ${requestId} [${LEVELS[level]}] ${format(...args)}\n`);
};

function installConsole(current: () => string): void {
  for (const level of Object.keys(LEVELS) as Level[]) {
    console[level] = (...args: unknown[]) => write(level, current(), args);
  }
}

/** The `logger` of an invocation's context. */
export const createLogger = (requestId: string): Logger => ({
  log: (...args) => write('log', requestId, args),
  debug: (...args) => write('debug', requestId, args),
  info: (...args) => write('info', requestId, args),
  warn: (...args) => write('warn', requestId, args),
  error: (...args) => write('error', requestId, args),
});
