import type { Exported } from './code.ts';

/** What a function gave to its callback as its first argument. */
export class HandledFailure extends Error {
  readonly given: unknown;

  constructor(given: unknown) {
    super('the function called back with an error');
    this.name = 'HandledFailure';
    this.given = given;
  }
}

/**
 * Calls a handler or an initializer in the form it was written for: with a callback when it declares one parameter
 * more than `args`, else as a function that returns its result or a promise of it.
 */
export async function callWith(exported: Exported, ...args: unknown[]): Promise<unknown> {
  if (exported.length <= args.length) return exported(...args);
  return new Promise((resolve, reject) => {
    const callback = (error: unknown, result: unknown) => {
      if (error === null || error === undefined) resolve(result);
      else reject(new HandledFailure(error));
    };
    // A callback handler may be async as well: what it throws would otherwise end the process.
    Promise.resolve(exported(...args, callback)).catch(reject);
  });
}

/** Source: Function Compute, Node.js "Event handlers": strings and bytes go out as they are, the rest as JSON. */
export function serialize(result: unknown): Uint8Array {
  if (result instanceof Uint8Array) return result;
  if (typeof result === 'string') return Buffer.from(result);
  return Buffer.from(JSON.stringify(result) ?? '');
}
