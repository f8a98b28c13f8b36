import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudContext, createContext } from '../../infra/local/kernel/context.ts';
import { type Mns, startMns } from '../../infra/local/mns/server.ts';
import { createHintQueue } from '../../shared/adapters/mns/hint-queue.ts';
import type { TimeLeft } from '../../shared/adapters/time-left.ts';
import { sdkFor } from './mns-sdk.ts';

const QUEUE = 'hints';
const HINTS = [{ hint: { clusterId: 'c-test', namespace: 'default', pod: 'web-0' } }];

let context: CloudContext;
let mns: Mns;
beforeEach(async () => {
  context = createContext();
  mns = await startMns(context);
  await sdkFor(mns.url, context.account.owner).createQueue(QUEUE);
  context.meter.reset();
});
afterEach(async () => {
  await mns.close();
  context.clock.close();
});

const queueWith = (remainingMs: TimeLeft) =>
  createHintQueue({
    endpoint: mns.url,
    queue: QUEUE,
    accountId: context.account.id,
    credentials: context.account.owner,
    remainingMs,
  });
const sends = () => context.meter.counts()['mns.BatchSendMessage'] ?? 0;

describe('a function that is running out of time', () => {
  it('begins no call of the queue', async () => {
    await expect(queueWith(() => 9_999).send(HINTS)).rejects.toMatchObject({ verdict: 'late' });
    expect(sends()).toBe(0);
    expect(mns.queues.depth(QUEUE)).toMatchObject({ active: 0 });
  });

  it('begins no second try at one', async () => {
    context.faults.add({
      service: 'mns',
      operation: 'BatchSendMessage',
      fault: { kind: 'error', status: 500, code: 'InternalError' },
    });
    let left = 20_000;
    await expect(queueWith(() => (left -= 6_000)).send(HINTS)).rejects.toMatchObject({ verdict: 'late' });
    expect(sends()).toBe(1);
  });

  it('sends while there is the time for one call', async () => {
    await queueWith(() => 10_000).send(HINTS);
    expect(mns.queues.depth(QUEUE)).toMatchObject({ active: 1 });
  });
});
