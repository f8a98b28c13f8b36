import type { MiddlewareObj } from '@middy/core';
import { type FunctionContext, type TimedContext, timed } from './function-compute.ts';
import type { Logger } from './log.ts';

/** The time that is left: Function Compute's context does not know it, and middy and our deadline checks ask for it. */
export function knowDeadline(): MiddlewareObj {
  return {
    before(request) {
      Object.assign(request.context, timed(request.context as unknown as FunctionContext));
    },
  };
}

/** An event function gets a Buffer. What cannot be parsed stays text: what it means is the handler's matter. */
export function parseEvent(): MiddlewareObj {
  return {
    before(request) {
      const event: unknown = request.event;
      if (!Buffer.isBuffer(event)) return;
      const text = event.toString('utf8');
      try {
        request.event = JSON.parse(text);
      } catch {
        request.event = text;
      }
    },
  };
}

/** One line for each invocation, with what it did; an error is logged here once and passed on to the platform. */
export function logInvocation(log: Logger): MiddlewareObj {
  const started = new WeakMap<object, number>();
  const fields = (request: { context: unknown }) => {
    const context = request.context as TimedContext;
    return {
      function: context.function.name,
      requestId: context.requestId,
      ms: Math.round(performance.now() - (started.get(request) ?? performance.now())),
    };
  };
  return {
    before(request) {
      started.set(request, performance.now());
    },
    after(request) {
      log.info('invocation', { ...fields(request), ...(request.response as object | undefined) });
    },
    onError(request) {
      log.error('invocation failed', { ...fields(request), err: request.error });
    },
  };
}
