import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openRig } from './mns-rig.ts';
import type { Sdk } from './mns-sdk.ts';

const NOTHING = { name: 'MNSMessageNotExistError' };
const INVALID = { name: 'MNSInvalidArgumentError' };

const openQueue = async (attributes: object = {}) => {
  const rig = await openRig();
  await rig.sdk.createQueue('q', attributes);
  return rig;
};

const bodiesOf = (messages: readonly Readonly<Record<string, string>>[]) =>
  messages.map((message) => message.MessageBody);

/** Receives until the queue is empty, one by one. */
async function drain(sdk: Sdk): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const reply = await sdk.receiveMessage('q').catch(() => undefined);
    if (!reply) return bodies;
    bodies.push(reply.body.MessageBody ?? '');
  }
}

describe('sending and receiving', () => {
  it('hands out what was sent, with its id, digest, times and count', async () => {
    const { sdk, context } = await openQueue();
    const start = context.clock.now();

    const sent = await sdk.sendMessage('q', { MessageBody: 'hello' });
    await context.clock.advance(1_000);
    const received = await sdk.receiveMessage('q');

    const digest = createHash('md5').update('hello').digest('hex').toUpperCase();
    expect(sent).toMatchObject({ code: 201, body: { MessageBodyMD5: digest } });
    expect(sent.body).not.toHaveProperty('ReceiptHandle');
    expect(received).toMatchObject({
      code: 200,
      body: {
        MessageId: sent.body.MessageId,
        MessageBody: 'hello',
        MessageBodyMD5: digest,
        EnqueueTime: String(start),
        FirstDequeueTime: String(start + 1_000),
        NextVisibleTime: String(start + 31_000),
        DequeueCount: '1',
        Priority: '8',
      },
    });
  });

  it.each([
    ['markup', '<a href="x">&amp;</a>', '&lt;a href="x"&gt;&amp;amp;&lt;/a&gt;'],
    ['CDATA', '<!DOCTYPE a> & <b>', '<![CDATA[<!DOCTYPE a> & <b>]]>'],
    ['white space and line ends', '  a\r\nb\n ', '  a&#13;\nb&#xA; '],
    ['characters beyond the basic plane', 'ü 漢 🚀', 'ü 漢 &#x1F680;'],
  ])('keeps a body of %s as it is', async (_what, body, written) => {
    const { sdk } = await openQueue();

    await sdk.sendMessage('q', { MessageBody: written });

    expect((await sdk.receiveMessage('q')).body.MessageBody).toBe(body);
  });

  it('says MessageNotExist when there is nothing', async () => {
    const { sdk } = await openQueue();
    await expect(sdk.receiveMessage('q')).rejects.toMatchObject(NOTHING);
    await expect(sdk.batchReceiveMessage('q', 16)).rejects.toMatchObject(NOTHING);
    await expect(sdk.peekMessage('q')).rejects.toMatchObject(NOTHING);
  });

  it('serves lower priority numbers first, and the older first among equals', async () => {
    const { sdk } = await openQueue();
    for (const [body, priority] of [
      ['c', 8],
      ['e', 16],
      ['a', 1],
      ['d', 8],
      ['b', 2],
    ] as const) {
      await sdk.sendMessage('q', { MessageBody: body, Priority: priority });
    }

    expect(await drain(sdk)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('never gives one visible message to two receivers at the same time', async () => {
    const { sdk } = await openQueue();
    const sent = Array.from({ length: 48 }, (_, index) => `m${index}`);
    for (let index = 0; index < sent.length; index += 16) {
      await sdk.batchSendMessage(
        'q',
        sent.slice(index, index + 16).map((body) => ({ MessageBody: body })),
      );
    }

    const received = await Promise.all([drain(sdk), drain(sdk), drain(sdk)]);

    expect(received.flat().sort()).toEqual([...sent].sort());
  });

  it.each([
    ['no body', { DelaySeconds: 1 }],
    ['an empty body', { MessageBody: '' }],
    ['more than 64 KB', { MessageBody: 'ü'.repeat(32_769) }],
    ['priority 0', { MessageBody: 'x', Priority: 0 }],
    ['priority 17', { MessageBody: 'x', Priority: 17 }],
    ['a delay of more than seven days', { MessageBody: 'x', DelaySeconds: 604_801 }],
    ['an unknown element', { MessageBody: 'x', Delay: 1 }],
  ])('refuses a message with %s', async (_what, message) => {
    const { sdk, mns } = await openQueue();

    await expect(sdk.sendMessage('q', message)).rejects.toMatchObject(INVALID);

    expect(mns.queues.depth('q')).toEqual({ active: 0, inactive: 0, delayed: 0 });
  });

  it('takes a body of exactly the size that the queue allows', async () => {
    const { sdk } = await openQueue({ MaximumMessageSize: 1_024 });

    await expect(sdk.sendMessage('q', { MessageBody: 'x'.repeat(1_024) })).resolves.toMatchObject({
      code: 201,
    });
    await expect(sdk.sendMessage('q', { MessageBody: 'x'.repeat(1_025) })).rejects.toMatchObject(INVALID);
  });
});

describe('batches', () => {
  it('send, receive, peek and delete up to 16 at once', async () => {
    const { sdk, mns } = await openQueue();
    const bodies = Array.from({ length: 16 }, (_, index) => `m${index}`);

    const sent = await sdk.batchSendMessage(
      'q',
      bodies.map((body) => ({ MessageBody: body })),
    );
    expect(sent.code).toBe(201);
    expect(new Set(sent.body.map((message) => message.MessageId)).size).toBe(16);
    expect(bodiesOf((await sdk.batchPeekMessage('q', 16)).body)).toEqual(bodies);

    const received = await sdk.batchReceiveMessage('q', 16);
    expect(bodiesOf(received.body)).toEqual(bodies);

    const handles = received.body.map((message) => message.ReceiptHandle ?? '');
    await expect(sdk.batchDeleteMessage('q', handles)).resolves.toMatchObject({ code: 204 });
    expect(mns.queues.depth('q')).toEqual({ active: 0, inactive: 0, delayed: 0 });
  });

  it('answer 500 with each message’s own outcome where one of them is bad', async () => {
    const { sdk } = await openQueue();

    const reply = await sdk.batchSendMessage('q', [
      { MessageBody: 'good' },
      { MessageBody: 'bad', Priority: 99 },
      { MessageBody: 'fine' },
    ]);

    expect(reply.code).toBe(500);
    expect(reply.body).toEqual([
      { MessageId: expect.any(String), MessageBodyMD5: expect.any(String) },
      { ErrorCode: 'InvalidArgument', ErrorMessage: expect.stringContaining('Priority') },
      { MessageId: expect.any(String), MessageBodyMD5: expect.any(String) },
    ]);
    expect(await drain(sdk)).toEqual(['good', 'fine']);
  });

  it('answer 404 with the handles that could not be deleted, and delete the rest', async () => {
    const { sdk, mns } = await openQueue();
    await sdk.batchSendMessage('q', [{ MessageBody: 'a' }, { MessageBody: 'b' }]);
    const [a, b] = (await sdk.batchReceiveMessage('q', 2)).body.map((message) => message.ReceiptHandle ?? '');
    await sdk.deleteMessage('q', a ?? '');

    const reply = await sdk.batchDeleteMessage('q', [a ?? '', b ?? '', 'nonsense']);

    expect(reply).toMatchObject({
      code: 404,
      body: [
        { ErrorCode: 'MessageNotExist', ReceiptHandle: a },
        { ErrorCode: 'ReceiptHandleError', ReceiptHandle: 'nonsense' },
      ],
    });
    expect(mns.queues.depth('q').inactive).toBe(0);
  });

  it('refuse 0 and 17 entries, and more than 64 KB together', async () => {
    const { sdk, mns } = await openQueue();
    const seventeen = Array.from({ length: 17 }, () => ({ MessageBody: 'x' }));

    await expect(sdk.batchSendMessage('q', [])).rejects.toMatchObject(INVALID);
    await expect(sdk.batchSendMessage('q', seventeen)).rejects.toMatchObject(INVALID);
    await expect(
      sdk.batchSendMessage('q', [{ MessageBody: 'x'.repeat(40_000) }, { MessageBody: 'x'.repeat(40_000) }]),
    ).rejects.toMatchObject(INVALID);
    await expect(sdk.batchReceiveMessage('q', 17)).rejects.toMatchObject(INVALID);
    await expect(sdk.batchReceiveMessage('q', 0)).rejects.toMatchObject(INVALID);
    await expect(sdk.batchDeleteMessage('q', Array(17).fill('8-MC0wLTA='))).rejects.toMatchObject(INVALID);
    expect(mns.queues.depth('q').active).toBe(0);
  });
});

describe('visibility', () => {
  it('hides a received message for the timeout, then gives it again with a new handle', async () => {
    const { sdk, context } = await openQueue({ VisibilityTimeout: 10 });
    await sdk.sendMessage('q', { MessageBody: 'x' });
    const first = (await sdk.receiveMessage('q')).body;

    await context.clock.advance(9_999);
    await expect(sdk.receiveMessage('q')).rejects.toMatchObject(NOTHING);
    await context.clock.advance(1);
    const second = (await sdk.receiveMessage('q')).body;

    expect(second).toMatchObject({
      MessageId: first.MessageId,
      DequeueCount: '2',
      FirstDequeueTime: first.FirstDequeueTime,
    });
    expect(second.ReceiptHandle).not.toBe(first.ReceiptHandle);
    await expect(sdk.deleteMessage('q', first.ReceiptHandle ?? '')).rejects.toMatchObject(NOTHING);
    await expect(sdk.changeMessageVisibility('q', first.ReceiptHandle ?? '', 60)).rejects.toMatchObject(
      NOTHING,
    );
    await expect(sdk.deleteMessage('q', second.ReceiptHandle ?? '')).resolves.toMatchObject({ code: 204 });
  });

  it('makes a handle stale the moment the message is visible again', async () => {
    const { sdk, context } = await openQueue({ VisibilityTimeout: 10 });
    await sdk.sendMessage('q', { MessageBody: 'x' });
    const { ReceiptHandle = '' } = (await sdk.receiveMessage('q')).body;

    await context.clock.advance(10_000);

    await expect(sdk.deleteMessage('q', ReceiptHandle)).rejects.toMatchObject(NOTHING);
    expect((await sdk.peekMessage('q')).body.DequeueCount).toBe('1');
  });

  it('can be prolonged or cut short from now on, which renews the handle', async () => {
    const { sdk, context } = await openQueue({ VisibilityTimeout: 10 });
    await sdk.sendMessage('q', { MessageBody: 'x' });
    const { ReceiptHandle: received = '' } = (await sdk.receiveMessage('q')).body;
    await context.clock.advance(5_000);

    const { body } = await sdk.changeMessageVisibility('q', received, 43_200);

    expect(body.NextVisibleTime).toBe(String(context.clock.now() + 43_200_000));
    await expect(sdk.deleteMessage('q', received)).rejects.toMatchObject(NOTHING);
    await context.clock.advance(43_199_000);
    await expect(sdk.receiveMessage('q')).rejects.toMatchObject(NOTHING);
    await sdk.changeMessageVisibility('q', body.ReceiptHandle ?? '', 1);
    await context.clock.advance(1_000);
    expect((await sdk.receiveMessage('q')).body.DequeueCount).toBe('2');
  });

  it('is changed to 1 to 43200 seconds only', async () => {
    const { sdk } = await openQueue();
    await sdk.sendMessage('q', { MessageBody: 'x' });
    const { ReceiptHandle = '' } = (await sdk.receiveMessage('q')).body;

    await expect(sdk.changeMessageVisibility('q', ReceiptHandle, 0)).rejects.toMatchObject(INVALID);
    await expect(sdk.changeMessageVisibility('q', ReceiptHandle, 43_201)).rejects.toMatchObject(INVALID);
  });

  it('is not touched by peeking', async () => {
    const { sdk } = await openQueue();
    await sdk.sendMessage('q', { MessageBody: 'x' });

    const { body } = await sdk.peekMessage('q');

    expect(body).toMatchObject({ MessageBody: 'x', DequeueCount: '0', FirstDequeueTime: body.EnqueueTime });
    expect(body).not.toHaveProperty('ReceiptHandle');
    expect((await sdk.receiveMessage('q')).body.DequeueCount).toBe('1');
  });
});

describe('time', () => {
  it('shows a delayed message when its delay is over, its own delay before the queue’s', async () => {
    const { sdk, context, mns } = await openQueue({ DelaySeconds: 60 });
    await sdk.sendMessage('q', { MessageBody: 'queue' });
    await sdk.sendMessage('q', { MessageBody: 'own', DelaySeconds: 5 });
    await sdk.sendMessage('q', { MessageBody: 'none', DelaySeconds: 0 });

    expect(mns.queues.depth('q')).toEqual({ active: 1, inactive: 0, delayed: 2 });
    expect(await drain(sdk)).toEqual(['none']);
    await context.clock.advance(5_000);
    expect(await drain(sdk)).toEqual(['own']);
    expect((await sdk.getQueueAttributes('q')).body).toMatchObject({
      ActiveMessages: '0',
      InactiveMessages: '2',
      DelayMessages: '1',
    });
    await context.clock.advance(55_000);
    expect(await drain(sdk)).toContain('queue');
  });

  it('lets a delayed message be called off by the handle that sending it gave', async () => {
    const { sdk, context } = await openQueue();
    const { body } = await sdk.sendMessage('q', { MessageBody: 'x', DelaySeconds: 60 });

    await expect(sdk.deleteMessage('q', body.ReceiptHandle ?? '')).resolves.toMatchObject({ code: 204 });

    await context.clock.advance(60_000);
    await expect(sdk.receiveMessage('q')).rejects.toMatchObject(NOTHING);
  });

  it('drops a message at the end of its retention, even one in flight', async () => {
    const { sdk, context, mns } = await openQueue({ MessageRetentionPeriod: 60, VisibilityTimeout: 3_600 });
    await sdk.sendMessage('q', { MessageBody: 'in flight' });
    const { ReceiptHandle = '' } = (await sdk.receiveMessage('q')).body;
    await sdk.sendMessage('q', { MessageBody: 'waiting' });

    await context.clock.advance(59_999);
    expect(mns.queues.depth('q')).toEqual({ active: 1, inactive: 1, delayed: 0 });
    await context.clock.advance(1);

    expect(mns.queues.depth('q')).toEqual({ active: 0, inactive: 0, delayed: 0 });
    await expect(sdk.deleteMessage('q', ReceiptHandle)).rejects.toMatchObject(NOTHING);
  });

  it('also ends the life of a message whose delay is longer than the retention', async () => {
    const { sdk, context } = await openQueue();
    await sdk.sendMessage('q', { MessageBody: 'x', DelaySeconds: 604_800 });

    await context.clock.advance(604_800_000);

    await expect(sdk.receiveMessage('q')).rejects.toMatchObject(NOTHING);
  });
});

describe('a long poll', () => {
  it('ends at once when a message is sent', async () => {
    const { sdk, arrival } = await openQueue();
    const arrived = arrival('ReceiveMessage');
    const waiting = sdk.receiveMessage('q', 30);
    await arrived;

    await sdk.sendMessage('q', { MessageBody: 'x' });

    expect((await waiting).body.MessageBody).toBe('x');
  });

  it('ends at the moment a delayed message becomes visible', async () => {
    const { sdk, arrival, context } = await openQueue();
    await sdk.sendMessage('q', { MessageBody: 'x', DelaySeconds: 20 });
    const arrived = arrival('BatchReceiveMessage');
    const waiting = sdk.batchReceiveMessage('q', 16, 30);
    await arrived;
    const due = context.clock.now() + 20_000;

    await context.clock.advance(25_000);

    expect((await waiting).body).toMatchObject([{ MessageBody: 'x', FirstDequeueTime: String(due) }]);
  });

  it('ends empty-handed when its time is over', async () => {
    const { sdk, arrival, context } = await openQueue();
    const arrived = arrival('ReceiveMessage');
    const waiting = expect(sdk.receiveMessage('q', 10)).rejects.toMatchObject(NOTHING);
    await arrived;

    await context.clock.advance(10_000);

    await waiting;
  });

  it('is what a queue with PollingWaitSeconds does unasked', async () => {
    const { sdk, arrival } = await openQueue({ PollingWaitSeconds: 30 });
    const arrived = arrival('ReceiveMessage');
    const waiting = sdk.receiveMessage('q');
    await arrived;

    await sdk.sendMessage('q', { MessageBody: 'x' });

    expect((await waiting).body.MessageBody).toBe('x');
  });

  it('loses nothing when its client goes away', async () => {
    const { sdk, raw, arrival, context } = await openQueue();
    const client = new AbortController();
    const arrived = arrival('ReceiveMessage');
    const gone = new Promise((resolve) => context.meter.onCall(resolve));
    const waiting = raw({
      method: 'GET',
      resource: '/queues/q/messages?waitseconds=30',
      signal: client.signal,
    });
    await arrived;
    client.abort();
    await expect(waiting).rejects.toThrow();
    await gone;

    await sdk.sendMessage('q', { MessageBody: 'x' });

    expect((await sdk.receiveMessage('q')).body).toMatchObject({ MessageBody: 'x', DequeueCount: '1' });
  });

  it('ends with QueueNotExist when the queue is deleted under it', async () => {
    const { sdk, arrival } = await openQueue();
    const arrived = arrival('ReceiveMessage');
    const waiting = expect(sdk.receiveMessage('q', 30)).rejects.toMatchObject({
      name: 'MNSQueueNotExistError',
    });
    await arrived;

    await sdk.deleteQueue('q');

    await waiting;
  });

  it('is refused beyond 30 seconds', async () => {
    const { sdk } = await openQueue();
    await expect(sdk.receiveMessage('q', 31)).rejects.toMatchObject(INVALID);
  });
});
