import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import { type Listening, listen, type Reply, type Request } from '../../infra/local/kernel/http.ts';
import { type Mns, startMns } from '../../infra/local/mns/server.ts';
import { createHintQueue } from '../../shared/adapters/mns/hint-queue.ts';
import { decodeHint } from '../../shared/intake/hint.ts';
import type { Hint, HintQueue } from '../../shared/reconcile/ports.ts';
import { type Sdk, sdkFor } from './mns-sdk.ts';

const QUEUE = 'hints';
const hintOf = (pod: string): Hint => ({ clusterId: 'c-test', namespace: 'default', pod });
const manyHints = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ hint: hintOf(`web-${index}`) }));

let context: CloudContext;
let mns: Mns;
let raw: Sdk;
let closing: Listening[];
beforeEach(async () => {
  context = createContext();
  mns = await startMns(context);
  raw = sdkFor(mns.url, context.account.owner);
  await raw.createQueue(QUEUE);
  context.meter.reset();
  closing = [];
});
afterEach(async () => {
  await Promise.all([mns.close(), ...closing.map((one) => one.close())]);
  context.clock.close();
});

const queueAt = (url: string): HintQueue =>
  createHintQueue({
    endpoint: url,
    queue: QUEUE,
    accountId: context.account.id,
    credentials: context.account.owner,
    remainingMs: () => 60_000,
  });

/** Every body that can be received now; each is taken off the queue. */
async function received(): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const messages = await mns.queues.receive(QUEUE, { max: 16, waitMs: 0 });
    if (messages.length === 0) return bodies;
    for (const { body, receiptHandle } of messages) {
      bodies.push(body);
      await mns.queues.delete(QUEUE, receiptHandle);
    }
  }
}

const receivedPods = async () =>
  (await received())
    .map((body) => decodeHint(JSON.parse(Buffer.from(body, 'base64').toString()))?.pod)
    .sort();

/** What stands between a function and the service: answers the first requests itself, lets the others through. */
async function gateway(...first: Reply[]): Promise<string> {
  const answers = [...first];
  const listening = await listen(context, {
    service: 'gateway',
    operation: () => 'Any',
    handle: (request) => answers.shift() ?? forward(request),
    fail: () => ({ status: 500 }),
  });
  closing.push(listening);
  return listening.url;
}

function forward({ method, path, rawQuery, headers, body }: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const url = `${mns.url}${path}${rawQuery && `?${rawQuery}`}`;
    const passed = httpRequest(url, { method, headers }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve({
        status: answer.statusCode ?? 0,
        headers: { 'content-type': answer.headers['content-type'] ?? '' },
        body: Buffer.concat(chunks),
      });
    });
    passed.once('error', reject);
    passed.end(body);
  });
}

const sends = () => context.meter.counts()['mns.BatchSendMessage'] ?? 0;

describe('an answer that is no answer', () => {
  const empty: Reply = { status: 503 };
  const page: Reply = {
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html>Bad Gateway</html>',
  };

  it.each([
    ['an empty 503', empty],
    ["a proxy's page", page],
  ])('%s is success to the SDK, and the message is lost', async (_, reply) => {
    const sdk = sdkFor(await gateway(reply), context.account.owner);
    const answer = await sdk.sendMessage(QUEUE, { MessageBody: 'lost' });
    expect(answer).toMatchObject({ code: reply.status, body: undefined });
    expect(await received()).toEqual([]);
  });

  it('breaks the SDK itself where a batch was sent', async () => {
    const sdk = sdkFor(await gateway(empty), context.account.owner);
    await expect(sdk.batchSendMessage(QUEUE, [{ MessageBody: 'lost' }])).rejects.toThrow(TypeError);
  });

  it.each([
    ['an empty 503', empty],
    ["a proxy's page", page],
  ])('%s is tried again by the adapter, and every message arrives', async (_, reply) => {
    await queueAt(await gateway(reply)).send(manyHints(3));
    expect(await receivedPods()).toEqual(['web-0', 'web-1', 'web-2']);
  });

  it('is a failure where it goes on, so that nobody takes the hint for sent', async () => {
    const queue = queueAt(await gateway(empty, empty, empty));
    await expect(queue.send(manyHints(1))).rejects.toMatchObject({
      verdict: 'unavailable',
      message: expect.stringContaining('1 of 1 messages'),
    });
  });
});

describe('an error of the service', () => {
  const failing = (times: number) =>
    context.faults.add({
      service: 'mns',
      operation: 'BatchSendMessage',
      times,
      fault: { kind: 'error', status: 500, code: 'InternalError' },
    });

  it('has neither code nor status in the SDK, and is not tried again', async () => {
    failing(1);
    const error = await raw
      .batchSendMessage(QUEUE, [{ MessageBody: 'x' }])
      .catch((reason: Record<string, unknown>) => reason);
    expect(error).toMatchObject({ name: 'MNSInternalErrorError' });
    expect(error).not.toHaveProperty('code');
    expect(error).not.toHaveProperty('status');
    expect(sends()).toBe(1);
  });

  it('is tried again by the adapter', async () => {
    failing(2);
    await queueAt(mns.url).send(manyHints(2));
    expect(await receivedPods()).toEqual(['web-0', 'web-1']);
    expect(sends()).toBe(3);
  });

  it('is thrown after the third try, with its cause', async () => {
    failing(3);
    await expect(queueAt(mns.url).send(manyHints(2))).rejects.toMatchObject({
      verdict: 'unavailable',
      code: 'NotSent',
      cause: { name: 'MNSInternalErrorError' },
    });
  });

  it('that loses only the answer may double a hint, never lose it', async () => {
    context.faults.add({
      service: 'mns',
      operation: 'BatchSendMessage',
      times: 1,
      fault: { kind: 'drop-after' },
    });
    await queueAt(mns.url).send(manyHints(2));
    expect(new Set(await receivedPods())).toEqual(new Set(['web-0', 'web-1']));
  });
});

