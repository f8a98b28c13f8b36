import { describe, expect, it } from 'vitest';
import { openGateway } from './gateway.ts';
import { openRig } from './mns-rig.ts';
import { sdkFor } from './mns-sdk.ts';

/** What the SDK does wrong in calls that Holdfast never makes; what it does wrong in others is in adapters-mns.test.ts. */
describe('a receipt handle', () => {
  it('goes into the URL as it is: what it has of "&" and "+" becomes something else', async () => {
    const { context, mns, sdk } = await openRig();
    await sdk.createQueue('q');
    const { url, seen } = await openGateway(context, mns.url);
    const behind = sdkFor(url, context.account.owner);
    await expect(behind.deleteMessage('q', '8-a+b&more=1')).rejects.toMatchObject({
      name: 'MNSInvalidQueryStringError',
      message: expect.stringContaining('more'),
    });
    expect([...(seen[0]?.query ?? [])]).toEqual([
      ['ReceiptHandle', '8-a b'],
      ['more', '1'],
    ]);
  });
});

describe('the list of queues', () => {
  it('is of all, whatever their prefix, where no limit is given', async () => {
    const { sdk } = await openRig();
    for (const name of ['mine-1', 'mine-2', 'theirs-1']) await sdk.createQueue(name);
    const names = async (limit?: number) =>
      (await sdk.listQueue(undefined, limit, 'mine')).body?.map(({ QueueURL }) =>
        QueueURL?.split('/').at(-1),
      );
    expect(await names()).toEqual(['mine-1', 'mine-2', 'theirs-1']);
    expect(await names(10)).toEqual(['mine-1', 'mine-2']);
  });
});

describe('what the SDK has of topics', () => {
  it('does nothing and says nothing', async () => {
    const { context, sdk } = await openRig();
    expect(sdk.subscribe('topic', 'subscription')).toBeUndefined();
    expect(sdk.deleteTopic('topic')).toBeUndefined();
    expect(context.meter.counts()).toEqual({});
  });
});
