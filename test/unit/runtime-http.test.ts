import { Readable } from 'node:stream';
import middy from '@middy/core';
import { describe, expect, it } from 'vitest';
import { requireBearer } from '../../shared/runtime/bearer.ts';
import { type FunctionContext, timed } from '../../shared/runtime/function-compute.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '../../shared/runtime/http.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { knowDeadline, logInvocation, parseEvent } from '../../shared/runtime/middleware.ts';

const CONTEXT: FunctionContext = {
  requestId: 'request-1',
  credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
  function: { name: 'intake', timeout: 30 },
  region: 'cn-hangzhou',
  accountId: '1',
};

/** A request and a response as version 2 of the platform hands them over. */
function runtimeCall(body: string | Buffer, request: object = {}) {
  const answer: { status?: number; headers: Record<string, string>; body?: string } = { headers: {} };
  const incoming = Object.assign(Readable.from([Buffer.from(body)]), {
    method: 'POST',
    url: '/2016-08-15/proxy/s/f/hints',
    path: '/hints',
    headers: { 'content-type': 'application/json', 'X-Mixed-Case': 'yes' },
    ...request,
  });
  const response = {
    setStatusCode: (status: number) => {
      answer.status = status;
    },
    setHeader: (name: string, value: string) => {
      answer.headers[name] = value;
    },
    send: (text: string) => {
      answer.body = text;
    },
  };
  return { answer, incoming, response };
}

const eventOf = (event: object) => Buffer.from(JSON.stringify(event));

/** A handler that remembers what it was asked. */
function remembering(reply: HttpReply = { status: 202, body: { accepted: 1 } }) {
  const seen: { request: HttpRequest; context: FunctionContext }[] = [];
  const serve = serveHttp(async (request, context) => {
    seen.push({ request, context });
    return reply;
  });
  return { seen, serve: serve as (...args: unknown[]) => Promise<unknown> };
}

