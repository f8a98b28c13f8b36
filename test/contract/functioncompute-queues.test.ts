import { describe, expect, it } from 'vitest';
import { HELD, held, type Rig, SERVICE, START, startRig } from './functioncompute-rig.ts';

const ACCOUNT = '1234567890123456';

/** Logs each event on a line, then does what the bodies say: `fail` throws. */
const CONSUMER = `
  export const handler = async (event) => {
    console.log('got ' + event);
    const events = [JSON.parse(event)].flat();
    if (events.some(({ data }) => data.messageBody === 'fail')) throw new Error('told to fail');
  };`;

interface Event {
  readonly data: { readonly messageBody: string };
  readonly [field: string]: unknown;
}

interface TriggerOptions {
  readonly run?: object;
  readonly delivery?: object;
  readonly decode?: boolean;
  readonly config?: object;
  readonly code?: string;
}

/** A function fed from the queue `work`; gives the events that it got, one entry a call. */
async function fed(rig: Rig, options: TriggerOptions = {}): Promise<(Event | Event[])[]> {
  const calls: (Event | Event[])[] = [];
  rig.fc.onLog(({ line }) => {
    const event = line.split(' got ')[1];
    if (event) calls.push(JSON.parse(event));
  });
  await rig.queue('work', { VisibilityTimeout: 600 });
  await rig.queue('dead');
  await rig.deploy('fed', options.code ?? CONSUMER);
  await rig.sdk.createTrigger(SERVICE, 'fed', {
    triggerName: 'feed',
    triggerType: 'eventbridge',
    triggerConfig: {
      triggerEnable: true,
      asyncInvocationType: false,
      eventRuleFilterPattern: '{}',
      eventSourceConfig: {
        eventSourceType: 'MNS',
        eventSourceParameters: {
          sourceMNSParameters: {
            RegionId: 'cn-hangzhou',
            QueueName: 'work',
            IsBase64Decode: options.decode ?? false,
          },
        },
      },
      eventSinkConfig: {
        deliveryOption: { mode: 'event-streaming', eventSchema: 'CloudEvents', ...options.delivery },
      },
      runOptions: {
        mode: 'event-streaming',
        errorsTolerance: 'ALL',
        retryStrategy: { PushRetryStrategy: 'BACKOFF_RETRY' },
        deadLetterQueue: { Arn: `acs:mns:cn-hangzhou:${ACCOUNT}:/queues/dead` },
        batchWindow: { CountBasedWindow: 16, TimeBasedWindow: 0 },
        ...options.run,
      },
      ...options.config,
    },
  });
  return calls;
}

const bodies = (calls: readonly (Event | Event[])[]) =>
  calls.map((call) => [call].flat().map(({ data }) => data.messageBody));

const sendAll = (rig: Rig, ...messages: string[]) =>
  Promise.all(messages.map((message) => rig.mns.queues.send('work', message)));

const left = (rig: Rig, queue: string) => rig.mns.queues.depth(queue);
const EMPTY = { active: 0, inactive: 0, delayed: 0 };

