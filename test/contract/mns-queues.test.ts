import { describe, expect, it } from 'vitest';
import { openRig } from './mns-rig.ts';

describe('a queue', () => {
  it('is created with the documented defaults', async () => {
    const { sdk, mns, context } = await openRig();

    const created = await sdk.createQueue('orders');

    expect(created).toMatchObject({ code: 201, headers: { location: `${mns.url}/queues/orders` } });
    const { body } = await sdk.getQueueAttributes('orders');
    const now = String(Math.floor(context.clock.now() / 1000));
    expect(body).toEqual({
      QueueName: 'orders',
      CreateTime: now,
      LastModifyTime: now,
      DelaySeconds: '0',
      MaximumMessageSize: '65536',
      MessageRetentionPeriod: '345600',
      VisibilityTimeout: '30',
      PollingWaitSeconds: '0',
      LoggingEnabled: 'False',
      ActiveMessages: '0',
      InactiveMessages: '0',
      DelayMessages: '0',
    });
  });

  it('can be created again with the same attributes, but not with others', async () => {
    const { sdk } = await openRig();
    await sdk.createQueue('orders', { VisibilityTimeout: 60 });

    await expect(sdk.createQueue('orders', { VisibilityTimeout: 60 })).resolves.toMatchObject({ code: 204 });
    await expect(sdk.createQueue('orders', { VisibilityTimeout: 61 })).rejects.toThrow(/409/);
    await expect(sdk.createQueue('orders')).rejects.toMatchObject({ name: 'MNSQueueAlreadyExistError' });
    expect((await sdk.getQueueAttributes('orders')).body).toMatchObject({ VisibilityTimeout: '60' });
  });

  it('keeps the attributes that a change leaves out', async () => {
    const { sdk, context } = await openRig();
    await sdk.createQueue('orders', { VisibilityTimeout: 60, DelaySeconds: 5 });
    await context.clock.advance(10_000);

    await expect(sdk.setQueueAttributes('orders', { DelaySeconds: 7 })).resolves.toMatchObject({ code: 204 });

    const { body } = await sdk.getQueueAttributes('orders');
    expect(body).toMatchObject({ VisibilityTimeout: '60', DelaySeconds: '7' });
    expect(Number(body.LastModifyTime) - Number(body.CreateTime)).toBe(10);
  });

  it('is gone with its messages when deleted, and deleting it again does no harm', async () => {
    const { sdk } = await openRig();
    await sdk.createQueue('orders');
    await sdk.sendMessage('orders', { MessageBody: 'old' });

    await expect(sdk.deleteQueue('orders')).resolves.toMatchObject({ code: 204 });
    await expect(sdk.deleteQueue('orders')).resolves.toMatchObject({ code: 204 });

    await expect(sdk.getQueueAttributes('orders')).rejects.toMatchObject({ name: 'MNSQueueNotExistError' });
    await sdk.createQueue('orders');
    await expect(sdk.receiveMessage('orders')).rejects.toMatchObject({ name: 'MNSMessageNotExistError' });
  });

  it.each([
    ['sendMessage', { MessageBody: 'x' }],
    ['receiveMessage', 0],
    ['peekMessage', undefined],
    ['setQueueAttributes', {}],
    ['deleteMessage', '8-MC0wLTA='],
  ] as const)('refuses %s with QueueNotExist where there is none', async (method, argument) => {
    const { sdk } = await openRig();

    const call = sdk[method] as (queue: string, argument: unknown) => Promise<unknown>;
    await expect(call.call(sdk, 'nowhere', argument)).rejects.toMatchObject({
      name: 'MNSQueueNotExistError',
    });
  });

  it.each([
    ['DelaySeconds', 0, 604_800],
    ['MaximumMessageSize', 1_024, 65_536],
    ['MessageRetentionPeriod', 60, 604_800],
    ['VisibilityTimeout', 1, 43_200],
    ['PollingWaitSeconds', 0, 30],
  ])('takes %s from %i to %i and nothing outside', async (attribute, low, high) => {
    const { sdk } = await openRig();
    await sdk.createQueue('low', { [attribute]: low });
    await sdk.createQueue('high', { [attribute]: high });

    expect((await sdk.getQueueAttributes('low')).body[attribute]).toBe(String(low));
    expect((await sdk.getQueueAttributes('high')).body[attribute]).toBe(String(high));
    for (const value of [low - 1, high + 1, 'soon', '1.5']) {
      await expect(sdk.createQueue('outside', { [attribute]: value })).rejects.toMatchObject({
        name: 'MNSInvalidArgumentError',
      });
    }
  });

  it('must have a name of letters, digits and hyphens, 120 at most, no hyphen first', async () => {
    const { sdk } = await openRig();

    await expect(sdk.createQueue('a'.repeat(120))).resolves.toMatchObject({ code: 201 });
    await expect(sdk.createQueue('7-of-9')).resolves.toMatchObject({ code: 201 });
    await expect(sdk.createQueue('a'.repeat(121))).rejects.toMatchObject({
      name: 'MNSQueueNameLengthErrorError',
    });
    for (const name of ['-first', 'under_score', 'dot.ted', 'per%25cent']) {
      await expect(sdk.createQueue(name)).rejects.toMatchObject({ name: 'MNSInvalidQueueNameError' });
    }
  });

  it('refuses attributes it does not know, and elements given twice', async () => {
    const { sdk } = await openRig();

    await expect(sdk.createQueue('orders', { VisibilityTimeOut: 60 })).rejects.toMatchObject({
      name: 'MNSInvalidArgumentError',
    });
    const twice = '<DelaySeconds>1</DelaySeconds><DelaySeconds>2</DelaySeconds>';
    await expect(sdk.createQueue('orders', twice as unknown as object)).rejects.toMatchObject({
      name: 'MNSInvalidArgumentError',
    });
  });
});

describe('the list of queues', () => {
  it('is sorted, and can be narrowed by a prefix', async () => {
    const { sdk, mns } = await openRig();
    for (const name of ['pods-2', 'orders', 'pods-1']) await sdk.createQueue(name);

    const urls = async (prefix: string) =>
      (await sdk.listQueue('', 10, prefix)).body?.map((queue) => queue.QueueURL);

    expect(await urls('pods-')).toEqual([`${mns.url}/queues/pods-1`, `${mns.url}/queues/pods-2`]);
    expect(await urls('')).toHaveLength(3);
    expect(await urls('none')).toBeUndefined();
  });

  it('comes in pages, each with the marker of the next', async () => {
    const { sdk, raw } = await openRig();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await sdk.createQueue(name);

    const pages: string[][] = [];
    let marker: string | undefined = '';
    while (marker !== undefined) {
      const { xml } = await raw({
        method: 'GET',
        resource: '/queues',
        headers: { 'x-mns-ret-number': '2', 'x-mns-marker': marker },
      });
      const queues = [xml.Queues?.Queue].flat() as { QueueURL: string }[];
      pages.push(queues.map((queue) => queue.QueueURL.slice(-1)));
      marker = xml.Queues?.NextMarker as string | undefined;
    }

    expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('refuses page sizes outside 1 to 1000', async () => {
    const { raw } = await openRig();
    for (const size of ['0', '1001', 'many']) {
      const { status, xml } = await raw({
        method: 'GET',
        resource: '/queues',
        headers: { 'x-mns-ret-number': size },
      });
      expect({ status, code: xml.Error?.Code }).toEqual({ status: 400, code: 'InvalidArgument' });
    }
  });
});