describe('an HTTP function under version 2', () => {
  it('reads the stream and answers through the response', async () => {
    const { seen, serve } = remembering();
    const { answer, incoming, response } = runtimeCall('{"a":1}');
    expect(await serve(incoming, response, CONTEXT)).toBeUndefined();
    expect(seen[0]).toMatchObject({
      context: CONTEXT,
      request: { method: 'POST', path: '/hints', body: Buffer.from('{"a":1}') },
    });
    expect(seen[0]?.request.headers).toEqual({ 'content-type': 'application/json', 'x-mixed-case': 'yes' });
    expect(answer).toEqual({
      status: 202,
      headers: { 'content-type': 'application/json' },
      body: '{"accepted":1}',
    });
  });

  it('hands on the hash of a body of more than a megabyte, and none of the body', async () => {
    const { seen, serve } = remembering();
    const { incoming, response } = runtimeCall(Buffer.alloc(1024 * 1024 + 1));
    await serve(incoming, response, CONTEXT);
    expect(seen[0]?.request).toMatchObject({
      body: Buffer.alloc(0),
      oversized: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it('takes a body of a megabyte', async () => {
    const { serve } = remembering();
    const { answer, incoming, response } = runtimeCall(Buffer.alloc(1024 * 1024));
    await serve(incoming, response, CONTEXT);
    expect(answer.status).toBe(202);
  });
});

describe('an HTTP function under version 3', () => {
  const event = {
    version: 'v1',
    rawPath: '/hints',
    headers: { Authorization: 'Bearer x' },
    body: Buffer.from('{"a":1}').toString('base64'),
    isBase64Encoded: true,
    requestContext: { http: { method: 'POST', path: '/hints', protocol: 'HTTP/1.1' } },
  };

  it('reads the event and returns the answer', async () => {
    const { seen, serve } = remembering();
    expect(await serve(eventOf(event), CONTEXT)).toEqual({
      statusCode: 202,
      headers: { 'content-type': 'application/json' },
      isBase64Encoded: false,
      body: '{"accepted":1}',
    });
    expect(seen[0]?.request).toEqual({
      method: 'POST',
      path: '/hints',
      headers: { authorization: 'Bearer x' },
      body: Buffer.from('{"a":1}'),
    });
  });

  it('reads a body that is plain text, and a request without one', async () => {
    const { seen, serve } = remembering();
    await serve(eventOf({ ...event, body: 'plain', isBase64Encoded: false }), CONTEXT);
    await serve(eventOf({ requestContext: { http: { method: 'GET', path: '/' } } }), CONTEXT);
    expect(seen.map(({ request }) => request.body.toString())).toEqual(['plain', '']);
    expect(seen[1]?.request).toMatchObject({ method: 'GET', path: '/', headers: {} });
  });

  it('is told from version 2 by what it is given first, not by how many arguments there are', async () => {
    const { seen, serve } = remembering();
    expect(await serve(eventOf(event), CONTEXT, () => {})).toMatchObject({ statusCode: 202 });
    expect(seen[0]?.context).toBe(CONTEXT);
  });

  it('declares no more parameters than it is given, or the runtime would wait for it to call back', () => {
    expect(remembering().serve.length).toBeLessThanOrEqual(2);
  });

  it('keeps no body of more than a megabyte here either', async () => {
    const { seen, serve } = remembering();
    const body = 'x'.repeat(1024 * 1024 + 1);
    await serve(eventOf({ ...event, body, isBase64Encoded: false }), CONTEXT);
    expect(seen[0]?.request).toMatchObject({
      body: Buffer.alloc(0),
      oversized: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });
});

describe('the bearer token', () => {
  const TOKEN = 'correct horse battery';
  const guarded = requireBearer(TOKEN, async (): Promise<HttpReply> => ({ status: 202, body: 'in' }));
  const ask = (headers: Record<string, string>) =>
    guarded({ method: 'POST', path: '/', headers, body: Buffer.alloc(0) }, {});

  it('opens the door', async () => {
    expect(await ask({ authorization: `Bearer ${TOKEN}` })).toEqual({ status: 202, body: 'in' });
    expect(await ask({ authorization: `bearer ${TOKEN}` })).toMatchObject({ status: 202 });
  });

  it.each([
    ['none', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['the beginning of it', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['more than it', { authorization: `Bearer ${TOKEN}x` }],
    ['it without its scheme', { authorization: TOKEN }],
    ['it under another scheme', { authorization: `Basic ${TOKEN}` }],
    ['it in another header', { 'x-token': TOKEN }],
  ])('is answered 401 where there is %s, with how to do it right', async (_, headers) => {
    const { status, body } = await ask(headers as Record<string, string>);
    expect(status).toBe(401);
    expect(JSON.stringify(body)).toContain('Authorization: Bearer');
    expect(JSON.stringify(body)).not.toContain(TOKEN);
  });
});

describe('the time that is left', () => {
  it('begins with the timeout of the function, and never grows or falls below nothing', () => {
    const context = timed(CONTEXT);
    const first = context.getRemainingTimeInMillis();
    expect(first).toBeGreaterThan(29_000);
    expect(first).toBeLessThanOrEqual(30_000);
    expect(context.getRemainingTimeInMillis()).toBeLessThanOrEqual(first);
    expect(timed({ ...CONTEXT, function: { name: 'f', timeout: 0 } }).getRemainingTimeInMillis()).toBe(0);
  });

  it('keeps all that the context says', () => {
    expect(timed(CONTEXT)).toMatchObject(CONTEXT);
  });
});

describe('the middlewares', () => {
  function invoked(handler: (event: unknown, context: unknown) => Promise<unknown>) {
    const lines: string[] = [];
    const log = createLogger({ level: 'debug', write: (line) => lines.push(line) });
    const call = middy(handler).use(knowDeadline()).use(logInvocation(log)).use(parseEvent());
    return {
      entries: () => lines.map((line) => JSON.parse(line)),
      call: (event: unknown) => call(event as never, { ...CONTEXT } as never),
    };
  }

  it('give the handler the parsed event and its deadline', async () => {
    const { call } = invoked(async (event, context) => [
      event,
      (context as { getRemainingTimeInMillis(): number }).getRemainingTimeInMillis() > 0,
    ]);
    expect(await call(Buffer.from('{"a":[1]}'))).toEqual([{ a: [1] }, true]);
    expect(await call(Buffer.from('{"a":'))).toEqual(['{"a":', true]);
    expect(await call(Buffer.alloc(0))).toEqual(['', true]);
  });

  it('log one line for each invocation, with what it did', async () => {
    const { call, entries } = invoked(async () => ({ hints: 3, settled: 2 }));
    await call(Buffer.from('[]'));
    expect(entries()).toMatchObject([
      { level: 'info', msg: 'invocation', function: 'intake', requestId: 'request-1', hints: 3, settled: 2 },
    ]);
    expect(entries()[0].ms).toBeGreaterThanOrEqual(0);
  });

  it('log an error once and pass it on, so that the platform delivers again', async () => {
    const { call, entries } = invoked(() => Promise.reject(new Error('the store is away')));
    await expect(call(Buffer.from('[]'))).rejects.toThrow('the store is away');
    expect(entries()).toMatchObject([
      { level: 'error', msg: 'invocation failed', err: { message: 'the store is away' } },
    ]);
  });
});