describe('a queue trigger', () => {
  it('calls its function with the message as a CloudEvent in an array, and deletes it', async () => {
    const rig = await startRig();
    const calls = await fed(rig);
    const sent = await rig.mns.queues.send('work', '{"a":1}');
    await rig.fc.idle();
    expect(calls).toEqual([
      [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          source: 'MNS-fed-feed',
          specversion: '1.0',
          type: 'mns:Queue:SendMessage',
          datacontenttype: 'application/json; charset=utf-8',
          subject: `acs:mns:cn-hangzhou:${ACCOUNT}:queues/work`,
          time: new Date(START).toISOString(),
          aliyunaccountid: ACCOUNT,
          aliyunpublishtime: new Date(START).toISOString(),
          aliyunoriginalaccountid: ACCOUNT,
          aliyuneventbusname: expect.any(String),
          aliyunregionid: 'cn-hangzhou',
          aliyunpublishaddr: expect.any(String),
          data: { requestId: expect.any(String), messageId: sent.id, messageBody: '{"a":1}' },
        },
      ],
    ]);
    expect(left(rig, 'work')).toEqual(EMPTY);
  });

  it('that is event-driven gives a single object for each message', async () => {
    const rig = await startRig();
    const mode = { mode: 'event-driven' };
    const calls = await fed(rig, { run: mode, delivery: mode });
    await sendAll(rig, 'a', 'b');
    await rig.fc.idle();
    expect(calls.map((call) => Array.isArray(call))).toEqual([false, false]);
    expect(bodies(calls)).toEqual([['a'], ['b']]);
  });

  it('decodes base64 when it is told to, and leaves what is none', async () => {
    const rig = await startRig();
    const calls = await fed(rig, { decode: true });
    await sendAll(rig, Buffer.from('{"é":1}').toString('base64'), '{"plain":1}');
    await rig.fc.idle();
    expect(bodies(calls).flat()).toEqual(['{"é":1}', '{"plain":1}']);
  });

  it('takes a backlog in batches of its window', async () => {
    const rig = await startRig();
    await rig.queue('work', { VisibilityTimeout: 600 });
    await sendAll(rig, ...Array.from({ length: 90 }, (_, index) => String(index)));
    const calls = await fed(rig, { run: { batchWindow: { CountBasedWindow: 40, TimeBasedWindow: 0 } } });
    await rig.fc.idle();
    expect(calls.map((call) => [call].flat().length)).toEqual([40, 40, 10]);
    expect(left(rig, 'work')).toEqual(EMPTY);
  });

  it('waits for a batch to fill for as long as its window is open, and not longer', async () => {
    const rig = await startRig();
    const calls = await fed(rig, { run: { batchWindow: { CountBasedWindow: 3, TimeBasedWindow: 5 } } });
    await sendAll(rig, 'a');
    await rig.fc.idle();
    await rig.context.clock.advance(4000);
    await sendAll(rig, 'b');
    await rig.fc.idle();
    expect(calls).toEqual([]);
    await rig.context.clock.advance(1000);
    await rig.fc.idle();
    expect(bodies(calls)).toEqual([['a', 'b']]);
    await sendAll(rig, 'c', 'd', 'e');
    await rig.fc.idle();
    expect(bodies(calls).at(-1)).toEqual(['c', 'd', 'e']);
  });

  it('retries a batch that failed, then puts it to the dead letters', async () => {
    const rig = await startRig();
    const calls = await fed(rig);
    await sendAll(rig, 'fail');
    await rig.fc.idle();
    for (let retry = 1; retry <= 3; retry++) {
      expect(calls).toHaveLength(retry);
      await rig.context.clock.advance(9_999);
      await rig.fc.idle();
      expect(calls).toHaveLength(retry);
      await rig.context.clock.advance(10_001);
      await rig.fc.idle();
    }
    expect(calls).toHaveLength(4);
    expect(left(rig, 'work')).toEqual(EMPTY);
    const dead = (await rig.drain('dead')).map((body) => JSON.parse(body).data.messageBody);
    expect(dead).toEqual(['fail']);
  });

  it('goes on for a day with decaying retries, and recovers when the function does', async () => {
    const rig = await startRig();
    const code = `
      export const handler = async (event, context) => {
        console.log('got ' + event);
        if (context.retryCount < 4) throw new Error('not yet');
      };`;
    const calls = await fed(rig, {
      code,
      run: { retryStrategy: { PushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY' } },
    });
    const times: number[] = [];
    rig.fc.onInvocation(({ startedAt }) => times.push((startedAt - START) / 1000));
    await sendAll(rig, 'x');
    await rig.fc.idle();
    for (let second = 0; second < 20; second++) {
      await rig.context.clock.advance(1000);
      await rig.fc.idle();
    }
    expect(times).toEqual([0, 1, 3, 7, 15]);
    expect(calls).toHaveLength(5);
    expect(left(rig, 'work')).toEqual(EMPTY);
    expect(left(rig, 'dead')).toEqual(EMPTY);
  });

  it('stops for good when errors are not tolerated, and leaves the messages', async () => {
    const rig = await startRig();
    const calls = await fed(rig, { run: { errorsTolerance: 'NONE' } });
    await sendAll(rig, 'fail');
    await rig.fc.idle();
    for (let retry = 0; retry < 3; retry++) {
      await rig.context.clock.advance(20_000);
      await rig.fc.idle();
    }
    expect(calls).toHaveLength(4);
    await sendAll(rig, 'later');
    await rig.fc.idle();
    expect(calls).toHaveLength(4);
    expect(left(rig, 'work')).toEqual({ active: 1, inactive: 1, delayed: 0 });
    expect(rig.notes).toContainEqual(expect.stringMatching(/^functioncompute: trigger feed of fed stopped/));
  });

  it('runs as many tasks as it is told to', async () => {
    const rig = await startRig();
    const batchWindow = { CountBasedWindow: 1, TimeBasedWindow: 0 };
    await fed(rig, { code: HELD, run: { maximumTasks: 3, batchWindow } });
    const three = held(rig, 3);
    await sendAll(rig, 'a', 'b', 'c', 'd');
    await three;
    expect(left(rig, 'work')).toEqual({ active: 1, inactive: 3, delayed: 0 });
    const fourth = held(rig, 1);
    await rig.context.clock.advance(1);
    await fourth;
    await rig.context.clock.advance(1);
    await rig.fc.idle();
    expect(rig.fc.instances()).toHaveLength(3);
    expect(left(rig, 'work')).toEqual(EMPTY);
  });

  it('delivers again when the answer of the function was lost', async () => {
    const rig = await startRig();
    const calls = await fed(rig);
    rig.context.faults.add({ operation: 'Invoke:fed', times: 1, fault: { kind: 'drop-after' } });
    await sendAll(rig, 'a');
    await rig.fc.idle();
    expect(left(rig, 'work')).toEqual({ active: 0, inactive: 1, delayed: 0 });
    await rig.context.clock.advance(20_000);
    await rig.fc.idle();
    expect(bodies(calls)).toEqual([['a'], ['a']]);
    expect(left(rig, 'work')).toEqual(EMPTY);
  });

  it('hands its messages over at once when it is asynchronous', async () => {
    const rig = await startRig();
    const calls = await fed(rig, { config: { asyncInvocationType: true } });
    await sendAll(rig, 'fail');
    await rig.fc.idle();
    expect(calls).toHaveLength(1);
    expect(left(rig, 'work')).toEqual(EMPTY);
  });

  it('lets the messages be once it is disabled or deleted', async () => {
    const rig = await startRig();
    const calls = await fed(rig);
    await rig.sdk.updateTrigger(SERVICE, 'fed', 'feed', { triggerConfig: { triggerEnable: false } });
    await sendAll(rig, 'a');
    await rig.fc.idle();
    expect(calls).toEqual([]);
    await rig.sdk.updateTrigger(SERVICE, 'fed', 'feed', { triggerConfig: { triggerEnable: true } });
    await rig.fc.idle();
    expect(bodies(calls)).toEqual([['a']]);
    await rig.sdk.deleteTrigger(SERVICE, 'fed', 'feed');
    await sendAll(rig, 'b');
    await rig.fc.idle();
    expect(calls).toHaveLength(1);
  });

  it('waits for its queue to be there', async () => {
    const rig = await startRig();
    await fed(rig);
    await rig.deploy('early', CONSUMER);
    const { data } = await rig.sdk.getTrigger(SERVICE, 'fed', 'feed');
    const config = JSON.parse(JSON.stringify(data.triggerConfig).replace('"work"', '"future"'));
    await rig.sdk.createTrigger(SERVICE, 'early', {
      triggerName: 'feed',
      triggerType: 'eventbridge',
      triggerConfig: config,
    });
    await rig.queue('future');
    await rig.mns.queues.send('future', 'a');
    await rig.context.clock.advance(1000);
    await rig.fc.idle();
    expect(left(rig, 'future')).toEqual(EMPTY);
  });
});
