import type { CloudFunction } from './catalog.ts';
import type { Ending, Instance } from './instance.ts';
import type { ErrorBody, ErrorKind, HttpResponseParts } from './protocol.ts';

/** How an execution ended. */
export interface Outcome {
  readonly instance: string;
  /** The result, or the error as JSON. */
  readonly body: Uint8Array;
  readonly error?: ErrorKind;
  readonly http?: HttpResponseParts;
  readonly durationMs: number;
  readonly memoryMb: number;
}

/** Source: Function Compute, "Error handling" of the Node.js runtime and "Function execution timeout", for the words. */
export function outcomeOf(
  ending: Ending,
  instance: Instance,
  durationMs: number,
  what: 'Function' | 'Initialization',
  { timeout, initializationTimeout }: CloudFunction['record'],
): Outcome {
  const memoryMb = instance.memoryMb();
  const measured = { instance: instance.id, durationMs, memoryMb };
  const failed = (error: ErrorKind, body: ErrorBody): Outcome => ({
    ...measured,
    error,
    body: Buffer.from(JSON.stringify(body)),
  });
  const usage = `maxMemoryUsage: ${memoryMb.toFixed(2)}MB`;
  switch (ending.kind) {
    case 'done':
      return { ...measured, body: ending.body, ...(ending.http ? { http: ending.http } : {}) };
    case 'failed':
      return failed(ending.errorKind, ending.error);
    case 'overtime':
      return failed('UnhandledInvocationError', {
        errorMessage: `${what} timed out after ${what === 'Function' ? timeout : initializationTimeout} seconds (${usage})`,
      });
    case 'ended': {
      const duration = `duration: ${Math.round(durationMs)}ms`;
      return failed('UnhandledInvocationError', {
        errorMessage: `Process exited unexpectedly before completing request (${duration}, ${usage})`,
      });
    }
  }
}
