import type { Reply, Request } from '../kernel/http.ts';
import type { Activity } from './activity.ts';
import type { CloudFunction } from './catalog.ts';
import { answerHeaders } from './invoke-operation.ts';
import type { Invoker } from './invoker.ts';
import type { HttpRequestParts } from './protocol.ts';
import { Refusal } from './refusal.ts';

/** The HTTP trigger of a function, or TriggerNotFound. */
export function httpTriggerOf(fn: CloudFunction) {
  for (const trigger of fn.triggers.values()) if (trigger.triggerType === 'http') return trigger;
  throw new Refusal('TriggerNotFound', `function '${fn.name}' has no HTTP trigger`);
}

/** Hands a request to the function and its response back. Source: Function Compute 2.0, "HTTP handler". */
export async function serveHttpTrigger(
  parts: { readonly invoker: Invoker; readonly activity: Activity },
  fn: CloudFunction,
  request: Request,
  rest: string,
  requestId: string,
): Promise<Reply> {
  const { methods } = httpTriggerOf(fn).triggerConfig;
  if (!methods.some((method) => method === request.method)) {
    throw new Refusal(
      'MethodNotAllowed',
      `method ${request.method} is not one of the trigger's: ${methods.join(', ')}`,
    );
  }
  const call = { requestId, source: 'http', event: request.body, http: toParts(request, rest) } as const;
  const outcome = await parts.activity.during(parts.invoker.invoke(fn, call, 'refuse'));
  const headers = answerHeaders(fn, outcome, requestId);
  if (!outcome.http) {
    // Seen with the vendor's SDK: a function that fails behind an HTTP trigger is a bad gateway.
    return {
      status: 502,
      headers: { ...headers, 'content-type': 'application/json' },
      body: bytes(outcome.body),
    };
  }
  return {
    status: outcome.http.status,
    headers: { 'content-type': 'application/octet-stream', ...outcome.http.headers, ...headers },
    body: bytes(outcome.body),
  };
}

const bytes = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength);

function toParts(request: Request, rest: string): HttpRequestParts {
  const { method, path, rawQuery, query } = request;
  const names = [...new Set(query.keys())];
  const headers = Object.entries(request.headers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    method,
    path: rest,
    url: rawQuery === '' ? path : `${path}?${rawQuery}`,
    queries: Object.fromEntries(
      names.map((name) => {
        const values = query.getAll(name);
        return [name, values.length > 1 ? values : (values[0] ?? '')];
      }),
    ),
    headers: Object.fromEntries(headers),
    clientIP: '127.0.0.1',
  };
}
