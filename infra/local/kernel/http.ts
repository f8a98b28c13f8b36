import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudContext } from './context.ts';
import type { Fault } from './faults.ts';

export interface Request {
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  /** As sent, without the question mark; signatures are computed over it. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Aborts when the client goes away or the service closes. */
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Instead of `body`: writes for as long as it likes, and ends the response itself. */
  readonly stream?: (response: ServerResponse, signal: AbortSignal) => void | Promise<void>;
}

/** What a service brings to be served: everything else (bodies, counting, faults, closing) is done here. */
export interface Endpoint {
  /** As its folder is named: the name in fault rules and in the meter. */
  readonly service: string;
  /** Names the operation that a request asks for, as the API names it. Must not throw. */
  operation(request: Request): string;
  handle(request: Request, operation: string): Promise<Reply> | Reply;
  /** An injected error, worded as the service words its errors. */
  fail(fault: { status: number; code: string; message: string }, request: Request): Reply;
  /** Largest body that is read, in bytes. Default 32 MB. */
  readonly maxBody?: number;
}

export interface Listening {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

const DEFAULT_MAX_BODY = 32 * 1024 * 1024;

/** Serves an endpoint on loopback. `port` 0 takes any free one. */
export async function listen(context: CloudContext, endpoint: Endpoint, port = 0): Promise<Listening> {
  const closing = new AbortController();
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    serve(context, endpoint, closing.signal, incoming, response).catch((error) => {
      context.log(
        `${endpoint.service}: ${incoming.method} ${incoming.url} broke the emulator: ${(error as Error).stack}`,
      );
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        closing.abort(new Error('the local cloud is closing'));
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  context: CloudContext,
  endpoint: Endpoint,
  closing: AbortSignal,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Node would put the machine's time there, which the cloud's clock may be far ahead of.
  response.setHeader('date', new Date(context.clock.now()).toUTCString());
  const body = await readBody(incoming, endpoint.maxBody ?? DEFAULT_MAX_BODY);
  if (body === 'too-large') {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client went away')));
  const request = toRequest(incoming, body, AbortSignal.any([closing, gone.signal]));
  const operation = endpoint.operation(request);
  const at = context.clock.now();
  const fault = context.faults.strike(endpoint.service, operation);
  const settle = (status: number) =>
    context.meter.record({ service: endpoint.service, operation, at, status });

  if (fault?.kind === 'drop') {
    settle(0);
    incoming.socket.destroy();
    return;
  }
  if (fault?.kind === 'error') {
    settle(fault.status);
    await send(response, endpoint.fail(worded(fault), request), request.signal);
    return;
  }
  if (fault?.kind === 'delay') await context.clock.sleep(fault.ms, request.signal);

  const reply = await endpoint.handle(request, operation);
  if (fault?.kind === 'drop-after') {
    settle(0);
    incoming.socket.destroy();
    return;
  }
  const answer = fault?.kind === 'error-after' ? endpoint.fail(worded(fault), request) : reply;
  settle(answer.status);
  await send(response, answer, request.signal);
}

const worded = (fault: Extract<Fault, { status: number }>) => ({
  status: fault.status,
  code: fault.code,
  message: fault.message ?? `injected: ${fault.code}`,
});

async function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return 'too-large';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toRequest(incoming: IncomingMessage, body: Buffer, signal: AbortSignal): Request {
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1);
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers,
    body,
    signal,
  };
}

async function send(response: ServerResponse, reply: Reply, signal: AbortSignal): Promise<void> {
  if (reply.stream) {
    response.writeHead(reply.status, reply.headers);
    await reply.stream(response, signal);
    return;
  }
  if (reply.status === 204 || reply.status === 304) {
    response.writeHead(reply.status, reply.headers).end();
    return;
  }
  const body = reply.body ?? '';
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
}