describe('a batch of which some messages are refused', () => {
  it('is no error in the SDK', async () => {
    const answer = await raw.batchSendMessage(QUEUE, [
      { MessageBody: 'fits' },
      { MessageBody: 'x'.repeat(70_000) },
    ]);
    expect(answer.code).toBe(500);
    expect(answer.body).toMatchObject([{ MessageId: expect.any(String) }, { ErrorCode: expect.any(String) }]);
    expect(await received()).toEqual(['fits']);
  });

  /** A queue that refuses every second message of the first batch. */
  async function pickyQueue(): Promise<{ url: string; taken: string[] }> {
    const taken: string[] = [];
    let calls = 0;
    const listening = await listen(context, {
      service: 'picky',
      operation: () => 'BatchSendMessage',
      handle({ body }) {
        const bodies = [...body.toString().matchAll(/<MessageBody>([^<]*)<\/MessageBody>/g)].map(
          ([, text]) => text ?? '',
        );
        const refusing = calls++ === 0;
        const items = bodies.map((text, index) => {
          if (refusing && index % 2 === 1)
            return '<ErrorCode>InternalError</ErrorCode><ErrorMessage>not now</ErrorMessage>';
          taken.push(text);
          const md5 = createHash('md5').update(text).digest('hex').toUpperCase();
          return `<MessageId>id-${taken.length}</MessageId><MessageBodyMD5>${md5}</MessageBodyMD5>`;
        });
        const list = items.map((item) => `<Message>${item}</Message>`).join('');
        return {
          status: refusing ? 500 : 201,
          headers: { 'content-type': 'text/xml' },
          body: `<?xml version="1.0"?><Messages xmlns="http://mns.aliyuncs.com/doc/v1/">${list}</Messages>`,
        };
      },
      fail: () => ({ status: 500 }),
    });
    closing.push(listening);
    return { url: listening.url, taken };
  }

  it('is sent again by the adapter: those messages, and only those', async () => {
    const { url, taken } = await pickyQueue();
    await queueAt(url).send(manyHints(5));
    const pods = taken.map((body) => JSON.parse(Buffer.from(body, 'base64').toString()).pod as string);
    expect(pods).toEqual(['web-0', 'web-2', 'web-4', 'web-1', 'web-3']);
  });
});

describe('a body', () => {
  const SPECIAL = `a & b <c> "d" 'e' ]]> é 漢`;

  it('with an ampersand breaks the document that the SDK sends', async () => {
    await expect(raw.batchSendMessage(QUEUE, [{ MessageBody: SPECIAL }])).rejects.toThrow();
    expect(await received()).toEqual([]);
  });

  it('arrives as it was sent by the adapter', async () => {
    await queueAt(mns.url).send([{ hint: { ...hintOf('web-0'), clusterId: SPECIAL } }]);
    const [body] = await received();
    expect(JSON.parse(Buffer.from(body ?? '', 'base64').toString())).toMatchObject({ cluster: SPECIAL });
  });
});

describe('sending', () => {
  it('nothing calls nobody', async () => {
    await queueAt(mns.url).send([]);
    expect(sends()).toBe(0);
  });

  it('many goes in batches of 16', async () => {
    await queueAt(mns.url).send(manyHints(100));
    expect(sends()).toBe(7);
    expect(new Set(await receivedPods()).size).toBe(100);
  });

  it('carries attempt and look', async () => {
    await queueAt(mns.url).send([{ hint: { ...hintOf('web-0'), attempt: 3, look: true } }]);
    const [body] = await received();
    expect(decodeHint(JSON.parse(Buffer.from(body ?? '', 'base64').toString()))).toEqual({
      ...hintOf('web-0'),
      attempt: 3,
      look: true,
    });
  });

  it('with a delay keeps the hint from view until then, rounded up to seconds', async () => {
    await queueAt(mns.url).send([{ hint: hintOf('web-0'), delayMs: 59_001 }]);
    await context.clock.advance(58_000);
    expect(await received()).toEqual([]);
    await context.clock.advance(3_000);
    expect(await receivedPods()).toEqual(['web-0']);
  });

  it('asks for no longer delay than seven days, the longest there is', async () => {
    await raw.setQueueAttributes(QUEUE, { MessageRetentionPeriod: 604_800 });
    await queueAt(mns.url).send([{ hint: hintOf('web-0'), delayMs: 30 * 24 * 3_600_000 }]);
    expect(mns.queues.depth(QUEUE)).toMatchObject({ delayed: 1 });
  });
});
