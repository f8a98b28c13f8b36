import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Credentials } from '../../infra/local/kernel/account.ts';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import { type Listening, listen, type Reply } from '../../infra/local/kernel/http.ts';
import { type Mns, startMns } from '../../infra/local/mns/server.ts';
import { createHintQueue } from '../../shared/adapters/mns/hint-queue.ts';
import { CALL_WORST_MS } from '../../shared/adapters/time-left.ts';
import { decodeHint } from '../../shared/intake/hint.ts';
import type { Hint, HintQueue } from '../../shared/reconcile/ports.ts';
import { openGateway } from './gateway.ts';
import { type Sdk, sdkFor } from './mns-sdk.ts';
import { timeoutsOf } from './timeouts.ts';

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

const queueAt = (url: string, credentials: Credentials = context.account.owner): HintQueue =>
  createHintQueue({
    endpoint: url,
    queue: QUEUE,
    accountId: context.account.id,
    credentials,
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

const gateway = async (...first: Reply[]) => (await openGateway(context, mns.url, first)).url;

interface StrangeQueue {
  readonly url: string;
  /** The bodies that it took, as it has them. */
  readonly stored: string[];
}

/** A queue that has of each message what `taken` makes of it; undefined refuses it. */
async function strangeQueue(
  taken: (text: string, at: { readonly call: number; readonly index: number }) => string | undefined,
): Promise<StrangeQueue> {
  const stored: string[] = [];
  let calls = 0;
  const listening = await listen(context, {
    service: 'strange',
    operation: () => 'BatchSendMessage',
    handle({ body }) {
      const call = calls++;
      const sent = [...body.toString().matchAll(/<MessageBody>([^<]*)<\/MessageBody>/g)];
      const kept = sent.map(([, text = ''], index) => taken(text, { call, index }));
      const items = kept.map((text) => {
        if (text === undefined)
          return '<ErrorCode>InternalError</ErrorCode><ErrorMessage>not now</ErrorMessage>';
        stored.push(text);
        const md5 = createHash('md5').update(text).digest('hex').toUpperCase();
        return `<MessageId>id-${stored.length}</MessageId><MessageBodyMD5>${md5}</MessageBodyMD5>`;
      });
      const list = items.map((item) => `<Message>${item}</Message>`).join('');
      return {
        status: kept.includes(undefined) ? 500 : 201,
        headers: { 'content-type': 'text/xml' },
        body: `<?xml version="1.0"?><Messages xmlns="http://mns.aliyuncs.com/doc/v1/">${list}</Messages>`,
      };
    },
    fail: () => ({ status: 500 }),
  });
  closing.push(listening);
  return { url: listening.url, stored };
}

const podIn = (body: string) => JSON.parse(Buffer.from(body, 'base64').toString()).pod as string;

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

  it('is sent again by the adapter: those messages, and only those', async () => {
    const { url, stored } = await strangeQueue((text, { call, index }) =>
      call === 0 && index % 2 === 1 ? undefined : text,
    );
    await queueAt(url).send(manyHints(5));
    expect(stored.map(podIn)).toEqual(['web-0', 'web-2', 'web-4', 'web-1', 'web-3']);
  });
});

describe('a message that did not arrive as it was sent', () => {
  const damaged = (text: string) => `${text.slice(0, -1)}!`;

  it('was sent to the SDK, which compares no digest', async () => {
    const { url, stored } = await strangeQueue(damaged);
    const answer = await sdkFor(url, context.account.owner).batchSendMessage(QUEUE, [{ MessageBody: 'x1' }]);
    expect(answer.code).toBe(201);
    expect(stored).toEqual(['x!']);
  });

  it('is sent again by the adapter, that one and no other', async () => {
    const { url, stored } = await strangeQueue((text, { call, index }) =>
      call === 0 && index === 1 ? damaged(text) : text,
    );
    await queueAt(url).send(manyHints(3));
    const [first = '', broken, ...others] = stored;
    expect(broken).toMatch(/!$/);
    expect([first, ...others].map(podIn)).toEqual(['web-0', 'web-2', 'web-1']);
  });

  it('is a failure where it goes on', async () => {
    const { url } = await strangeQueue(damaged);
    await expect(queueAt(url).send(manyHints(2))).rejects.toMatchObject({
      code: 'NotSent',
      message: expect.stringContaining('2 of 2 messages'),
    });
  });
});

describe('the time that is allowed for an answer', () => {
  it('is 40 seconds in the SDK, and 30 for the connection', async () => {
    const { connect, timers } = await timeoutsOf(() => raw.batchSendMessage(QUEUE, [{ MessageBody: 'x' }]));
    expect(connect).toEqual([30_000]);
    expect(timers).toContain(40_000);
  });

  it('is less in the adapter, with the connection below what is kept back for one call', async () => {
    const { connect, timers } = await timeoutsOf(() => queueAt(mns.url).send(manyHints(1)));
    expect(connect).toEqual([3_000]);
    expect(timers).toContain(6_500);
    expect(timers).not.toContain(40_000);
    expect(3_000 + 6_500).toBeLessThanOrEqual(CALL_WORST_MS);
  });
});

describe('temporary credentials that are over', () => {
  it('go on being used by the SDK, which tells nobody that new ones could not be had', async () => {
    let asked = 0;
    const sdk = sdkFor(mns.url, context.account.assumeRole(60_000), {
      refreshSTSTokenInterval: 0,
      async refreshSTSToken() {
        asked++;
        throw new Error('no role to assume');
      },
    });
    await sdk.batchSendMessage(QUEUE, [{ MessageBody: 'x' }]);
    expect(asked).toBe(1);
    await context.clock.advance(61_000);
    await expect(sdk.batchSendMessage(QUEUE, [{ MessageBody: 'y' }])).rejects.toMatchObject({
      name: 'MNSSecurityTokenExpiredError',
      message: expect.not.stringContaining('no role to assume'),
    });
  });

  it('are an error in the adapter, which renews none: its owner makes another with new ones', async () => {
    const first = queueAt(mns.url, context.account.assumeRole(60_000));
    await first.send(manyHints(1));
    await context.clock.advance(61_000);
    await expect(first.send(manyHints(1))).rejects.toMatchObject({
      code: 'NotSent',
      cause: { name: 'MNSSecurityTokenExpiredError' },
    });
    await queueAt(mns.url, context.account.assumeRole(60_000)).send([{ hint: hintOf('web-9') }]);
    expect(await receivedPods()).toEqual(['web-0', 'web-9']);
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
