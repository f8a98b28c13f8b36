import type { Reply, Request } from '../kernel/http.ts';
import type { Activity } from './activity.ts';
import type { AsyncInvoker } from './async-invoker.ts';
import type { CloudFunction } from './catalog.ts';
import type { Invoker } from './invoker.ts';
import type { LogTails } from './log-tail.ts';
import type { Outcome } from './outcome.ts';
import type { InvocationContext } from './protocol.ts';
import { Refusal, tooLarge } from './refusal.ts';

/** Source: Function Compute, "Limits". */
const LARGEST_SYNC_EVENT = 32 * 1024 * 1024;

export interface InvokeParts {
  readonly invoker: Invoker;
  readonly asyncInvoker: AsyncInvoker;
  readonly activity: Activity;
  readonly tails: LogTails;
}

/** Source: Function Compute API, "InvokeFunction": response headers. */
export const answerHeaders = (
  fn: CloudFunction,
  outcome: Outcome,
  requestId: string,
): Record<string, string> => ({
  'x-fc-request-id': requestId,
  'x-fc-instance-id': outcome.instance,
  'x-fc-invocation-duration': String(Math.ceil(outcome.durationMs)),
  'x-fc-max-memory-usage': outcome.memoryMb.toFixed(2),
  'x-fc-code-checksum': fn.code.checksum,
  'x-fc-invocation-service-version': 'LATEST',
  ...(outcome.error ? { 'x-fc-error-type': outcome.error } : {}),
});

/** InvokeFunction: runs the function and answers with its result, or takes the event and answers 202 at once. */
export async function invokeOperation(
  parts: InvokeParts,
  fn: CloudFunction,
  request: Request,
  requestId: string,
): Promise<Reply> {
  const { invoker, asyncInvoker, activity, tails } = parts;
  const type = oneOf(request, 'x-fc-invocation-type', ['Sync', 'Async']);
  const tail = oneOf(request, 'x-fc-log-type', ['None', 'Tail']) === 'Tail';
  if (type === 'Async') {
    asyncInvoker.submit(fn, requestId, request.body, 'async');
    return { status: 202, headers: { 'x-fc-request-id': requestId } };
  }
  if (request.body.length > LARGEST_SYNC_EVENT) throw tooLarge(LARGEST_SYNC_EVENT);
  if (tail) tails.open(requestId);
  try {
    const call = { requestId, source: 'api', event: request.body, tracing: tracingOf(request) } as const;
    const outcome = await activity.during(invoker.invoke(fn, call, 'refuse'));
    const { buffer, byteOffset, byteLength } = outcome.body;
    return {
      status: 200,
      headers: {
        ...answerHeaders(fn, outcome, requestId),
        'content-type': outcome.error ? 'application/json' : 'application/octet-stream',
        ...(tail ? { 'x-fc-log-result': tails.take(requestId) } : {}),
      },
      body: Buffer.from(buffer, byteOffset, byteLength),
    };
  } finally {
    if (tail) tails.take(requestId);
  }
}

function oneOf(request: Request, header: string, [usual, other]: readonly [string, string]): string {
  const value = request.headers[header] ?? usual;
  if (value !== usual && value !== other) {
    throw new Refusal('InvalidArgument', `${header}: it must be ${usual} or ${other}, got '${value}'`);
  }
  return value;
}

const SPAN = 'x-fc-tracing-opentracing-span-context';
const BAGGAGE = `${SPAN}-baggage-`;

function tracingOf({ headers }: Request): Partial<InvocationContext['tracing']> {
  const baggages = Object.entries(headers).filter(([name]) => name.startsWith(BAGGAGE));
  return {
    openTracingSpanContext: headers[SPAN] ?? '',
    openTracingSpanBaggages: Object.fromEntries(
      baggages.map(([name, value]) => [name.slice(BAGGAGE.length), value ?? '']),
    ),
  };
}
