import { describe, expect, it } from 'vitest';
import { openRig, type Rig } from './mns-rig.ts';

const policy = (MaxReceiveCount: number, DeadLetterTargetQueue = 'dead') => ({
  DlqPolicy: { Enabled: true, DeadLetterTargetQueue, MaxReceiveCount },
});

const openQueues = async (attributes: object) => {
  const rig = await openRig();
  await rig.sdk.createQueue('dead');
  await rig.sdk.createQueue('q', { VisibilityTimeout: 10, ...attributes });
  return rig;
};

/** Receives one message and lets its visibility timeout pass. */
async function failOnce({ sdk, context }: Rig): Promise<void> {
  await sdk.receiveMessage('q');
  await context.clock.advance(10_000);
}

describe('a queue with a dead-letter policy', () => {
  it('moves a message that was received too often and never deleted', async () => {
    const rig = await openQueues(policy(2));
    const { sdk, mns } = rig;
    const sent = (await sdk.sendMessage('q', { MessageBody: 'poison', Priority: 3 })).body;

    await failOnce(rig);
    expect(mns.queues.depth('q').active).toBe(1);
    await failOnce(rig);

    expect(mns.queues.depth('q')).toEqual({ active: 0, inactive: 0, delayed: 0 });
    expect((await sdk.receiveMessage('dead')).body).toMatchObject({
      MessageId: sent.MessageId,
      MessageBody: 'poison',
      Priority: '3',
      DequeueCount: '1',
    });
  });

  it('leaves alone what is deleted in time', async () => {
    const rig = await openQueues(policy(1));
    const { sdk, mns, context } = rig;
    await sdk.sendMessage('q', { MessageBody: 'x' });
    const { ReceiptHandle = '' } = (await sdk.receiveMessage('q')).body;

    await sdk.deleteMessage('q', ReceiptHandle);
    await context.clock.advance(10_000);

    expect(mns.queues.depth('dead').active).toBe(0);
  });

  it('wakes whoever waits at the dead-letter queue, though nobody asks the queue itself', async () => {
    const { sdk, mns, context } = await openQueues(policy(1));
    await sdk.sendMessage('q', { MessageBody: 'poison' });
    await sdk.receiveMessage('q');
    const waiting = mns.queues.receive('dead', { max: 1, waitMs: 30_000 });

    await context.clock.advance(10_000);

    expect(await waiting).toMatchObject([{ body: 'poison', firstDequeuedAt: context.clock.now() }]);
  });

  it('does not begin the retention anew', async () => {
    const rig = await openQueues({ ...policy(1), MessageRetentionPeriod: 60 });
    await rig.sdk.sendMessage('q', { MessageBody: 'poison' });
    await failOnce(rig);

    await rig.context.clock.advance(49_999);
    expect(rig.mns.queues.depth('dead').active).toBe(1);
    await rig.context.clock.advance(1);
    expect(rig.mns.queues.depth('dead').active).toBe(0);
  });

  it('keeps the message itself while the target is missing', async () => {
    const rig = await openQueues(policy(1));
    await rig.sdk.sendMessage('q', { MessageBody: 'poison' });
    await rig.sdk.deleteQueue('dead');

    await failOnce(rig);

    expect((await rig.sdk.receiveMessage('q')).body).toMatchObject({
      MessageBody: 'poison',
      DequeueCount: '2',
    });
  });

  it('moves nothing when the policy is switched off', async () => {
    const rig = await openQueues(policy(1));
    await rig.sdk.setQueueAttributes('q', { DlqPolicy: { Enabled: false } });
    await rig.sdk.sendMessage('q', { MessageBody: 'x' });

    await failOnce(rig);

    expect(rig.mns.queues.depth('q').active).toBe(1);
  });

  it('shows the policy among its attributes', async () => {
    const { sdk } = await openQueues(policy(5));
    expect((await sdk.getQueueAttributes('q')).body.DlqPolicy).toEqual([
      { Enabled: 'true', DeadLetterTargetQueue: 'dead', MaxReceiveCount: '5' },
    ]);
  });

  it('cannot be its own target, nor name one that does not exist, nor leave out the count', async () => {
    const { sdk } = await openQueues({});

    await expect(sdk.setQueueAttributes('q', policy(1, 'q'))).rejects.toMatchObject({
      name: 'MNSInvalidArgumentError',
    });
    await expect(sdk.setQueueAttributes('q', policy(1, 'nowhere'))).rejects.toMatchObject({
      name: 'MNSQueueNotExistError',
    });
    await expect(sdk.setQueueAttributes('q', policy(0))).rejects.toMatchObject({
      name: 'MNSInvalidArgumentError',
    });
    await expect(
      sdk.setQueueAttributes('q', { DlqPolicy: { DeadLetterTargetQueue: 'dead' } }),
    ).rejects.toMatchObject({ name: 'MNSInvalidArgumentError' });
  });
});
