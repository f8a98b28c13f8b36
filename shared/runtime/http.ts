import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FunctionContext } from './function-compute.ts';

/** A request as our HTTP functions see it, whichever way the runtime hands it over. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where it was too large to be kept. */
  readonly body: Buffer;
  /** The first 16 hex digits of the SHA-256 of a body that was too large to be kept. */
  readonly oversized?: string;
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

/** A larger body is hashed and not kept: no exporter sends one, and none is worth the memory. Bytes. */
const LARGEST_BODY = 1024 * 1024;

type RuntimeCall = [request: RuntimeRequest, response: RuntimeResponse, context: FunctionContext];
type EventCall = [event: Buffer, context: FunctionContext];

const isEventCall = (call: RuntimeCall | EventCall): call is EventCall => Buffer.isBuffer(call[0]);

/**
 * One handler for both contracts: `(request, response, context)` of version 2, `(event, context)` of version 3, told
 * apart by the event, which is a Buffer. No parameter is declared by itself: where a function declares more of them
 * than it is given, the runtime waits for it to call back.
 */
export function serveHttp(handle: HttpHandler) {
  return async (...call: RuntimeCall | EventCall): Promise<unknown> => {
    if (isEventCall(call)) {
      const [event, context] = call;
      const { status, body } = await handle(await fromEvent(event), context);
      return {
        statusCode: status,
        headers: JSON_HEADERS,
        isBase64Encoded: false,
        body: JSON.stringify(body),
      };
    }
    const [request, response, context] = call;
    const { status, body } = await handle(await fromRuntime(request), context);
    response.setStatusCode(status);
    for (const [name, value] of Object.entries(JSON_HEADERS)) response.setHeader(name, value);
    response.send(JSON.stringify(body));
    return undefined;
  };
}

const JSON_HEADERS = { 'content-type': 'application/json' };

async function fromEvent(event: Buffer): Promise<HttpRequest> {
  const {
    rawPath,
    headers,
    body = '',
    isBase64Encoded,
    requestContext,
  } = JSON.parse(event.toString('utf8')) as HttpEvent;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  return {
    method: requestContext?.http?.method ?? 'GET',
    path: rawPath ?? requestContext?.http?.path ?? '/',
    headers: lowerCased(headers ?? {}),
    ...(await keepOrHash([bytes])),
  };
}

async function fromRuntime(request: RuntimeRequest): Promise<HttpRequest> {
  return {
    method: request.method ?? 'GET',
    path: request.path ?? request.url ?? '/',
    headers: lowerCased(request.headers as Record<string, string>),
    ...(await keepOrHash(request as AsyncIterable<Buffer>)),
  };
}

async function keepOrHash(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<Pick<HttpRequest, 'body' | 'oversized'>> {
  const hash = createHash('sha256');
  let kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
    kept = size > LARGEST_BODY ? [] : [...kept, chunk];
  }
  if (size <= LARGEST_BODY) return { body: Buffer.concat(kept) };
  return { body: Buffer.alloc(0), oversized: hash.digest('hex').slice(0, 16) };
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
