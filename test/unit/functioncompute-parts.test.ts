import { describe, expect, it } from 'vitest';
import { createActivity, waitAside } from '../../infra/local/functioncompute/activity.ts';
import { crc64 } from '../../infra/local/functioncompute/crc64.ts';
import { retryDelay } from '../../infra/local/functioncompute/retry-policy.ts';
import { routeOf } from '../../infra/local/functioncompute/route.ts';
import { queueOfArn } from '../../infra/local/functioncompute/settings.ts';
import { createRandom } from '../../infra/local/kernel/random.ts';

describe('the checksum of code', () => {
  it('is CRC-64/XZ, in decimal', () => {
    // The check value of the catalogue of CRC algorithms: 0x995dc9bbdf1939fa.
    expect(crc64(Buffer.from('123456789'))).toBe(String(0x995dc9bbdf1939fan));
    expect(crc64(Buffer.alloc(0))).toBe('0');
  });
});

describe('retries of a stream', () => {
  const delays = (strategy: 'BACKOFF_RETRY' | 'EXPONENTIAL_DECAY_RETRY') => {
    const random = createRandom(1);
    const found: number[] = [];
    for (let delay = retryDelay(strategy, 1, random); delay !== undefined; ) {
      found.push(delay);
      delay = retryDelay(strategy, found.length + 1, random);
    }
    return found;
  };

  it('that back off are three, ten to twenty seconds apart', () => {
    expect(delays('BACKOFF_RETRY')).toHaveLength(3);
    for (const delay of delays('BACKOFF_RETRY')) {
      expect(delay).toBeGreaterThanOrEqual(10_000);
      expect(delay).toBeLessThanOrEqual(20_000);
    }
  });

  it('that decay are 176 within a day, the longest delay being 512 seconds', () => {
    const found = delays('EXPONENTIAL_DECAY_RETRY');
    expect(found).toHaveLength(176);
    expect(found.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(found.at(-1)).toBe(512_000);
    const total = found.reduce((sum, delay) => sum + delay, 0);
    expect(Math.round(total / 3_600_000)).toBe(24);
  });
});

describe('the route of a request', () => {
  const operation = (method: string, path: string) => routeOf({ method, path: `/2016-08-15${path}` });

  it('names the operation and what it is about', () => {
    expect(operation('PUT', '/services/s/functions/f/triggers/t')).toMatchObject({
      operation: 'UpdateTrigger',
      service: 's',
      function: 'f',
      trigger: 't',
    });
    expect(operation('POST', '/services/s.LATEST/functions/f/invocations')).toMatchObject({
      operation: 'InvokeFunction',
      service: 's.LATEST',
    });
  });

  it('of an HTTP trigger has a path of its own, whatever the method', () => {
    expect(operation('PURGE', '/proxy/s/f/a/b')).toMatchObject({
      operation: 'InvokeHttpTrigger',
      rest: '/a/b',
    });
    expect(operation('GET', '/proxy/s/f')).toMatchObject({ operation: 'InvokeHttpTrigger', rest: '/' });
  });

  it('is unknown for all else, however it is spelt', () => {
    expect(operation('PATCH', '/services/s').operation).toBe('Unknown');
    expect(routeOf({ method: 'GET', path: '/services' }).operation).toBe('Unknown');
    expect(operation('GET', '/services/%zz').operation).toBe('GetService');
  });
});

describe('the resource name of a queue', () => {
  it.each([
    ['acs:mns:cn-hangzhou:1:/queues/q/messages', 'q'],
    ['acs:mns:cn-hangzhou:1:/queues/q', 'q'],
    ['acs:mns:cn-hangzhou:1:queues/q', 'q'],
    ['acs:mns:cn-hangzhou:1:/topics/t', undefined],
    ['q', undefined],
  ])('%s is that of %s', (arn, queue) => {
    expect(queueOfArn(arn)).toBe(queue);
  });
});

describe('activity', () => {
  it('is over when all that began has ended, but for what waits aside', async () => {
    const activity = createActivity();
    let idle = false;
    activity.begin();
    activity.begin();
    const watching = activity.idle().then(() => {
      idle = true;
    });
    activity.end();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(idle).toBe(false);
    let wake = () => {};
    const waiting = waitAside(activity, new Promise<void>((resolve) => (wake = resolve)));
    await watching;
    expect(idle).toBe(true);
    wake();
    await waiting;
    activity.end();
    await activity.idle();
  });
});
