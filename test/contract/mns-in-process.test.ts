import { describe, expect, it } from 'vitest';
import { openRig } from './mns-rig.ts';

const openQueue = async () => {
  const rig = await openRig();
  await rig.sdk.createQueue('q', { VisibilityTimeout: 10 });
  return { ...rig, queues: rig.mns.queues };
};

describe('the door for the rest of the cloud', () => {
  it('leads to the same queues as the wire', async () => {
    const { queues, sdk } = await openQueue();
    await sdk.sendMessage('q', { MessageBody: 'by wire' });
    await queues.send('q', 'in process', { priority: 1, delaySeconds: 0 });

    const received = await queues.receive('q', { max: 16, waitMs: 0 });

    expect(received.map((message) => message.body)).toEqual(['in process', 'by wire']);
    await sdk.deleteMessage('q', received[0]?.receiptHandle ?? '');
    await queues.delete('q', received[1]?.receiptHandle ?? '');
    expect(queues.depth('q')).toEqual({ active: 0, inactive: 0, delayed: 0 });
    expect(queues.list()).toEqual(['q']);
  });

  it('waits for a message that comes by wire', async () => {
    const { queues, sdk } = await openQueue();
    const waiting = queues.receive('q', { max: 16, waitMs: 30_000 });

    await sdk.sendMessage('q', { MessageBody: 'x' });

    expect(await waiting).toMatchObject([{ body: 'x', dequeueCount: 1 }]);
  });

  it('serves those who wait in the order they came, each message to one of them', async () => {
    const { queues } = await openQueue();
    const first = queues.receive('q', { max: 1, waitMs: 30_000 });
    const second = queues.receive('q', { max: 1, waitMs: 30_000 });

    await queues.send('q', 'a');
    await queues.send('q', 'b');

    expect((await first).map((message) => message.body)).toEqual(['a']);
    expect((await second).map((message) => message.body)).toEqual(['b']);
  });

  it('comes back with nothing when the time is over, or the signal aborts', async () => {
    const { queues, context } = await openQueue();
    const patient = queues.receive('q', { max: 1, waitMs: 30_000 });
    const stopping = new AbortController();
    const stopped = queues.receive('q', { max: 1, waitMs: 30_000, signal: stopping.signal });

    stopping.abort();

    expect(await stopped).toEqual([]);
    await context.clock.advance(30_000);
    expect(await patient).toEqual([]);
    expect(await queues.receive('q', { max: 1, waitMs: 30_000, signal: AbortSignal.abort() })).toEqual([]);
  });

  it('gives nothing to one whose signal aborted', async () => {
    const { queues } = await openQueue();
    const stopping = new AbortController();
    const stopped = queues.receive('q', { max: 1, waitMs: 30_000, signal: stopping.signal });
    stopping.abort();

    await queues.send('q', 'x');

    expect(await stopped).toEqual([]);
    expect(queues.depth('q').active).toBe(1);
  });

  it('sends everyone away when the service closes', async () => {
    const { queues, mns } = await openQueue();
    const waiting = queues.receive('q', { max: 1, waitMs: 30_000 });

    await mns.close();

    expect(await waiting).toEqual([]);
  });

  it('gives a message again to one who waits, the moment its timeout is over', async () => {
    const { queues, context } = await openQueue();
    await queues.send('q', 'x');
    await queues.receive('q', { max: 1, waitMs: 0 });
    const due = context.clock.now() + 10_000;
    const waiting = queues.receive('q', { max: 1, waitMs: 30_000 });

    await context.clock.advance(20_000);

    expect(await waiting).toMatchObject([{ body: 'x', dequeueCount: 2, visibleAt: due + 10_000 }]);
  });

  it('keeps the limits of the protocol', async () => {
    const { queues } = await openQueue();
    const invalid = { name: 'Refusal', code: 'InvalidArgument', status: 400 };

    await expect(queues.receive('q', { max: 17, waitMs: 0 })).rejects.toMatchObject(invalid);
    await expect(queues.receive('q', { max: 1, waitMs: 30_001 })).rejects.toMatchObject(invalid);
    await expect(queues.send('q', 'x'.repeat(65_537))).rejects.toMatchObject(invalid);
    await expect(queues.send('q', 'x', { priority: 17 })).rejects.toMatchObject(invalid);
    await expect(queues.send('q', 'x', { delaySeconds: 604_801 })).rejects.toMatchObject(invalid);
    await expect(queues.send('q', 'a\u0000b')).rejects.toMatchObject(invalid);
    await expect(queues.delete('q', 'nonsense')).rejects.toMatchObject({ code: 'ReceiptHandleError' });
    expect(() => queues.depth('nowhere')).toThrow(expect.objectContaining({ code: 'QueueNotExist' }));
  });

  it('is counted in the meter as the operations it stands for', async () => {
    const { queues, context } = await openQueue();
    const statuses: [string, number][] = [];
    context.meter.onCall((call) => statuses.push([call.operation, call.status]));

    await queues.send('q', 'x');
    const [message] = await queues.receive('q', { max: 1, waitMs: 0 });
    await queues.receive('q', { max: 16, waitMs: 0 });
    await queues.delete('q', message?.receiptHandle ?? '');
    await queues.delete('q', message?.receiptHandle ?? '').catch(() => {});

    expect(statuses).toEqual([
      ['SendMessage', 201],
      ['ReceiveMessage', 200],
      ['BatchReceiveMessage', 404],
      ['DeleteMessage', 204],
      ['DeleteMessage', 404],
    ]);
  });
});
