import type { IncomingMessage } from 'node:http';
import type { FunctionContext } from './function-compute.ts';

/** A request as our HTTP functions see it, whichever way the runtime hands it over. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HttpReply {
  readonly status: number;
  readonly body: unknown;
}

export type HttpHandler = (request: HttpRequest, context: FunctionContext) => Promise<HttpReply>;

/** The runtime's own response object. Source: Function Compute 2.0, HTTP handler. */
interface RuntimeResponse {
  setStatusCode(status: number): void;
  setHeader(name: string, value: string): void;
  send(body: string): void;
}

type RuntimeRequest = IncomingMessage & { readonly path?: string };

/** Function Compute 3.0 sends an event instead. Source: Function Compute 3.0, HTTP trigger event format v1. */
interface HttpEvent {
  readonly rawPath?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext?: { readonly http?: { readonly method?: string; readonly path?: string } };
}

/** A larger body ends the reading: no exporter sends one, and none is worth the memory. Bytes. */
const LARGEST_BODY = 1024 * 1024;

/** One handler for both contracts: `(request, response, context)` of version 2, `(event, context)` of version 3. */
export function serveHttp(handle: HttpHandler) {
  return async (
    first: RuntimeRequest | Buffer,
    second: RuntimeResponse | FunctionContext,
    third?: FunctionContext,
  ): Promise<unknown> => {
    if (third === undefined) {
      const reply = await handle(fromEvent(first as Buffer), second as FunctionContext);
      return {
        statusCode: reply.status,
        headers: JSON_HEADERS,
        isBase64Encoded: false,
        body: JSON.stringify(reply.body),
      };
    }
    const response = second as RuntimeResponse;
    const request = await fromRuntime(first as RuntimeRequest);
    const reply = request
      ? await handle(request, third)
      : { status: 413, body: { error: `a body of more than ${LARGEST_BODY} bytes` } };
    response.setStatusCode(reply.status);
    for (const [name, value] of Object.entries(JSON_HEADERS)) response.setHeader(name, value);
    response.send(JSON.stringify(reply.body));
    return undefined;
  };
}

const JSON_HEADERS = { 'content-type': 'application/json' };

function fromEvent(event: Buffer): HttpRequest {
  const {
    rawPath,
    headers,
    body = '',
    isBase64Encoded,
    requestContext,
  } = JSON.parse(event.toString('utf8')) as HttpEvent;
  return {
    method: requestContext?.http?.method ?? 'GET',
    path: rawPath ?? requestContext?.http?.path ?? '/',
    headers: lowerCased(headers ?? {}),
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

async function fromRuntime(request: RuntimeRequest): Promise<HttpRequest | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return {
    method: request.method ?? 'GET',
    path: request.path ?? request.url ?? '/',
    headers: lowerCased(request.headers as Record<string, string>),
    body: Buffer.concat(chunks),
  };
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
