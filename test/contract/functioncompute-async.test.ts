import { describe, expect, it } from 'vitest';
import { type Rig, SERVICE, START, startRig } from './functioncompute-rig.ts';

const ASYNC = { 'x-fc-invocation-type': 'Async' };
const destinationOf = (queue: string) => ({
  destination: `acs:mns:cn-hangzhou:1234567890123456:/queues/${queue}/messages`,
});

/** A function that fails until it was tried `failures` times; its executions, with the cloud time of each. */
async function fickle(rig: Rig, failures: number) {
  await rig.deploy(
    'fickle',
    `let tries = 0;
     export const handler = async (event, context) => {
       if (tries++ !== context.retryCount) throw new Error('retryCount is ' + context.retryCount);
       if (tries <= ${failures}) throw new Error('try ' + tries);
       return 'done with ' + event;
     };`,
  );
  const times: number[] = [];
  rig.fc.onInvocation(({ startedAt }) => times.push((startedAt - START) / 1000));
  return times;
}

/** Moves the clock on by seconds, and lets what came due run each time. */
async function elapse(rig: Rig, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await rig.context.clock.advance(1000);
    await rig.fc.idle();
  }
}

describe('an asynchronous call', () => {
  it('is accepted at once, and runs', async () => {
    const rig = await startRig();
    const times = await fickle(rig, 0);
    const { data, headers } = await rig.sdk.invokeFunction(SERVICE, 'fickle', 'x', ASYNC);
    expect([data, headers['x-fc-error-type']]).toEqual(['', undefined]);
    await rig.fc.idle();
    expect(times).toEqual([0]);
  });

  it('that fails is retried three times, with growing delays', async () => {
    const rig = await startRig();
    const times = await fickle(rig, 9);
    await rig.sdk.invokeFunction(SERVICE, 'fickle', 'x', ASYNC);
    await rig.fc.idle();
    await elapse(rig, 20);
    expect(times).toEqual([0, 1, 3, 7]);
  });

  it('that succeeds in the end tells the queue for successes', async () => {
    const rig = await startRig();
    await rig.queue('good');
    await fickle(rig, 1);
    await rig.sdk.putFunctionAsyncConfig(SERVICE, 'fickle', '', {
      destinationConfig: { onSuccess: destinationOf('good') },
    });
    const { headers } = await rig.sdk.invokeFunction(SERVICE, 'fickle', 'x', ASYNC);
    await rig.fc.idle();
    expect(await rig.drain('good')).toEqual([]);
    await elapse(rig, 1);
    const [body = ''] = await rig.drain('good');
    expect(JSON.parse(body)).toEqual({
      timestamp: START + 1000,
      requestContext: {
        requestId: headers['x-fc-request-id'],
        functionArn: `acs:fc:cn-hangzhou:1234567890123456:services/${SERVICE}/functions/fickle`,
        condition: '',
        approximateInvokeCount: 2,
      },
      requestPayload: 'x',
      responseContext: { statusCode: 200, functionError: '' },
      responsePayload: 'done with x',
    });
  });

  it('that fails to the last retry tells the queue for failures', async () => {
    const rig = await startRig();
    await rig.queue('failed');
    const times = await fickle(rig, 9);
    await rig.sdk.putFunctionAsyncConfig(SERVICE, 'fickle', '', {
      destinationConfig: { onFailure: destinationOf('failed') },
      maxAsyncRetryAttempts: 1,
    });
    await rig.sdk.invokeFunction(SERVICE, 'fickle', 'payload', ASYNC);
    await rig.fc.idle();
    await elapse(rig, 5);
    expect(times).toEqual([0, 1]);
    const [body = ''] = await rig.drain('failed');
    const report = JSON.parse(body);
    expect(report).toMatchObject({
      requestContext: { condition: 'UnhandledInvocationError', approximateInvokeCount: 2 },
      requestPayload: 'payload',
      responseContext: { functionError: 'UnhandledInvocationError' },
    });
    expect(JSON.parse(report.responsePayload)).toMatchObject({ errorMessage: 'try 2' });
  });

  it('is given up when it has become too old', async () => {
    const rig = await startRig();
    const times = await fickle(rig, 9);
    await rig.sdk.putFunctionAsyncConfig(SERVICE, 'fickle', '', { maxAsyncEventAgeInSeconds: 2 });
    await rig.sdk.invokeFunction(SERVICE, 'fickle', 'x', ASYNC);
    await rig.fc.idle();
    await elapse(rig, 20);
    expect(times).toEqual([0, 1]);
    expect(rig.notes).toEqual([
      expect.stringMatching(/^functioncompute: fickle gave up on .{36}: Unhandled/),
    ]);
  });

  it('waits its turn where a synchronous one is refused', async () => {
    const rig = await startRig();
    await rig.deploy('fn', `let calls = 0; export const handler = async () => String(++calls);`);
    await rig.sdk.putOnDemandConfig(SERVICE, 'fn', '', { maximumInstanceCount: 1 });
    await Promise.all(Array.from({ length: 5 }, () => rig.sdk.invokeFunction(SERVICE, 'fn', '', ASYNC)));
    await rig.fc.idle();
    expect(await rig.call('fn')).toBe('6');
  });

  it('of more than 128 KB is refused', async () => {
    const rig = await startRig();
    await fickle(rig, 0);
    const event = Buffer.alloc(128 * 1024 + 1);
    await expect(rig.sdk.invokeFunction(SERVICE, 'fickle', event, ASYNC)).rejects.toMatchObject({
      code: 'EntityTooLarge',
      message: expect.stringContaining('(131072 bytes)'),
    });
  });
});
