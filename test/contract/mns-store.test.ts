import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClock } from '../../infra/local/kernel/clock.ts';
import { createContext } from '../../infra/local/kernel/context.ts';
import { type Mns, startMns } from '../../infra/local/mns/server.ts';
import { sdkFor } from './mns-sdk.ts';

/** A cloud that can be stopped and started again on the same folder and the same time. */
async function openCloud() {
  const dataDir = await mkdtemp(join(tmpdir(), 'mns-'));
  const clock = createClock({ rate: 0 });
  let mns: Mns | undefined;
  const start = async () => {
    await mns?.close();
    const context = createContext({ clock, dataDir });
    mns = await startMns(context);
    return { mns, sdk: sdkFor(mns.url, context.account.owner) };
  };
  onTestFinished(async () => {
    await mns?.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return { clock, dataDir, start };
}

describe('a restarted cloud', () => {
  it('finds its queues with their attributes', async () => {
    const { start } = await openCloud();
    const first = await start();
    await first.sdk.createQueue('dead');
    await first.sdk.createQueue('gone');
    await first.sdk.createQueue('q', {
      VisibilityTimeout: 77,
      DlqPolicy: { Enabled: true, DeadLetterTargetQueue: 'dead', MaxReceiveCount: 4 },
    });
    await first.sdk.deleteQueue('gone');
    const before = (await first.sdk.getQueueAttributes('q')).body;

    const second = await start();

    expect(second.mns.queues.list()).toEqual(['dead', 'q']);
    expect((await second.sdk.getQueueAttributes('q')).body).toEqual(before);
  });

  it('finds messages ready, delayed and in flight, with their counts and handles', async () => {
    const { start, clock } = await openCloud();
    const first = await start();
    await first.sdk.createQueue('q', { VisibilityTimeout: 30 });
    for (const [body, priority] of [
      ['flight', 1],
      ['held', 2],
      ['ready', 3],
    ] as const) {
      await first.sdk.sendMessage('q', { MessageBody: body, Priority: priority });
    }
    await first.sdk.sendMessage('q', { MessageBody: 'delayed', DelaySeconds: 100, Priority: 4 });
    await first.sdk.receiveMessage('q');
    const held = (await first.sdk.receiveMessage('q')).body;

    const second = await start();

    expect(second.mns.queues.depth('q')).toEqual({ active: 1, inactive: 2, delayed: 1 });
    expect((await second.sdk.receiveMessage('q')).body).toMatchObject({
      MessageBody: 'ready',
      DequeueCount: '1',
    });
    await expect(second.sdk.deleteMessage('q', held.ReceiptHandle ?? '')).resolves.toMatchObject({
      code: 204,
    });
    await clock.advance(30_000);
    const third = await start();
    const again = await third.sdk.batchReceiveMessage('q', 16);
    expect(again.body).toMatchObject([
      { MessageBody: 'flight', DequeueCount: '2' },
      { MessageBody: 'ready', DequeueCount: '2' },
    ]);
    await clock.advance(70_000);
    expect(
      (await third.sdk.batchReceiveMessage('q', 16)).body.map((message) => message.MessageBody),
    ).toContain('delayed');
  });

  it('does not find what was deleted, what expired, nor the messages of a deleted queue', async () => {
    const { start, clock } = await openCloud();
    const first = await start();
    await first.sdk.createQueue('q', { MessageRetentionPeriod: 60 });
    await first.sdk.createQueue('recreated');
    await first.mns.queues.send('q', 'deleted');
    const [message] = await first.mns.queues.receive('q', { max: 1 });
    await first.mns.queues.delete('q', message?.receiptHandle ?? '');
    await first.mns.queues.send('q', 'expired');
    await first.mns.queues.send('recreated', 'old');
    await first.sdk.deleteQueue('recreated');
    await first.sdk.createQueue('recreated');

    const second = await start();
    await clock.advance(60_000);
    const third = await start();

    expect(second.mns.queues.list()).toEqual(['q', 'recreated']);
    for (const queue of third.mns.queues.list()) {
      expect(third.mns.queues.depth(queue)).toEqual({ active: 0, inactive: 0, delayed: 0 });
    }
  });

  it('finds a dead letter where it was moved, and only there', async () => {
    const { start, clock } = await openCloud();
    const first = await start();
    await first.sdk.createQueue('dead');
    await first.sdk.createQueue('q', {
      VisibilityTimeout: 10,
      DlqPolicy: { Enabled: true, DeadLetterTargetQueue: 'dead', MaxReceiveCount: 1 },
    });
    await first.mns.queues.send('q', 'moved before');
    await first.mns.queues.receive('q', { max: 1 });
    await clock.advance(10_000);
    await first.mns.queues.send('q', 'due while down');
    await first.mns.queues.receive('q', { max: 1 });
    await first.mns.close();
    await clock.advance(10_000);

    const second = await start();

    expect(second.mns.queues.depth('q')).toEqual({ active: 0, inactive: 0, delayed: 0 });
    const dead = await second.mns.queues.receive('dead', { max: 16 });
    expect(dead.map((message) => message.body).sort()).toEqual(['due while down', 'moved before']);
  });

  it('refuses a handle of before to a message of after', async () => {
    const { start } = await openCloud();
    const first = await start();
    await first.sdk.createQueue('q');
    await first.mns.queues.send('q', 'a');
    const [a] = await first.mns.queues.receive('q', { max: 1 });
    await first.mns.queues.delete('q', a?.receiptHandle ?? '');

    const second = await start();
    await second.mns.queues.send('q', 'b');
    await second.mns.queues.receive('q', { max: 1 });

    await expect(second.mns.queues.delete('q', a?.receiptHandle ?? '')).rejects.toMatchObject({
      code: 'MessageNotExist',
    });
  });
});

describe('a cloud that is killed', () => {
  it('has stored every message it acknowledged', async () => {
    const { start, dataDir, clock } = await openCloud();
    const sender = fileURLToPath(new URL('mns-sender.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', sender, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.split('\n').length > 200) child.kill('SIGKILL');
    });
    await once(child, 'close');
    // That process went by the machine's time, which is ahead of the clock that stands still here.
    await clock.advance(60_000);

    const { mns } = await start();

    const found = new Set<string>();
    for (;;) {
      const messages = await mns.queues.receive('q', { max: 16, waitMs: 0 });
      if (messages.length === 0) break;
      for (const message of messages) found.add(message.body);
    }
    const acknowledged = output.split('\n').slice(0, -1);
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(acknowledged.filter((body) => !found.has(body))).toEqual([]);
  });
});
